/* SPDX-License-Identifier: MIT
 *
 * Statements without control flow of their own.
 */
#include "maker.h"

static const unsigned widths[] = { 8, 16, 32, 64 };

static void load_number(struct maker *m)
{
	unsigned width = widths[below(&m->in, 4)], choice = byte(&m->in);
	struct pointer pointer = pick_pointer(m, width / 8, choice & 1 ? width / 8 : 1, false);
	uint64_t bits = 0;
	LLVMValueRef load;

	if (!peek(m, pointer, &bits, width / 8) && is_live(m))
		return;
	load = build_load(m, int_type(m, width), pointer, width / 8);
	if (choice >= 250)
		LLVMSetVolatile(load, 1);
	keep_number(m, load, width, bits);
}

static void load_pointer(struct maker *m)
{
	struct pointer pointer = pick_pointer(m, 8, 8, false);
	uint64_t bits;

	if (m->program->trusted) {
		/* the verifier follows pointers of the kernel's structs; other words of them are none */
		if (pointer.object == CONTEXT)
			return;
		if (pointer.object == KERNEL)
			pointer = moved(m, pointer, -(int64_t)(pointer.offset % 32));
	}
	if (!peek(m, pointer, &bits, 8) && is_live(m))
		return;
	/* nor are their copies */
	if (m->program->trusted && pointer.object >= MAP && pointer_of(NULL, bits).object == NOTHING && bits)
		return;
	keep_pointer(m, pointer_of(build_load(m, pointer_type(m), pointer, 8), bits));
}

static void store_number(struct maker *m)
{
	struct number number = pick_number(m);
	struct pointer pointer = pick_pointer(m, number.width / 8, number.width / 8, true);

	if (pointer.kernel || pointer.object == CONTEXT)
		return;
	build_store(m, number.llvm, pointer, number.width / 8);
	poke(m, pointer, &number.bits, number.width / 8, true);
}

/* A kernel pointer kept on the stack or in a map. */
static void store_pointer(struct maker *m)
{
	struct pointer value = pick_pointer(m, 8, 8, false), pointer = pick_pointer(m, 8, 8, true);
	uint64_t bits = value.object == KERNEL ? KERNEL_ADDRESS + value.offset : value.object == FAR ?
			FAR_ADDRESS + value.offset : value.offset;

	if (pointer.kernel || pointer.object == CONTEXT || value.object > FAR)
		return;
	build_store(m, value.llvm, pointer, 8);
	poke(m, pointer, &bits, 8, true);
}

/* buffer[i & mask], as texts index */
static void access_at_index(struct maker *m)
{
	unsigned count = 8u << below(&m->in, 4);
	struct number index = widened(m, pick_number(m)), value = pick_number(m);
	struct pointer pointer = pick_pointer(m, count, 8, true);
	LLVMValueRef masked = LLVMBuildAnd(m->builder, index.llvm, constant(m, count - 1), "");
	uint64_t bits;

	if (pointer.kernel || pointer.object == CONTEXT)
		return;
	pointer.llvm = LLVMBuildGEP2(m->builder, int_type(m, 8), pointer.llvm, &masked, 1, "");
	pointer.offset += index.bits & (count - 1);
	build_store(m, LLVMBuildTrunc(m->builder, widened(m, value).llvm, int_type(m, 8), ""), pointer, 1);
	poke(m, pointer, &value.bits, 1, true);
	if (peek(m, pointer, &bits, 1))
		keep_number(m, build_load(m, int_type(m, 8), pointer, 1), 8, bits);
}

static void calculate(struct maker *m)
{
	unsigned operation = below(&m->in, 8), shift = below(&m->in, 64);
	struct number left = widened(m, pick_number(m)), right = widened(m, pick_number(m));
	LLVMValueRef l = left.llvm, r = right.llvm;
	uint64_t a = left.bits, b = right.bits;

	switch (operation) {
	case 0: keep_number(m, LLVMBuildAdd(m->builder, l, r, ""), 64, a + b); break;
	case 1: keep_number(m, LLVMBuildSub(m->builder, l, r, ""), 64, a - b); break;
	case 2: keep_number(m, LLVMBuildMul(m->builder, l, r, ""), 64, a * b); break;
	case 3: keep_number(m, LLVMBuildAnd(m->builder, l, r, ""), 64, a & b); break;
	case 4: keep_number(m, LLVMBuildOr(m->builder, l, r, ""), 64, a | b); break;
	case 5: keep_number(m, LLVMBuildShl(m->builder, l, constant(m, shift), ""), 64, a << shift); break;
	case 6: keep_number(m, LLVMBuildLShr(m->builder, l, constant(m, shift), ""), 64, a >> shift); break;
	default:
		keep_number(m, LLVMBuildTrunc(m->builder, l, int_type(m, widths[shift % 3]), ""), widths[shift % 3], a);
	}
}

/* By what is no 0, nor the -1 that the smallest number cannot be divided by. */
static void divide(struct maker *m)
{
	unsigned operation = below(&m->in, 6), width = byte(&m->in) & 1 ? 64 : 32, rest = 64 - width;
	struct number left = widened(m, pick_number(m)), right = widened(m, pick_number(m));
	LLVMValueRef l = LLVMBuildTrunc(m->builder, left.llvm, int_type(m, width), "");
	LLVMValueRef r = LLVMBuildTrunc(m->builder, right.llvm, int_type(m, width), "");
	int64_t a = (int64_t)(left.bits << rest) >> rest, b = (right.bits & 0xff) | 3;

	r = LLVMBuildOr(m->builder, LLVMBuildAnd(m->builder, r, LLVMConstInt(int_type(m, width), 0xff, 0), ""),
			LLVMConstInt(int_type(m, width), 3, 0), "");
	if (operation & 1) {
		r = LLVMBuildNeg(m->builder, r, "");
		b = -b;
	}
	switch (operation) {
	case 0: keep_number(m, LLVMBuildUDiv(m->builder, l, r, ""), width, ((uint64_t)a << rest >> rest) / b); break;
	case 2: keep_number(m, LLVMBuildURem(m->builder, l, r, ""), width, ((uint64_t)a << rest >> rest) % b); break;
	case 1:
	case 4: keep_number(m, LLVMBuildSDiv(m->builder, l, r, ""), width, a / b); break;
	case 3: keep_number(m, LLVMBuildSRem(m->builder, l, r, ""), width, a % b); break;
	default:
		keep_number(m, LLVMBuildSExt(m->builder, LLVMBuildTrunc(m->builder, l, int_type(m, 16), ""),
					     int_type(m, 64), ""), 64, (uint64_t)(int64_t)(int16_t)a);
	}
}

static void compare(struct maker *m)
{
	unsigned choice = byte(&m->in);
	struct number left = widened(m, pick_number(m)), right = widened(m, pick_number(m));
	bool holds = choice & 1 ? left.bits < right.bits : left.bits == right.bits;
	LLVMValueRef condition = LLVMBuildICmp(m->builder, choice & 1 ? LLVMIntULT : LLVMIntEQ, left.llvm, right.llvm, "");

	if (choice & 2) {
		struct pointer a = pick_pointer(m, 8, 8, false), b = pick_pointer(m, 8, 8, false), chosen = holds ? a : b;

		chosen.llvm = LLVMBuildSelect(m->builder, condition, a.llvm, b.llvm, "");
		chosen.kernel = a.kernel || b.kernel;
		keep_pointer(m, chosen);
	} else {
		keep_number(m, LLVMBuildSelect(m->builder, condition, right.llvm, left.llvm, ""), 64,
			    holds ? right.bits : left.bits);
	}
}

/* (T *)((u64)p + n) */
static void cast_and_back(struct maker *m)
{
	struct pointer pointer = pick_pointer(m, 16, 8, false);
	LLVMValueRef number = LLVMBuildPtrToInt(m->builder, pointer.llvm, int_type(m, 64), "");

	number = LLVMBuildAdd(m->builder, number, constant(m, 8), "");
	pointer.llvm = LLVMBuildIntToPtr(m->builder, number, pointer_type(m), "");
	pointer.offset += 8;
	keep_pointer(m, pointer);
}

static void copy(struct maker *m)
{
	unsigned size = 1 + below(&m->in, 64), unit = byte(&m->in) & 1 ? 8 : 1;
	struct pointer from = pick_pointer(m, size, unit, false), to = pick_pointer(m, size, unit, true);
	uint8_t bytes[64];

	if (to.kernel || to.object == CONTEXT || to.object == from.object)
		return;
	if (!peek(m, from, bytes, size) && is_live(m))
		return;
	LLVMBuildMemCpy(m->builder, to.llvm, 1, from.llvm, 1, constant(m, size));
	poke(m, to, bytes, size, true);
}

/* What the text itself reads, with a limited length that is not constant. */
static void read_by_helper(struct maker *m)
{
	struct number length = widened(m, pick_number(m));
	struct pointer from = pick_pointer(m, 16, 8, false), to = pick_pointer(m, 16, 8, true);
	unsigned size = (length.bits & 15) + 1;
	LLVMValueRef arguments[3] = { to.llvm, NULL, from.llvm };
	uint8_t bytes[16];

	if (to.kernel || to.object == CONTEXT || (!peek(m, from, bytes, size) && is_live(m)))
		return;
	arguments[1] = LLVMBuildTrunc(m->builder, length.llvm, int_type(m, 32), "");
	arguments[1] = LLVMBuildAnd(m->builder, arguments[1], LLVMConstInt(int_type(m, 32), 15, 0), "");
	arguments[1] = LLVMBuildAdd(m->builder, arguments[1], LLVMConstInt(int_type(m, 32), 1, 0), "");
	call_helper(m, 4, arguments, 3, int_type(m, 64));
	poke(m, to, bytes, size, true);
}

static void submit(struct maker *m)
{
	unsigned size = 1 + below(&m->in, 64);
	struct pointer data = pick_pointer(m, size, 8, true);
	LLVMValueRef arguments[5] = {
		LLVMGetParam(m->function, 0), m->map, constant(m, 0xffffffff), data.llvm, constant(m, size),
	};
	uint8_t bytes[64];

	if (data.kernel || data.object == CONTEXT || (!peek(m, data, bytes, size) && is_live(m)))
		return;
	call_helper(m, 25, arguments, 5, int_type(m, 64));
	if (is_live(m))
		m->program->after.output = digest(m->program->after.output, bytes, size);
}

static void add_atomically(struct maker *m)
{
	struct number number = widened(m, pick_number(m));
	struct pointer pointer = pick_pointer(m, 8, 8, true);
	uint64_t old;

	if (pointer.kernel || pointer.object == CONTEXT || (!peek(m, pointer, &old, 8) && is_live(m)))
		return;
	LLVMBuildAtomicRMW(m->builder, LLVMAtomicRMWBinOpAdd, pointer.llvm, number.llvm,
			   LLVMAtomicOrderingSequentiallyConsistent, 0);
	old += number.bits;
	poke(m, pointer, &old, 8, true);
}

static void make_local(struct maker *m)
{
	static const unsigned sizes[] = { 8, 16, 24, 64, 128, 32, 40, 600 };
	unsigned choice = byte(&m->in);
	struct pointer local = new_local(m, sizes[choice % 8], choice & 8);

	if (local.object >= LOCALS)
		keep_pointer(m, local);
}

/* static u64 at(void *p, u64 offset); static void copy16(void *to, void *from); static void *either(a, b, c);
 * static void *next(void *p); */
static void call_function(struct maker *m)
{
	unsigned which = below(&m->in, 4);
	struct pointer a = pick_pointer(m, 16, 8, which == 1), b = pick_pointer(m, 16, 8, false);
	struct number number = widened(m, pick_number(m));
	LLVMValueRef arguments[3] = { a.llvm, which ? b.llvm : constant(m, 8), number.llvm };
	unsigned count = which == 3 ? 1 : which == 2 ? 3 : 2;
	uint64_t bits[2] = { 0 };
	struct pointer at = a, result;
	LLVMValueRef call;

	at.offset += 8;
	if (which == 1 && (a.kernel || a.object == CONTEXT || a.object == b.object))
		return;
	if (which == 3 && m->program->trusted)
		return;
	if (which != 2 && !peek(m, which == 0 ? at : which == 1 ? b : a, bits, which == 1 ? 16 : 8) && is_live(m))
		return;
	call = LLVMBuildCall2(m->builder, LLVMGlobalGetValueType(m->functions[which]), m->functions[which], arguments,
			      count, "");
	if (which == 0) {
		keep_number(m, call, 64, bits[0]);
	} else if (which == 1) {
		poke(m, a, bits, 16, true);
	} else if (which == 2) {
		result = number.bits & 1 ? a : b;
		result.llvm = call;
		result.kernel = a.kernel || b.kernel;
		keep_pointer(m, result);
	} else {
		keep_pointer(m, pointer_of(call, bits[0]));
	}
}

/* A new kind of statement takes the place of a repeated one, so that the seeds mean what they meant. */
void make_statement(struct maker *m)
{
	static void (*const kinds[32])(struct maker *) = {
		load_number, load_pointer, store_number, store_pointer, access_at_index, calculate, divide, compare,
		cast_and_back, copy, read_by_helper, submit, add_atomically, make_local, call_function, make_branch,
		make_chase, make_fill, make_look_up,
		load_number, load_pointer, load_number, load_pointer, store_number, calculate, call_function, make_branch,
		make_look_up, copy, make_local, compare, load_pointer,
	};

	m->statements++;
	kinds[below(&m->in, 32)](m);
}
