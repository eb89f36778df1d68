/* SPDX-License-Identifier: MIT
 *
 * Lines of a table: fields appended one by one, harmless and padded. What a line costs is what a tracer that prints
 * costs, so numbers are made here and not by printf.
 */
#include "harmless.h"
#include "luatrace.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

struct lt_line {
	int32_t style;	/* LT_LINE_* */
	char *text;
	size_t size, room;
	size_t limit;	/* characters; 0: none */
	bool begun;	/* it has a field */
	bool failed;
};

enum {
	FIRST_ROOM = 1024,
	MOST_DECIMALS = 17,
	DIGITS_SIZE = 32,	/* of 64 bits, with a sign or "0x", and quotes */
	QUOTES = 3,		/* and what makes no formula of a text */
};

lt_line *lt_line_new(int32_t style)
{
	lt_line *line = calloc(1, sizeof(*line));

	if (line)
		line->style = style;
	return line;
}

void lt_line_free(lt_line *line)
{
	if (!line)
		return;
	free(line->text);
	free(line);
}

/* Room for so many bytes more, or NULL. */
static char *reserve(lt_line *line, size_t size)
{
	if (line->failed)
		return NULL;
	if (!line->text || size > line->room - line->size) {
		size_t room = line->room ? line->room : FIRST_ROOM;
		char *grown;

		while (room - line->size < size)
			room *= 2;
		grown = realloc(line->text, room);
		if (!grown) {
			line->failed = true;
			return NULL;
		}
		line->text = grown;
		line->room = room;
	}
	return line->text + line->size;
}

/* Appends bytes as they are. */
static void put_raw(lt_line *line, const char *text, size_t size)
{
	char *at = reserve(line, size);

	if (!at)
		return;
	memcpy(at, text, size);
	line->size += size;
}

/* Appends a field that is `columns` wide, with what fills it up to its width. */
static void put(lt_line *line, const char *text, size_t size, size_t columns, int32_t width)
{
	size_t least = line->style != LT_LINE_TABLE ? 0 : width < 0 ? -(size_t)width : (size_t)width;
	size_t fill = columns < least ? least - columns : 0;
	bool separated = line->begun && line->style != LT_LINE_JSON;	/* there its name did that */
	char *at = reserve(line, separated + fill + size);

	if (!at)
		return;
	if (separated)
		*at++ = line->style == LT_LINE_CSV ? ',' : ' ';
	line->begun = true;
	if (width >= 0) {
		memset(at, ' ', fill);
		at += fill;
	}
	memcpy(at, text, size);
	at += size;
	if (width < 0) {
		memset(at, ' ', fill);
		at += fill;
	}
	line->size = at - line->text;
}

void lt_line_begin(lt_line *line)
{
	line->size = 0;
	line->begun = line->failed = false;
}

static void put_word(lt_line *line, const char *word, int32_t width)
{
	put(line, word, strlen(word), strlen(word), width);
}

void lt_line_none(lt_line *line, int32_t width)
{
	put_word(line, line->style == LT_LINE_JSON ? "null" : line->style == LT_LINE_CSV ? "" : "-", width);
}

void lt_line_boolean(lt_line *line, int32_t value, int32_t width)
{
	put_word(line, value ? "true" : "false", width);
}

/* How many bytes at the beginning of valid UTF-8 take at most `most` columns (East Asian characters take two, combining
 * ones none), and how many columns those take. */
static size_t fitting(const char *text, size_t size, size_t most, size_t *columns)
{
	static locale_t utf8;
	locale_t before;
	mbstate_t state = { 0 };
	size_t at = 0;

	*columns = 0;
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	before = utf8 ? uselocale(utf8) : (locale_t)0;
	for (size_t length; at < size; at += length) {
		wchar_t character;
		int width;

		length = mbrtowc(&character, text + at, size - at, &state);
		if (length == 0 || length > size - at) {	/* there is no such locale: a byte each */
			length = 1;
			width = 1;
			memset(&state, 0, sizeof(state));
		} else {
			width = wcwidth(character);
		}
		width = width < 0 ? 1 : width;
		if (*columns + (size_t)width > most)
			break;
		*columns += (size_t)width;
	}
	if (utf8)
		uselocale(before);
	return at;
}

static size_t columns_of(const char *text, size_t size)
{
	size_t columns;

	if (lt_plain_length(text, size) == size)
		return size;
	fitting(text, size, SIZE_MAX, &columns);
	return columns;
}

/* A string with its escapes. */
static size_t quote_json(char *out, const char *text, size_t size)
{
	size_t made = lt_harmless_json(out + 1, text, size);

	out[0] = out[made + 1] = '"';
	return made + 2;
}

/* What a spreadsheet calculates when it opens the file. */
static bool is_formula(const char *text, size_t size)
{
	return size > 1 && (*text == '=' || *text == '+' || *text == '-' || *text == '@');
}

/* Control characters are escaped here too, so that a row is a line. */
static size_t quote_csv(char *out, const char *text, size_t size)
{
	bool formula = is_formula(text, size);
	char *from = out + QUOTES + 2 * size, *at = out;	/* each quote becomes two, on the way to the front */

	if (!formula && !memchr(text, ',', size) && !memchr(text, '"', size))
		return lt_harmless(out, text, size, false);
	size = lt_harmless(from, text, size, false);
	*at++ = '"';
	if (formula)
		*at++ = '\'';
	for (const char *end = from + size; from < end; from++) {
		if (*from == '"')
			*at++ = '"';
		*at++ = *from;
	}
	*at++ = '"';
	return at - out;
}

static size_t make_text(int32_t style, char *out, const char *text, size_t size)
{
	return style == LT_LINE_JSON ? quote_json(out, text, size) :
	       style == LT_LINE_CSV ? quote_csv(out, text, size) : lt_harmless(out, text, size, false);
}

void lt_line_text(lt_line *line, const void *text, uint64_t size, int32_t width)
{
	char few[512], *made = few;
	size_t made_size;

	if (line->style == LT_LINE_TABLE && lt_plain_length(text, size) == size) {
		put(line, text, size, size, width);
		return;
	}
	if (size > (sizeof(few) - QUOTES) / LT_JSON_SIZE)
		made = malloc(size * LT_JSON_SIZE + QUOTES);
	if (!made) {
		line->failed = true;
		return;
	}
	made_size = make_text(line->style, made, text, size);
	put(line, made, made_size, line->style == LT_LINE_TABLE ? columns_of(made, made_size) : made_size, width);
	if (made != few)
		free(made);
}

void lt_line_chars(lt_line *line, const void *array, uint64_t size, int32_t width)
{
	lt_line_text(line, array, strnlen(array, size), width);
}

/* Writes digits so that they end at `end`; returns where they begin. */
static char *put_digits(char *end, uint64_t value)
{
	do
		*--end = (char)('0' + value % 10);
	while (value /= 10);
	return end;
}

static void put_number(lt_line *line, uint64_t value, bool negative, int32_t width)
{
	char digits[DIGITS_SIZE], *end = digits + sizeof(digits), *start = put_digits(end, value);

	if (negative)
		*--start = '-';
	put(line, start, end - start, end - start, width);
}

void lt_line_integer(lt_line *line, int64_t value, int32_t width)
{
	put_number(line, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0, width);
}

void lt_line_unsigned(lt_line *line, uint64_t value, int32_t width)
{
	put_number(line, value, false, width);
}

void lt_line_hex(lt_line *line, uint64_t value, int32_t width)
{
	char digits[DIGITS_SIZE], *end = digits + sizeof(digits) - 1, *start = end;	/* room for a quote */

	do
		*--start = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	*--start = 'x';
	*--start = '0';
	if (line->style == LT_LINE_JSON) {
		*--start = '"';
		*end++ = '"';
	}
	put(line, start, end - start, end - start, width);
}

/* `value` times `scale` as printf would round it, in `out`; false where that is not known to be exact. */
static bool scale_exactly(double value, double scale, uint64_t *out)
{
	double product = value * scale, rest = fma(value, scale, -product), whole = floor(product);

	if (!(product < 0x1p52))
		return false;
	if (product - whole == 0.5 && rest != 0)
		*out = (uint64_t)whole + (rest > 0);
	else
		*out = (uint64_t)nearbyint(product);
	return true;
}

void lt_line_fixed(lt_line *line, double value, int32_t decimals, int32_t width)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
	char digits[512], *end = digits + sizeof(digits), *start;
	uint64_t scaled;
	int size;

	if (line->style == LT_LINE_JSON && !isfinite(value)) {
		lt_line_none(line, width);
		return;
	}
	decimals = decimals < 0 ? 0 : decimals > MOST_DECIMALS ? MOST_DECIMALS : decimals;
	if (decimals < (int)(sizeof(powers) / sizeof(*powers)) && scale_exactly(fabs(value), powers[decimals], &scaled)) {
		uint64_t power = (uint64_t)powers[decimals];

		start = end;
		if (decimals) {
			start = put_digits(end, scaled % power);
			while (start > end - decimals)
				*--start = '0';
			*--start = '.';
		}
		start = put_digits(start, scaled / power);
		if (signbit(value))
			*--start = '-';
		put(line, start, end - start, end - start, width);
		return;
	}
	size = snprintf(digits, sizeof(digits), "%.*f", decimals, value);
	put(line, digits, size, size, width);
}

void lt_line_key(lt_line *line, const void *key, uint64_t size)
{
	char *at;

	if (line->style != LT_LINE_JSON)
		return;
	at = reserve(line, size * LT_JSON_SIZE + 4);	/* , "" : */
	if (!at)
		return;
	*at = line->begun ? ',' : '{';
	line->size += 1 + quote_json(at + 1, key, size);
	put_raw(line, ":", 1);
}

void lt_line_limit(lt_line *line, int32_t width)
{
	line->limit = width > 0 ? (size_t)width : 0;
}

static const char wipe[] = "\x1b[K";

int lt_line_end(lt_line *line)
{
	size_t columns;

	if (line->limit) {
		line->size = fitting(line->text, line->size, line->limit, &columns);
		put_raw(line, wipe, sizeof(wipe) - 1);
	}
	put_raw(line, line->style == LT_LINE_JSON ? "}\n" : "\n", line->style == LT_LINE_JSON ? 2 : 1);
	if (line->failed)
		return -ENOMEM;
	fwrite_unlocked(line->text, 1, line->size, stdout);
	return 0;
}
