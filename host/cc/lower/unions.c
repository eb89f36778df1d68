/* SPDX-License-Identifier: MIT
 *
 * Pointers that lie in unions. The verifier knows what a trusted pointer leads to by the kernel's types, and of a union
 * it takes the first member that lies there: another pointer in it is a number, or one to something else. The types
 * are gone once the passes have run, so such loads are marked before, by a call that provenance sees.
 */
#include "lower.h"
#include <string.h>

static const char marker[] = "__lt_union_member";

bool is_union_marker(LLVMValueRef call)
{
	return name_starts(LLVMGetCalledValue(call), marker);
}

static bool is_union(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMStructTypeKind && LLVMGetStructName(type) &&
	       !strncmp(LLVMGetStructName(type), "union.", strlen("union."));
}

/* The type of what a GEP points to. */
static LLVMTypeRef target_type(LLVMValueRef gep)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);

	for (unsigned i = 2; i < (unsigned)LLVMGetNumOperands(gep); i++) {
		LLVMValueRef index = LLVMGetOperand(gep, i);

		if (LLVMGetTypeKind(type) == LLVMStructTypeKind && LLVMIsAConstantInt(index))
			type = LLVMStructGetTypeAtIndex(type, LLVMConstIntGetZExtValue(index));
		else if (LLVMGetTypeKind(type) == LLVMArrayTypeKind)
			type = LLVMGetElementType(type);
		else
			break;
	}
	return type;
}

/* An iterator's context has each of its pointers in a union of its own, for their size; the verifier knows them. */
static bool is_iterator_context(LLVMTypeRef type)
{
	static const char prefix[] = "struct.bpf_iter__";

	return LLVMGetTypeKind(type) == LLVMStructTypeKind && LLVMGetStructName(type) &&
	       !strncmp(LLVMGetStructName(type), prefix, strlen(prefix));
}

/* What a program keeps in a union of its own is as it was put there. */
static bool lies_in_union(LLVMValueRef load)
{
	LLVMValueRef at = LLVMGetOperand(load, 0);
	bool found = false;

	if (LLVMGetTypeKind(LLVMTypeOf(load)) != LLVMPointerTypeKind)
		return false;
	for (; LLVMIsAGetElementPtrInst(at); at = LLVMGetOperand(at, 0)) {
		if (is_iterator_context(LLVMGetGEPSourceElementType(at)))
			return false;
		found = found || is_union(target_type(at));
	}
	return found && !LLVMIsAAllocaInst(at) && !LLVMIsAGlobalVariable(at);
}

static LLVMValueRef declare(struct lowering *lowering)
{
	LLVMTypeRef pointer = LLVMPointerTypeInContext(lowering->context, 0);
	LLVMTypeRef type = LLVMFunctionType(pointer, &pointer, 1, 0);
	LLVMValueRef function = LLVMGetNamedFunction(lowering->module, marker);
	/* the value 0 of `memory` is that it touches none */
	static const char *const attributes[] = { "memory", "nounwind", "willreturn" };

	if (function)
		return function;
	function = LLVMAddFunction(lowering->module, marker, type);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		unsigned kind = LLVMGetEnumAttributeKindForName(attributes[i], strlen(attributes[i]));

		LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
					LLVMCreateEnumAttribute(lowering->context, kind, 0));
	}
	return function;
}

static void mark(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef load)
{
	LLVMValueRef function = declare(lowering), marked;

	LLVMPositionBuilderBefore(builder, LLVMGetNextInstruction(load));
	marked = LLVMBuildCall2(builder, LLVMGlobalGetValueType(function), function, &load, 1, "");
	LLVMReplaceAllUsesWith(load, marked);
	LLVMSetOperand(marked, 0, load);
}

void mark_union_members(struct lowering *lowering)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	for (LLVMValueRef i = first_of_module(lowering->module); i; i = next_of_module(i))
		if (LLVMGetInstructionOpcode(i) == LLVMLoad && lies_in_union(i))
			mark(lowering, builder, i);
	LLVMDisposeBuilder(builder);
}

void forget_union_members(struct lowering *lowering)
{
	LLVMValueRef function = LLVMGetNamedFunction(lowering->module, marker);
	LLVMUseRef use;

	while (function && (use = LLVMGetFirstUse(function))) {
		LLVMValueRef call = LLVMGetUser(use);

		LLVMReplaceAllUsesWith(call, LLVMGetOperand(call, 0));
		LLVMInstructionEraseFromParent(call);
	}
	if (function)
		LLVMDeleteFunction(function);
}
