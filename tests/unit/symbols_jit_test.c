/* SPDX-License-Identifier: MIT
 *
 * Code of a JIT compiler, by the map that it writes for profilers; and symbols by build id.
 */
#include "symbols_fixture.h"
#include "../../host/symbols/build_id.h"
#include <errno.h>

static char map_path[64];

static void write_map(const char *text)
{
	write_file(map_path, text, strlen(text));
}

static void assert_name(lt_process *process, uint64_t address, const char *name, unsigned int offset)
{
	lt_symbol symbol;

	assert_int_equal(lt_process_symbol(process, address, &symbol), 0);
	assert_string_equal(symbol.name, name);
	assert_int_equal(symbol.offset, offset);
	assert_int_equal(symbol.address, address - offset);
	assert_string_equal(symbol.module, map_path);
}

static void assert_unknown(lt_process *process, uint64_t address)
{
	lt_symbol symbol;

	assert_int_equal(lt_process_symbol(process, address, &symbol), -ERANGE);
	assert_null(symbol.name);
}

/* The last line about a place counts, wherever it begins. */
static void names_of_lines(void **state)
{
	lt_process *process;

	(void)state;
	write_map("1000 20 LazyCompile:~run a.js:1\n0x1040 0x10 py::f:/a b.py\n"
		  "2000 100 old\n2000 8 new\n3010 20 old\n3000 40 new\n"
		  "x y z\n4000 0 empty\n4000 \n4100 10\n5000 ffffffffffffffff huge\n6000 10 unended");
	assert_int_equal(lt_process_open(getpid(), &process, NULL), 0);
	assert_name(process, 0x1000, "LazyCompile:~run a.js:1", 0);
	assert_name(process, 0x101f, "LazyCompile:~run a.js:1", 0x1f);
	assert_unknown(process, 0x1020);
	assert_name(process, 0x104f, "py::f:/a b.py", 0xf);
	assert_name(process, 0x2007, "new", 7);
	assert_unknown(process, 0x2008);
	assert_name(process, 0x3018, "new", 0x18);
	assert_unknown(process, 0x4000);
	assert_unknown(process, 0x5000);
	assert_unknown(process, 0x6000);
	/* the program's own functions are still there */
	assert_symbol(process, (void *)local_function, "local_function", 0, exe_path);
	lt_process_free(process);
	unlink(map_path);
}

static void map_that_grows(void **state)
{
	lt_process *process;

	(void)state;
	unlink(map_path);
	assert_int_equal(lt_process_open(getpid(), &process, NULL), 0);
	assert_unknown(process, 0x1000);
	write_map("1000 20 first\n");
	assert_unknown(process, 0x1000);
	assert_int_equal(lt_process_refresh(process), 0);
	assert_name(process, 0x1000, "first", 0);
	write_map("1000 20 first\n1100 20 second\n");
	assert_unknown(process, 0x1100);
	assert_int_equal(lt_process_refresh(process), 0);
	assert_name(process, 0x1100, "second", 0);
	/* gone, it is remembered */
	unlink(map_path);
	assert_int_equal(lt_process_refresh(process), 0);
	assert_name(process, 0x1000, "first", 0);
	lt_process_free(process);
}

/* The process has ended when it is asked about; its map was read while it lived. */
static void kept_beyond_the_end(void **state)
{
	char saved[sizeof(map_path)];
	lt_process *process;
	int hold = -1;
	pid_t pid = start_child(NULL, &hold);

	(void)state;
	memcpy(saved, map_path, sizeof(saved));
	snprintf(map_path, sizeof(map_path), "/tmp/perf-%d.map", pid);
	write_map("1000 20 jitted\n");
	assert_int_equal(lt_process_open(pid, &process, NULL), 0);
	lt_process_keep(process);
	unlink(map_path);
	end_child(pid, hold);
	assert_name(process, 0x1000, "jitted", 0);
	assert_symbol(process, (void *)local_function, "local_function", 0, exe_path);
	lt_process_free(process);
	memcpy(map_path, saved, sizeof(saved));
}

/* Whoever may write to /tmp must not choose what is read. */
static void map_of_somebody_else(void **state)
{
	lt_process *process;
	char real[PATH_MAX];

	(void)state;
	snprintf(real, sizeof(real), "%s", in("real"));
	write_file(real, "1000 20 linked\n", 15);
	unlink(map_path);
	assert_int_equal(symlink(real, map_path), 0);
	assert_int_equal(lt_process_open(getpid(), &process, NULL), 0);
	assert_unknown(process, 0x1000);
	unlink(map_path);
	unlink(real);
	assert_int_equal(mkfifo(map_path, 0600), 0);
	lt_process_refresh(process);
	assert_unknown(process, 0x1000);
	unlink(map_path);
	write_map("1000 20 planted\n");
	if (!geteuid()) {
		assert_int_equal(chown(map_path, 4321, -1), 0);
		lt_process_refresh(process);
		assert_unknown(process, 0x1000);
		assert_int_equal(chown(map_path, 0, -1), 0);
	}
	lt_process_refresh(process);
	assert_name(process, 0x1000, "planted", 0);
	unlink(map_path);
	lt_process_free(process);
}

/* ---- by build id ----------------------------------------------------------------------------------------------- */

static lt_build_id id_of(const char *path)
{
	int fd = lt_elf_open_path(path);
	lt_build_id id;
	lt_elf elf;

	assert_int_equal(lt_elf_open(&elf, fd), 0);
	id = lt_elf_build_id(&elf);
	lt_elf_close(&elf);
	close(fd);
	assert_int_equal(id.size, 20);
	return id;
}

static void assert_by_id(lt_process *process)
{
	lt_build_id id = id_of("/proc/self/exe");
	lt_symbol symbol;
	uint64_t offset;

	assert_int_equal(lt_elf_symbol_offset(exe_path, "local_function", 0, &offset, NULL, NULL), 0);
	assert_int_equal(lt_process_build_id_symbol(process, id.bytes, offset + 1, &symbol), 0);
	assert_string_equal(symbol.name, "local_function");
	assert_int_equal(symbol.offset, 1);
	assert_string_equal(symbol.module, exe_path);
	assert_int_equal(lt_process_build_id_symbol(process, id.bytes, 0, &symbol), -ENOENT);
	id.bytes[19] ^= 1;
	assert_int_equal(lt_process_build_id_symbol(process, id.bytes, offset, &symbol), -ERANGE);
	memset(id.bytes, 0, sizeof(id.bytes));
	assert_int_equal(lt_process_build_id_symbol(process, id.bytes, offset, &symbol), -ERANGE);
}

static void by_build_id(void **state)
{
	lt_error err = { 0 };
	lt_process *process;
	int hold = -1;
	pid_t pid = start_child(NULL, &hold);

	(void)state;
	assert_int_equal(lt_process_open(pid, &process, NULL), 0);
	end_child(pid, hold);
	assert_by_id(process);
	lt_process_free(process);
	/* no process at all */
	assert_int_equal(lt_process_open(0, &process, NULL), 0);
	assert_int_equal(lt_process_add_file(process, libc_path, &err), 0);
	assert_int_equal(lt_process_add_file(process, exe_path, &err), 0);
	assert_by_id(process);
	assert_unknown(process, (uint64_t)local_function);
	assert_int_equal(lt_process_add_file(process, "/nonexistent", &err), -ENOENT);
	assert_string_equal(err.message, "module '/nonexistent': No such file or directory");
	assert_int_equal(lt_process_add_file(process, "/proc/self/status", &err), -ENOEXEC);
	assert_non_null(strstr(err.message, "not an ELF program or shared library"));
	lt_process_free(process);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_lines),
		cmocka_unit_test(map_that_grows),
		cmocka_unit_test(kept_beyond_the_end),
		cmocka_unit_test(map_of_somebody_else),
		cmocka_unit_test(by_build_id),
		cmocka_unit_test(no_descriptor_is_left),
	};

	snprintf(map_path, sizeof(map_path), "/tmp/perf-%d.map", getpid());
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
