/* SPDX-License-Identifier: MIT
 *
 * Bit-fields of structs whose members are found when the object is loaded. Clang reads the bytes around one and shifts
 * by what it knows where it compiles. What it gets to read is a copy, laid out as it expects, of what is read by the
 * size and shifts of the kernel that the object is loaded in.
 */
#include "access_types.h"
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <string.h>

/* Of llvm.bpf.preserve.field.info. */
enum { INFO_OFFSET = 0, INFO_SIZE = 1, INFO_LSHIFT = 4, INFO_RSHIFT = 5 };

struct bit_field {
	struct lowering *lowering;
	LLVMBuilderRef builder;
	LLVMTypeRef pointer, word, half;
	LLVMValueRef access;
};

static bool is_only_loaded(LLVMValueRef access)
{
	for (LLVMUseRef use = LLVMGetFirstUse(access); use; use = LLVMGetNextUse(use))
		if (!LLVMIsALoadInst(LLVMGetUser(use)))
			return false;
	return true;
}

static LLVMValueRef info(const struct bit_field *field, unsigned what)
{
	static const char name[] = "llvm.bpf.preserve.field.info";
	unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMTypeRef pointer = field->pointer, type = LLVMIntrinsicGetType(field->lowering->context, id, &pointer, 1);
	LLVMValueRef function = LLVMGetIntrinsicDeclaration(field->lowering->module, id, &pointer, 1);
	LLVMValueRef arguments[] = { field->access, LLVMConstInt(field->word, what, 0) };

	return LLVMBuildCall2(field->builder, type, function, arguments, 2, "");
}

static LLVMValueRef wide(const struct bit_field *field, LLVMValueRef value)
{
	return LLVMBuildZExt(field->builder, value, field->word, "");
}

static LLVMValueRef slot(const struct bit_field *field)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(field->lowering->context);
	LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInstructionParent(field->access)), made;

	LLVMPositionBuilderBefore(builder, LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(function)));
	made = LLVMBuildAlloca(builder, field->word, "");
	LLVMDisposeBuilder(builder);
	return made;
}

static void read_to(const struct bit_field *field, LLVMValueRef to)
{
	LLVMTypeRef types[] = { field->pointer, field->half, field->pointer };
	LLVMTypeRef type = LLVMFunctionType(field->word, types, 3, 0);
	LLVMValueRef helper = LLVMConstIntToPtr(LLVMConstInt(field->word, HELPER_PROBE_READ_KERNEL, 0), field->pointer);
	LLVMValueRef offset = wide(field, info(field, INFO_OFFSET));
	LLVMValueRef from = LLVMBuildGEP2(field->builder, LLVMInt8TypeInContext(field->lowering->context),
					  access_root(field->access), &offset, 1, "");
	LLVMValueRef arguments[] = { to, info(field, INFO_SIZE), from };

	LLVMBuildStore(field->builder, LLVMConstInt(field->word, 0, 0), to);
	LLVMBuildCall2(field->builder, type, helper, arguments, 3, "");
}

/* `shift`: of its first bit, as clang has it in what it loads. */
static LLVMValueRef lay_out(const struct bit_field *field, uint64_t shift)
{
	LLVMValueRef at = slot(field), value;

	read_to(field, at);
	value = LLVMBuildLoad2(field->builder, field->word, at, "");
	value = LLVMBuildShl(field->builder, value, wide(field, info(field, INFO_LSHIFT)), "");
	value = LLVMBuildLShr(field->builder, value, wide(field, info(field, INFO_RSHIFT)), "");
	at = slot(field);
	LLVMBuildStore(field->builder, LLVMBuildShl(field->builder, value, LLVMConstInt(field->word, shift, 0), ""), at);
	return at;
}

static void relocate(struct lowering *lowering, LLVMValueRef access, uint64_t bits, uint64_t size)
{
	struct bit_field field = {
		.lowering = lowering, .builder = LLVMCreateBuilderInContext(lowering->context), .access = access,
		.pointer = LLVMPointerTypeInContext(lowering->context, 0), .word = LLVMInt64TypeInContext(lowering->context),
		.half = LLVMInt32TypeInContext(lowering->context),
	};
	LLVMTypeRef type = accessed_element(access);
	uint64_t begin = type ? LLVMOffsetOfElement(LLVMGetModuleDataLayout(lowering->module), type,
						    LLVMConstIntGetZExtValue(LLVMGetOperand(access, 1))) * 8 : UINT64_MAX;
	LLVMValueRef copy;

	if (begin <= bits && bits - begin + size <= 64) {
		LLVMPositionBuilderBefore(field.builder, LLVMGetNextInstruction(access));
		LLVMSetCurrentDebugLocation2(field.builder, LLVMInstructionGetDebugLoc(access));
		copy = lay_out(&field, bits - begin);
		for (LLVMUseRef next, use = LLVMGetFirstUse(access); use; use = next) {
			next = LLVMGetNextUse(use);
			if (LLVMIsALoadInst(LLVMGetUser(use)))
				LLVMSetOperand(LLVMGetUser(use), 0, copy);
		}
	}
	LLVMDisposeBuilder(field.builder);
}

void relocate_bit_fields(struct lowering *lowering)
{
	uint64_t bits, size;

	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (is_call_of(i, "llvm.preserve.struct.access.index") && is_only_loaded(i) &&
		    access_is_bit_field(i, &bits, &size))
			relocate(lowering, i, bits, size);
	}
}
