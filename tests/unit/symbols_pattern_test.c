/* SPDX-License-Identifier: MIT
 *
 * Names by a pattern: shell patterns, and Python's regular expressions in POSIX's.
 */
#include "symbols/pattern.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool matches(const char *text, int32_t form, const char *name)
{
	struct lt_pattern pattern;
	bool result;

	assert_int_equal(lt_pattern_compile(&pattern, text, form, "test", NULL), 0);
	result = lt_pattern_matches(&pattern, name);
	lt_pattern_free(&pattern);
	return result;
}

static void yes(const char *text, int32_t form, const char *name)
{
	if (!matches(text, form, name))
		fail_msg("'%s' does not match '%s'", text, name);
}

static void no(const char *text, int32_t form, const char *name)
{
	if (matches(text, form, name))
		fail_msg("'%s' matches '%s'", text, name);
}

static void test_glob(void **state)
{
	(void)state;
	yes("vfs_*", LT_PATTERN_GLOB, "vfs_read");
	yes("vfs_*", LT_PATTERN_GLOB, "vfs_");
	no("vfs_*", LT_PATTERN_GLOB, "vfs");
	no("vfs_*", LT_PATTERN_GLOB, "xvfs_read");
	yes("n*", LT_PATTERN_GLOB, "nop_fn");
	no("n*", LT_PATTERN_GLOB, "vfs_read");
	yes("*read", LT_PATTERN_GLOB, "vfs_read");
	yes("vfs_rea?", LT_PATTERN_GLOB, "vfs_read");
	no("vfs_read?", LT_PATTERN_GLOB, "vfs_read");
	yes("vfs_[a-r]ead", LT_PATTERN_GLOB, "vfs_read");
	/* nothing else is special */
	yes("^a", LT_PATTERN_GLOB, "^a");
	no("^a", LT_PATTERN_GLOB, "a");
	no("a|b", LT_PATTERN_GLOB, "a");
}

static void test_regex(void **state)
{
	(void)state;
	yes("vfs_.*", LT_PATTERN_REGEX, "vfs_read");
	no("vfs_", LT_PATTERN_REGEX, "vfs_read");
	yes("vfs_", LT_PATTERN_START, "vfs_read");
	no("read", LT_PATTERN_START, "vfs_read");
	yes("^vfs_read$", LT_PATTERN_REGEX, "vfs_read");
	yes("vfs_read|vfs_write", LT_PATTERN_REGEX, "vfs_write");
	no("vfs_read|vfs_write", LT_PATTERN_REGEX, "vfs_writev");
	yes("(?:vfs|do)_read", LT_PATTERN_REGEX, "do_read");
	/* what is optional is no part of how a name begins */
	yes("ab?c", LT_PATTERN_REGEX, "ac");
	yes("ab*c", LT_PATTERN_REGEX, "abbc");
	yes("ab{0,2}c", LT_PATTERN_REGEX, "ac");
	yes("ab+c", LT_PATTERN_REGEX, "abbc");
	no("ab+c", LT_PATTERN_REGEX, "ac");
	yes("(ab)?c", LT_PATTERN_REGEX, "c");
}

static void test_classes(void **state)
{
	(void)state;
	yes("a\\d+", LT_PATTERN_REGEX, "a12");
	no("a\\d+", LT_PATTERN_REGEX, "ad");
	yes("a\\D", LT_PATTERN_REGEX, "ab");
	no("a\\D", LT_PATTERN_REGEX, "a1");
	yes("\\w+", LT_PATTERN_REGEX, "a_1");
	no("\\w+", LT_PATTERN_REGEX, "a.1");
	yes("a\\Wb", LT_PATTERN_REGEX, "a.b");
	yes("a\\sb", LT_PATTERN_REGEX, "a b");
	yes("a[\\d_]+", LT_PATTERN_REGEX, "a1_2");
	no("a[\\d_]+", LT_PATTERN_REGEX, "ad");
	yes("a[^\\d]", LT_PATTERN_REGEX, "ad");
	no("a[^\\d]", LT_PATTERN_REGEX, "a1");
	yes("a[]x]", LT_PATTERN_REGEX, "a]");
	yes("a\\.b", LT_PATTERN_REGEX, "a.b");
	no("a\\.b", LT_PATTERN_REGEX, "axb");
	yes("a[\\.]b", LT_PATTERN_REGEX, "a.b");
	yes("a[x\\]y]b", LT_PATTERN_REGEX, "a]b");
	yes("a[x\\]y]b", LT_PATTERN_REGEX, "ayb");
	yes("a[\\^x]b", LT_PATTERN_REGEX, "axb");
	yes("a[x\\-z]b", LT_PATTERN_REGEX, "a-b");
	no("a[x\\-z]b", LT_PATTERN_REGEX, "ayb");
}

static void test_form(void **state)
{
	struct lt_pattern pattern;
	lt_error err = { 0 };

	(void)state;
	assert_int_equal(lt_pattern_form(LT_PATTERN_NONE, "vfs_read"), LT_PATTERN_NONE);
	assert_int_equal(lt_pattern_form(LT_PATTERN_NONE, "vfs_*"), LT_PATTERN_GLOB);
	assert_int_equal(lt_pattern_form(LT_PATTERN_REGEX, "vfs_*"), LT_PATTERN_REGEX);
	assert_int_equal(lt_pattern_compile(&pattern, "a(", LT_PATTERN_REGEX, "kprobe 'a('", &err), -EINVAL);
	assert_non_null(strstr(err.message, "kprobe 'a(': not a regular expression: "));
	assert_int_equal(lt_pattern_compile(&pattern, "(?:a)(?!b)", LT_PATTERN_REGEX, "test", &err), -EINVAL);
	assert_string_equal(err.message, "test: not a regular expression: of the groups (?...) only (?:...) is known here, "
					 "not (?!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_regex),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_form),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
