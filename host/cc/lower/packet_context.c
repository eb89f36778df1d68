/* SPDX-License-Identifier: MIT
 *
 * The packet of a program: its context, if the kernel has packet loads for its kind.
 */
#include "lower.h"
#include "packet_types.h"
#include <string.h>

/* Why a program cannot have packet loads, or NULL. What does not say what it is may be a socket filter. */
static const char *wrong_kind(const struct lowering *lowering, LLVMValueRef function)
{
	const char *name = LLVMGetValueName(function), *context;

	for (const struct program_kind *kind = lowering->kinds; kind->function; kind++)
		if (!strcmp(kind->function, name))
			return strcmp(kind->kind, "socket") && strcmp(kind->kind, "tc") ? kind->kind : NULL;
	context = context_struct(lowering->context, function);
	return context && *context && strcmp(context, "__sk_buff") ? context : NULL;
}

static LLVMValueRef packet_of(struct lowering *lowering, LLVMValueRef call)
{
	LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInstructionParent(call));
	LLVMValueRef context = LLVMCountParams(function) ? LLVMGetParam(function, 0) : NULL;
	const char *wrong = wrong_kind(lowering, function);

	if (wrong) {
		lowering_error(lowering, call, "packet headers, load_byte() and its like are for programs on sockets and tc "
			       "(struct __sk_buff), not for '%s'%s", wrong, strcmp(wrong, "xdp_md") && strcmp(wrong, "xdp") ?
			       "" : "; XDP reads the packet between ctx->data and ctx->data_end");
		return NULL;
	}
	if (context && LLVMGetTypeKind(LLVMTypeOf(context)) == LLVMPointerTypeKind)
		return context;
	lowering_error(lowering, call, "this function has no packet: its first parameter must be the struct __sk_buff");
	return NULL;
}

static bool is_packet_load(LLVMValueRef instruction)
{
	return LLVMIsACallInst(instruction) && LLVMIsAFunction(LLVMGetCalledValue(instruction)) &&
	       name_starts(LLVMGetCalledValue(instruction), "llvm.bpf.load.");
}

/* Calls of load_byte() and its like in the text; one error a function will do. */
void check_packet_loads(struct lowering *lowering, LLVMValueRef function)
{
	for (LLVMValueRef i = first_of_function(function); i; i = next_of_function(i))
		if (is_packet_load(i) && !packet_of(lowering, i))
			return;
}

void resolve_packets(struct lowering *lowering)
{
	LLVMValueRef packet = LLVMGetNamedFunction(lowering->module, "__lt_packet"), context;
	LLVMUseRef use = packet ? LLVMGetFirstUse(packet) : NULL, next;

	for (; use && !lowering->failed; use = next) {
		LLVMValueRef call = LLVMGetUser(use);

		next = LLVMGetNextUse(use);
		if (is_inlined(LLVMGetBasicBlockParent(LLVMGetInstructionParent(call))))
			continue;
		context = packet_of(lowering, call);
		if (!context)
			return;
		LLVMReplaceAllUsesWith(call, context);
		LLVMInstructionEraseFromParent(call);
	}
}
