/* SPDX-License-Identifier: MIT
 *
 * Locals that do not fit on BPF's stack move to scratch: an entry of a per-CPU array of the function's own
 * (scratch_map.c), looked up where the function begins.
 *
 * Kinds of program that the kernel guards against running inside themselves have one entry. The others (uprobes,
 * LSM, sockets, ...) can be interrupted by themselves on one CPU where the kernel preempts tasks, so each run claims
 * one of SCRATCH_SLOTS entries with an atomic exchange and gives it back on every way out: returns, the hidden exit
 * of lookup_or_init, tail calls. A run that finds none ends with 0 and is counted in the first entry.
 *
 * An entry is: a word for its state (SLOT_*), a word that counts dropped runs, the locals.
 */
#include "scratch.h"
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

enum { SLOT_FREE = 0, SLOT_TAKEN = 1, SLOT_LEFT = 2 /* by a tail call, which comes back if it fails */ };
enum { HELPER_MAP_LOOKUP = 1, HELPER_TAIL_CALL = 12 };
enum { LOCALS_AT = 16, ENTRY_MAX = 32768 };

struct scratch {
	struct lowering *lowering;
	LLVMBuilderRef builder;
	LLVMValueRef function, map, entry;	/* entry: the run's own, in the new first blocks */
	LLVMTypeRef number, word, pointer;
	bool pooled;
};

static unsigned long long size_of(const struct lowering *lowering, LLVMValueRef local)
{
	LLVMValueRef count = LLVMGetOperand(local, 0);
	unsigned long long size = LLVMABISizeOfType(LLVMGetModuleDataLayout(lowering->module),
						    LLVMGetAllocatedType(local));

	return LLVMIsAConstantInt(count) ? size * LLVMConstIntGetZExtValue(count) : size;
}

struct local {
	LLVMValueRef value;
	unsigned long long size;
	size_t order;
};

struct locals {
	struct local *list;
	size_t count;
	unsigned long long total;	/* bytes */
};

static struct locals collect_locals(const struct lowering *lowering, LLVMValueRef function)
{
	struct locals locals = { 0 };

	for (LLVMValueRef i = LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(function)); i; i = LLVMGetNextInstruction(i)) {
		unsigned long long size;

		if (LLVMGetInstructionOpcode(i) != LLVMAlloca)
			continue;
		if (!(locals.count & (locals.count + 1)))
			locals.list = reallocate(locals.list, (2 * locals.count + 1) * sizeof(*locals.list));
		size = size_of(lowering, i);
		locals.list[locals.count] = (struct local){ i, size, locals.count };
		locals.count++;
		locals.total += size;
	}
	return locals;
}

/* Largest first: the fewest move. */
static int compare_locals(const void *a, const void *b)
{
	const struct local *left = a, *right = b;

	if (left->size != right->size)
		return left->size < right->size ? 1 : -1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static LLVMValueRef number(const struct scratch *s, unsigned long long value)
{
	return LLVMConstInt(s->number, value, 0);
}

static LLVMValueRef word(const struct scratch *s, unsigned long long value)
{
	return LLVMConstInt(s->word, value, 0);
}

static LLVMValueRef offset(const struct scratch *s, LLVMValueRef base, unsigned long long bytes)
{
	LLVMValueRef index = word(s, bytes);

	return LLVMBuildGEP2(s->builder, LLVMInt8TypeInContext(s->lowering->context), base, &index, 1, "");
}

/* The verifier and BTF want a place for every helper call; these have that of the function. */
static LLVMValueRef lookup(const struct scratch *s, LLVMValueRef key)
{
	LLVMTypeRef parameters[2] = { s->pointer, s->pointer };
	LLVMTypeRef type = LLVMFunctionType(s->pointer, parameters, 2, 0);
	LLVMValueRef helper = LLVMConstIntToPtr(word(s, HELPER_MAP_LOOKUP), s->pointer);
	LLVMValueRef arguments[2] = { s->map, key };

	return LLVMBuildCall2(s->builder, type, helper, arguments, 2, "");
}

static LLVMValueRef is_null(const struct scratch *s, LLVMValueRef value)
{
	return LLVMBuildICmp(s->builder, LLVMIntEQ, value, LLVMConstNull(s->pointer), "");
}

static LLVMValueRef exchange(const struct scratch *s, LLVMValueRef at, unsigned long long value)
{
	return LLVMBuildAtomicRMW(s->builder, LLVMAtomicRMWBinOpXchg, at, word(s, value),
				  LLVMAtomicOrderingSequentiallyConsistent, 0);
}

static void add_dropped(const struct scratch *s, LLVMValueRef entry, LLVMValueRef count)
{
	LLVMBuildAtomicRMW(s->builder, LLVMAtomicRMWBinOpAdd, offset(s, entry, 8), count,
			   LLVMAtomicOrderingMonotonic, 0);
}

static LLVMBasicBlockRef block_before(const struct scratch *s, LLVMBasicBlockRef next)
{
	return LLVMInsertBasicBlockInContext(s->lowering->context, next, "");
}

static void build_return(const struct scratch *s)
{
	LLVMTypeRef result = LLVMGetReturnType(LLVMGlobalGetValueType(s->function));

	if (LLVMGetTypeKind(result) == LLVMVoidTypeKind)
		LLVMBuildRetVoid(s->builder);
	else
		LLVMBuildRet(s->builder, LLVMConstNull(result));
}

/* What stays on the stack must be in the function's first block to have a fixed place. */
static void move_locals(const struct scratch *s, LLVMBasicBlockRef from)
{
	LLVMValueRef next;

	for (LLVMValueRef i = LLVMGetFirstInstruction(from); i; i = next) {
		next = LLVMGetNextInstruction(i);
		if (LLVMGetInstructionOpcode(i) != LLVMAlloca)
			continue;
		LLVMInstructionRemoveFromParent(i);
		LLVMInsertIntoBuilder(s->builder, i);
	}
}

/* first: key = 0; entry = lookup; entry ? body : out */
static void find_entry(struct scratch *s)
{
	LLVMBasicBlockRef body = LLVMGetEntryBasicBlock(s->function);
	LLVMBasicBlockRef first = block_before(s, body), out = block_before(s, body);
	LLVMValueRef key;

	LLVMPositionBuilderAtEnd(s->builder, first);
	move_locals(s, body);
	key = LLVMBuildAlloca(s->builder, s->number, "");
	LLVMBuildStore(s->builder, number(s, 0), key);
	s->entry = lookup(s, key);
	LLVMBuildCondBr(s->builder, is_null(s, s->entry), out, body);
	LLVMPositionBuilderAtEnd(s->builder, out);
	build_return(s);
}

/* first → head: entry of index i, none: out; taken before ? again : body; again: i + 1 < SLOTS ? head : full */
static void claim_entry(struct scratch *s)
{
	LLVMBasicBlockRef body = LLVMGetEntryBasicBlock(s->function);
	LLVMBasicBlockRef first = block_before(s, body), head = block_before(s, body), try = block_before(s, body);
	LLVMBasicBlockRef again = block_before(s, body), full = block_before(s, body), count = block_before(s, body);
	LLVMBasicBlockRef out = block_before(s, body), blocks[2] = { first, again };
	LLVMValueRef key, index, found, next, values[2];

	LLVMPositionBuilderAtEnd(s->builder, first);
	move_locals(s, body);
	key = LLVMBuildAlloca(s->builder, s->number, "");
	LLVMBuildBr(s->builder, head);

	LLVMPositionBuilderAtEnd(s->builder, head);
	index = LLVMBuildPhi(s->builder, s->number, "");
	LLVMBuildStore(s->builder, index, key);
	s->entry = lookup(s, key);
	LLVMBuildCondBr(s->builder, is_null(s, s->entry), out, try);

	LLVMPositionBuilderAtEnd(s->builder, try);
	found = exchange(s, s->entry, SLOT_TAKEN);
	LLVMBuildCondBr(s->builder, LLVMBuildICmp(s->builder, LLVMIntEQ, found, word(s, SLOT_TAKEN), ""), again, body);

	LLVMPositionBuilderAtEnd(s->builder, again);
	next = LLVMBuildAdd(s->builder, index, number(s, 1), "");
	LLVMBuildCondBr(s->builder, LLVMBuildICmp(s->builder, LLVMIntULT, next, number(s, SCRATCH_SLOTS), ""), head, full);
	values[0] = number(s, 0);
	values[1] = next;
	LLVMAddIncoming(index, values, blocks, 2);

	LLVMPositionBuilderAtEnd(s->builder, full);
	LLVMBuildStore(s->builder, number(s, 0), key);
	found = lookup(s, key);
	LLVMBuildCondBr(s->builder, is_null(s, found), out, count);
	LLVMPositionBuilderAtEnd(s->builder, count);
	add_dropped(s, found, word(s, 1));
	LLVMBuildBr(s->builder, out);
	LLVMPositionBuilderAtEnd(s->builder, out);
	build_return(s);
}

/* lookup_or_init's: see provenance.c's call_is_bpf() */
static bool is_hidden_exit(LLVMValueRef call)
{
	return LLVMIsAInlineAsm(LLVMGetCalledValue(call)) && LLVMGetNumArgOperands(call) == 1 &&
	       LLVMGetTypeKind(LLVMTypeOf(call)) == LLVMPointerTypeKind;
}

/* 2 is SLOT_LEFT. */
#define RELEASE_AND_EXIT_IF_NULL "if $0 != 0 goto +3\nr0 = 0\n*(u64 *)($2 + 0) = r0\nexit"
#define EXIT_UNLESS_LEFT "if $0 == 2 goto +2\nr0 = 0\nexit"

/* LLVM 16 takes the strings as char *; it does not change them. */
static LLVMValueRef build_assembly(const struct scratch *s, LLVMTypeRef type, char *text, char *constraints,
				   LLVMValueRef *arguments)
{
	LLVMValueRef assembly = LLVMGetInlineAsm(type, text, strlen(text), constraints, strlen(constraints), 1, 0,
						 LLVMInlineAsmDialectATT, 0);

	return LLVMBuildCall2(s->builder, type, assembly, arguments, LLVMCountParamTypes(type), "");
}

/* Its text cannot be changed, so it gets a new one, which gives the entry back before it exits. */
static void release_at_exit(const struct scratch *s, LLVMValueRef call)
{
	LLVMTypeRef parameters[2] = { s->pointer, s->pointer }, type = LLVMFunctionType(s->pointer, parameters, 2, 0);
	LLVMValueRef arguments[2] = { LLVMGetOperand(call, 0), s->entry }, released;

	LLVMPositionBuilderBefore(s->builder, call);
	released = build_assembly(s, type, RELEASE_AND_EXIT_IF_NULL, "=r,0,r,~{r0}", arguments);
	LLVMInstructionSetDebugLoc(released, LLVMInstructionGetDebugLoc(call));
	LLVMReplaceAllUsesWith(call, released);
	LLVMInstructionEraseFromParent(call);
}

/* A tail call that succeeds does not come back. After one that fails the locals are needed again: they are there if
 * nobody has claimed the entry meanwhile, else the run ends and is counted. */
static void release_at_tail_call(const struct scratch *s, LLVMValueRef call)
{
	LLVMTypeRef type = LLVMFunctionType(s->word, (LLVMTypeRef[]){ s->word }, 1, 0);
	LLVMValueRef found, lost;

	LLVMPositionBuilderBefore(s->builder, call);
	exchange(s, s->entry, SLOT_LEFT);
	LLVMPositionBuilderBefore(s->builder, LLVMGetNextInstruction(call));
	found = LLVMBuildAtomicCmpXchg(s->builder, s->entry, word(s, SLOT_LEFT), word(s, SLOT_TAKEN),
				       LLVMAtomicOrderingSequentiallyConsistent, LLVMAtomicOrderingSequentiallyConsistent, 0);
	found = LLVMBuildExtractValue(s->builder, found, 0, "");
	lost = LLVMBuildICmp(s->builder, LLVMIntNE, found, word(s, SLOT_LEFT), "");
	add_dropped(s, s->entry, LLVMBuildZExt(s->builder, lost, s->word, ""));
	build_assembly(s, type, EXIT_UNLESS_LEFT, "=r,0", &found);
}

static void release_entry(const struct scratch *s, LLVMBasicBlockRef body)
{
	for (LLVMBasicBlockRef block = body; block; block = LLVMGetNextBasicBlock(block)) {
		LLVMValueRef next;

		for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = next) {
			next = LLVMGetNextInstruction(i);
			if (LLVMGetInstructionOpcode(i) == LLVMRet) {
				LLVMPositionBuilderBefore(s->builder, i);
				exchange(s, s->entry, SLOT_FREE);
			} else if (LLVMGetInstructionOpcode(i) == LLVMCall && is_hidden_exit(i)) {
				release_at_exit(s, i);
			} else if (LLVMGetInstructionOpcode(i) == LLVMCall && called_helper(i) == HELPER_TAIL_CALL) {
				release_at_tail_call(s, i);
			}
		}
	}
}

/* Lifetimes are of stack memory. */
static void forget_lifetimes(LLVMValueRef local)
{
	LLVMUseRef next;

	for (LLVMUseRef use = LLVMGetFirstUse(local); use; use = next) {
		LLVMValueRef user = LLVMGetUser(use);

		next = LLVMGetNextUse(use);
		if (LLVMIsACallInst(user) && name_starts(LLVMGetCalledValue(user), "llvm.lifetime"))
			LLVMInstructionEraseFromParent(user);
	}
}

static void replace_local(const struct scratch *s, LLVMBasicBlockRef body, LLVMValueRef local, unsigned long long at)
{
	LLVMValueRef place;

	forget_lifetimes(local);
	LLVMPositionBuilderBefore(s->builder, LLVMGetFirstInstruction(body));
	place = offset(s, s->entry, LOCALS_AT + at);
	LLVMReplaceAllUsesWith(local, place);
	LLVMInstructionEraseFromParent(local);
}

/* The new instructions need a place where calls have one: that of the function's own line. */
static void set_places(const struct scratch *s, LLVMBasicBlockRef until)
{
	LLVMMetadataRef subprogram = LLVMGetSubprogram(s->function), place;

	if (!subprogram)
		return;
	place = LLVMDIBuilderCreateDebugLocation(s->lowering->context, LLVMDISubprogramGetLine(subprogram), 0, subprogram,
						 NULL);
	for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(s->function); block != until;
	     block = LLVMGetNextBasicBlock(block))
		for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i))
			LLVMInstructionSetDebugLoc(i, place);
}

static void use_scratch(struct lowering *lowering, LLVMValueRef function, const struct local *locals, size_t count,
			unsigned long long size)
{
	struct scratch s = {
		.lowering = lowering, .function = function, .builder = LLVMCreateBuilderInContext(lowering->context),
		.number = LLVMInt32TypeInContext(lowering->context), .word = LLVMInt64TypeInContext(lowering->context),
		.pointer = LLVMPointerTypeInContext(lowering->context, 0), .pooled = !is_guarded(lowering, function),
	};
	LLVMBasicBlockRef body = LLVMGetEntryBasicBlock(function);
	unsigned long long at = 0;

	s.map = scratch_map(lowering, LLVMGetValueName(function), LOCALS_AT + size, s.pooled ? SCRATCH_SLOTS : 1);
	if (s.pooled)
		claim_entry(&s);
	else
		find_entry(&s);
	if (s.pooled)
		release_entry(&s, body);
	for (size_t i = 0; i < count; i++) {
		replace_local(&s, body, locals[i].value, at);
		at += (locals[i].size + 7) / 8 * 8;
	}
	set_places(&s, body);
	LLVMDisposeBuilder(s.builder);
}

static void lower_function(struct lowering *lowering, LLVMValueRef function, unsigned long long budget)
{
	struct locals locals = collect_locals(lowering, function);
	unsigned long long left = locals.total, moved = 0;
	size_t taken = 0;

	if (locals.count)
		qsort(locals.list, locals.count, sizeof(*locals.list), compare_locals);
	while (taken < locals.count && left > budget) {
		unsigned long long size = locals.list[taken++].size;

		left -= size;
		moved += (size + 7) / 8 * 8;
	}
	if (LOCALS_AT + moved > ENTRY_MAX) {
		fprintf(stderr, "error: program '%s': its local variables need %llu bytes; %d is the most, the size of a "
			"per-CPU array's entry; keep the largest in a map or a ring buffer reservation\n",
			LLVMGetValueName(function), moved, ENTRY_MAX - LOCALS_AT);
		lowering->failed = true;
	} else if (taken) {
		use_scratch(lowering, function, locals.list, taken, moved);
	}
	free(locals.list);
}

unsigned long long frame_of(struct lowering *lowering, LLVMValueRef function)
{
	struct locals locals = collect_locals(lowering, function);

	free(locals.list);
	return locals.total;
}

void move_to_scratch(struct lowering *lowering, unsigned long long budget)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f))
		if (!LLVMIsDeclaration(f))
			lower_function(lowering, f, budget);
}
