/* SPDX-License-Identifier: MIT
 *
 * What the tests of symbols share: a directory of their own, functions of the program itself to be found, children.
 */
#ifndef LT_TESTS_SYMBOLS_FIXTURE_H
#define LT_TESTS_SYMBOLS_FIXTURE_H
#include "../../host/error.h"
#include "../../host/symbols/symbols.h"
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/lt-symbols-XXXXXX";
static char libc_path[PATH_MAX], exe_path[PATH_MAX];

/* Functions of this program to be found again. */
__attribute__((noinline, used)) static int local_function(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

__attribute__((noinline, visibility("default"))) int global_function(int x);
int global_function(int x)
{
	__asm__ volatile("" : "+r"(x));
	return local_function(x) + 1;
}

static inline const char *in(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static inline void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static inline unsigned char *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *data;
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	*size = (size_t)st.st_size;
	return data;
}

#define SKIP(reason)                                     \
	do {                                             \
		print_message("# skipped: %s\n", reason); \
		skip();                                  \
	} while (0)

static inline void assert_symbol(lt_process *process, const void *address, const char *name, int offset, const char *module)
{
	lt_symbol symbol;

	assert_int_equal(lt_process_symbol(process, (uint64_t)address + (unsigned int)offset, &symbol), 0);
	assert_string_equal(symbol.name, name);
	assert_int_equal(symbol.offset, offset);
	assert_non_null(strstr(symbol.module, module));
}

/* A child that waits until it is killed; with `path` it runs that program, waiting on its input. */
static inline pid_t start_child(const char *path, int *hold)
{
	int pipes[2], ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipes[0], 0);
		close(pipes[1]);
		if (path)
			execl(path, path, NULL);
		else
			close(ready[1]);
		_exit(path ? 127 : read(0, &c, 1) < 0);
	}
	close(pipes[0]);
	close(ready[1]);
	/* Ends when the child has run execve(), which closes it, or said so. */
	assert_int_equal(read(ready[0], &c, 1), 0);
	close(ready[0]);
	*hold = pipes[1];
	return pid;
}

static inline void end_child(pid_t pid, int hold)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(hold);
}

static inline uint64_t code_of(pid_t pid, const char *file)
{
	char line[8192], path[64];
	unsigned long start, found = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, " r-xp ") && strstr(line, file) && sscanf(line, "%lx", &start) == 1 && !found)
			found = start;
	fclose(maps);
	return found;
}

static inline void assert_same_file(const char *a, const char *b)
{
	struct stat x, y;

	assert_int_equal(stat(a, &x), 0);
	assert_int_equal(stat(b, &y), 0);
	assert_true(x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

static inline int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static int descriptors_before;

static inline void no_descriptor_is_left(void **state)
{
	(void)state;
	assert_int_equal(descriptors(), descriptors_before);
}

static inline int set_up(void **state)
{
	Dl_info info;

	(void)state;
	descriptors_before = descriptors();
	/* The file by its real name, as the maps show it. */
	return !mkdtemp(directory) || !dladdr(dlsym(RTLD_DEFAULT, "getppid"), &info) ||
	       !realpath(info.dli_fname, libc_path) || !realpath("/proc/self/exe", exe_path);
}

static inline int tear_down(void **state)
{
	(void)state;
	return rmdir(directory);
}

#endif
