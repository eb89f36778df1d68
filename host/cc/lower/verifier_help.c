/* SPDX-License-Identifier: MIT
 *
 * Keeping limits where the verifier sees them.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <string.h>

/* The verifier looks at all 64 bits of a helper's argument, while a 32-bit one leaves the upper half to chance: a
 * length that was limited as u32 would be refused as unbounded. */
static void widen(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef call)
{
	LLVMTypeRef word = LLVMInt64TypeInContext(lowering->context), types[5];
	unsigned count = LLVMGetNumArgOperands(call);
	LLVMValueRef arguments[5], wide;
	bool changed = false;

	if (count > 5)
		return;
	LLVMPositionBuilderBefore(builder, call);
	for (unsigned i = 0; i < count; i++) {
		LLVMTypeRef type;

		arguments[i] = LLVMGetOperand(call, i);
		type = LLVMTypeOf(arguments[i]);
		if (LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) < 64) {
			arguments[i] = LLVMBuildZExt(builder, arguments[i], word, "");
			changed = true;
		}
		types[i] = LLVMTypeOf(arguments[i]);
	}
	if (!changed) {
		tell_helper_uses(lowering, call);
		return;
	}
	wide = LLVMBuildCall2(builder, LLVMFunctionType(LLVMTypeOf(call), types, count, 0), LLVMGetCalledValue(call),
			      arguments, count, "");
	LLVMInstructionSetDebugLoc(wide, LLVMInstructionGetDebugLoc(call));
	LLVMReplaceAllUsesWith(call, wide);
	LLVMInstructionEraseFromParent(call);
	tell_helper_uses(lowering, wide);
}

/* `u32 n = <64 bits>`: LLVM would compare a masked copy and use the original, and the verifier does not connect the
 * two. An assembly move makes the half a value of its own. It is a real one: the backend takes what assembly leaves
 * in a 32-bit register for extended. What is only stored needs none. */
static bool is_only_stored(LLVMValueRef value)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use))
		if (LLVMGetInstructionOpcode(LLVMGetUser(use)) != LLVMStore)
			return false;
	return true;
}

static void hold(LLVMBuilderRef builder, LLVMValueRef trunc)
{
	LLVMTypeRef half = LLVMTypeOf(trunc), type = LLVMFunctionType(half, &half, 1, 0);
	LLVMValueRef from = LLVMGetOperand(trunc, 0), move, held;

	if (LLVMGetIntTypeWidth(half) != 32 || is_only_stored(trunc) || !LLVMIsAInstruction(from) ||
	    (LLVMGetInstructionOpcode(from) != LLVMLoad && LLVMGetInstructionOpcode(from) != LLVMCall))
		return;
	move = LLVMGetInlineAsm(type, "$0 = $1", strlen("$0 = $1"), "=w,w", strlen("=w,w"), 0, 0,
				LLVMInlineAsmDialectATT, 0);
	LLVMPositionBuilderBefore(builder, LLVMGetNextInstruction(trunc));
	held = LLVMBuildCall2(builder, type, move, &trunc, 1, "");
	LLVMInstructionSetDebugLoc(held, LLVMInstructionGetDebugLoc(trunc));
	LLVMReplaceAllUsesWith(trunc, held);
	LLVMSetOperand(held, 0, trunc);
}

void help_verifier(struct lowering *lowering)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (LLVMGetInstructionOpcode(i) == LLVMCall && called_helper(i))
			widen(lowering, builder, i);
		else if (LLVMGetInstructionOpcode(i) == LLVMTrunc)
			hold(builder, i);
	}
	LLVMDisposeBuilder(builder);
}
