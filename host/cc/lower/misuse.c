/* SPDX-License-Identifier: MIT
 *
 * What the dialect's rules forbid, seen in the text as it was written: before any pass.
 */
#include "lower.h"
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

static void refuse(struct lowering *lowering, LLVMValueRef function, const char *format)
	__attribute__((format(printf, 3, 0)));
static void refuse(struct lowering *lowering, LLVMValueRef function, const char *format)
{
	fprintf(stderr, "program.c:%u: error: ", LLVMGetDebugLocLine(function));
	fprintf(stderr, format, LLVMGetValueName(function));
	fputc('\n', stderr);
	lowering->failed = true;
}

enum { LARGEST_VARIABLE = 64 << 20, LARGEST_LOCAL = 1 << 20 };

/* Larger ones would fill the compiler's own memory before anybody else said no. */
static void refuse_large(struct lowering *lowering)
{
	LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(lowering->machine);

	for (LLVMValueRef g = LLVMGetFirstGlobal(lowering->module); g; g = LLVMGetNextGlobal(g)) {
		unsigned long long size = LLVMABISizeOfType(layout, LLVMGlobalGetValueType(g));

		if (size <= LARGEST_VARIABLE)
			continue;
		fprintf(stderr, "program.c:%u: error: variable '%s' has %llu bytes; a text's variables may have %d at most: keep the "
			"data in a map\n", LLVMGetDebugLocLine(g), LLVMGetValueName(g), size, LARGEST_VARIABLE);
		lowering->failed = true;
	}
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		LLVMBasicBlockRef entry = LLVMIsDeclaration(f) ? NULL : LLVMGetEntryBasicBlock(f);

		for (LLVMValueRef i = entry ? LLVMGetFirstInstruction(entry) : NULL; i; i = LLVMGetNextInstruction(i))
			if (LLVMIsAAllocaInst(i) &&
			    LLVMABISizeOfType(layout, LLVMGetAllocatedType(i)) > LARGEST_LOCAL)
				refuse(lowering, f, "function '%s' has a local variable of more than 1 MB; keep the data in a map");
	}
	LLVMDisposeTargetData(layout);
}

static void refuse_constructors(struct lowering *lowering)
{
	static const char *const lists[] = { "llvm.global_ctors", "llvm.global_dtors" };

	for (size_t i = 0; i < 2; i++) {
		LLVMValueRef list = LLVMGetNamedGlobal(lowering->module, lists[i]);
		LLVMValueRef all = list ? LLVMGetInitializer(list) : NULL;

		if (all && LLVMGetNumOperands(all))
			refuse(lowering, LLVMGetOperand(LLVMGetOperand(all, 0), 1), "function '%s' is a constructor or destructor, "
			       "and nothing runs those; set variables from Lua before the programs are attached");
	}
}

/* The stack slot that a parameter is kept in. */
static LLVMValueRef slot_of(LLVMValueRef parameter)
{
	for (LLVMUseRef use = LLVMGetFirstUse(parameter); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 0) == parameter)
			return LLVMGetOperand(user, 1);
	}
	return NULL;
}

static bool is_used(LLVMValueRef parameter)
{
	LLVMValueRef slot = slot_of(parameter);

	if (!slot)
		return LLVMGetFirstUse(parameter);
	for (LLVMUseRef use = LLVMGetFirstUse(slot); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsAInstruction(user) && !(LLVMIsAStoreInst(user) && LLVMGetOperand(user, 0) == parameter) &&
		    !LLVMIsADbgInfoIntrinsic(user))
			return true;
	}
	return false;
}

static bool runs_on_return(const struct lowering *lowering, LLVMValueRef function)
{
	const char *name = LLVMGetValueName(function), *section = LLVMGetSection(function);

	for (const struct program_kind *kind = lowering->kinds; kind->function; kind++)
		if (!strcmp(kind->function, name))
			return !strcmp(kind->kind, "kretprobe") || !strcmp(kind->kind, "uretprobe");
	if (section && *section)
		return !strncmp(section, "kretprobe", 9) || !strncmp(section, "uretprobe", 9);
	return name_starts(function, "kretprobe__");
}

/* Only used ones, as for bcc, whose users declare what they do not use. */
static void refuse_return_arguments(struct lowering *lowering, LLVMValueRef function)
{
	for (unsigned i = 1; i < LLVMCountParams(function); i++)
		if (is_used(LLVMGetParam(function, i))) {
			refuse(lowering, function, "program '%s' runs when the function returns, and the registers of its arguments hold "
			       "other things by then; PT_REGS_RC(ctx) is the return value, and arguments are kept in a "
			       "map by a program at its entry");
			return;
		}
}

/* Whether `value` is what the caller got as its context; a helper may have that as any of its parameters. */
static bool is_context(LLVMValueRef value, LLVMValueRef caller)
{
	unsigned count = is_program(caller) ? LLVMCountParams(caller) != 0 : LLVMCountParams(caller);

	if (!LLVMIsALoadInst(value))
		return LLVMIsAConstant(value);
	for (unsigned i = 0; i < count; i++)
		if (slot_of(LLVMGetParam(caller, i)) == LLVMGetOperand(value, 0))
			return true;
	return false;
}

/* A program may call another one, with its context. */
static void refuse_helper_calls(struct lowering *lowering, LLVMValueRef function)
{
	bool bare = !LLVMCountParams(function);

	if (!bare && LLVMGetTypeKind(LLVMTypeOf(LLVMGetParam(function, 0))) != LLVMPointerTypeKind)
		return;
	for (LLVMUseRef use = LLVMGetFirstUse(function); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef call = LLVMGetUser(use);

		if (!LLVMIsACallInst(call) || LLVMGetCalledValue(call) != function)
			continue;
		if (bare)
			lowering_error(lowering, call, "function '%s' is not static, so it is a program, and programs are not "
				       "called without a context: make '%s' static", LLVMGetValueName(function),
				       LLVMGetValueName(function));
		else if (!is_context(LLVMGetOperand(call, 0), LLVMGetBasicBlockParent(LLVMGetInstructionParent(call))))
			lowering_error(lowering, call, "function '%s' is not static, so it is a program, whose first "
				       "parameter is its context; this call passes something else: make '%s' static",
				       LLVMGetValueName(function), LLVMGetValueName(function));
	}
}

void refuse_misuse(struct lowering *lowering)
{
	refuse_constructors(lowering);
	refuse_large(lowering);
	for (LLVMValueRef f = LLVMGetFirstFunction(lowering->module); f; f = LLVMGetNextFunction(f)) {
		if (!is_program(f) || LLVMGetEnumAttributeAtIndex(f, LLVMAttributeFunctionIndex,
								  LLVMGetEnumAttributeKindForName("noinline", 8)))
			continue;
		refuse_helper_calls(lowering, f);
		if (runs_on_return(lowering, f))
			refuse_return_arguments(lowering, f);
	}
}
