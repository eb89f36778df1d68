/* SPDX-License-Identifier: MIT
 *
 * Probe reads for what a program may not load or copy itself: bpf_probe_read into a stack slot. Stores there are
 * errors.
 */
#include "provenance.h"
#include <llvm-c/DebugInfo.h>
#include <string.h>

enum { HELPER_PROBE_READ = 4 };

/* bpf_probe_read (4) tries user addresses too where the two kinds cannot be confused, as bcc's texts expect. */
#if defined(__x86_64__) || defined(__aarch64__)
enum { PROBE_READ = HELPER_PROBE_READ };
#else
enum { PROBE_READ = HELPER_PROBE_READ_KERNEL };
#endif

static LLVMValueRef lifetime(struct provenance *a, LLVMBuilderRef builder, const char *name, LLVMValueRef slot,
			     unsigned long long size)
{
	LLVMTypeRef pointer = LLVMTypeOf(slot);
	unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMValueRef function = LLVMGetIntrinsicDeclaration(a->lowering->module, id, &pointer, 1);
	LLVMTypeRef type = LLVMGlobalGetValueType(function);
	LLVMValueRef arguments[2] = { LLVMConstInt(LLVMInt64TypeInContext(a->lowering->context), size, 0), slot };

	/* LLVM 22 dropped the size */
	if (LLVMCountParamTypes(type) == 1)
		return LLVMBuildCall2(builder, type, function, arguments + 1, 1, "");
	return LLVMBuildCall2(builder, type, function, arguments, 2, "");
}

/* Programs that are no tracers have but the newer helper. */
static unsigned read_helper(const struct provenance *a)
{
	return a->context == CONTEXT_PACKET ? HELPER_PROBE_READ_KERNEL : PROBE_READ;
}

static LLVMValueRef probe_read(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef to, LLVMValueRef size,
			       LLVMValueRef from, LLVMMetadataRef place)
{
	LLVMContextRef context = a->lowering->context;
	LLVMTypeRef pointer = LLVMPointerTypeInContext(context, 0), word = LLVMInt64TypeInContext(context);
	LLVMTypeRef parameters[3] = { pointer, LLVMInt32TypeInContext(context), pointer };
	LLVMTypeRef type = LLVMFunctionType(word, parameters, 3, 0);
	LLVMValueRef helper = LLVMConstIntToPtr(LLVMConstInt(word, read_helper(a), 0), pointer);
	LLVMValueRef arguments[3] = { to, LLVMBuildIntCast2(builder, size, parameters[1], 0, ""), from };
	LLVMValueRef call = LLVMBuildCall2(builder, type, helper, arguments, 3, "");

	LLVMInstructionSetDebugLoc(call, place);
	return call;
}

/* The slot has lifetime markers, so that all of a program's share a few bytes of its stack. */
static void replace_load(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef load)
{
	LLVMTypeRef type = LLVMTypeOf(load), word = LLVMInt64TypeInContext(a->lowering->context);
	LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(a->function);
	LLVMMetadataRef place = LLVMInstructionGetDebugLoc(load);
	unsigned long long size = LLVMStoreSizeOfType(LLVMGetModuleDataLayout(a->lowering->module), type);
	LLVMValueRef slot, value;

	LLVMPositionBuilderBefore(builder, LLVMGetFirstInstruction(entry));
	slot = LLVMBuildAlloca(builder, type, "");
	LLVMSetAlignment(slot, 8);
	LLVMPositionBuilderBefore(builder, load);
	lifetime(a, builder, "llvm.lifetime.start", slot, size);
	probe_read(a, builder, slot, LLVMConstInt(word, size, 0), LLVMGetOperand(load, 0), place);
	value = LLVMBuildLoad2(builder, type, slot, "");
	LLVMInstructionSetDebugLoc(value, place);
	lifetime(a, builder, "llvm.lifetime.end", slot, size);
	LLVMReplaceAllUsesWith(load, value);
	LLVMInstructionEraseFromParent(load);
	/* what is visited next loads through it, where it stands for the load */
	provenance_is(a, value, (struct origin){ NUMBER, 0, 0 });
}

static void replace_copy(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef call)
{
	LLVMPositionBuilderBefore(builder, call);
	probe_read(a, builder, LLVMGetOperand(call, 0), LLVMGetOperand(call, 2), LLVMGetOperand(call, 1),
		   LLVMInstructionGetDebugLoc(call));
	LLVMInstructionEraseFromParent(call);
}

static void refuse_store(struct provenance *a, LLVMValueRef store)
{
	lowering_error(a->lowering, store, "store through a kernel pointer: a program cannot change kernel memory; "
		       "copy what it points to into a local variable and change that");
}

static void pin(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef access, LLVMValueRef pointer)
{
	struct origin origin = provenance_of(a, access);
	LLVMValueRef base, pinned;
	int64_t offset;

	if (!is_at_fixed_offset(a, pointer, &base, &offset))
		return;
	pinned = pin_access(a->lowering, builder, access, base, offset, provenance_of(a, pointer).kind == OBJECT);
	/* what is visited next may load through it */
	if (pinned)
		provenance_is(a, pinned, origin);
}

/* The verifier computes with a kernel object's address only what leaves it one, and refuses all else: a hash of it, an
 * index that can be negative. What is negated is a number to it. */
static LLVMValueRef as_number(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef before, LLVMValueRef address)
{
	static const char code[] = "$0 = -$0\n\t$0 = -$0", constraints[] = "=r,0";
	LLVMTypeRef type = LLVMTypeOf(address), function = LLVMFunctionType(type, &type, 1, 0);
	LLVMValueRef negate = LLVMGetInlineAsm(function, code, strlen(code), constraints, strlen(constraints), 0, 0,
					       LLVMInlineAsmDialectATT, 0);
	LLVMValueRef value;

	LLVMPositionBuilderBefore(builder, before);
	value = LLVMBuildCall2(builder, function, negate, &address, 1, "");
	LLVMInstructionSetDebugLoc(value, LLVMInstructionGetDebugLoc(before));
	provenance_is(a, value, (struct origin){ NUMBER, 0, 0 });
	return value;
}

static bool is_sum_with_constant(LLVMValueRef i)
{
	return (LLVMGetInstructionOpcode(i) == LLVMAdd && LLVMIsAConstantInt(LLVMGetOperand(i, 0))) ||
	       ((LLVMGetInstructionOpcode(i) == LLVMAdd || LLVMGetInstructionOpcode(i) == LLVMSub) &&
		LLVMIsAConstantInt(LLVMGetOperand(i, 1)));
}

static bool has_constant_indices(LLVMValueRef i)
{
	unsigned n = 1;

	while (LLVMIsAGetElementPtrInst(i) && n < (unsigned)LLVMGetNumOperands(i) &&
	       LLVMIsAConstantInt(LLVMGetOperand(i, n)))
		n++;
	return LLVMIsAGetElementPtrInst(i) && n == (unsigned)LLVMGetNumOperands(i);
}

/* A pointer that was kept on the stack is known again where it is taken from there, and where LLVM makes that one. */
static bool is_kept_pointer(const struct provenance *a, LLVMValueRef value)
{
	if (LLVMIsAPtrToIntInst(value))
		value = LLVMGetOperand(value, 0);
	return a->context_count > 1 && LLVMIsALoadInst(value) &&
	       LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMPointerTypeKind &&
	       provenance_of(a, LLVMGetOperand(value, 0)).kind == OWN;
}

/* A switch may come from one block more than once, and then with one value. */
static void meet_as_number(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef phi, unsigned n)
{
	LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi, n);
	LLVMValueRef value = as_number(a, builder, LLVMGetBasicBlockTerminator(from), LLVMGetOperand(phi, n));

	for (unsigned i = n; i < LLVMCountIncoming(phi); i++)
		if (LLVMGetIncomingBlock(phi, i) == from)
			LLVMSetOperand(phi, i, value);
}

/* What is made of addresses of objects and contexts and is none itself. */
static void compute_with_numbers(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef i)
{
	bool meets = LLVMIsAPHINode(i) || LLVMIsASelectInst(i);

	if (provenance_of(a, i).kind != NUMBER || is_sum_with_constant(i) || has_constant_indices(i))
		return;
	for (unsigned n = 0; n < (unsigned)LLVMGetNumOperands(i); n++) {
		LLVMValueRef operand = LLVMGetOperand(i, n);
		struct origin origin = provenance_of(a, operand);

		if (origin.kind != OBJECT && (meets || (origin.kind != CONTEXT && !is_kept_pointer(a, operand))))
			continue;
		if (LLVMIsAPHINode(i))
			meet_as_number(a, builder, i, n);
		else
			LLVMSetOperand(i, n, as_number(a, builder, i, operand));
	}
}

/* What C made a number of before it is kept somewhere is one where it is taken from there. */
static void keep_number(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef store)
{
	LLVMValueRef value = LLVMGetOperand(store, 0);

	if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMIntegerTypeKind && provenance_of(a, value).kind == OBJECT)
		LLVMSetOperand(store, 0, as_number(a, builder, store, value));
}

static void visit_copy(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef call)
{
	LLVMValueRef from = LLVMGetOperand(call, 1), base;
	int64_t offset;

	if (!may_store_to(a, LLVMGetOperand(call, 0)))
		refuse_store(a, call);
	else if (!may_copy_from(a, from))
		replace_copy(a, builder, call);
	else if (is_at_fixed_offset(a, from, &base, &offset))
		pin_copy(a->lowering, builder, call, base, offset);
}

static void visit(struct provenance *a, LLVMBuilderRef builder, LLVMValueRef i)
{
	LLVMValueRef callee;

	switch (LLVMGetInstructionOpcode(i)) {
	case LLVMLoad:
		if (!may_load(a, i))
			replace_load(a, builder, i);
		else
			pin(a, builder, i, LLVMGetOperand(i, 0));
		break;
	case LLVMStore:
		keep_number(a, builder, i);
		if (!may_store_to(a, LLVMGetOperand(i, 1)))
			refuse_store(a, i);
		else
			pin(a, builder, i, LLVMGetOperand(i, 1));
		break;
	case LLVMAtomicRMW:
	case LLVMAtomicCmpXchg:
		if (!may_store_to(a, LLVMGetOperand(i, 0)))
			refuse_store(a, i);
		break;
	case LLVMCall:
		callee = LLVMGetCalledValue(i);
		if (name_starts(callee, "llvm.memcpy") || name_starts(callee, "llvm.memmove"))
			visit_copy(a, builder, i);
		else if (name_starts(callee, "llvm.memset") && !may_store_to(a, LLVMGetOperand(i, 0)))
			refuse_store(a, i);
		break;
	case LLVMTrunc:
	case LLVMGetElementPtr:
	case LLVMPHI:
	case LLVMSelect:
		compute_with_numbers(a, builder, i);
		break;
	default:
		if (LLVMIsABinaryOperator(i))
			compute_with_numbers(a, builder, i);
		break;
	}
}

void insert_probe_reads(struct lowering *lowering)
{
	struct provenance a;
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	provenance_find(&a, lowering);
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		provenance_enter(&a, f);
		for (LLVMValueRef next, i = first_of_function(f); i; i = next) {
			next = next_of_function(i);
			visit(&a, builder, i);
		}
	}
	LLVMDisposeBuilder(builder);
	provenance_release(&a);
}
