/* SPDX-License-Identifier: MIT
 *
 * The build id that linkers put into a file and copies of it, stripped ones and their debug files included.
 */
#ifndef LT_BUILD_ID_H
#define LT_BUILD_ID_H
#include "elf.h"

enum { LT_BUILD_ID_MAX = 20 };	/* as the kernel has it; shorter ones are followed by zeros */

typedef struct lt_build_id {
	uint8_t size;		/* 0: none */
	uint8_t bytes[LT_BUILD_ID_MAX];
} lt_build_id;

lt_build_id lt_elf_build_id(lt_elf *elf);
/* Of two files that both have one. */
bool lt_build_id_same(const lt_build_id *a, const lt_build_id *b);

#endif
