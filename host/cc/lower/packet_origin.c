/* SPDX-License-Identifier: MIT
 *
 * A pointer to a packet header is an offset in the packet, unless it was made of an address.
 */
#include "packet_types.h"

/* Whether `pointer` is that of data, data_end or data_meta in the context, whose layout is the kernel's ABI. Other
 * members may well hold an offset: cb[] does, from one program to the next. */
static bool is_data_pointer(LLVMValueRef function, LLVMValueRef pointer)
{
	enum { DATA = 76, DATA_END = 80, DATA_META = 140 };
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(LLVMGetGlobalParent(function));
	unsigned long long offset = 0;

	while (LLVMIsAGetElementPtrInst(pointer)) {
		LLVMTypeRef type = LLVMGetGEPSourceElementType(pointer);
		unsigned operands = LLVMGetNumOperands(pointer);
		LLVMValueRef last = LLVMGetOperand(pointer, operands - 1);

		if (!LLVMIsAConstantInt(last))
			return false;
		if (operands == 2)
			offset += LLVMConstIntGetZExtValue(last) * LLVMABISizeOfType(layout, type);
		else if (operands == 3 && LLVMGetTypeKind(type) == LLVMStructTypeKind)
			offset += LLVMOffsetOfElement(layout, type, LLVMConstIntGetZExtValue(last));
		else
			return false;
		pointer = LLVMGetOperand(pointer, 0);
	}
	return LLVMIsAArgument(pointer) && pointer == LLVMGetFirstParam(function) &&
	       (offset == DATA || offset == DATA_END || offset == DATA_META);
}

/* Of a phi's operands, or a select's: the first that is no mere number decides. */
static enum origin choice_origin(LLVMValueRef function, LLVMValueRef choice, int first, int depth)
{
	enum origin origin = ORIGIN_NUMBER;

	for (int i = first; i < LLVMGetNumOperands(choice) && origin == ORIGIN_NUMBER; i++)
		origin = pointer_origin(function, LLVMGetOperand(choice, i), depth);
	return origin;
}

enum origin pointer_origin(LLVMValueRef function, LLVMValueRef value, int depth)
{
	while (LLVMIsAConstantExpr(value))
		value = LLVMGetOperand(value, 0);
	if (LLVMIsAGlobalVariable(value) || LLVMIsAAllocaInst(value))
		return ORIGIN_MEMORY;
	if (!LLVMIsAInstruction(value) || !depth)
		return ORIGIN_NUMBER;
	switch (LLVMGetInstructionOpcode(value)) {
	case LLVMPHI:
		return choice_origin(function, value, 0, depth / 4);
	case LLVMSelect:
		return choice_origin(function, value, 1, depth / 4);
	case LLVMGetElementPtr:
	case LLVMBitCast:
	case LLVMIntToPtr:
	case LLVMPtrToInt:
	case LLVMZExt:
	case LLVMFreeze:
	case LLVMAdd:
	case LLVMSub:
		return pointer_origin(function, LLVMGetOperand(value, 0), depth - 1);
	case LLVMLoad:
		return is_data_pointer(function, LLVMGetOperand(value, 0)) ? ORIGIN_CONTEXT : ORIGIN_NUMBER;
	case LLVMCall:
		if (is_preserved_access(value))
			return pointer_origin(function, LLVMGetOperand(value, 0), depth - 1);
		return LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMPointerTypeKind ? ORIGIN_MEMORY : ORIGIN_NUMBER;
	default:
		return ORIGIN_NUMBER;
	}
}
