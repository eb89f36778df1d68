/* SPDX-License-Identifier: MIT
 *
 * ELF files as far as symbols go. They may be anyone's: nothing in one is believed before it is checked.
 */
#ifndef LT_ELF_H
#define LT_ELF_H
#include "../luatrace.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct lt_elf_segment {
	uint64_t offset, address, size;	/* as in the file; only what the file has bytes for */
	bool executable;
} lt_elf_segment;

/* The PT_LOAD segments, which say how file offsets and addresses belong together. */
typedef struct lt_elf_segments {
	lt_elf_segment *list;
	uint32_t count;
} lt_elf_segments;

typedef struct lt_elf {
	struct Elf *handle;
	lt_elf_segments segments;
} lt_elf;

typedef struct lt_elf_symbol {
	const char *name;	/* in the file's own string table: valid until lt_elf_close() */
	size_t length;		/* without "@VERSION"; the bytes after it are not to be looked at */
	uint64_t address, size;
	bool function, ifunc;	/* an IFUNC is no function here: its address is its resolver's */
	bool defined;		/* false: the file imports it */
	bool old_version;	/* not the version that a new program would be linked to */
	uint8_t binding;	/* STB_* */
} lt_elf_symbol;

/* Opens for reading without ever blocking, regular files only. Returns a descriptor or -errno. */
int lt_elf_open_path(const char *path);
/* `fd` stays the caller's and must stay open. 0, -ENOEXEC, -ENOMEM. */
int lt_elf_open(lt_elf *elf, int fd);
/* The image must stay where it is. */
int lt_elf_open_memory(lt_elf *elf, void *image, size_t size);
void lt_elf_close(lt_elf *elf);

/* Calls `each` for every named symbol of .symtab, then of .dynsym, until it returns other than 0. Returns that, or 0;
 * a damaged part ends the walk quietly: what came before it is good. */
typedef int lt_elf_each_fn(void *arg, const lt_elf_symbol *symbol);
int lt_elf_each_symbol(lt_elf *elf, lt_elf_each_fn *each, void *arg);

/* The two translations. An executable segment wins, for pages at a border are mapped by both neighbours. False:
 * no segment has it. */
bool lt_elf_to_offset(const lt_elf_segments *segments, uint64_t address, uint64_t *offset);
bool lt_elf_to_address(const lt_elf_segments *segments, uint64_t offset, uint64_t *address);

#endif
