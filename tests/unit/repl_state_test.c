/* SPDX-License-Identifier: MIT
 *
 * host/repl/state_file.c and host/repl/directory.c: files of the user's own, and what of others is not used.
 */
#include "luatrace.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char home[64];

static int make_home(void **state)
{
	(void)state;
	strcpy(home, "/tmp/luatrace-state-XXXXXX");
	unsetenv("XDG_STATE_HOME");
	return !mkdtemp(home) || setenv("HOME", home, 1);
}

static int remove_home(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", home);
	return system(command);
}

static const char *path(const char *below)
{
	static char made[256];

	snprintf(made, sizeof(made), "%s/%s", home, below);
	return made;
}

static void expect(const char *wanted)
{
	lt_blob text;
	lt_error err = { 0 };

	assert_int_equal(lt_state_read("history", &text, &err), 0);
	assert_int_equal(text.size, strlen(wanted));
	if (text.size)
		assert_memory_equal(text.data, wanted, text.size);
	lt_blob_free(&text);
}

static void expect_refused(int code, const char *what)
{
	lt_blob text;
	lt_error err = { 0 };

	assert_int_equal(lt_state_write("history", "x\n", 2, 0, &err), code);
	assert_non_null(strstr(err.message, what));
	lt_error_clear(&err);
	assert_int_equal(lt_state_read("history", &text, &err), code);
	assert_non_null(strstr(err.message, what));
	assert_int_equal(text.size, 0);
	lt_error_clear(&err);
}

static void own(void **state)
{
	struct stat info;

	(void)state;
	expect("");
	assert_int_equal(lt_state_write("history", "one\n", 4, 0, NULL), 0);
	assert_int_equal(lt_state_write("history", "two\n", 4, 0, NULL), 0);
	expect("one\ntwo\n");
	assert_int_equal(lt_state_write("history", "new\n", 4, 1, NULL), 0);
	expect("new\n");
	assert_int_equal(stat(path(".local/state/luatrace/history"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(chmod(path(".local/state/luatrace/history"), 0644), 0);
	expect("new\n");
	assert_int_equal(stat(path(".local/state/luatrace/history"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void no_home(void **state)
{
	(void)state;
	unsetenv("HOME");
	expect_refused(-EINVAL, "neither XDG_STATE_HOME nor HOME");
	setenv("HOME", "relative", 1);
	expect_refused(-EINVAL, "neither XDG_STATE_HOME nor HOME");
	setenv("HOME", "/proc/nosuch", 1);
	assert_int_equal(lt_state_write("history", "x\n", 2, 0, NULL), -ENOENT);
}

static void others(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path("elsewhere"), 0700), 0);
	assert_int_equal(setenv("XDG_STATE_HOME", home, 1), 0);
	assert_int_equal(symlink("elsewhere", path("luatrace")), 0);
	expect_refused(-ENOTDIR, "not used, for it is a link");
	assert_int_equal(unlink(path("luatrace")), 0);
	assert_int_equal(mkdir(path("luatrace"), 0700), 0);
	assert_int_equal(symlink("../elsewhere/history", path("luatrace/history")), 0);
	expect_refused(-ELOOP, "not used, for it is a link");
	assert_int_equal(access(path("elsewhere/history"), F_OK), -1);
	assert_int_equal(unlink(path("luatrace/history")), 0);
	assert_int_equal(mkfifo(path("luatrace/history"), 0600), 0);
	assert_int_equal(lt_state_write("history", "x\n", 2, 0, NULL), -ENXIO);
	assert_int_equal(unlink(path("luatrace/history")), 0);
	if (geteuid())
		return;
	assert_int_equal(chown(path("luatrace"), 1, 1), 0);
	expect_refused(-EPERM, "luatrace: not used, for it is another user's");
	assert_int_equal(chown(path("luatrace"), 0, 0), 0);
	assert_int_equal(lt_state_write("history", "x\n", 2, 0, NULL), 0);
	assert_int_equal(chown(path("luatrace/history"), 1, 1), 0);
	expect_refused(-EPERM, "history: not used, for it is another user's");
}

/* No room: the lines that were there are, and no part of the new one. */
static void full(void **state)
{
	struct rlimit limit, small;

	(void)state;
	assert_int_equal(lt_state_write("history", "one\n", 4, 0, NULL), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = (struct rlimit){ 6, limit.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(lt_state_write("history", "two\n", 4, 0, NULL), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &limit);
	expect("one\n");
	assert_int_equal(lt_state_write("history", "three\n", 6, 0, NULL), 0);
	expect("one\nthree\n");
}

static void large(void **state)
{
	lt_blob text;
	lt_error err = { 0 };

	(void)state;
	assert_int_equal(lt_state_write("history", "one\n", 4, 0, NULL), 0);
	assert_int_equal(truncate(path(".local/state/luatrace/history"), 16 << 20), 0);
	assert_int_equal(lt_state_read("history", &text, NULL), 0);
	assert_int_equal(text.size, 16 << 20);
	lt_blob_free(&text);
	assert_int_equal(truncate(path(".local/state/luatrace/history"), (16 << 20) + 1), 0);
	assert_int_equal(lt_state_read("history", &text, &err), -EFBIG);
	assert_non_null(strstr(err.message, "larger than 16 MiB"));
	lt_error_clear(&err);
}

static void directory(void **state)
{
	lt_blob names;

	(void)state;
	assert_int_equal(mkdir(path("folder"), 0700), 0);
	assert_int_equal(symlink("folder", path("link")), 0);
	assert_int_equal(symlink("nowhere", path("dangling")), 0);
	assert_int_equal(lt_directory_list(home, &names, NULL), 3);
	assert_int_equal(names.size, strlen("folder/link/dangling") + 3);
	assert_non_null(memmem(names.data, names.size, "folder/\n", 8));
	assert_non_null(memmem(names.data, names.size, "link/\n", 6));
	assert_non_null(memmem(names.data, names.size, "dangling\n", 9));
	lt_blob_free(&names);
	assert_int_equal(lt_directory_list(path("nosuch"), &names, NULL), -ENOENT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_home, remove_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(own), TEST(no_home), TEST(others), TEST(full), TEST(large), TEST(directory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
