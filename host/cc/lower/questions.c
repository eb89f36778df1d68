/* SPDX-License-Identifier: MIT
 *
 * Questions that the loading kernel answers: calls of llvm.bpf.preserve.*.
 */
#include "lower.h"
#include <string.h>

void drop_unused_questions(struct lowering *lowering)
{
	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (is_call_of(i, "llvm.bpf.preserve.") && !LLVMGetFirstUse(i))
			LLVMInstructionEraseFromParent(i);
	}
}

/* What is asked after may not be there, and is accessed only where the answer is yes. Merged with the access that a
 * question has as its argument, which is none, it would be ahead of the question. Calls whose attributes differ are not
 * merged. */
void keep_questions_apart(struct lowering *lowering)
{
	static const char name[] = "lt-asked";
	LLVMAttributeRef asked = LLVMCreateStringAttribute(lowering->context, name, strlen(name), "", 0);

	for (LLVMValueRef i = first_of_module(lowering->module); i; i = next_of_module(i)) {
		if (!is_call_of(i, "llvm.bpf.preserve.field.info"))
			continue;
		for (LLVMValueRef a = LLVMGetOperand(i, 0); is_call_of(a, "llvm.preserve."); a = LLVMGetOperand(a, 0))
			LLVMAddCallSiteAttribute(a, LLVMAttributeFunctionIndex, asked);
	}
}
