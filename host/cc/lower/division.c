/* SPDX-License-Identifier: MIT
 *
 * Signed division, which BPF has only since 6.6 (-mcpu=v4): by magnitudes, the sign put back afterwards.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>

static LLVMValueRef negated_if(LLVMBuilderRef builder, LLVMValueRef negative, LLVMValueRef value)
{
	return LLVMBuildSelect(builder, negative, LLVMBuildNeg(builder, value, ""), value, "");
}

/* As C has it: the quotient is cut towards zero, the remainder has the dividend's sign. */
static LLVMValueRef divide(LLVMBuilderRef builder, LLVMValueRef a, LLVMValueRef b, bool remainder)
{
	LLVMValueRef zero = LLVMConstInt(LLVMTypeOf(a), 0, 0);
	LLVMValueRef a_negative = LLVMBuildICmp(builder, LLVMIntSLT, a, zero, "");
	LLVMValueRef b_negative = LLVMBuildICmp(builder, LLVMIntSLT, b, zero, "");
	LLVMValueRef a_size = negated_if(builder, a_negative, a), b_size = negated_if(builder, b_negative, b);

	if (remainder)
		return negated_if(builder, a_negative, LLVMBuildURem(builder, a_size, b_size, ""));
	return negated_if(builder, LLVMBuildXor(builder, a_negative, b_negative, ""),
			  LLVMBuildUDiv(builder, a_size, b_size, ""));
}

static void expand(LLVMBuilderRef builder, LLVMValueRef division)
{
	LLVMMetadataRef place = LLVMInstructionGetDebugLoc(division);
	LLVMTypeRef type = LLVMTypeOf(division);
	LLVMValueRef result;

	if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind || LLVMGetIntTypeWidth(type) > 64)
		return;
	LLVMPositionBuilderBefore(builder, division);
	LLVMSetCurrentDebugLocation2(builder, place);
	result = divide(builder, LLVMGetOperand(division, 0), LLVMGetOperand(division, 1),
			LLVMGetInstructionOpcode(division) == LLVMSRem);
	LLVMReplaceAllUsesWith(division, result);
	LLVMInstructionEraseFromParent(division);
}

void expand_signed_divisions(struct lowering *lowering)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (LLVMGetInstructionOpcode(i) == LLVMSDiv || LLVMGetInstructionOpcode(i) == LLVMSRem)
			expand(builder, i);
	}
	LLVMDisposeBuilder(builder);
}
