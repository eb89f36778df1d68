/* SPDX-License-Identifier: MIT
 *
 * Copies and fills of a size known only at run time. BPF has no function for them, and the optimiser makes them of a
 * text's own loops, so they become loops again: calls of functions that are inlined. Not memmove: downwards, before
 * 6.8, the verifier loses the index.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>

struct loop {
	LLVMContextRef context;
	LLVMBuilderRef builder;
	LLVMValueRef function;	/* void (to, from or byte, size) */
	LLVMTypeRef byte, word;
};

static LLVMBasicBlockRef block(const struct loop *loop)
{
	return LLVMAppendBasicBlockInContext(loop->context, loop->function, "");
}

static LLVMValueRef address(const struct loop *loop, unsigned parameter, LLVMValueRef index)
{
	return LLVMBuildGEP2(loop->builder, loop->byte, LLVMGetParam(loop->function, parameter), &index, 1, "");
}

static void store_byte(const struct loop *loop, LLVMValueRef index)
{
	LLVMValueRef what = LLVMGetParam(loop->function, 1);

	if (LLVMGetTypeKind(LLVMTypeOf(what)) == LLVMPointerTypeKind)
		what = LLVMBuildLoad2(loop->builder, loop->byte, address(loop, 1, index), "");
	LLVMBuildStore(loop->builder, what, address(loop, 0, index));
}

static void build_body(const struct loop *loop)
{
	LLVMBasicBlockRef entry = block(loop), head = block(loop), body = block(loop), after = block(loop);
	LLVMValueRef zero = LLVMConstInt(loop->word, 0, 0), index, next, more;

	LLVMPositionBuilderAtEnd(loop->builder, entry);
	LLVMBuildBr(loop->builder, head);
	LLVMPositionBuilderAtEnd(loop->builder, head);
	index = LLVMBuildPhi(loop->builder, loop->word, "");
	more = LLVMBuildICmp(loop->builder, LLVMIntULT, index, LLVMGetParam(loop->function, 2), "");
	LLVMBuildCondBr(loop->builder, more, body, after);
	LLVMPositionBuilderAtEnd(loop->builder, body);
	store_byte(loop, index);
	next = LLVMBuildAdd(loop->builder, index, LLVMConstInt(loop->word, 1, 0), "");
	LLVMBuildBr(loop->builder, head);
	LLVMAddIncoming(index, &zero, &entry, 1);
	LLVMAddIncoming(index, &next, &body, 1);
	LLVMPositionBuilderAtEnd(loop->builder, after);
	LLVMBuildRetVoid(loop->builder);
}

static LLVMValueRef get_function(struct lowering *lowering, const char *name, LLVMTypeRef type)
{
	struct loop loop = { .context = lowering->context, .function = LLVMGetNamedFunction(lowering->module, name) };

	if (loop.function)
		return loop.function;
	loop.function = LLVMAddFunction(lowering->module, name, type);
	LLVMSetLinkage(loop.function, LLVMInternalLinkage);
	set_flag(lowering, loop.function, "alwaysinline");
	loop.byte = LLVMInt8TypeInContext(lowering->context);
	loop.word = LLVMInt64TypeInContext(lowering->context);
	loop.builder = LLVMCreateBuilderInContext(lowering->context);
	build_body(&loop);
	LLVMDisposeBuilder(loop.builder);
	return loop.function;
}

static void replace(struct lowering *lowering, LLVMBuilderRef builder, LLVMValueRef call, const char *name)
{
	LLVMTypeRef word = LLVMInt64TypeInContext(lowering->context), types[3], type;
	LLVMValueRef arguments[3];

	LLVMPositionBuilderBefore(builder, call);
	LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
	for (unsigned i = 0; i < 3; i++)
		arguments[i] = LLVMGetOperand(call, i);
	arguments[2] = LLVMBuildIntCast2(builder, arguments[2], word, 0, "");
	for (unsigned i = 0; i < 3; i++)
		types[i] = LLVMTypeOf(arguments[i]);
	type = LLVMFunctionType(LLVMVoidTypeInContext(lowering->context), types, 3, 0);
	LLVMBuildCall2(builder, type, get_function(lowering, name, type), arguments, 3, "");
	LLVMInstructionEraseFromParent(call);
}

bool expand_runtime_copies(struct lowering *lowering)
{
	static const struct { const char *intrinsic, *function; } kinds[] = {
		{ "llvm.memcpy.", "__lt_copy" }, { "llvm.memset.", "__lt_fill" },
	};
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);
	bool any = false;

	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
			if (LLVMGetInstructionOpcode(i) == LLVMCall && name_starts(LLVMGetCalledValue(i), kinds[kind].intrinsic) &&
			    !LLVMIsAConstantInt(LLVMGetOperand(i, 2))) {
				replace(lowering, builder, i, kinds[kind].function);
				any = true;
				break;
			}
	}
	LLVMDisposeBuilder(builder);
	return any;
}
