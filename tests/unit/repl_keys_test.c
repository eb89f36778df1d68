/* SPDX-License-Identifier: MIT
 *
 * host/repl/keys.c: from a terminal's bytes, read in pieces of any size, to keys and to what was pasted.
 */
#include "luatrace.h"
#include "repl/keys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { PAUSE_US = 70000 };	/* more than a key's bytes may be apart */

static struct lt_keys keys;
static int terminal;		/* what is written there is typed */
static char seen[1 << 16];	/* "key|key|<pasted>|" */
static size_t seen_size;

static int open_terminal(void **state)
{
	int ends[2];

	(void)state;
	if (pipe(ends) || dup2(ends[0], STDIN_FILENO) < 0)
		return -1;
	close(ends[0]);
	terminal = ends[1];
	lt_keys_free(&keys);
	memset(&keys, 0, sizeof(keys));
	seen_size = 0;
	return 0;
}

static int close_terminal(void **state)
{
	(void)state;
	if (terminal >= 0)
		close(terminal);
	terminal = -1;
	return 0;
}

static void type(const char *bytes, size_t size)
{
	assert_int_equal(write(terminal, bytes, size), size);
}

static void see(const char *bytes, size_t size)
{
	assert_true(seen_size + size < sizeof(seen));
	memcpy(seen + seen_size, bytes, size);
	seen_size += size;
}

/* Takes what there is; what the last call said. */
static int take(void)
{
	const char *key;
	uint64_t size;
	size_t key_size;
	int what;

	while ((what = lt_keys_next(&keys, &key, &key_size)) == LT_KEYS_KEY || what == LT_KEYS_PASTED) {
		const char *taken = lt_keys_taken(&keys, &size);

		if (what == LT_KEYS_KEY) {
			assert_int_equal(size, key_size);
			assert_memory_equal(taken, key, size);
			see(key, key_size);
		} else {
			see("<", 1);
			see(taken, size);
			see(">", 1);
		}
		see("|", 1);
	}
	return what;
}

static void expect_seen(const char *wanted, size_t size)
{
	assert_int_equal(seen_size, size);
	assert_memory_equal(seen, wanted, size);
	seen_size = 0;
}

/* All at once, then cut at each place, then byte by byte. */
static void expect_keys(const char *bytes, size_t size, const char *wanted, size_t wanted_size)
{
	for (size_t cut = 0; cut < size; cut++) {
		if (cut) {
			type(bytes, cut);
			assert_int_equal(take(), LT_KEYS_NONE);
		}
		type(bytes + cut, size - cut);
		assert_int_equal(take(), LT_KEYS_NONE);
		expect_seen(wanted, wanted_size);
	}
	for (size_t i = 0; i < size; i++) {
		type(bytes + i, 1);
		assert_int_equal(take(), LT_KEYS_NONE);
	}
	expect_seen(wanted, wanted_size);
	assert_int_equal(lt_keys_wait_ms(&keys), -1);
}

#define KEYS(bytes, wanted) expect_keys(bytes, sizeof(bytes) - 1, wanted, sizeof(wanted) - 1)

static void sequences(void **state)
{
	(void)state;
	KEYS("ab", "a|b|");
	KEYS("\033[A\033[1;5C\033OPx", "\033[A|\033[1;5C|\033OP|x|");
	/* the Linux console's F1; Alt and a key, of several bytes too */
	KEYS("\033[[Ax\033b\033\xc3\xa4y", "\033[[A|x|\033b|\033\xc3\xa4|y|");
	/* Escape before a key that begins with one */
	KEYS("\033\033[A", "\033|\033[A|");
	/* what ends too early is no part of the next key */
	KEYS("\033[\r\033[1;\033[A", "\033[|\r|\033[1;|\033[A|");
	KEYS("\0\x7f\x01", "\0|\x7f|\x01|");
}

static void characters(void **state)
{
	(void)state;
	KEYS("\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80", "\xc3\xa4|\xe6\x97\xa5|\xf0\x9f\x98\x80|");
	/* no UTF-8: a byte of the middle; cut off before Enter, an arrow, another */
	KEYS("\xa4\r\xc3\r\xe6\x97\r", "\xa4|\r|\xc3|\r|\xe6\x97|\r|");
	KEYS("\xe6\033[A\xf0\x9f\xc3\xa4", "\xe6|\033[A|\xf0\x9f|\xc3\xa4|");
}

static void long_sequence(void **state)
{
	char bytes[202] = "\033[", wanted[2 * sizeof(bytes)];
	size_t size = 0;

	(void)state;
	memset(bytes + 2, '1', sizeof(bytes) - 2);
	/* not without an end; the same wherever it is cut */
	memcpy(wanted, bytes, 32);
	wanted[32] = '|';
	size = 33;
	for (size_t i = 32; i < sizeof(bytes); i++) {
		wanted[size++] = '1';
		wanted[size++] = '|';
	}
	expect_keys(bytes, sizeof(bytes), wanted, size);
}

static void pasted(void **state)
{
	(void)state;
	KEYS("a\033[200~one\ntwo\033[201~b", "a|<one\ntwo>|b|");
	KEYS("\033[200~a\r\nb\rc\n\nd\r\r\n\033[201~", "<a\nb\nc\n\nd\n\n>|");
	/* nothing; what looks like the mark of the end; keys; no UTF-8; a NUL */
	KEYS("\033[200~\033[201~", "<>|");
	KEYS("\033[200~\033[201\033[20\033\033[201~\r", "<\033[201\033[20\033>|\r|");
	KEYS("\033[200~\x03\033[A\xff\0\033[201~", "<\x03\033[A\xff\0>|");
	KEYS("\033[200~a\033[200~b\033[201~\033[201~", "<a\033[200~b>|\033[201~|");
	KEYS("\033[200~a\r\033[201~\033[200~\nb\033[201~", "<a\n>|<\nb>|");
}

static void large_paste(void **state)
{
	enum { SIZE = 5 << 20, PIECE = 4000 };
	char *piece = malloc(PIECE), *messages = NULL;
	FILE *before = stderr;
	size_t size = 0;

	(void)state;
	for (size_t i = 0; i < PIECE; i++)
		piece[i] = i % 50 ? 'x' : '\r';
	type("\033[200~", 6);
	for (size_t done = 0; done < SIZE; done += PIECE) {
		type(piece, PIECE);
		assert_int_equal(take(), LT_KEYS_NONE);
	}
	/* all or nothing, and said */
	stderr = open_memstream(&messages, &size);
	type("end\033[201~a", 10);
	assert_int_equal(take(), LT_KEYS_NONE);
	fclose(stderr);
	stderr = before;
	expect_seen("<>|a|", 5);
	assert_string_equal(messages, "luatrace: what was pasted is left out, for it is larger than 4 MiB;"
				      " ':run FILE' runs a file\n");
	KEYS("\033[200~next\033[201~", "<next>|");
	free(messages);
	free(piece);
}

static void escape(void **state)
{
	(void)state;
	type("\033", 1);
	assert_int_equal(take(), LT_KEYS_NONE);
	assert_in_range(lt_keys_wait_ms(&keys), 1, 51);
	expect_seen("", 0);
	usleep(PAUSE_US);
	assert_int_equal(lt_keys_wait_ms(&keys), 0);
	assert_int_equal(take(), LT_KEYS_NONE);
	expect_seen("\033|", 2);
	assert_int_equal(lt_keys_wait_ms(&keys), -1);
	/* its rest is there, however late it is looked for */
	type("\033", 1);
	assert_int_equal(take(), LT_KEYS_NONE);
	type("[A", 2);
	usleep(PAUSE_US);
	assert_int_equal(take(), LT_KEYS_NONE);
	expect_seen("\033[A|", 4);
	/* the beginning of a character */
	type("\xe6\x97", 2);
	assert_int_equal(take(), LT_KEYS_NONE);
	usleep(PAUSE_US);
	assert_int_equal(take(), LT_KEYS_NONE);
	expect_seen("\xe6\x97|", 3);
	/* a paste takes its time */
	type("\033[200~a\033", 8);
	assert_int_equal(take(), LT_KEYS_NONE);
	usleep(PAUSE_US);
	assert_int_equal(take(), LT_KEYS_NONE);
	type("[201~", 5);
	assert_int_equal(take(), LT_KEYS_NONE);
	expect_seen("<a>|", 4);
}

/* Ctrl-C took the end of what was being pasted. */
static void lost_end(void **state)
{
	(void)state;
	type("\033[200~print(", 12);
	assert_int_equal(take(), LT_KEYS_NONE);
	type("1)", 2);
	lt_keys_begin(&keys);
	assert_int_equal(take(), LT_KEYS_NONE);
	expect_seen("", 0);
	lt_keys_begin(&keys);
	type("x", 1);
	assert_int_equal(take(), LT_KEYS_NONE);
	expect_seen("x|", 2);
}

static void gone(void **state)
{
	(void)state;
	type("a\033[", 3);
	close_terminal(NULL);
	assert_int_equal(take(), LT_KEYS_GONE);
	assert_int_equal(take(), LT_KEYS_GONE);
	expect_seen("a|", 2);
	open_terminal(NULL);
	type("\033[200~a", 7);
	close_terminal(NULL);
	assert_int_equal(take(), LT_KEYS_GONE);
	expect_seen("", 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_terminal, close_terminal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sequences),
		TEST(characters),
		TEST(long_sequence),
		TEST(pasted),
		TEST(large_paste),
		TEST(escape),
		TEST(lost_end),
		TEST(gone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
