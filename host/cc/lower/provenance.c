/* SPDX-License-Identifier: MIT
 *
 * Which pointers a program may dereference itself, and probe reads for the others.
 *
 * BPF memory is the stack, globals, the context, map values, ring buffer reservations and packet data. Everything
 * else (an argument register, a pointer read from memory, a number) is taken for a kernel address: loads and copies
 * from it become bpf_probe_read into a stack slot, stores to it are errors. Mistaking BPF memory for kernel memory
 * is harmless for loads; the other way round the verifier refuses. So a wrong guess never is a silent wrong read.
 *
 * The analysis is optimistic: all values start as BPF memory and fall to "other" by what they are made of, until
 * nothing changes.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <stdint.h>
#include <string.h>

enum { HELPER_PROBE_READ = 4, HELPER_PROBE_READ_KERNEL = 113 };

/* bpf_probe_read (4) tries user addresses too where the two kinds cannot be confused, as bcc's texts expect. */
#if defined(__x86_64__) || defined(__aarch64__)
enum { PROBE_READ = HELPER_PROBE_READ };
#else
enum { PROBE_READ = HELPER_PROBE_READ_KERNEL };
#endif

/* Values known to be other than BPF memory: an open-addressed set. */
struct value_set {
	LLVMValueRef *slots;
	size_t room, count;
};

static bool set_has(const struct value_set *set, LLVMValueRef value)
{
	for (size_t i = ((uintptr_t)value >> 4) & (set->room - 1); set->room; i = (i + 1) & (set->room - 1)) {
		if (!set->slots[i])
			return false;
		if (set->slots[i] == value)
			return true;
	}
	return false;
}

static void set_put(struct value_set *set, LLVMValueRef value)
{
	size_t i;

	if (2 * set->count >= set->room) {
		struct value_set larger = { .room = set->room ? 2 * set->room : 256 };

		larger.slots = allocate_zeroed(larger.room, sizeof(*larger.slots));
		for (i = 0; i < set->room; i++)
			if (set->slots[i])
				set_put(&larger, set->slots[i]);
		free(set->slots);
		*set = larger;
	}
	for (i = ((uintptr_t)value >> 4) & (set->room - 1); set->slots[i]; i = (i + 1) & (set->room - 1))
		;
	set->slots[i] = value;
	set->count++;
}

struct analysis {
	struct lowering *lowering;
	LLVMValueRef function;
	enum program_context context;
	struct value_set other;
	bool changed;
};

static bool is_bpf(const struct analysis *a, LLVMValueRef value);

static bool constant_is_bpf(const struct analysis *a, LLVMValueRef value)
{
	/* the number 0 is no pointer: a loop's counter from 0 would look like memory */
	if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMIntegerTypeKind && LLVMIsAConstantInt(value))
		return false;
	if (LLVMIsAGlobalValue(value) || LLVMIsNull(value) || LLVMIsUndef(value))
		return true;
	if (LLVMIsAConstantExpr(value) && LLVMGetNumOperands(value))
		return is_bpf(a, LLVMGetOperand(value, 0));
	return false;
}

static bool is_bpf(const struct analysis *a, LLVMValueRef value)
{
	if (LLVMIsConstant(value))
		return constant_is_bpf(a, value);
	return !set_has(&a->other, value);
}

/* A number added to BPF memory leaves BPF memory; one operand decides. Constants do not make memory. */
static bool sum_is_bpf(const struct analysis *a, LLVMValueRef i)
{
	LLVMValueRef left = LLVMGetOperand(i, 0), right = LLVMGetOperand(i, 1);

	return (!LLVMIsConstant(left) && is_bpf(a, left)) || (!LLVMIsConstant(right) && is_bpf(a, right)) ||
	       (LLVMIsAConstantExpr(left) && is_bpf(a, left)) || (LLVMIsAConstantExpr(right) && is_bpf(a, right));
}

static bool phi_is_bpf(const struct analysis *a, LLVMValueRef phi)
{
	for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
		if (!is_bpf(a, LLVMGetIncomingValue(phi, i)))
			return false;
	return true;
}

static bool call_is_bpf(const struct analysis *a, LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);

	/* lookup_or_init's hidden return: its only operand comes out as it went in */
	if (LLVMIsAInlineAsm(callee))
		return LLVMGetNumArgOperands(call) == 1 && is_bpf(a, LLVMGetOperand(call, 0));
	if (is_union_marker(call))
		return a->context != CONTEXT_TRUSTED && is_bpf(a, LLVMGetOperand(call, 0));
	if (a->context == CONTEXT_TRUSTED && !called_helper(call))
		return true;
	return helper_returns_memory(called_helper(call));
}

/* The stack, a global, a map's value. `steps` is how many may be taken: there may be loops. */
static bool is_own_memory(LLVMValueRef value, int *steps)
{
	if (LLVMIsAGlobalVariable(value))
		return true;
	if (!LLVMIsAInstruction(value) || --*steps < 0)
		return false;
	switch (LLVMGetInstructionOpcode(value)) {
	case LLVMAlloca:
		return true;
	case LLVMCall:
		if (LLVMIsAInlineAsm(LLVMGetCalledValue(value)))	/* see call_is_bpf() */
			return LLVMGetNumArgOperands(value) == 1 && is_own_memory(LLVMGetOperand(value, 0), steps);
		return helper_returns_own_memory(called_helper(value));
	case LLVMPHI:
		for (unsigned i = 0; i < LLVMCountIncoming(value); i++)
			if (is_own_memory(LLVMGetIncomingValue(value, i), steps))
				return true;
		return false;
	case LLVMSelect:
		return is_own_memory(LLVMGetOperand(value, 1), steps) ||
		       is_own_memory(LLVMGetOperand(value, 2), steps);
	case LLVMLoad:
		return false;
	default:
		return LLVMGetNumOperands(value) && is_own_memory(LLVMGetOperand(value, 0), steps);
	}
}

static bool load_is_bpf(const struct analysis *a, LLVMValueRef load)
{
	LLVMValueRef base = LLVMGetOperand(load, 0);
	int steps = 64;

	/* What a trusted pointer leads to is one that the verifier knows. What the program keeps in memory of its own is
	 * a number to it, and so is what code generation puts together of bytes: a member of a packed struct. */
	if (a->context == CONTEXT_TRUSTED)
		return LLVMGetAlignment(load) >= 8 && is_bpf(a, base) && !is_own_memory(base, &steps);
	if (a->context != CONTEXT_PACKET)
		return false;
	/* data and data_end, loaded from the context */
	for (int i = 0; i < 64 && LLVMIsAInstruction(base) && LLVMGetInstructionOpcode(base) == LLVMGetElementPtr; i++)
		base = LLVMGetOperand(base, 0);
	return LLVMIsAArgument(base) != NULL;
}

static bool instruction_is_bpf(const struct analysis *a, LLVMValueRef i)
{
	switch (LLVMGetInstructionOpcode(i)) {
	case LLVMAlloca:
		return true;
	case LLVMGetElementPtr:
	case LLVMBitCast:
	case LLVMAddrSpaceCast:
	case LLVMIntToPtr:
	case LLVMPtrToInt:
	case LLVMFreeze:
	case LLVMZExt:
	case LLVMExtractValue:
		return is_bpf(a, LLVMGetOperand(i, 0));
	case LLVMAdd:
	case LLVMSub:
		return sum_is_bpf(a, i);
	case LLVMSelect:
		return is_bpf(a, LLVMGetOperand(i, 1)) && is_bpf(a, LLVMGetOperand(i, 2));
	case LLVMPHI:
		return phi_is_bpf(a, i);
	case LLVMCall:
		return call_is_bpf(a, i);
	case LLVMLoad:
		return load_is_bpf(a, i);
	default: /* bits taken from a pointer are a number to the verifier */
		return false;
	}
}

static void put_other(struct analysis *a, LLVMValueRef value)
{
	set_put(&a->other, value);
	a->changed = true;
}

/* The context is BPF memory; all else that a program is given is not. */
static void mark_parameters(struct analysis *a, LLVMValueRef program)
{
	for (unsigned i = 1; i < LLVMCountParams(program); i++)
		put_other(a, LLVMGetParam(program, i));
}

/* What any caller gives a function of its own (noinline) that is not BPF memory, that parameter may be. */
static void mark_arguments(struct analysis *a, LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);
	unsigned count = LLVMIsAFunction(callee) && !LLVMIsDeclaration(callee) ? LLVMCountParams(callee) : 0;

	for (unsigned i = 0; i < count && i < LLVMGetNumArgOperands(call); i++)
		if (!is_bpf(a, LLVMGetOperand(call, i)) && !set_has(&a->other, LLVMGetParam(callee, i)))
			put_other(a, LLVMGetParam(callee, i));
}

static void enter(struct analysis *a, LLVMValueRef function)
{
	a->function = function;
	a->context = program_context(a->lowering, function);
}

static void analyse_function(struct analysis *a)
{
	for (LLVMValueRef i = first_of_function(a->function); i; i = next_of_function(i)) {
		if (!set_has(&a->other, i) && !instruction_is_bpf(a, i))
			put_other(a, i);
		if (LLVMGetInstructionOpcode(i) == LLVMCall)
			mark_arguments(a, i);
	}
}

static void analyse(struct analysis *a)
{
	LLVMValueRef first = LLVMGetFirstFunction(a->lowering->module);

	for (LLVMValueRef f = first; f; f = LLVMGetNextFunction(f))
		if (is_program(f))
			mark_parameters(a, f);
	do {
		a->changed = false;
		for (LLVMValueRef f = first; f; f = LLVMGetNextFunction(f)) {
			enter(a, f);
			analyse_function(a);
		}
	} while (a->changed);
}

static LLVMValueRef lifetime(struct analysis *a, LLVMBuilderRef builder, const char *name, LLVMValueRef slot,
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
static unsigned read_helper(const struct analysis *a)
{
	return a->context == CONTEXT_PACKET ? HELPER_PROBE_READ_KERNEL : PROBE_READ;
}

static LLVMValueRef probe_read(struct analysis *a, LLVMBuilderRef builder, LLVMValueRef to, LLVMValueRef size,
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
static void replace_load(struct analysis *a, LLVMBuilderRef builder, LLVMValueRef load)
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
	set_put(&a->other, value);
}

static void replace_copy(struct analysis *a, LLVMBuilderRef builder, LLVMValueRef call)
{
	LLVMPositionBuilderBefore(builder, call);
	probe_read(a, builder, LLVMGetOperand(call, 0), LLVMGetOperand(call, 2), LLVMGetOperand(call, 1),
		   LLVMInstructionGetDebugLoc(call));
	LLVMInstructionEraseFromParent(call);
}

static void refuse_store(struct analysis *a, LLVMValueRef store)
{
	lowering_error(a->lowering, store, "store through a kernel pointer: a program cannot change kernel memory; "
		       "copy what it points to into a local variable and change that");
}

/* The verifier lets a trusted pointer be read member by member; LLVM copies by the word. */
static bool may_copy_from(const struct analysis *a, LLVMValueRef from)
{
	int steps = 64;

	return is_bpf(a, from) && (a->context != CONTEXT_TRUSTED || is_own_memory(from, &steps));
}

static void visit(struct analysis *a, LLVMBuilderRef builder, LLVMValueRef i)
{
	LLVMValueRef callee;

	switch (LLVMGetInstructionOpcode(i)) {
	case LLVMLoad:
		if (!is_bpf(a, LLVMGetOperand(i, 0)))
			replace_load(a, builder, i);
		break;
	case LLVMStore:
		if (!is_bpf(a, LLVMGetOperand(i, 1)))
			refuse_store(a, i);
		break;
	case LLVMAtomicRMW:
	case LLVMAtomicCmpXchg:
		if (!is_bpf(a, LLVMGetOperand(i, 0)))
			refuse_store(a, i);
		break;
	case LLVMCall:
		callee = LLVMGetCalledValue(i);
		if (name_starts(callee, "llvm.memcpy") || name_starts(callee, "llvm.memmove")) {
			if (!is_bpf(a, LLVMGetOperand(i, 0)))
				refuse_store(a, i);
			else if (!may_copy_from(a, LLVMGetOperand(i, 1)))
				replace_copy(a, builder, i);
		} else if (name_starts(callee, "llvm.memset") && !is_bpf(a, LLVMGetOperand(i, 0))) {
			refuse_store(a, i);
		}
		break;
	default:
		break;
	}
}

void insert_probe_reads(struct lowering *lowering)
{
	struct analysis a = { .lowering = lowering };
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	analyse(&a);
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		enter(&a, f);
		for (LLVMValueRef next, i = first_of_function(f); i; i = next) {
			next = next_of_function(i);
			visit(&a, builder, i);
		}
	}
	LLVMDisposeBuilder(builder);
	free(a.other.slots);
	forget_union_members(lowering);
}
