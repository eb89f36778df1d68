/* SPDX-License-Identifier: MIT
 *
 * Text for a person.
 */
#include "cli.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void cli_error(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	if (size < 0)
		return;
	/* What the script printed before comes before the message. */
	fflush(stdout);
	fputs("luatrace: ", stderr);
	cli_put(stderr, text, (size_t)size, false);
	fputc('\n', stderr);
	free(text);
}

/* Length of a colour sequence, ESC [ digits and semicolons m, or 0. */
static size_t colour_length(const char *text, size_t size)
{
	size_t n = 2;

	if (size < 3 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (n < size && (isdigit((unsigned char)text[n]) || text[n] == ';'))
		n++;
	return n < size && text[n] == 'm' ? n + 1 : 0;
}

/* Length of a printable UTF-8 sequence of two to four bytes, or 0. U+0080 to U+009F are control characters. */
static size_t utf8_length(const char *text, size_t size)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t length = byte[0] >= 0xf0 && byte[0] < 0xf5 ? 4 : byte[0] >= 0xe0 && byte[0] < 0xf0 ? 3 :
			byte[0] >= 0xc2 && byte[0] < 0xe0 ? 2 : 0;

	if (!length || length > size || (byte[0] == 0xc2 && byte[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

void cli_put(FILE *stream, const char *text, size_t size, bool colours)
{
	if (!lt_is_terminal(fileno(stream))) {
		fwrite(text, 1, size, stream);
		return;
	}
	for (size_t at = 0, length; at < size; at += length) {
		unsigned char byte = (unsigned char)text[at];

		length = 1;
		if (byte == '\n' || byte == '\t' || (byte >= 0x20 && byte < 0x7f))
			fputc(byte, stream);
		else if ((length = utf8_length(text + at, size - at)) ||
			 (colours && (length = colour_length(text + at, size - at))))
			fwrite(text + at, 1, length, stream);
		else {
			length = 1;
			fprintf(stream, "\\x%02x", byte);
		}
	}
}
