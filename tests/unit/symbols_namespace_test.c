/* SPDX-License-Identifier: MIT
 *
 * Processes whose file system is another: in a mount namespace, or under a root, of their own.
 */
#include "symbols_fixture.h"
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>

/* What a container is: a mount namespace with a root of its own. */
static int enter_namespace(const char *root)
{
	return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       mount("none", root, "tmpfs", 0, NULL) || chdir(root) || syscall(SYS_pivot_root, ".", ".") ||
	       umount2(".", MNT_DETACH) || mkdir("/tmp", 0700);
}

/* A process under a root of its own, which maps /tmp/inner there, a copy of this program; /tmp/link is a link to it
 * with an absolute target. -1 if that is not allowed here. */
static pid_t start_inside(bool own_namespace, int *hold)
{
	int pipes[2], ready[2];
	char c = 0;
	pid_t pid;

	assert_int_equal(mkdir(in("jail"), 0700), 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		const char *inner = "/tmp/inner";
		size_t size;
		unsigned char *data = read_file("/proc/self/exe", &size);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pipes[1]);
		if (own_namespace ? enter_namespace(in("jail")) : mkdir(in("jail/tmp"), 0700) || chroot(in("jail")))
			_exit(1);
		write_file(inner, data, size);
		if (symlink(inner, "/tmp/link") || mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE,
							open(inner, O_RDONLY | O_CLOEXEC), 0) == MAP_FAILED)
			_exit(1);
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		_exit(read(pipes[0], &c, 1) < 0);
	}
	close(pipes[0]);
	close(ready[1]);
	*hold = pipes[1];
	if (read(ready[0], &c, 1) != 1) {
		end_child(pid, *hold);
		pid = -1;
	}
	close(ready[0]);
	return pid;
}

static void remove_jail(void)
{
	unlink(in("jail/tmp/inner"));
	unlink(in("jail/tmp/link"));
	rmdir(in("jail/tmp"));
	rmdir(in("jail"));
}

/* Through the kernel's own links while it lives, and by path after it has ended. */
static void check_inside(pid_t pid, int hold, uint64_t address)
{
	lt_process *alive, *ended;

	assert_int_equal(lt_process_open(pid, &alive, NULL), 0);
	assert_int_equal(lt_process_open(pid, &ended, NULL), 0);
	assert_symbol(alive, (void *)address, "global_function", 1, "/tmp/inner");
	lt_process_free(alive);
	end_child(pid, hold);
	assert_symbol(ended, (void *)address, "global_function", 1, "/tmp/inner");
	assert_symbol(ended, dlsym(RTLD_DEFAULT, "getppid"), "getppid", 1, "libc.so");
	lt_process_free(ended);
}

/* The path by which this process reaches a file of that one. */
static void seen_from_here(pid_t pid, const char *inside, char *path, size_t size)
{
	snprintf(path, size, "/proc/%d/%s%s", pid, "root", inside);
}

static void other_mount_namespace(void **state)
{
	char path[PATH_MAX], want[PATH_MAX];
	lt_error err = { 0 };
	uint64_t offset;
	pid_t pid;
	int hold = -1;

	(void)state;
	pid = geteuid() ? -1 : start_inside(true, &hold);
	if (pid < 0) {
		remove_jail();
		SKIP("needs root, CAP_SYS_ADMIN and CAP_SYS_CHROOT");
	}
	seen_from_here(pid, "/tmp/inner", want, sizeof(want));
	assert_int_equal(lt_find_library("uprobe", "/tmp/inner", -1, path, sizeof(path), &err), -ENOENT);
	assert_int_equal(lt_find_library("uprobe", "/tmp/inner", pid, path, sizeof(path), &err), 0);
	assert_string_equal(path, want);
	assert_int_equal(lt_find_library("uprobe", "/tmp/link", pid, path, sizeof(path), &err), 0);
	assert_string_equal(path, want);
	assert_int_equal(lt_find_library("uprobe", "inner", pid, path, sizeof(path), &err), 0);
	assert_string_equal(path, want);
	assert_int_equal(lt_find_library("uprobe", "/tmp/absent", pid, path, sizeof(path), &err), -ENOENT);
	assert_non_null(strstr(err.message, "in the mount namespace of process"));
	/* an empty file system: no cache, no directories, no PATH */
	assert_int_equal(lt_find_library("uprobe", "zzqq", pid, path, sizeof(path), &err), -ENOENT);
	assert_int_equal(lt_elf_symbol_offset(want, "global_function", 0, &offset, NULL, &err), 0);
	check_inside(pid, hold, code_of(pid, "/tmp/inner") + offset);
	remove_jail();
}

static void other_root(void **state)
{
	char path[PATH_MAX], want[PATH_MAX];
	lt_error err = { 0 };
	uint64_t offset;
	pid_t pid;
	int hold = -1;

	(void)state;
	pid = geteuid() ? -1 : start_inside(false, &hold);
	if (pid < 0) {
		remove_jail();
		SKIP("needs root, CAP_SYS_ADMIN and CAP_SYS_CHROOT");
	}
	seen_from_here(pid, "/tmp/inner", want, sizeof(want));
	assert_int_equal(lt_find_library("uprobe", "/tmp/inner", pid, path, sizeof(path), &err), 0);
	assert_string_equal(path, want);
	assert_int_equal(lt_find_library("uprobe", "/tmp/link", pid, path, sizeof(path), &err), 0);
	assert_same_file(path, want);
	assert_int_equal(lt_find_library("uprobe", "inner", pid, path, sizeof(path), &err), 0);
	assert_same_file(path, want);
	assert_int_equal(lt_elf_symbol_offset(want, "global_function", 0, &offset, NULL, &err), 0);
	check_inside(pid, hold, code_of(pid, "/tmp/inner") + offset);
	remove_jail();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_mount_namespace),
		cmocka_unit_test(other_root),
		cmocka_unit_test(no_descriptor_is_left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
