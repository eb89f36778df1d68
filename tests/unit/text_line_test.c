/* SPDX-License-Identifier: MIT
 *
 * host/harmless.c and host/line.c: what untrusted text becomes, and the fields of a line beside printf's.
 */
#include "harmless.h"
#include "luatrace.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void expect_harmless(const char *text, size_t size, const char *wanted)
{
	char made[1024];
	size_t length = lt_text_escape(made, text, size);

	assert_true(length <= size * LT_ESCAPED_SIZE);
	assert_int_equal(length, strlen(wanted));
	assert_memory_equal(made, wanted, length);
}

#define HARMLESS(text, wanted) expect_harmless(text, sizeof(text) - 1, wanted)

static void harmless(void **state)
{
	(void)state;
	HARMLESS("", "");
	HARMLESS("plain ~text! of more than eight", "plain ~text! of more than eight");
	HARMLESS("a\nb\tc\rd\x1b[31m", "a\\nb\\tc\\rd\\e[31m");
	HARMLESS("\0\x7f\x01", "\\x00\\x7f\\x01");
	HARMLESS("\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80", "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80");
	/* control characters of two bytes, what turns the order of a line, separators of lines */
	HARMLESS("\xc2\x9b\xc2\xa0", "\\xc2\\x9b\xc2\xa0");
	HARMLESS("\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8", "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\xa8");
	HARMLESS("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa");
	/* no UTF-8: cut off, too long, surrogates, past the end, a byte of the middle */
	HARMLESS("\xc3", "\\xc3");
	HARMLESS("\xe6\x97", "\\xe6\\x97");
	HARMLESS("\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf");
	HARMLESS("\xed\xa0\x80\xf4\x90\x80\x80\xf5\x80", "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xf5\\x80");
	HARMLESS("\xa4x", "\\xa4x");
	/* tabs as they are, where they are asked for */
	char made[16];
	assert_int_equal(lt_harmless(made, "\t\n", 2, true), 3);
	assert_memory_equal(made, "\t\\n", 3);
}

/* Each byte at each place of a word, among plain ones. */
static void words(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		bool plain = byte >= 0x20 && byte < 0x7f;

		for (size_t at = 0; at < 24; at++) {
			char text[24];

			memset(text, at % 2 ? '~' : ' ', sizeof(text));
			text[at] = (char)byte;
			assert_int_equal(lt_plain_length(text, sizeof(text)), plain ? sizeof(text) : at);
		}
	}
}

static char *written;
static size_t written_size;
static FILE *real_stdout;

static void begin(void)
{
	real_stdout = stdout;
	stdout = open_memstream(&written, &written_size);
	assert_non_null(stdout);
}

static void expect_written(const char *wanted)
{
	fclose(stdout);
	stdout = real_stdout;
	assert_string_equal(written, wanted);
	free(written);
}

static void fields(void **state)
{
	lt_line *line = lt_line_new(LT_LINE_TABLE);
	char array[8] = "unended!";

	(void)state;
	begin();
	lt_line_integer(line, -5, 7);
	lt_line_text(line, "comm", 4, -8);
	lt_line_chars(line, array, sizeof(array), 0);
	lt_line_chars(line, "cut\0off", 7, 0);
	lt_line_text(line, "not\0cut", 7, 0);
	assert_int_equal(lt_line_end(line), 0);
	lt_line_begin(line);
	/* the width is that of a terminal: a wide character takes two, a combining one none, an escape as many as it has */
	lt_line_text(line, "\xe6\x97\xa5\xe6\x9c\xac", 6, -6);
	lt_line_text(line, "a\xcc\x88", 3, -3);
	lt_line_text(line, "\xc3\xa4", 2, 3);
	lt_line_text(line, "\x1b", 1, -3);
	lt_line_text(line, "|", 1, 0);
	assert_int_equal(lt_line_end(line), 0);
	lt_line_begin(line);
	/* an empty first field is a field */
	lt_line_text(line, "", 0, 0);
	lt_line_hex(line, 0, 5);
	lt_line_hex(line, UINT64_MAX, 0);
	lt_line_integer(line, INT64_MIN, 0);
	lt_line_integer(line, INT64_MAX, 0);
	lt_line_unsigned(line, UINT64_MAX, -21);
	assert_int_equal(lt_line_end(line), 0);
	lt_line_begin(line);
	assert_int_equal(lt_line_end(line), 0);
	lt_line_begin(line);
	expect_written("     -5 comm     unended! cut not\\x00cut\n"
		       "\xe6\x97\xa5\xe6\x9c\xac   a\xcc\x88     \xc3\xa4 \\e  |\n"
		       "   0x0 0xffffffffffffffff -9223372036854775808 9223372036854775807 18446744073709551615 \n\n");
	lt_line_free(line);
	lt_line_free(NULL);
}

static void long_fields(void **state)
{
	enum { SIZE = 70000 };
	lt_line *line = lt_line_new(LT_LINE_TABLE);
	char *text = malloc(SIZE), *wanted = malloc(5 * SIZE);

	(void)state;
	memset(text, 1, SIZE);
	begin();
	lt_line_text(line, text, SIZE, 0);
	lt_line_text(line, "x", 1, SIZE);
	assert_int_equal(lt_line_end(line), 0);
	lt_line_begin(line);
	for (size_t i = 0; i < SIZE; i++)
		memcpy(wanted + 4 * i, "\\x01", 4);
	memset(wanted + 4 * SIZE, ' ', SIZE);
	fclose(stdout);
	stdout = real_stdout;
	assert_int_equal(written_size, 5 * SIZE + 2);
	assert_memory_equal(written, wanted, 5 * SIZE);
	assert_string_equal(written + 5 * SIZE, "x\n");
	free(written);
	free(wanted);
	free(text);
	lt_line_free(line);
}

static void put_all(lt_line *line)
{
	static const char keys[] = "nthxwbf";
	int key = 0;

#define KEY lt_line_key(line, &keys[key++], 1)
	lt_line_begin(line);
	KEY; lt_line_none(line, 8);
	KEY; lt_line_integer(line, INT64_MIN, 30);
	KEY; lt_line_hex(line, UINT64_MAX, 30);
	KEY; lt_line_text(line, "", 0, 5);
	KEY; lt_line_unsigned(line, UINT64_MAX, -30);
	KEY; lt_line_boolean(line, 1, 9);
	KEY; lt_line_fixed(line, INFINITY, 3, 9);
#undef KEY
	assert_int_equal(lt_line_end(line), 0);
}

static void json(void **state)
{
	lt_line *line = lt_line_new(LT_LINE_JSON);

	(void)state;
	begin();
	put_all(line);
	lt_line_begin(line);
	lt_line_key(line, "a\"b", 3);
	lt_line_text(line, "q\"\\\n\t\r\x1b\x7f\xc2\x9b\xe2\x80\xae\xc3\xa4\xff\xed\xa0\x80", 19, 0);
	lt_line_key(line, "c", 1);
	lt_line_chars(line, "cut\0off", 7, 40);
	assert_int_equal(lt_line_end(line), 0);
	expect_written("{\"n\":null,\"t\":-9223372036854775808,\"h\":\"0xffffffffffffffff\",\"x\":\"\","
		       "\"w\":18446744073709551615,\"b\":true,\"f\":null}\n"
		       "{\"a\\\"b\":\"q\\\"\\\\\\n\\t\\r\\u001b\\u007f\\u009b\\u202e\xc3\xa4"
		       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"c\":\"cut\"}\n");
	lt_line_free(line);
}

static void csv(void **state)
{
	static const char *const texts[] = { "plain", "a,b", "say \"x\"", "=1+1", "-", "@x", "two\nrows", "\xff,", "\"\"\"" };
	lt_line *line = lt_line_new(LT_LINE_CSV);

	(void)state;
	begin();
	put_all(line);
	lt_line_begin(line);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		lt_line_text(line, texts[i], strlen(texts[i]), 20);
	assert_int_equal(lt_line_end(line), 0);
	expect_written(",-9223372036854775808,0xffffffffffffffff,,18446744073709551615,true,inf\n"
		       "plain,\"a,b\",\"say \"\"x\"\"\",\"'=1+1\",-,\"'@x\",two\\nrows,\"\\xff,\",\"\"\"\"\"\"\"\"\n");
	lt_line_free(line);
}

/* Room enough, whatever the text. */
static void styled_room(void **state)
{
	static const char worst[] = { '\1', '"', ',', '\xff', '\x7f', '=' };
	char text[3000];

	(void)state;
	for (size_t i = 0; i < sizeof(worst); i++) {
		for (size_t size = 0; size < sizeof(text); size = size < 100 ? size + 1 : size * 3) {
			memset(text, worst[i], sizeof(text));
			text[0] = i % 2 ? '=' : text[0];
			for (int32_t style = LT_LINE_TABLE; style <= LT_LINE_CSV; style++) {
				lt_line *line = lt_line_new(style);

				lt_line_key(line, text, size);
				lt_line_text(line, text, size, 7);
				lt_line_free(line);
			}
		}
	}
}

static uint64_t next_random(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static void expect_fixed(lt_line *line, double value, int decimals)
{
	char wanted[600];

	snprintf(wanted, sizeof(wanted), "%.*f\n", decimals, value);
	begin();
	lt_line_fixed(line, value, decimals, 0);
	assert_int_equal(lt_line_end(line), 0);
	lt_line_begin(line);
	expect_written(wanted);
}

/* All digits as printf's: ties, values that lie a hair beside one, all sizes. */
static void fixed(void **state)
{
	static const double values[] = { 0, -0.0, 0.5, 1.5, 2.5, -0.5, 0.125, 0.375, 1.005, 1.115, 2.675, 0.1, 1e15, 1e16,
		4503599627370495.5, 4503599627370497.5, 9007199254740993.0, DBL_MAX, DBL_MIN, 5e-324, 1e300, -1e22, 0.9999999999,
		999999.9999999, NAN, INFINITY, -INFINITY };
	lt_line *line = lt_line_new(LT_LINE_TABLE);

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		for (int decimals = 0; decimals <= 17; decimals++)
			expect_fixed(line, values[i], decimals);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = next_random();
		double value = (double)(int64_t)bits / (double)(1ull << (bits % 64)), any;

		expect_fixed(line, value, (int)((bits >> 40) % 10));
		/* halves, quarters, … of what the decimals resolve: printf's ties */
		expect_fixed(line, (double)(bits >> 44) / 1024, (int)(bits % 10));
		/* decimal fractions that end in 5, none of which is one in binary */
		expect_fixed(line, (double)((bits >> 40) * 10 + 5) / 1000, 2);
		memcpy(&any, &bits, sizeof(any));
		expect_fixed(line, any, (int)((bits >> 3) % 18));
	}
	lt_line_free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(harmless),
		cmocka_unit_test(words),
		cmocka_unit_test(fields),
		cmocka_unit_test(long_fields),
		cmocka_unit_test(json),
		cmocka_unit_test(csv),
		cmocka_unit_test(styled_room),
		cmocka_unit_test(fixed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
