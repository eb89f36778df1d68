/* SPDX-License-Identifier: MIT
 *
 * Symbols of ELF files and processes, and finding libraries.
 */
#include "symbols_fixture.h"
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/mman.h>

int some_data = 17;

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
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "local_function", 0, &offset, &address, NULL), 0);
	assert_true(offset == file_offset_of((void *)local_function));
	assert_int_equal(lt_elf_address_offset("/proc/self/exe", address, &again, NULL), 0);
	assert_true(offset == again);
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "global_function", 0, &offset, NULL, NULL), 0);
	assert_true(offset == file_offset_of((void *)global_function));
	/* a library without .symtab */
	assert_int_equal(lt_elf_symbol_offset(libc_path, "getppid", 0, &offset, &address, NULL), 0);
	assert_true(dladdr(dlsym(RTLD_DEFAULT, "getppid"), &info));
	assert_true(offset == file_offset_of(dlsym(RTLD_DEFAULT, "getppid")));
	assert_true(address == (uint64_t)info.dli_saddr - (uint64_t)info.dli_fbase);
	assert_int_equal(lt_elf_symbol_offset(libc_path, "getppid@@GLIBC_2.2.5", 0, &again, NULL, NULL), 0);
	assert_true(offset == again);
}

static void offset_of_the_default_version(void **state)
{
	/* libc keeps pthread_cond_wait@GLIBC_2.2.5, of another layout, beside the one that programs get now. */
	void *wanted = dlsym(RTLD_DEFAULT, "pthread_cond_wait");
	uint64_t offset;

	(void)state;
	assert_int_equal(lt_elf_symbol_offset(libc_path, "pthread_cond_wait", 0, &offset, NULL, NULL), 0);
	assert_true(offset == file_offset_of(wanted));
}

static const char *why(const char *path, const char *symbol, int code)
{
	static lt_error err;
	uint64_t offset;

	assert_int_equal(lt_elf_symbol_offset(path, symbol, 0, &offset, NULL, &err), code);
	assert_int_equal(err.code, code);
	return err.message;
}

static void offset_errors(void **state)
{
	char want[PATH_MAX + 200];
	lt_error err = { 0 };
	uint64_t offset, again;
	Dl_info info;

	(void)state;
	assert_non_null(strstr(why("/proc/self/exe", "global_functoin", -ENOENT),
			       "uprobe '/proc/self/exe': no function 'global_functoin'; similar: global_function"));
	snprintf(want, sizeof(want), "uprobe '%s': no function 'zzqqzzqqzzqq'", libc_path);
	assert_string_equal(why(libc_path, "zzqqzzqqzzqq", -ENOENT), want);
	assert_non_null(strstr(why(libc_path, "strlen", -ENOTSUP), "'strlen' is an IFUNC"));
	assert_non_null(strstr(why("/proc/self/exe", "getauxval", -ENOENT), "is only imported here"));
	assert_non_null(strstr(why("/proc/self/exe", "some_data", -ENOENT), "'some_data' is not a function, but data"));
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
	assert_true(dladdr(&some_data, &info));
	assert_int_equal(lt_elf_address_offset("/proc/self/exe", (uint64_t)&some_data - (uint64_t)info.dli_fbase, &offset,
					       &err), -ERANGE);
	assert_non_null(strstr(err.message, "the file has data, not code"));
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "global_function", 1, &again, NULL, NULL), 0);
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "global_function", 0, &offset, NULL, NULL), 0);
	assert_true(again == offset + 1);
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "global_function", 4096, &again, NULL, &err), -ERANGE);
	assert_non_null(strstr(err.message, " bytes, and +0x1000 is not within them"));
}

/* ---- processes ------------------------------------------------------------------------------------------------ */

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
	assert_int_equal(lt_elf_symbol_offset(exe_path, "local_function", 0, NULL, &file_address, NULL), 0);
	assert_true(symbol.address == file_address);
	assert_int_equal(lt_process_symbol(process, 0, &symbol), -ERANGE);
	assert_int_equal(lt_process_symbol(process, (uint64_t)&symbol, &symbol), -ERANGE);
	assert_int_equal(lt_process_symbol(process, UINT64_MAX, &symbol), -ERANGE);
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
	assert_int_equal(lt_elf_symbol_offset("/proc/self/exe", "global_function", 0, &offset, NULL, NULL), 0);
	at = (uint64_t)map + offset;
	assert_int_equal(lt_process_symbol(process, at, &symbol), -ERANGE);
	assert_int_equal(lt_process_refresh(process), 0);
	if (!geteuid()) {
		assert_int_equal(lt_process_symbol(process, at + 1, &symbol), 0);
		assert_string_equal(symbol.name, "global_function");
		assert_string_equal(symbol.module, path);
	}
	munmap(map, size);
	assert_int_equal(lt_process_refresh(process), 0);
	assert_int_equal(lt_process_symbol(process, at, &symbol), -ERANGE);
	/* what was given out stays good */
	if (!geteuid())
		assert_true(lt_process_symbol(process, (uint64_t)global_function, &symbol) == 0 && symbol.name);
	lt_process_free(process);
}

/* ---- libraries ------------------------------------------------------------------------------------------------ */

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
		cmocka_unit_test(library_by_name),
		cmocka_unit_test(library_errors),
		cmocka_unit_test(no_descriptor_is_left),
	};
	char c;

	/* process_stripped() runs a copy of this program that shall only wait. */
	if (getenv("LT_SYMBOLS_WAIT"))
		return read(0, &c, 1) < 0;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
