/* SPDX-License-Identifier: MIT */
#include "lower.h"

static LLVMValueRef first_from(LLVMBasicBlockRef block)
{
	LLVMValueRef first = NULL;

	for (; block && !first; block = LLVMGetNextBasicBlock(block))
		first = LLVMGetFirstInstruction(block);
	return first;
}

LLVMValueRef first_of_function(LLVMValueRef function)
{
	return first_from(LLVMGetFirstBasicBlock(function));
}

LLVMValueRef next_of_function(LLVMValueRef instruction)
{
	LLVMValueRef next = LLVMGetNextInstruction(instruction);

	return next ? next : first_from(LLVMGetNextBasicBlock(LLVMGetInstructionParent(instruction)));
}

static LLVMValueRef first_from_function(LLVMValueRef function)
{
	LLVMValueRef first = NULL;

	for (; function && !first; function = LLVMGetNextFunction(function))
		first = first_of_function(function);
	return first;
}

LLVMValueRef first_of_module(LLVMModuleRef module)
{
	return first_from_function(LLVMGetFirstFunction(module));
}

LLVMValueRef next_of_module(LLVMValueRef instruction)
{
	LLVMValueRef next = next_of_function(instruction);
	LLVMBasicBlockRef block = LLVMGetInstructionParent(instruction);

	return next ? next : first_from_function(LLVMGetNextFunction(LLVMGetBasicBlockParent(block)));
}
