/* SPDX-License-Identifier: MIT
 *
 * BPF has no memset and memcpy to call: LLVM writes out at most 128 stores for one and calls a function for what is
 * larger. So larger ones become several, and each is told the alignment that its stores can have. Of a copy it makes
 * all the loads before the first store, so a piece of one has no more than registers hold.
 */
#include "scratch.h"
#include <llvm-c/DebugInfo.h>

enum { MOST_STORES = 128, COPIED_AT_ONCE = 4 };

static LLVMValueRef moved_by(LLVMBuilderRef builder, LLVMContextRef context, LLVMValueRef base,
			     unsigned long long bytes)
{
	LLVMValueRef index = LLVMConstInt(LLVMInt64TypeInContext(context), bytes, 0);

	return LLVMBuildGEP2(builder, LLVMInt8TypeInContext(context), base, &index, 1, "");
}

/* The alignment that a call says its pointer has; 1 if none. */
static unsigned said_alignment(LLVMValueRef call, unsigned argument)
{
	static const char name[] = "align";
	LLVMAttributeRef said = LLVMGetCallSiteEnumAttribute(call, argument + 1,
							     LLVMGetEnumAttributeKindForName(name, sizeof(name) - 1));

	return said ? LLVMGetEnumAttributeValue(said) : 1;
}

/* Entries of maps and ring buffers are aligned to 8, which no attribute says. */
static bool is_entry(LLVMValueRef value)
{
	enum { HELPER_DYNPTR_DATA = 203 };
	unsigned long long helper = LLVMIsACallInst(value) ? called_helper(value) : 0;

	return helper_returns_own_memory(helper) && helper != HELPER_DYNPTR_DATA;
}

static unsigned alignment(LLVMValueRef call, unsigned argument)
{
	LLVMValueRef pointer = LLVMGetOperand(call, argument);
	unsigned long long at = 0;
	unsigned said = said_alignment(call, argument), known = 8;

	if (LLVMIsAGetElementPtrInst(pointer) && LLVMGetNumIndices(pointer) == 1 &&
	    LLVMIsAConstantInt(LLVMGetOperand(pointer, 1)) &&
	    LLVMGetTypeKind(LLVMGetGEPSourceElementType(pointer)) == LLVMIntegerTypeKind &&
	    LLVMGetIntTypeWidth(LLVMGetGEPSourceElementType(pointer)) == 8) {
		at = LLVMConstIntGetZExtValue(LLVMGetOperand(pointer, 1));
		pointer = LLVMGetOperand(pointer, 0);
	}
	if (!is_entry(pointer))
		return said;
	while (at % known)
		known /= 2;
	return known > said ? known : said;
}

static void split(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef call, bool is_copy)
{
	LLVMContextRef context = lowering->context;
	LLVMValueRef to = LLVMGetOperand(call, 0), from = LLVMGetOperand(call, 1), size = LLVMGetOperand(call, 2);
	unsigned to_align = alignment(call, 0), from_align = is_copy ? alignment(call, 1) : 8;
	bool better = to_align > said_alignment(call, 0) || (is_copy && from_align > said_alignment(call, 1));
	unsigned long long stores = is_copy ? COPIED_AT_ONCE : MOST_STORES, left, step, at = 0;

	if (!LLVMIsAConstantInt(size))
		return;
	left = LLVMConstIntGetZExtValue(size);
	step = stores * (to_align < from_align ? to_align : from_align);
	if (step > stores * 8)
		step = stores * 8;
	if (left <= step && !better)
		return;
	LLVMPositionBuilderBefore(builder, call);
	while (left) {
		unsigned long long part = left < step ? left : step;
		LLVMValueRef bytes = LLVMConstInt(LLVMTypeOf(size), part, 0), piece;
		LLVMValueRef target = moved_by(builder, context, to, at);

		if (is_copy)
			piece = LLVMBuildMemCpy(builder, target, to_align, moved_by(builder, context, from, at), from_align, bytes);
		else
			piece = LLVMBuildMemSet(builder, target, from, bytes, to_align);
		LLVMInstructionSetDebugLoc(piece, LLVMInstructionGetDebugLoc(call));
		at += part;
		left -= part;
	}
	LLVMInstructionEraseFromParent(call);
}

void split_fills(struct lowering *lowering)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (LLVMGetInstructionOpcode(i) != LLVMCall)
			continue;
		if (name_starts(LLVMGetCalledValue(i), "llvm.memset."))
			split(lowering, builder, i, false);
		else if (name_starts(LLVMGetCalledValue(i), "llvm.memcpy."))
			split(lowering, builder, i, true);
	}
	LLVMDisposeBuilder(builder);
}
