/* SPDX-License-Identifier: MIT
 *
 * Files that are cut off, scribbled on or lie about themselves.
 */
#include "../../host/symbols/functions.h"
#include "../../host/symbols/ldcache.h"
#include "symbols_fixture.h"
#include <elf.h>
#include <errno.h>

/* Whatever is in the file, every call returns. */
static void try_everything(const char *path)
{
	lt_functions *functions;
	lt_function function;
	lt_error err = { 0 };
	uint64_t offset;
	int fd;

	lt_elf_symbol_offset(path, "global_function", 0, &offset, NULL, &err);
	lt_elf_symbol_offset(path, "no_such_function", 0, &offset, NULL, &err);
	lt_elf_address_offset(path, 0x1234, &offset, &err);
	lt_error_clear(&err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!lt_functions_get(fd, -1, &functions)) {
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
			assert_int_equal(lt_elf_symbol_offset(path, "global_function", 0, NULL, NULL, NULL), -ENOEXEC);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_truncated),
		cmocka_unit_test(damaged_flipped),
		cmocka_unit_test(damaged_huge),
		cmocka_unit_test(damaged_cache),
		cmocka_unit_test(no_descriptor_is_left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
