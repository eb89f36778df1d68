/* SPDX-License-Identifier: MIT
 *
 * Functions that stay functions have frames of their own, and the 512 bytes are for a chain of calls as a whole, each
 * frame counted in steps of 32. Code generation looks at one function at a time; so that it finds out what does not
 * fit, a copy of the module gets a local in each caller, as large as what is called may need.
 */
#include "scratch.h"
#include <llvm-c/DebugInfo.h>

enum {
	STACK = 512,
	STEP = 32,
	SPILLS = 16,	/* what registers may need, beside locals */
	DEPTH_MAX = 8,	/* the kernel's limit */
};

/* A function's locals, and what the deepest chain of calls needs below them. */
struct frame {
	LLVMValueRef function;
	unsigned long long own, below;
};

struct frames {
	struct frame *list;
	size_t count;
};

static struct frame *frame_at(const struct frames *frames, LLVMValueRef function)
{
	if (!LLVMIsAFunction(function) || LLVMIsDeclaration(function))
		return NULL;
	for (size_t i = 0; i < frames->count; i++)
		if (frames->list[i].function == function)
			return &frames->list[i];
	return NULL;
}

/* True if it needs more than was known. */
static bool look_below(const struct frames *frames, struct frame *frame, LLVMValueRef call)
{
	unsigned long long before = frame->below;

	/* the function that is called, or one that a helper is given to call */
	for (int i = 0; i < LLVMGetNumOperands(call); i++) {
		const struct frame *callee = frame_at(frames, LLVMGetOperand(call, i));
		unsigned long long room = callee ? (callee->own + SPILLS + STEP - 1) / STEP * STEP + callee->below : 0;

		if (room > frame->below)
			frame->below = room;
	}
	return frame->below > before;
}

static bool look_below_all(const struct frames *frames)
{
	bool more = false;

	for (size_t n = 0; n < frames->count; n++)
		for (LLVMValueRef i = first_of_function(frames->list[n].function); i; i = next_of_function(i))
			if (LLVMGetInstructionOpcode(i) == LLVMCall)
				more |= look_below(frames, &frames->list[n], i);
	return more;
}

/* Each round knows chains of one more call. */
static struct frames find_frames(struct lowering *lowering)
{
	struct frames frames = { 0 };

	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f))
		frames.count += !LLVMIsDeclaration(f);
	frames.list = allocate_zeroed(frames.count, sizeof(*frames.list));
	frames.count = 0;
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f))
		if (!LLVMIsDeclaration(f))
			frames.list[frames.count++] = (struct frame){ f, frame_of(lowering, f), 0 };
	for (int depth = 0; depth < DEPTH_MAX && look_below_all(&frames); depth++)
		;
	return frames;
}

unsigned long long deepest_frames(struct lowering *lowering)
{
	struct frames frames = find_frames(lowering);
	unsigned long long most = 0;

	for (size_t i = 0; i < frames.count; i++)
		if (frames.list[i].own + frames.list[i].below > most)
			most = frames.list[i].own + frames.list[i].below;
	free(frames.list);
	return most;
}

bool leave_callee_room(struct lowering *lowering)
{
	LLVMTypeRef byte = LLVMInt8TypeInContext(lowering->context);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);
	struct frames frames = find_frames(lowering);
	bool any = false;

	for (size_t i = 0; i < frames.count; i++) {
		unsigned long long room = frames.list[i].below < STACK ? frames.list[i].below : STACK;
		LLVMValueRef local;

		if (!room)
			continue;
		LLVMPositionBuilderBefore(builder, LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(frames.list[i].function)));
		local = LLVMBuildAlloca(builder, LLVMArrayType(byte, (unsigned)room), "");
		LLVMSetVolatile(LLVMBuildStore(builder, LLVMConstInt(byte, 0, 0), local), 1);
		any = true;
	}
	LLVMDisposeBuilder(builder);
	free(frames.list);
	return any;
}
