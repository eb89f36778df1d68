/* SPDX-License-Identifier: MIT
 *
 * Programs made of an input's bytes, with what each has to do when it runs: their values are computed as they are
 * made, on memory that machine.h gets too.
 */
#ifndef LT_FUZZ_PROGRAM_H
#define LT_FUZZ_PROGRAM_H
#include "bytes.h"
#include <llvm-c/Core.h>
#include <stdbool.h>

enum { KERNEL_SIZE = 4096, CONTEXT_SIZE = 168, MAP_SIZE = 1024, MAP_SLOT = 256, MISSING = 7 };
#define KERNEL_ADDRESS 0xffff888000010000
#define FAR_ADDRESS 0xffff888000020000
#define CONTEXT_ADDRESS 0xffffc90000000000
#define MAP_ADDRESS 0xffffc80000000000

struct memory {
	uint8_t kernel[KERNEL_SIZE], far[KERNEL_SIZE], context[CONTEXT_SIZE], map[MAP_SIZE];
	uint64_t output;	/* of what was submitted */
};

struct program {
	const char *name;	/* of the function: says its kind */
	bool trusted;		/* kernel memory may be loaded from as it is, but for `far`: only maps hold pointers to that */
	unsigned taken;		/* slots of its scratch memory that other runs have */
	struct memory before, after;
	uint32_t result;
};

/* Makes the module and fills `program`. */
LLVMModuleRef make_program(LLVMContextRef context, struct bytes in, struct program *program);
uint64_t digest(uint64_t so_far, const void *data, size_t size);
#endif
