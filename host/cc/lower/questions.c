/* SPDX-License-Identifier: MIT
 *
 * Questions that the loading kernel answers: calls of llvm.bpf.preserve.*.
 */
#include "lower.h"

void drop_unused_questions(struct lowering *lowering)
{
	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (is_call_of(i, "llvm.bpf.preserve.") && !LLVMGetFirstUse(i))
			LLVMInstructionEraseFromParent(i);
	}
}
