/* SPDX-License-Identifier: MIT
 *
 * Functions and source lines of instructions, from the .BTF.ext section that clang writes.
 */
#ifndef LT_TRACE_LINE_INFO_H
#define LT_TRACE_LINE_INFO_H
#include <stdint.h>

struct btf;

/* Line number of instruction `insn` of a function; 0: unknown. `*source` is the line's text ("" if unknown) and
 * lives as long as `btf`. */
uint32_t lt_line_info_find(const void *elf, uint64_t elf_size, const struct btf *btf, const char *section,
			   const char *function, uint32_t insn, const char **source);
/* The same in the bytes of .BTF.ext, `offset` being the instruction's place in its section in bytes. */
uint32_t lt_line_info_walk(const void *ext, uint64_t ext_size, const struct btf *btf, const char *section,
			   uint32_t offset, const char **source);

/* The same for the innermost loop of the function: of its jump back. 0 when it has none. */
uint32_t lt_line_info_loop(const void *elf, uint64_t elf_size, const struct btf *btf, const char *section,
			   const char *function, const char **source);

/* Leaves in the .BTF.ext of `elf`, which is written to, nothing but one section's functions and .text's, which they may
 * call. A part that is damaged ends there. */
void lt_line_info_keep(void *elf, uint64_t elf_size, const struct btf *btf, const char *section);
/* The same in the bytes of .BTF.ext. */
void lt_line_info_keep_in(void *ext, uint64_t ext_size, const struct btf *btf, const char *section);

#endif
