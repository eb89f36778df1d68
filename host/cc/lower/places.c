/* SPDX-License-Identifier: MIT
 *
 * Which line of the text an instruction belongs to. Many come of functions of the dialect, inlined; what is said of
 * those, by us or by the verifier, shall name the line that calls them.
 */
#include "lower.h"
#include "compile_protocol.h"
#include <llvm-c/DebugInfo.h>
#include <string.h>

static bool is_text(LLVMMetadataRef scope)
{
	LLVMMetadataRef file = LLVMDIScopeGetFile(scope);
	size_t wanted = strlen(LT_CC_TEXT_NAME);
	unsigned length;
	const char *name = file ? LLVMDIFileGetFilename(file, &length) : NULL;

	return name && length >= wanted && !memcmp(name + length - wanted, LT_CC_TEXT_NAME, wanted) &&
	       (length == wanted || name[length - wanted - 1] == '/');
}

static LLVMValueRef operand(LLVMValueRef node, unsigned index)
{
	LLVMValueRef operands[64];
	unsigned count = LLVMGetMDNodeNumOperands(node);

	if (count <= index || count > sizeof(operands) / sizeof(*operands))
		return NULL;
	LLVMGetMDNodeOperands(node, operands);
	return operands[index];
}

/* The dialect's macros define functions at the text's own lines, such as a map's. */
static bool is_in_dialect(LLVMContextRef context, LLVMMetadataRef scope)
{
	LLVMValueRef value = LLVMMetadataAsValue(context, scope), name;
	static const char prefix[] = "__lt_";
	const char *text;
	unsigned length;

	/* a block's operands begin with file and parent, a function's with file, scope and name */
	while (value && LLVMGetMetadataKind(LLVMValueAsMetadata(value)) != LLVMDISubprogramMetadataKind)
		value = operand(value, 1);
	name = value ? operand(value, 2) : NULL;
	text = name && LLVMIsAMDString(name) ? LLVMGetMDString(name, &length) : NULL;
	return text && length >= strlen(prefix) && !memcmp(text, prefix, strlen(prefix));
}

LLVMMetadataRef place_in_text(LLVMValueRef instruction)
{
	LLVMMetadataRef first = LLVMIsAInstruction(instruction) ? LLVMInstructionGetDebugLoc(instruction) : NULL;
	LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(instruction));

	for (LLVMMetadataRef place = first; place; place = LLVMDILocationGetInlinedAt(place)) {
		LLVMMetadataRef scope = LLVMDILocationGetScope(place);

		if (is_text(scope) && !is_in_dialect(context, scope))
			return place;
	}
	return first;
}

/* LLVM gives none to what the loading kernel fills in, which the verifier stops at where it could not: that of what is
 * made with it. */
static void place_relocated(LLVMValueRef load)
{
	enum { STEPS = 8 };	/* an offset, an address, a barrier, and then what reads there */
	LLVMMetadataRef place = NULL;
	LLVMValueRef at = load;

	for (unsigned i = 0; i < STEPS && !place && LLVMGetFirstUse(at); i++) {
		at = LLVMGetUser(LLVMGetFirstUse(at));
		place = LLVMInstructionGetDebugLoc(at);
	}
	LLVMInstructionSetDebugLoc(load, place);
}

void move_lines_to_text(struct lowering *lowering)
{
	for (LLVMValueRef i = first_of_module(lowering->module); i; i = next_of_module(i)) {
		LLVMMetadataRef place;

		if (LLVMIsALoadInst(i) && name_starts(LLVMGetOperand(i, 0), "llvm."))
			place_relocated(i);
		place = LLVMInstructionGetDebugLoc(i);
		/* before LLVM 19 variables are calls, whose place must be in the variable's function */
		if (!place || !LLVMDILocationGetInlinedAt(place) ||
		    (LLVMIsACallInst(i) && name_starts(LLVMGetCalledValue(i), "llvm.dbg.")))
			continue;
		LLVMInstructionSetDebugLoc(i, place_in_text(i));
	}
}
