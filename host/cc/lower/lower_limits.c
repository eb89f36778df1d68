/* SPDX-License-Identifier: MIT
 *
 * `if (n < 1 || n > 2) return; … slots[n - 1]`: LLVM compares n with 0 for equality, and before 6.8 the verifier does
 * not learn from that that n is at least 1, so n - 1 is any number to it. It does learn from "below 1", which LLVM
 * would turn back; so assembly compares. Only where something is subtracted from what was compared.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <string.h>

static bool is_lowered(LLVMValueRef value)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsAInstruction(user) && LLVMGetInstructionOpcode(user) == LLVMAdd &&
		    LLVMIsAConstantInt(LLVMGetOperand(user, 1)) && LLVMConstIntGetSExtValue(LLVMGetOperand(user, 1)) < 0)
			return true;
	}
	return false;
}

static bool compares_with_zero(LLVMValueRef i)
{
	LLVMTypeRef type;

	if (LLVMGetInstructionOpcode(i) != LLVMICmp ||
	    (LLVMGetICmpPredicate(i) != LLVMIntEQ && LLVMGetICmpPredicate(i) != LLVMIntNE))
		return false;
	type = LLVMTypeOf(LLVMGetOperand(i, 0));
	return LLVMGetTypeKind(type) == LLVMIntegerTypeKind &&
	       (LLVMGetIntTypeWidth(type) == 64 || LLVMGetIntTypeWidth(type) == 32) &&
	       LLVMIsNull(LLVMGetOperand(i, 1)) && !LLVMIsConstant(LLVMGetOperand(i, 0)) &&
	       is_lowered(LLVMGetOperand(i, 0));
}

#define IS_BELOW_1 "$0 = 1\nif $1 < 1 goto +1\n$0 = 0"

static void compare_by_assembly(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef compare)
{
	LLVMValueRef value = LLVMGetOperand(compare, 0), assembly, below, same;
	LLVMTypeRef from = LLVMTypeOf(value), to = LLVMInt64TypeInContext(lowering->context);
	LLVMTypeRef type = LLVMFunctionType(to, &from, 1, 0);
	bool equal = LLVMGetICmpPredicate(compare) == LLVMIntEQ;

	LLVMPositionBuilderBefore(builder, compare);
	if (LLVMGetIntTypeWidth(from) == 64)
		assembly = LLVMGetInlineAsm(type, IS_BELOW_1, strlen(IS_BELOW_1), "=&r,r", strlen("=&r,r"), 0, 0,
					    LLVMInlineAsmDialectATT, 0);
	else
		assembly = LLVMGetInlineAsm(type, IS_BELOW_1, strlen(IS_BELOW_1), "=&r,w", strlen("=&r,w"), 0, 0,
					    LLVMInlineAsmDialectATT, 0);
	below = LLVMBuildCall2(builder, type, assembly, &value, 1, "");
	LLVMInstructionSetDebugLoc(below, LLVMInstructionGetDebugLoc(compare));
	same = LLVMBuildICmp(builder, equal ? LLVMIntNE : LLVMIntEQ, below, LLVMConstInt(to, 0, 0), "");
	LLVMInstructionSetDebugLoc(same, LLVMInstructionGetDebugLoc(compare));
	LLVMReplaceAllUsesWith(compare, same);
	LLVMInstructionEraseFromParent(compare);
}

void keep_lower_limits(struct lowering *lowering)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (compares_with_zero(i))
			compare_by_assembly(lowering, builder, i);
	}
	LLVMDisposeBuilder(builder);
}
