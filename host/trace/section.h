/* SPDX-License-Identifier: MIT */
#ifndef LT_TRACE_SECTION_H
#define LT_TRACE_SECTION_H
#include <gelf.h>

/* The section of an object by its name, with its header; NULL if it has none. */
Elf_Scn *lt_elf_section(Elf *elf, const char *name, GElf_Shdr *header);

#endif
