/* SPDX-License-Identifier: MIT
 *
 * What C can say and BPF cannot do, each an error with its line: LLVM's own words come late, often name no line, and
 * for some of it LLVM just ends.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ARGUMENTS = 5 };

static bool is_floating(LLVMTypeRef type)
{
	switch (LLVMGetTypeKind(type)) {
	case LLVMHalfTypeKind:
	case LLVMFloatTypeKind:
	case LLVMDoubleTypeKind:
	case LLVMX86_FP80TypeKind:
	case LLVMFP128TypeKind:
	case LLVMPPC_FP128TypeKind:
		return true;
	default:
		return false;
	}
}

/* Moving such a value is not computing with it. */
static bool computes_floating(LLVMValueRef i)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(i);

	if (opcode == LLVMLoad || opcode == LLVMStore || opcode == LLVMPHI || opcode == LLVMBitCast ||
	    opcode == LLVMSelect || opcode == LLVMAlloca)
		return false;
	if (is_floating(LLVMTypeOf(i)))
		return true;
	for (int n = 0; n < LLVMGetNumOperands(i); n++)
		if (is_floating(LLVMTypeOf(LLVMGetOperand(i, n))))
			return true;
	return false;
}

static bool has_byval(LLVMValueRef call, unsigned count)
{
	unsigned kind = LLVMGetEnumAttributeKindForName("byval", 5);

	for (unsigned n = 1; n <= count; n++)
		if (LLVMGetCallSiteEnumAttribute(call, n, kind))
			return true;
	return false;
}

/* Of a call that is still one after inlining. */
static void check_call(struct lowering *lowering, LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);
	unsigned count = LLVMGetNumArgOperands(call);

	if (LLVMIsAInlineAsm(callee) || called_helper(call))
		return;
	if (!LLVMIsAFunction(callee)) {
		lowering_error(lowering, call, "a call through a function pointer, which BPF does not have; call the "
			       "functions by name, e.g. in a switch (or a BPF_PROG_ARRAY for a tail call)");
		return;
	}
	if (LLVMGetIntrinsicID(callee) || LLVMIsDeclaration(callee))
		return;
	if (has_byval(call, count))
		lowering_error(lowering, call, "function '%s' takes a struct by value, which BPF cannot pass; pass its address, or "
			       "leave out noinline", LLVMGetValueName(callee));
	else if (count > MOST_ARGUMENTS)
		lowering_error(lowering, call, "function '%s' has %u arguments, and a call in BPF passes at most %d; pass a struct's "
			       "address, or leave out noinline", LLVMGetValueName(callee), count, MOST_ARGUMENTS);
}

static bool is_in_entry(LLVMValueRef i)
{
	LLVMBasicBlockRef block = LLVMGetInstructionParent(i);

	return block == LLVMGetEntryBasicBlock(LLVMGetBasicBlockParent(block));
}

static bool check_instruction(struct lowering *lowering, LLVMValueRef i)
{
	if (computes_floating(i)) {
		lowering_error(lowering, i, "floating point, which BPF does not have; count in integers of a smaller unit "
			       "(thousandths, nanoseconds) and divide in Lua");
		return false;
	}
	if (LLVMGetInstructionOpcode(i) == LLVMAlloca && LLVMIsAConstant(LLVMGetOperand(i, 0)) && !is_in_entry(i)) {
		lowering_error(lowering, i, "memory that is taken in a branch or a loop (alloca), where it has no fixed place "
			       "on BPF's stack; declare an array");
		return false;
	}
	if (LLVMGetInstructionOpcode(i) == LLVMAlloca && !LLVMIsAConstant(LLVMGetOperand(i, 0))) {
		lowering_error(lowering, i, "an array whose size is known only at run time; give it a constant size, the "
			       "largest that is needed");
		return false;
	}
	if (LLVMGetInstructionOpcode(i) == LLVMCall)
		check_call(lowering, i);
	return true;
}

/* LLVM makes no instruction of where such a function ends, and of nothing else no function at all. */
static bool never_returns(LLVMValueRef function)
{
	bool is_undefined = false;

	for (LLVMValueRef i = first_of_function(function); i; i = next_of_function(i)) {
		if (LLVMGetInstructionOpcode(i) == LLVMRet)
			return false;
		is_undefined = is_undefined || LLVMGetInstructionOpcode(i) == LLVMUnreachable;
	}
	return is_undefined;
}

static void check_function(struct lowering *lowering, LLVMValueRef function)
{
	LLVMTypeRef type = LLVMGetReturnType(LLVMGlobalGetValueType(function));
	LLVMTypeKind kind = LLVMGetTypeKind(type);

	if (never_returns(function)) {
		fprintf(stderr, "program.c:%u: error: function '%s' never comes to a return: on every way it runs into what is "
			"undefined (__builtin_unreachable)\n", LLVMGetDebugLocLine(function), LLVMGetValueName(function));
		lowering->failed = true;
	}
	if ((kind == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) > 64) || kind == LLVMStructTypeKind ||
	    kind == LLVMArrayTypeKind) {
		fprintf(stderr, "program.c:%u: error: function '%s' returns more than 64 bits, which BPF cannot; return "
			"it through a pointer, or leave out noinline\n", LLVMGetDebugLocLine(function),
			LLVMGetValueName(function));
		lowering->failed = true;
	}
	if (LLVMIsFunctionVarArg(LLVMGlobalGetValueType(function))) {
		fprintf(stderr, "program.c:%u: error: function '%s' takes any number of arguments (...), which BPF cannot; give "
			"it the largest number, or a macro's __VA_ARGS__\n", LLVMGetDebugLocLine(function),
			LLVMGetValueName(function));
		lowering->failed = true;
	}
	/* one line is told of each kind: the rest follows from it */
	for (LLVMValueRef i = first_of_function(function); i; i = next_of_function(i))
		if (!check_instruction(lowering, i))
			return;
}

/* Whether a constant holds the address of something. */
static bool holds_address(LLVMValueRef value, int depth)
{
	if (LLVMIsAGlobalValue(value))
		return true;
	if (depth > 16 || LLVMIsAConstantDataSequential(value))
		return false;
	for (int i = 0; i < LLVMGetNumOperands(value); i++)
		if (holds_address(LLVMGetOperand(value, i), depth + 1))
			return true;
	return false;
}

/* Some instruction that uses the address of `value`, by way of constant expressions too. */
static LLVMValueRef using_instruction(LLVMValueRef value, int depth)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use && depth < 4; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use), found = user;

		if (!LLVMIsAInstruction(user))
			found = using_instruction(user, depth + 1);
		if (found)
			return found;
	}
	return NULL;
}

/* The kernel has no relocations inside of data: `static const char *names[]` has no addresses to hold. Map
 * definitions and the like, in sections of their own, are libbpf's to fill in. */
static void check_global(struct lowering *lowering, LLVMValueRef global)
{
	const char *section = LLVMGetSection(global), *name = LLVMGetValueName(global);
	LLVMValueRef initial = LLVMGetInitializer(global), user = using_instruction(global, 0);

	if (!initial || !user || (section && *section) || name_starts(global, "llvm.") || !holds_address(initial, 0))
		return;
	/* LLVM makes a table NAME.rel of distances out of a table of addresses; LLVM 16 calls it after the function */
	if (name_starts(global, "reltable."))
		name = "a table here";
	lowering_error(lowering, user, "'%.*s' holds addresses, which data of BPF cannot; for strings take an array of "
		       "arrays (const char names[][16]), else choose in a switch", (int)strcspn(name, "."), name);
}

void refuse_unsupported(struct lowering *lowering)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f))
		if (!LLVMIsDeclaration(f))
			check_function(lowering, f);
	for (LLVMValueRef g = LLVMGetFirstGlobal(lowering->module); g; g = LLVMGetNextGlobal(g))
		check_global(lowering, g);
}
