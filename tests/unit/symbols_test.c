/* SPDX-License-Identifier: MIT
 *
 * Symbols of ELF files and processes, and finding libraries.
 */
#include "../../host/error.h"
#include "../../host/symbols/functions.h"
#include "../../host/symbols/ldcache.h"
#include "../../host/symbols/symbols.h"
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

int some_data = 17;

static const char *in(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static unsigned char *read_file(const char *path, size_t *size)
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

/* ---- places for uprobes --------------------------------------------------------------------------------------- */

/* The file offset of an address of this process, by its own maps. */
static uint64_t file_offset_of(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end, offset, found = 0, at = (unsigned long)address;
	char line[8192];

	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 && at >= start && at < end)
			found = at - start + offset;
	fclose(maps);
	return found;
}

static void offset_of_a_function(void **state)
{
	uint64_t offset = 0, address = 0, again = 0;
	Dl_info info;

	(void)state;
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "local_function", &offset, &address, NULL), 0);
	assert_true(offset == file_offset_of((void *)local_function));
	assert_int_equal(lt_elf_address_offset("/proc/self/exe", address, &again, NULL), 0);
	assert_true(offset == again);
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "global_function", &offset, NULL, NULL), 0);
	assert_true(offset == file_offset_of((void *)global_function));
	/* a library without .symtab */
	assert_int_equal(lt_elf_symbol_offset(libc_path, "getppid", &offset, &address, NULL), 0);
	assert_true(dladdr(dlsym(RTLD_DEFAULT, "getppid"), &info));
	assert_true(offset == file_offset_of(dlsym(RTLD_DEFAULT, "getppid")));
	assert_true(address == (uint64_t)info.dli_saddr - (uint64_t)info.dli_fbase);
	assert_int_equal(lt_elf_symbol_offset(libc_path, "getppid@@GLIBC_2.2.5", &again, NULL, NULL), 0);
	assert_true(offset == again);
}

static void offset_of_the_default_version(void **state)
{
	/* libc keeps pthread_cond_wait@GLIBC_2.2.5, of another layout, beside the one that programs get now. */
	void *wanted = dlsym(RTLD_DEFAULT, "pthread_cond_wait");
	uint64_t offset;

	(void)state;
	assert_int_equal(lt_elf_symbol_offset(libc_path, "pthread_cond_wait", &offset, NULL, NULL), 0);
	assert_true(offset == file_offset_of(wanted));
}

static const char *why(const char *path, const char *symbol, int code)
{
	static lt_error err;
	uint64_t offset;

	assert_int_equal(lt_elf_symbol_offset(path, symbol, &offset, NULL, &err), code);
	assert_int_equal(err.code, code);
	return err.message;
}

static void offset_errors(void **state)
{
	char want[PATH_MAX + 200];
	lt_error err = { 0 };
	uint64_t offset;

	(void)state;
	assert_non_null(strstr(why("/proc/self/exe", "global_functoin", -ENOENT),
			       "uprobe '/proc/self/exe': no function 'global_functoin'; similar: global_function"));
	snprintf(want, sizeof(want), "uprobe '%s': no function 'zzqqzzqqzzqq'", libc_path);
	assert_string_equal(why(libc_path, "zzqqzzqqzzqq", -ENOENT), want);
	assert_non_null(strstr(why(libc_path, "strlen", -ENOTSUP), "'strlen' is an IFUNC"));
	assert_non_null(strstr(why("/proc/self/exe", "getauxval", -ENOENT), "is only imported here"));
	assert_non_null(strstr(why("/proc/self/exe", "some_data", -ENOENT), "'some_data' is not a function"));
	assert_non_null(strstr(why("/proc/self/exe", "", -EINVAL), "empty"));
	assert_string_equal(why("/nonexistent/x.so", "f", -ENOENT), "uprobe '/nonexistent/x.so': no such file");
	assert_non_null(strstr(why("/proc/self/status", "f", -ENOEXEC), "not an ELF program"));
	assert_non_null(strstr(why("/dev/zero", "f", -ENOEXEC), "not an ELF program"));
	assert_non_null(strstr(why("/tmp", "f", -EISDIR), "is a directory"));
	assert_int_equal(mkfifo(in("fifo"), 0600), 0);
	assert_non_null(strstr(why(in("fifo"), "f", -ENOEXEC), "not an ELF program"));
	unlink(in("fifo"));
	assert_int_equal(lt_elf_address_offset("/proc/self/exe", 0x7fffffffffff, &offset, &err), -ERANGE);
	assert_non_null(strstr(err.message, "loads nothing at address 0x7fffffffffff"));
}

/* ---- processes ------------------------------------------------------------------------------------------------ */

static void assert_symbol(lt_process *process, const void *address, const char *name, int offset, const char *module)
{
	lt_symbol symbol;

	assert_int_equal(lt_process_symbol(process, (uint64_t)address + (unsigned int)offset, &symbol), 0);
	assert_string_equal(symbol.name, name);
	assert_int_equal(symbol.offset, offset);
	assert_non_null(strstr(symbol.module, module));
}

static void process_of_our_own(void **state)
{
	uint64_t file_address;
	lt_process *process;
	lt_symbol symbol;

	(void)state;
	assert_int_equal(lt_process_open(getpid(), &process, NULL), 0);
	assert_symbol(process, (void *)local_function, "local_function", 0, exe_path);
	assert_symbol(process, (void *)local_function, "local_function", 2, exe_path);
	assert_symbol(process, (void *)global_function, "global_function", 1, exe_path);
	assert_symbol(process, dlsym(RTLD_DEFAULT, "getppid"), "getppid", 1, "libc.so");
	assert_int_equal(lt_process_symbol(process, (uint64_t)local_function, &symbol), 0);
	assert_int_equal(lt_elf_symbol_offset(exe_path, "local_function", NULL, &file_address, NULL), 0);
	assert_true(symbol.address == file_address);
	assert_int_equal(lt_process_symbol(process, 0, &symbol), -ENOENT);
	assert_int_equal(lt_process_symbol(process, (uint64_t)&symbol, &symbol), -ENOENT);
	assert_int_equal(lt_process_symbol(process, UINT64_MAX, &symbol), -ENOENT);
	lt_process_free(process);
	lt_process_free(NULL);
}

static void process_vdso(void **state)
{
	uint64_t start = getauxval(AT_SYSINFO_EHDR);
	lt_process *process;
	bool found = false;
	lt_symbol symbol;

	(void)state;
	if (!start)
		SKIP("no vDSO");
	assert_int_equal(lt_process_open(getpid(), &process, NULL), 0);
	for (uint64_t at = start; at < start + 8192; at += 16)
		if (!lt_process_symbol(process, at, &symbol))
			found |= strstr(symbol.name, "clock_gettime") && !strcmp(symbol.module, "[vdso]");
	assert_true(found);
	lt_process_free(process);
}

/* A child that waits until it is killed; with `path` it runs that program, waiting on its input. */
static pid_t start_child(const char *path, int *hold)
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

static void end_child(pid_t pid, int hold)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(hold);
}

static void process_that_has_ended(void **state)
{
	lt_process *process, *ours;
	lt_symbol theirs, mine;
	lt_error err = { 0 };
	int hold = -1;
	pid_t pid = start_child(NULL, &hold);

	(void)state;
	assert_int_equal(lt_process_open(pid, &process, NULL), 0);
	end_child(pid, hold);
	/* nothing of it was asked for while it lived */
	assert_symbol(process, (void *)local_function, "local_function", 2, exe_path);
	assert_symbol(process, dlsym(RTLD_DEFAULT, "getppid"), "getppid", 1, "libc.so");
	assert_int_equal(lt_process_refresh(process), -ESRCH);
	assert_symbol(process, (void *)global_function, "global_function", 0, exe_path);
	/* one table for both */
	assert_int_equal(lt_process_open(getpid(), &ours, NULL), 0);
	assert_int_equal(lt_process_symbol(process, (uint64_t)global_function, &theirs), 0);
	assert_int_equal(lt_process_symbol(ours, (uint64_t)global_function, &mine), 0);
	assert_ptr_equal(theirs.name, mine.name);
	lt_process_free(process);
	lt_process_free(ours);
	assert_int_equal(lt_process_open(pid, &process, &err), -ESRCH);
	assert_null(process);
	assert_non_null(strstr(err.message, "no such process"));
	assert_int_equal(lt_process_open(-1, &process, &err), -EINVAL);
}

static uint64_t code_of(pid_t pid, const char *file)
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

/* This program without its section headers: as stripped as can be, and still a PIE that runs. It waits for its input
 * when LT_SYMBOLS_WAIT is set. */
static void process_stripped(void **state)
{
	size_t size;
	unsigned char *data = read_file("/proc/self/exe", &size);
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)data;
	lt_process *process;
	lt_symbol symbol;
	char path[PATH_MAX];
	uint64_t code;
	pid_t pid;
	int hold = -1;

	(void)state;
	ehdr->e_shoff = 0;
	ehdr->e_shnum = ehdr->e_shstrndx = 0;
	snprintf(path, sizeof(path), "%s", in("stripped"));
	write_file(path, data, size);
	free(data);
	assert_non_null(strstr(why(path, "local_function", -ENOENT), "the file is stripped"));
	setenv("LT_SYMBOLS_WAIT", "1", 1);
	pid = start_child(path, &hold);
	unsetenv("LT_SYMBOLS_WAIT");
	/* Gone from the directory, it is still to be had through the process. */
	unlink(path);
	code = code_of(pid, "/stripped");
	assert_true(code);
	assert_int_equal(lt_process_open(pid, &process, NULL), 0);
	assert_int_equal(lt_process_symbol(process, code + 100, &symbol), -ENOENT);
	assert_null(symbol.name);
	assert_string_equal(symbol.module, path);
	assert_true(symbol.offset >= 100);
	lt_process_free(process);
	end_child(pid, hold);
}

static void process_refreshed(void **state)
{
	size_t size;
	unsigned char *data = read_file("/proc/self/exe", &size);
	lt_process *process;
	uint64_t offset, at;
	lt_symbol symbol;
	char path[PATH_MAX];
	void *map;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s", in("late file with spaces"));
	write_file(path, data, size);
	free(data);
	assert_int_equal(lt_process_open(getpid(), &process, NULL), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	map = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		lt_process_free(process);
		unlink(path);
		SKIP("/tmp is mounted noexec");
	}
	unlink(path);
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "global_function", &offset, NULL, NULL), 0);
	at = (uint64_t)map + offset;
	assert_int_equal(lt_process_symbol(process, at, &symbol), -ENOENT);
	assert_int_equal(lt_process_refresh(process), 0);
	if (!geteuid()) {
		assert_int_equal(lt_process_symbol(process, at + 1, &symbol), 0);
		assert_string_equal(symbol.name, "global_function");
		assert_string_equal(symbol.module, path);
	}
	munmap(map, size);
	assert_int_equal(lt_process_refresh(process), 0);
	assert_int_equal(lt_process_symbol(process, at, &symbol), -ENOENT);
	/* what was given out stays good */
	if (!geteuid())
		assert_true(lt_process_symbol(process, (uint64_t)global_function, &symbol) == 0 && symbol.name);
	lt_process_free(process);
}

/* ---- damaged files -------------------------------------------------------------------------------------------- */

/* Whatever is in the file, every call returns. */
static void try_everything(const char *path)
{
	lt_functions *functions;
	lt_function function;
	lt_error err = { 0 };
	uint64_t offset;
	int fd;

	lt_elf_symbol_offset(path, "global_function", &offset, NULL, &err);
	lt_elf_symbol_offset(path, "no_such_function", &offset, NULL, &err);
	lt_elf_address_offset(path, 0x1234, &offset, &err);
	lt_error_clear(&err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!lt_functions_get(fd, &functions)) {
		for (uint64_t at = 0; at < 1 << 20; at += 997)
			lt_functions_find(functions, at, &function);
		lt_functions_put(functions);
	}
	close(fd);
}

static void damaged_truncated(void **state)
{
	size_t size;
	unsigned char *data = read_file("/proc/self/exe", &size);
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s", in("truncated"));
	for (size_t i = 0; i < 160; i++) {
		size_t length = i < 96 ? i : size / 64 * (i - 96);

		write_file(path, data, length);
		try_everything(path);
		if (length < 64)
			assert_int_equal(lt_elf_symbol_offset(path, "global_function", NULL, NULL, NULL), -ENOEXEC);
	}
	free(data);
	unlink(path);
}

static size_t pick(unsigned int *seed, size_t below)
{
	return (((size_t)rand_r(seed) << 16) ^ (size_t)rand_r(seed)) % below;
}

static void damaged_flipped(void **state)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t size;
	unsigned char *good = read_file("/proc/self/exe", &size), *data = malloc(size);
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)good;
	unsigned int seed = 11;
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s", in("flipped"));
	for (int i = 0; i < 600; i++) {
		memcpy(data, good, size);
		for (int flips = 1 + (int)pick(&seed, 4); flips; flips--) {
			size_t from = 0, length = size;

			if (i % 4 == 0) {	/* the file's header */
				length = sizeof(*ehdr);
			} else if (i % 4 == 1) { /* program headers */
				from = ehdr->e_phoff;
				length = (size_t)ehdr->e_phnum * ehdr->e_phentsize;
			} else if (i % 4 == 2) { /* section headers */
				from = ehdr->e_shoff;
				length = (size_t)ehdr->e_shnum * ehdr->e_shentsize;
			}
			data[from + pick(&seed, length)] = values[pick(&seed, sizeof(values))];
		}
		write_file(path, data, size);
		try_everything(path);
	}
	free(good);
	free(data);
	unlink(path);
}

/* A symbol table that says all its symbols have one long name, and one that claims to be larger than the world. */
static void damaged_huge(void **state)
{
	size_t size;
	unsigned char *data = read_file("/proc/self/exe", &size);
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)data;
	Elf64_Shdr *shdr = (Elf64_Shdr *)(data + ehdr->e_shoff);
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s", in("huge"));
	for (int i = 0; i < ehdr->e_shnum; i++) {
		Elf64_Sym *symbols = (Elf64_Sym *)(data + shdr[i].sh_offset);

		if (shdr[i].sh_type == SHT_SYMTAB)
			for (size_t j = 0; j < shdr[i].sh_size / sizeof(*symbols); j++) {
				symbols[j].st_name = 1;
				symbols[j].st_size = UINT64_MAX;
				symbols[j].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
			}
		if (shdr[i].sh_type == SHT_STRTAB)
			memset(data + shdr[i].sh_offset, 'x', shdr[i].sh_size);
	}
	write_file(path, data, size);
	try_everything(path);
	for (int i = 0; i < ehdr->e_shnum; i++)
		if (shdr[i].sh_type == SHT_SYMTAB || shdr[i].sh_type == SHT_DYNSYM || shdr[i].sh_type == SHT_STRTAB)
			shdr[i].sh_size = UINT64_MAX - 8 * (uint64_t)i;
	write_file(path, data, size);
	try_everything(path);
	free(data);
	unlink(path);
}

static int count_entry(void *arg, const char *name, const char *path, bool special)
{
	(void)special;
	*(size_t *)arg += strlen(name) + strlen(path);
	return 0;
}

static void damaged_cache(void **state)
{
	unsigned char *good, *data;
	size_t size, length = 0;
	unsigned int seed = 13;

	(void)state;
	if (access("/etc/ld.so.cache", R_OK))
		SKIP("no /etc/ld.so.cache");
	good = read_file("/etc/ld.so.cache", &size);
	assert_int_equal(lt_ldcache_each(good, size, count_entry, &length), 0);
	assert_true(length > 0);
	for (int i = 0; i < 600; i++) {
		/* a block of just that size, for ASan to guard its end */
		size_t cut = i < 200 ? (size_t)i : i < 300 ? pick(&seed, size) : size;

		data = malloc(cut + !cut);
		memcpy(data, good, cut);
		if (i >= 300)
			for (int flips = 0; flips < 4; flips++)
				data[pick(&seed, i % 2 ? 200 : cut)] = 0xff;
		lt_ldcache_each(data, cut, count_entry, &length);
		free(data);
	}
	/* the older format in front */
	data = calloc(1, 32 + size);
	memcpy(data, "ld.so-1.7.0\0\1\0\0\0", 16);
	memcpy(data + 32, good, size);
	length = 0;
	assert_int_equal(lt_ldcache_each(data, 32 + size, count_entry, &length), 0);
	assert_true(length > 0);
	free(data);
	free(good);
}

/* ---- libraries ------------------------------------------------------------------------------------------------ */

static void assert_same_file(const char *a, const char *b)
{
	struct stat x, y;

	assert_int_equal(stat(a, &x), 0);
	assert_int_equal(stat(b, &y), 0);
	assert_true(x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

static void library_by_name(void **state)
{
	static const char *const names[] = { "c", "libc", "libc.so.6", "c.so.6" };
	char path[PATH_MAX], tiny[4];
	lt_error err = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(lt_find_library("uprobe", names[i], -1, path, sizeof(path), &err), 0);
		assert_same_file(path, libc_path);
		assert_int_equal(lt_find_library("uprobe", names[i], 0, path, sizeof(path), &err), 0);
		assert_string_equal(path, libc_path);
		assert_int_equal(lt_find_library("uprobe", names[i], getpid(), path, sizeof(path), &err), 0);
		assert_string_equal(path, libc_path);
	}
	assert_int_equal(lt_find_library("uprobe", "sh", -1, path, sizeof(path), &err), 0);
	assert_same_file(path, "/bin/sh");
	assert_int_equal(lt_find_library("uprobe", "/bin/sh", -1, path, sizeof(path), &err), 0);
	assert_string_equal(path, "/bin/sh");
	assert_int_equal(lt_find_library("uprobe", "c", -1, tiny, sizeof(tiny), &err), -ENAMETOOLONG);
}

static void library_errors(void **state)
{
	char path[PATH_MAX], name[400];
	lt_error err = { 0 };

	(void)state;
	assert_int_equal(lt_find_library("uprobe", "zzqq-nope", getpid(), path, sizeof(path), &err), -ENOENT);
	assert_non_null(strstr(err.message, "uprobe 'zzqq-nope': no such library or program; tried files mapped by"));
	assert_non_null(strstr(err.message, "/etc/ld.so.cache"));
	assert_non_null(strstr(err.message, "PATH ("));
	assert_int_equal(lt_find_library("uprobe", "/nonexistent/x.so", -1, path, sizeof(path), &err), -ENOENT);
	assert_string_equal(err.message, "uprobe '/nonexistent/x.so': no such file");
	assert_int_equal(lt_find_library("uprobe", "", -1, path, sizeof(path), &err), -EINVAL);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(lt_find_library("uprobe", name, -1, path, sizeof(path), &err), -EINVAL);
	assert_int_equal(lt_find_library("uprobe", "c", INT_MAX, path, sizeof(path), &err), -ESRCH);
}

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
	snprintf(want, sizeof(want), "/proc/%d/root/tmp/inner", pid);
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
	assert_int_equal(lt_elf_symbol_offset(want, "global_function", &offset, NULL, &err), 0);
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
	snprintf(want, sizeof(want), "/proc/%d/root/tmp/inner", pid);
	assert_int_equal(lt_find_library("uprobe", "/tmp/inner", pid, path, sizeof(path), &err), 0);
	assert_string_equal(path, want);
	assert_int_equal(lt_find_library("uprobe", "/tmp/link", pid, path, sizeof(path), &err), 0);
	assert_same_file(path, want);
	assert_int_equal(lt_find_library("uprobe", "inner", pid, path, sizeof(path), &err), 0);
	assert_same_file(path, want);
	assert_int_equal(lt_elf_symbol_offset(want, "global_function", &offset, NULL, &err), 0);
	check_inside(pid, hold, code_of(pid, "/tmp/inner") + offset);
	remove_jail();
}

/* ---- the group ------------------------------------------------------------------------------------------------ */

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static int descriptors_before;

static void no_descriptor_is_left(void **state)
{
	(void)state;
	assert_int_equal(descriptors(), descriptors_before);
}

static int set_up(void **state)
{
	Dl_info info;

	(void)state;
	descriptors_before = descriptors();
	/* The file by its real name, as the maps show it. */
	return !mkdtemp(directory) || !dladdr(dlsym(RTLD_DEFAULT, "getppid"), &info) ||
	       !realpath(info.dli_fname, libc_path) || !realpath("/proc/self/exe", exe_path);
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offset_of_a_function),
		cmocka_unit_test(offset_of_the_default_version),
		cmocka_unit_test(offset_errors),
		cmocka_unit_test(process_of_our_own),
		cmocka_unit_test(process_vdso),
		cmocka_unit_test(process_that_has_ended),
		cmocka_unit_test(process_stripped),
		cmocka_unit_test(process_refreshed),
		cmocka_unit_test(damaged_truncated),
		cmocka_unit_test(damaged_flipped),
		cmocka_unit_test(damaged_huge),
		cmocka_unit_test(damaged_cache),
		cmocka_unit_test(library_by_name),
		cmocka_unit_test(library_errors),
		cmocka_unit_test(other_mount_namespace),
		cmocka_unit_test(other_root),
		cmocka_unit_test(no_descriptor_is_left),
	};
	char c;

	/* process_stripped() runs a copy of this program that shall only wait. */
	if (getenv("LT_SYMBOLS_WAIT"))
		return read(0, &c, 1) < 0;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
