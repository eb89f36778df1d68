/* SPDX-License-Identifier: MIT
 *
 * Functions that stay functions have frames of their own, and the 512 bytes are for a chain of calls as a whole, each
 * frame counted in steps of 32. Code generation looks at one function at a time; so that it finds out what does not fit,
 * a copy of the module gets a local in each caller, as large as what is called may need.
 */
#include "scratch.h"
#include <llvm-c/DebugInfo.h>

enum {
	STEP = 32,
	SPILLS = 16,	/* what registers may need, beside locals */
	DEPTH_MAX = 8,	/* the kernel's limit */
};

static LLVMValueRef called_function(LLVMValueRef instruction)
{
	LLVMValueRef callee = LLVMGetInstructionOpcode(instruction) == LLVMCall ? LLVMGetCalledValue(instruction) : NULL;

	return callee && LLVMIsAFunction(callee) && !LLVMIsDeclaration(callee) ? callee : NULL;
}

/* What the deepest chain of calls from `function` needs below its own frame. */
static unsigned long long room_below(struct lowering *lowering, LLVMValueRef function, unsigned depth)
{
	unsigned long long most = 0;

	for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block && depth < DEPTH_MAX;
	     block = LLVMGetNextBasicBlock(block))
		for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
			LLVMValueRef callee = called_function(i);
			unsigned long long room;

			if (!callee)
				continue;
			room = (frame_of(lowering, callee) + SPILLS + STEP - 1) / STEP * STEP +
			       room_below(lowering, callee, depth + 1);
			most = room > most ? room : most;
		}
	return most;
}

bool leave_callee_room(struct lowering *lowering)
{
	LLVMTypeRef byte = LLVMInt8TypeInContext(lowering->context);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);
	bool any = false;

	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		unsigned long long room = LLVMIsDeclaration(f) ? 0 : room_below(lowering, f, 0);
		LLVMValueRef local;

		if (!room)
			continue;
		LLVMPositionBuilderBefore(builder, LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(f)));
		local = LLVMBuildAlloca(builder, LLVMArrayType(byte, (unsigned)room), "");
		LLVMSetVolatile(LLVMBuildStore(builder, LLVMConstInt(byte, 0, 0), local), 1);
		any = true;
	}
	LLVMDisposeBuilder(builder);
	return any;
}
