/* SPDX-License-Identifier: MIT
 *
 * A program in the making (see program.h).
 */
#ifndef LT_FUZZ_MAKER_H
#define LT_FUZZ_MAKER_H
#include "program.h"

enum { NOTHING, KERNEL, FAR, CONTEXT, MAP, LOCALS, MOST_OBJECTS = 40, MOST_VALUES = 256, LARGEST_LOCAL = 768 };

struct object {
	LLVMValueRef local;
	uint8_t *bytes;
	unsigned size;
	bool known[LARGEST_LOCAL];	/* of a local's bytes: written by now */
	uint8_t room[LARGEST_LOCAL];
};

struct number {
	LLVMValueRef llvm;
	unsigned width;		/* bits */
	uint64_t bits;
};

struct pointer {
	LLVMValueRef llvm;
	unsigned object;
	uint64_t offset;	/* of NOTHING: the address */
	bool kernel;		/* it is some kernel's on one of the ways to it: no stores */
};

struct maker {
	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMBuilderRef builder;
	LLVMValueRef function, map, functions[4];
	LLVMBasicBlockRef missing;
	struct bytes in;
	struct program *program;
	struct object objects[MOST_OBJECTS];
	struct number numbers[MOST_VALUES];
	struct pointer pointers[MOST_VALUES];
	unsigned object_count, number_count, pointer_count;
	unsigned dead, depth, statements;
	bool finished;		/* what follows is not run */
};

static inline bool is_live(const struct maker *m)
{
	return !m->dead && !m->finished;
}

LLVMTypeRef int_type(const struct maker *m, unsigned width);
LLVMTypeRef pointer_type(const struct maker *m);
LLVMValueRef constant(const struct maker *m, uint64_t value);
LLVMBasicBlockRef new_block(const struct maker *m);
LLVMValueRef call_helper(struct maker *m, unsigned helper, LLVMValueRef *arguments, unsigned count, LLVMTypeRef result);
void keep_number(struct maker *m, LLVMValueRef llvm, unsigned width, uint64_t bits);
void keep_pointer(struct maker *m, struct pointer pointer);
struct number pick_number(struct maker *m);
/* One that has `size` bytes behind some offset, which it is moved to, a multiple of `unit`; one that may be written
 * to, if that is asked. */
struct pointer pick_pointer(struct maker *m, unsigned size, unsigned unit, bool writable);
struct number widened(struct maker *m, struct number number);
/* A constant added. */
struct pointer moved(struct maker *m, struct pointer pointer, int64_t by);
/* What is there, into `to`. False if some of it was never written. */
bool peek(const struct maker *m, struct pointer pointer, void *to, unsigned size);
void poke(struct maker *m, struct pointer pointer, const void *from, unsigned size, bool known);
struct pointer pointer_of(LLVMValueRef llvm, uint64_t address);
LLVMValueRef build_load(struct maker *m, LLVMTypeRef type, struct pointer pointer, unsigned size);
void build_store(struct maker *m, LLVMValueRef value, struct pointer pointer, unsigned size);
/* Of the kind that the next byte says. */
void make_statement(struct maker *m);
/* flow.c */
void make_branch(struct maker *m);
void make_chase(struct maker *m);
void make_fill(struct maker *m);
void make_look_up(struct maker *m);
/* `hidden`: a run that finds nothing ends there, as with lookup_or_init. */
struct pointer look_up(struct maker *m, struct number key, bool hidden);
struct pointer new_local(struct maker *m, unsigned size, bool filled);
#endif
