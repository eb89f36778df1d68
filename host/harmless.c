/* SPDX-License-Identifier: MIT */
#include "harmless.h"
#include "luatrace.h"
#include <string.h>

/* Length of the well-formed UTF-8 sequence of two to four bytes that `text` begins with, or 0. */
static size_t utf8_length(const char *text, size_t size)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t length = byte[0] >= 0xf0 && byte[0] < 0xf5 ? 4 : byte[0] >= 0xe0 && byte[0] < 0xf0 ? 3 :
			byte[0] >= 0xc2 && byte[0] < 0xe0 ? 2 : 0;

	if (!length || length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
	}
	/* longer than need be, a surrogate, past the last character */
	if ((byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] >= 0xa0) ||
	    (byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] >= 0x90))
		return 0;
	return length;
}

/* U+0080 to U+009F, which terminals obey; U+2028 to U+202E and U+2066 to U+2069, which end a line or turn its order. */
static bool is_control(const char *text, size_t length)
{
	const unsigned char *byte = (const unsigned char *)text;

	if (length == 2)
		return byte[0] == 0xc2 && byte[1] < 0xa0;
	if (length != 3 || byte[0] != 0xe2)
		return false;
	return byte[1] == 0x80 ? byte[2] >= 0xa8 && byte[2] <= 0xae : byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9;
}

size_t lt_plain_length(const char *text, size_t size)
{
	const uint64_t ones = 0x0101010101010101;
	size_t at = 0;

	for (uint64_t word; at + sizeof(word) <= size; at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		/* a byte over 0x7f, under 0x20, or 0x7f; what carries has been found already */
		if ((word | (word - 0x20 * ones) | (word + ones)) & 0x80 * ones)
			break;
	}
	while (at < size && text[at] >= 0x20 && text[at] < 0x7f)
		at++;
	return at;
}

static size_t put_escape(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	char letter = byte == '\n' ? 'n' : byte == '\t' ? 't' : byte == '\r' ? 'r' : byte == 0x1b ? 'e' : 0;

	out[0] = '\\';
	out[1] = letter ? letter : 'x';
	if (letter)
		return 2;
	out[2] = digits[byte >> 4];
	out[3] = digits[byte & 15];
	return 4;
}

size_t lt_harmless(char *out, const char *text, size_t size, bool tabs)
{
	size_t made = 0;

	for (size_t at = 0, length; at < size; at += length) {
		length = lt_plain_length(text + at, size - at);
		if (!length)
			length = text[at] == '\t' && tabs ? 1 : utf8_length(text + at, size - at);
		if (length && !is_control(text + at, length)) {
			memcpy(out + made, text + at, length);
			made += length;
		} else {
			length = 1;
			made += put_escape(out + made, (unsigned char)text[at]);
		}
	}
	return made;
}

uint64_t lt_text_escape(char *out, const void *text, uint64_t size)
{
	return lt_harmless(out, text, size, false);
}

static size_t put_json_escape(char *out, const char *text, size_t length)
{
	const unsigned char *byte = (const unsigned char *)text;
	char letter = *text == '\n' ? 'n' : *text == '\t' ? 't' : *text == '\r' ? 'r' :
		      *text == '"' || *text == '\\' ? *text : 0;
	unsigned int code = length == 1 ? byte[0] :
			    length == 2 ? (byte[0] & 0x1fu) << 6 | (byte[1] & 0x3fu) :
					  (byte[0] & 0xfu) << 12 | (byte[1] & 0x3fu) << 6 | (byte[2] & 0x3fu);

	if (letter) {
		out[0] = '\\';
		out[1] = letter;
		return 2;
	}
	for (int i = 0; i < 4; i++)
		out[2 + i] = "0123456789abcdef"[code >> (12 - 4 * i) & 15];
	memcpy(out, "\\u", 2);
	return LT_JSON_SIZE;
}

/* Bytes at the beginning that a JSON string has as they are. */
static size_t json_plain_length(const char *text, size_t size)
{
	size_t length = 0, plain = lt_plain_length(text, size);

	while (length < plain && text[length] != '"' && text[length] != '\\')
		length++;
	return length;
}

size_t lt_harmless_json(char *out, const char *text, size_t size)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t made = 0;

	for (size_t at = 0, length; at < size; at += length) {
		bool plain = (length = json_plain_length(text + at, size - at)) > 0;

		if (!length)
			length = (unsigned char)text[at] < 0x80 ? 1 : utf8_length(text + at, size - at);
		if (!length) {
			memcpy(out + made, replacement, 3);
			made += 3;
			length = 1;
		} else if (plain || (length > 1 && !is_control(text + at, length))) {
			memcpy(out + made, text + at, length);
			made += length;
		} else {
			made += put_json_escape(out + made, text + at, length);
		}
	}
	return made;
}

uint64_t lt_text_json(char *out, const void *text, uint64_t size)
{
	return lt_harmless_json(out, text, size);
}
