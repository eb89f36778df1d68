/* SPDX-License-Identifier: MIT
 *
 * Statements with control flow: branches that meet, loops, look-ups that may find nothing.
 */
#include "maker.h"

static LLVMValueRef phi(struct maker *m, LLVMTypeRef type, LLVMValueRef *values, LLVMBasicBlockRef *blocks)
{
	LLVMValueRef made = LLVMBuildPhi(m->builder, type, "");

	LLVMAddIncoming(made, values, blocks, 2);
	return made;
}

/* A number and a pointer of either arm come out. */
void make_branch(struct maker *m)
{
	struct number condition = widened(m, pick_number(m)), number[2];
	LLVMBasicBlockRef blocks[2], join;
	LLVMValueRef values[2], pointers[2];
	struct pointer pointer[2], chosen;
	bool taken = condition.bits & 1;

	if (m->depth > 2)
		return;
	blocks[0] = new_block(m);
	blocks[1] = new_block(m);
	join = new_block(m);
	LLVMBuildCondBr(m->builder, LLVMBuildTrunc(m->builder, condition.llvm, int_type(m, 1), ""), blocks[0], blocks[1]);
	m->depth++;
	for (int arm = 0; arm < 2; arm++) {
		unsigned numbers = m->number_count, kept = m->pointer_count, count = below(&m->in, 4);

		LLVMPositionBuilderAtEnd(m->builder, blocks[arm]);
		m->dead += taken != !arm;
		for (unsigned i = 0; i < count; i++)
			make_statement(m);
		number[arm] = widened(m, pick_number(m));
		pointer[arm] = pick_pointer(m, 8, 8, false);
		m->dead -= taken != !arm;
		values[arm] = number[arm].llvm;
		pointers[arm] = pointer[arm].llvm;
		blocks[arm] = LLVMGetInsertBlock(m->builder);
		LLVMBuildBr(m->builder, join);
		m->number_count = numbers;
		m->pointer_count = kept;
	}
	m->depth--;
	LLVMPositionBuilderAtEnd(m->builder, join);
	keep_number(m, phi(m, int_type(m, 64), values, blocks), 64, number[!taken].bits);
	chosen = pointer[!taken];
	chosen.llvm = phi(m, pointer_type(m), pointers, blocks);
	chosen.kernel = pointer[0].kernel || pointer[1].kernel;
	keep_pointer(m, chosen);
}

/* for (i = 0; i < n; i++) { sum += p->value; p = p->next; } */
void make_chase(struct maker *m)
{
	struct number limit = widened(m, pick_number(m));
	struct pointer start = pick_pointer(m, 16, 8, false), at, next;
	LLVMBasicBlockRef before = LLVMGetInsertBlock(m->builder), head = new_block(m), body = new_block(m);
	LLVMBasicBlockRef end = new_block(m), blocks[2] = { before, body };
	LLVMValueRef index, sum, pointer, more;
	uint64_t total = 0, bits[2] = { 0 };

	if (start.object != KERNEL && start.object != FAR)
		start = m->pointers[1];
	start = moved(m, start, -(int64_t)(start.offset % 32));
	limit.llvm = LLVMBuildAnd(m->builder, limit.llvm, constant(m, 7), "");
	limit.bits &= 7;
	LLVMBuildBr(m->builder, head);
	LLVMPositionBuilderAtEnd(m->builder, head);
	index = LLVMBuildPhi(m->builder, int_type(m, 64), "");
	sum = LLVMBuildPhi(m->builder, int_type(m, 64), "");
	pointer = LLVMBuildPhi(m->builder, pointer_type(m), "");
	more = LLVMBuildICmp(m->builder, LLVMIntULT, index, limit.llvm, "");
	LLVMBuildCondBr(m->builder, more, body, end);
	LLVMPositionBuilderAtEnd(m->builder, body);
	at = start;
	at.llvm = pointer;
	next = at;
	next.llvm = build_load(m, pointer_type(m), at, 8);
	LLVMAddIncoming(index, (LLVMValueRef[]){ constant(m, 0), LLVMBuildAdd(m->builder, index, constant(m, 1), "") },
			blocks, 2);
	LLVMAddIncoming(sum, (LLVMValueRef[]){ limit.llvm, LLVMBuildAdd(m->builder, sum,
			build_load(m, int_type(m, 64), moved(m, at, 8), 8), "") }, blocks, 2);
	LLVMAddIncoming(pointer, (LLVMValueRef[]){ start.llvm, next.llvm }, blocks, 2);
	LLVMBuildBr(m->builder, head);
	LLVMPositionBuilderAtEnd(m->builder, end);
	total = limit.bits;
	for (unsigned i = 0; i < limit.bits; i++) {
		peek(m, at, bits, 16);
		total += bits[1];
		at = pointer_of(pointer, bits[0]);
	}
	at.kernel = true;
	keep_number(m, sum, 64, total);
	keep_pointer(m, at);
}

/* for (i = 0; i < n; i++) to[i] = from[i] ^ x; */
void make_fill(struct maker *m)
{
	struct number limit = widened(m, pick_number(m)), with = widened(m, pick_number(m));
	struct pointer from = pick_pointer(m, 32, 8, false), to = pick_pointer(m, 32, 8, true);
	LLVMBasicBlockRef before, head, body, end, blocks[2];
	LLVMValueRef index, more, source, target, value, next;
	uint8_t bytes[32];

	if (to.kernel || to.object == CONTEXT || to.object == from.object || (!peek(m, from, bytes, 32) && is_live(m)))
		return;
	before = LLVMGetInsertBlock(m->builder);
	head = new_block(m);
	body = new_block(m);
	end = new_block(m);
	blocks[0] = before;
	blocks[1] = body;
	limit.llvm = LLVMBuildAnd(m->builder, limit.llvm, constant(m, 31), "");
	limit.bits &= 31;
	with.llvm = LLVMBuildTrunc(m->builder, with.llvm, int_type(m, 8), "");
	LLVMBuildBr(m->builder, head);
	LLVMPositionBuilderAtEnd(m->builder, head);
	index = LLVMBuildPhi(m->builder, int_type(m, 64), "");
	more = LLVMBuildICmp(m->builder, LLVMIntULT, index, limit.llvm, "");
	LLVMBuildCondBr(m->builder, more, body, end);
	LLVMPositionBuilderAtEnd(m->builder, body);
	source = LLVMBuildGEP2(m->builder, int_type(m, 8), from.llvm, &index, 1, "");
	target = LLVMBuildGEP2(m->builder, int_type(m, 8), to.llvm, &index, 1, "");
	value = LLVMBuildLoad2(m->builder, int_type(m, 8), source, "");
	LLVMBuildStore(m->builder, LLVMBuildXor(m->builder, value, with.llvm, ""), target);
	next = LLVMBuildAdd(m->builder, index, constant(m, 1), "");
	LLVMAddIncoming(index, (LLVMValueRef[]){ constant(m, 0), next }, blocks, 2);
	LLVMBuildBr(m->builder, head);
	LLVMPositionBuilderAtEnd(m->builder, end);
	for (unsigned i = 0; i < limit.bits; i++)
		bytes[i] ^= with.bits;
	poke(m, to, bytes, limit.bits, true);
}

void make_look_up(struct maker *m)
{
	struct number key = pick_number(m);
	unsigned choice = byte(&m->in);
	struct pointer found;

	/* most are found */
	if (choice < 200) {
		key = widened(m, key);
		key.llvm = LLVMBuildAnd(m->builder, key.llvm, constant(m, 3), "");
		key.bits &= 3;
	}
	found = look_up(m, key, choice % 4 == 3);
	if (found.object == MAP)
		keep_pointer(m, found);
}
