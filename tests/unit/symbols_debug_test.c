/* SPDX-License-Identifier: MIT
 *
 * Symbols that lie in another file: by build id, and by .gnu_debuglink's name and checksum; never those of another
 * program. And the functions of a file by a regular expression.
 */
#include "symbols_fixture.h"
#include "../../host/symbols/functions.h"
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>

/* Runs a command of the shell, with %1$s for the case's directory and %2$s for this program. */
__attribute__((format(printf, 1, 0))) static void sh(const char *format)
{
	char command[4 * PATH_MAX];

	snprintf(command, sizeof(command), format, directory, exe_path);
	if (system(command))
		fail_msg("failed: %s", command);
}

static bool finds(const char *path, const char *name)
{
	uint64_t want, offset = 0;

	assert_int_equal(lt_elf_symbol_offset(exe_path, name, 0, &want, NULL, NULL), 0);
	return !lt_elf_symbol_offset(path, name, 0, &offset, NULL, NULL) && offset == want;
}

/* Whether the function is found by name, and its name by its place. */
static bool knows(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	lt_functions *functions;
	lt_function function;
	uint64_t offset;

	assert_int_equal(lt_elf_symbol_offset(exe_path, name, 0, &offset, NULL, NULL), 0);
	assert_int_equal(lt_functions_get(fd, -1, &functions), 0);
	close(fd);
	lt_functions_find(functions, offset, &function);
	assert_true(!function.name || !strcmp(function.name, name));
	/* Whatever is kept of the file: it is another one at the next look. */
	lt_functions_put(functions);
	assert_true(finds(path, name) == (function.name != NULL));
	return function.name;
}

static void beside_the_file(void **state)
{
	char path[PATH_MAX];

	(void)state;
	sh("cd %1$s && objcopy --only-keep-debug %2$s p.debug && objcopy -S --add-gnu-debuglink=p.debug %2$s p");
	snprintf(path, sizeof(path), "%s", in("p"));
	assert_true(knows(path, "local_function"));
	sh("cd %1$s && mkdir .debug && mv p.debug .debug && cp p p2 && mv p2 p");
	assert_true(knows(path, "local_function"));
	sh("cd %1$s && mv .debug/p.debug . && rmdir .debug");
}

/* Where neither file has a build id, the checksum decides. */
static void by_checksum(void **state)
{
	char path[PATH_MAX];

	(void)state;
	sh("cd %1$s && objcopy -R .note.gnu.build-id %2$s whole && objcopy --only-keep-debug whole p.debug && "
	   "objcopy -S --add-gnu-debuglink=p.debug whole q && rm whole");
	snprintf(path, sizeof(path), "%s", in("q"));
	assert_true(knows(path, "local_function"));
	sh("cd %1$s && printf x >>p.debug && cp q q2 && mv q2 q");
	assert_false(knows(path, "local_function"));
	sh("rm %1$s/q");
}

/* A build id that differs wins over a checksum that fits. */
static void of_another_program(void **state)
{
	char path[PATH_MAX];
	lt_error err = { 0 };
	uint64_t offset;

	(void)state;
	sh("cd %1$s && objcopy -O binary --only-section=.note.gnu.build-id %2$s id 2>/dev/null && "
	   "printf '\\377\\377' | dd of=id bs=1 seek=20 conv=notrunc status=none && "
	   "objcopy --update-section .note.gnu.build-id=id %2$s other && objcopy --only-keep-debug other p.debug && "
	   "objcopy -S --add-gnu-debuglink=p.debug %2$s p");
	snprintf(path, sizeof(path), "%s", in("p"));
	assert_false(knows(path, "local_function"));
	assert_int_equal(lt_elf_symbol_offset(path, "local_function", 0, &offset, NULL, &err), -ENOENT);
	sh("cd %1$s && rm id other p p.debug");
}

static void fill_debug_directory(void)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/usr/lib/debug", "tmpfs", 0, NULL))
		_exit(77);
	sh("cd %1$s && id=$(readelf -n p | sed -n 's/.*Build ID: //p') && rest=${id#??} && "
	   "d=/usr/lib/debug/.build-id/${id%%$rest} && mkdir -p $d && objcopy --only-keep-debug %2$s $d/$rest.debug");
}

/* In a mount namespace of our own, so that nothing of the machine is changed. */
static void by_build_id(void **state)
{
	char path[PATH_MAX];
	int status;
	pid_t pid;

	(void)state;
	sh("mkdir -p /usr/lib/debug; cd %1$s && objcopy -S %2$s p");
	snprintf(path, sizeof(path), "%s", in("p"));
	assert_false(knows(path, "local_function"));
	pid = fork();
	if (!pid) {
		fill_debug_directory();
		sh("cp %1$s/p %1$s/p2 && mv %1$s/p2 %1$s/p");
		_exit(!knows(path, "local_function"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	unlink(path);
	if (WEXITSTATUS(status) == 77)
		SKIP("needs root and /usr/lib/debug");
	assert_int_equal(status, 0);
}

/* ---- lists ----------------------------------------------------------------------------------------------------- */

static void functions_of_a_file(void **state)
{
	uint64_t local, global;
	char want[200], path[PATH_MAX];
	lt_blob blob;

	(void)state;
	assert_int_equal(lt_elf_symbol_offset(exe_path, "local_function", 0, NULL, &local, NULL), 0);
	assert_int_equal(lt_elf_symbol_offset(exe_path, "global_function", 0, NULL, &global, NULL), 0);
	assert_int_equal(lt_user_functions(exe_path, -1, "local_func", &blob, NULL), 1);
	snprintf(want, sizeof(want), "%llx local_function", (unsigned long long)local);
	assert_string_equal(blob.data, want);
	assert_int_equal(blob.size, strlen(want) + 1);
	lt_blob_free(&blob);
	/* from the start of a name, to its end only if the pattern says so; each once, though two tables have it */
	assert_int_equal(lt_user_functions(exe_path, -1, "(global|local)_function$", &blob, NULL), 2);
	lt_blob_free(&blob);
	assert_int_equal(lt_user_functions(exe_path, -1, "ocal_function", &blob, NULL), 0);
	lt_blob_free(&blob);
	assert_int_equal(lt_user_functions(exe_path, getpid(), "global_functio$", &blob, NULL), 0);
	lt_blob_free(&blob);
	/* a stripped one has what its debug file has */
	sh("cd %1$s && objcopy --only-keep-debug %2$s p.debug && objcopy -S --add-gnu-debuglink=p.debug %2$s p");
	snprintf(path, sizeof(path), "%s", in("p"));
	assert_int_equal(lt_user_functions(path, -1, "local_function", &blob, NULL), 1);
	lt_blob_free(&blob);
	sh("cd %1$s && rm p p.debug");
}

static void a_name_of_two_lines(void **state)
{
	char path[PATH_MAX];
	lt_blob blob;

	(void)state;
	sh("cd %1$s && objcopy --redefine-sym \"local_function=$(printf 'local\\nfunction')\" %2$s p");
	snprintf(path, sizeof(path), "%s", in("p"));
	assert_int_equal(lt_user_functions(path, -1, "local.function", &blob, NULL), 0);
	lt_blob_free(&blob);
	assert_int_equal(lt_user_functions(path, -1, "global_function$", &blob, NULL), 1);
	lt_blob_free(&blob);
	sh("cd %1$s && rm p");
}

static void list_errors(void **state)
{
	lt_error err = { 0 };
	lt_blob blob;

	(void)state;
	assert_int_equal(lt_user_functions(exe_path, -1, "(", &blob, &err), -EINVAL);
	assert_non_null(strstr(err.message, "functions '(': not a regular expression: "));
	assert_int_equal(lt_user_functions("/nonexistent/x", -1, "x", &blob, &err), -ENOENT);
	assert_string_equal(err.message, "functions '/nonexistent/x': no such file");
	assert_int_equal(lt_user_functions("/proc/self/status", -1, "x", &blob, &err), -ENOEXEC);
	assert_non_null(strstr(err.message, "not an ELF program"));
	assert_int_equal(lt_user_functions("c", INT_MAX, "x", &blob, &err), -ESRCH);
	assert_null(blob.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beside_the_file),
		cmocka_unit_test(by_checksum),
		cmocka_unit_test(of_another_program),
		cmocka_unit_test(by_build_id),
		cmocka_unit_test(functions_of_a_file),
		cmocka_unit_test(a_name_of_two_lines),
		cmocka_unit_test(list_errors),
		cmocka_unit_test(no_descriptor_is_left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
