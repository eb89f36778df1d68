/* SPDX-License-Identifier: MIT
 *
 * Elements of arrays within structs whose members are found when the object is loaded. Where the index is no constant,
 * clang multiplies it by the size that an element has where it compiles; here it is multiplied by the size that it has
 * in the kernel that the object is loaded in.
 */
#include "access_types.h"
#include "lower.h"
#include <llvm-c/DebugInfo.h>

/* &array[index] of an array that an access leads to, whose elements are structs or arrays: numbers do not grow. What
 * was no constant for clang may be one by now. */
static bool is_element(LLVMValueRef i)
{
	LLVMTypeRef type = LLVMGetInstructionOpcode(i) == LLVMGetElementPtr ? LLVMGetGEPSourceElementType(i) : NULL;
	LLVMTypeKind kind;

	if (!type || LLVMGetTypeKind(type) != LLVMArrayTypeKind || LLVMGetNumOperands(i) != 3 ||
	    LLVMIsNull(LLVMGetOperand(i, 2)))
		return false;
	kind = LLVMGetTypeKind(LLVMGetElementType(type));
	return kind == LLVMStructTypeKind || kind == LLVMArrayTypeKind;
}

static void relocate(LLVMBuilderRef builder, LLVMValueRef element)
{
	LLVMTypeRef byte = LLVMInt8TypeInContext(LLVMGetTypeContext(LLVMTypeOf(element)));
	LLVMValueRef array = LLVMGetOperand(element, 0), index = LLVMGetOperand(element, 2), size;

	LLVMPositionBuilderBefore(builder, element);
	LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(element));
	size = access_element_size(builder, array, LLVMGetGEPSourceElementType(element));
	if (!size)
		return;
	index = LLVMBuildMul(builder, index, LLVMBuildZExt(builder, size, LLVMTypeOf(index), ""), "");
	LLVMReplaceAllUsesWith(element, LLVMBuildGEP2(builder, byte, array, &index, 1, ""));
	LLVMInstructionEraseFromParent(element);
}

void relocate_element_sizes(struct lowering *lowering)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(lowering->context);

	for (LLVMValueRef next, i = first_of_module(lowering->module); i; i = next) {
		next = next_of_module(i);
		if (is_element(i))
			relocate(builder, i);
	}
	LLVMDisposeBuilder(builder);
}
