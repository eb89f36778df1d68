/* SPDX-License-Identifier: MIT
 *
 * Members that moved behind a pointer (request.rq_disk, now request.q->disk; see drift_table.c). The slice has them
 * where that pointer lies, annotated with what is to be added once it is followed: "lt_behind OFFSET…".
 */
#include "text/drift.h"
#include "lower.h"
#include <string.h>

/* The annotation's string, or NULL. */
static const char *annotation(LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call), string;
	const char *name, *text;
	size_t length;

	name = callee ? LLVMGetValueName2(callee, &length) : NULL;
	if (!name || strncmp(name, "llvm.ptr.annotation", strlen("llvm.ptr.annotation")))
		return NULL;
	string = LLVMGetOperand(call, 1);
	if (!LLVMIsAGlobalVariable(string) || !LLVMGetInitializer(string) ||
	    !LLVMIsConstantString(LLVMGetInitializer(string)))
		return NULL;
	text = LLVMGetAsString(LLVMGetInitializer(string), &length);
	return length && !text[length - 1] && !strncmp(text, DRIFT_BEHIND, strlen(DRIFT_BEHIND)) ? text : NULL;
}

static LLVMValueRef follow(struct lowering *lowering, LLVMValueRef call, const char *offsets)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);
	LLVMTypeRef byte = LLVMInt8TypeInContext(lowering->context), wide = LLVMInt64TypeInContext(lowering->context);
	LLVMTypeRef pointer = LLVMPointerTypeInContext(lowering->context, 0);
	LLVMValueRef place = LLVMGetOperand(call, 0);

	LLVMPositionBuilderBefore(builder, call);
	while (*offsets) {
		char *end;
		LLVMValueRef offset = LLVMConstInt(wide, strtoul(offsets, &end, 10), 0);

		/* a text can have annotations of its own */
		if (end == offsets)
			break;
		offsets = end;
		place = LLVMBuildLoad2(builder, pointer, place, "");
		place = LLVMBuildGEP2(builder, byte, place, &offset, 1, "");
	}
	LLVMDisposeBuilder(builder);
	return place;
}

void follow_moved_members(struct lowering *lowering)
{
	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		const char *text = LLVMGetInstructionOpcode(i) == LLVMCall ? annotation(i) : NULL;

		next = next_of_module(i);
		if (!text)
			continue;
		LLVMReplaceAllUsesWith(i, follow(lowering, i, text + strlen(DRIFT_BEHIND)));
		LLVMInstructionEraseFromParent(i);
	}
}
