/* SPDX-License-Identifier: MIT
 *
 * Calls of BPF helpers: calls of a constant number.
 */
#include "lower.h"
#include <llvm/Config/llvm-config.h>
#include <string.h>

unsigned long long called_helper(LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);

	if (!callee || !LLVMIsAConstantExpr(callee) || LLVMGetConstOpcode(callee) != LLVMIntToPtr ||
	    !LLVMIsAConstantInt(LLVMGetOperand(callee, 0)))
		return 0;
	return LLVMConstIntGetZExtValue(LLVMGetOperand(callee, 0));
}

bool helper_returns_own_memory(unsigned long long helper)
{
	switch (helper) {
	case 1:			/* map_lookup_elem */
	case 81:		/* get_local_storage */
	case 107:		/* sk_storage_get */
	case 131:		/* ringbuf_reserve */
	case 145: case 156:	/* inode_storage_get, task_storage_get */
	case 195:		/* map_lookup_percpu_elem */
	case 203:		/* dynptr_data */
	case 210:		/* cgrp_storage_get */
		return true;
	default:
		return false;
	}
}

bool helper_returns_memory(unsigned long long helper)
{
	switch (helper) {
	case 84: case 85:	/* sk_lookup_tcp, sk_lookup_udp */
	case 95: case 96:	/* sk_fullsock, tcp_sock */
	case 98: case 99:	/* get_listener_sock, skc_lookup_tcp */
		return true;
	default:
		return helper_returns_own_memory(helper);
	}
}

const char *helper_returns_object(unsigned long long helper)
{
	switch (helper) {
	case 136: return "tcp6_sock";		/* skc_to_… */
	case 137: return "tcp_sock";
	case 138: return "tcp_timewait_sock";
	case 139: return "tcp_request_sock";
	case 140: return "udp6_sock";
	case 153: case 154: return "";		/* per_cpu_ptr, this_cpu_ptr */
	case 158: return "task_struct";		/* get_current_task_btf */
	case 162: return "socket";		/* sock_from_file */
	case 175: return "pt_regs";		/* task_pt_regs */
	case 178: return "unix_sock";
	case 196: return "mptcp_sock";
	default: return NULL;
	}
}

/* What helpers do with memory: for each argument 'r' it is read, 'w' it is written, '-' neither is known. No helper
 * keeps an address. */
static const struct { unsigned long long helper; const char *arguments; } uses[] = {
	{ 1, "-r" }, { 2, "-rr" }, { 3, "-r" },			/* map_lookup_elem, map_update_elem, map_delete_elem */
	{ 4, "w" }, { 112, "w" }, { 113, "w" },			/* probe_read, _user, _kernel */
	{ 45, "w" }, { 114, "w" }, { 115, "w" },		/* probe_read_str, _user_str, _kernel_str */
	{ 6, "r" }, { 16, "w" },				/* trace_printk, get_current_comm */
	{ 25, "---r" }, { 130, "-r" },				/* perf_event_output, ringbuf_output */
	{ 87, "-r" }, { 88, "-w" }, { 89, "-w" },		/* map_push_elem, map_pop_elem, map_peek_elem */
};

static void add_attribute(struct lowering *lowering, LLVMValueRef call, unsigned argument, const char *name)
{
	unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

	if (kind)
		LLVMAddCallSiteAttribute(call, argument + 1, LLVMCreateEnumAttribute(lowering->context, kind, 0));
}

/* So a key that `increment` was given by value is looked up where it lies: without this LLVM copies it for each
 * call. */
void tell_helper_uses(struct lowering *lowering, LLVMValueRef call)
{
	const char *use = "";

	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
		if (uses[i].helper == called_helper(call))
			use = uses[i].arguments;
	for (unsigned i = 0; i < LLVMGetNumArgOperands(call) && use[i]; i++) {
		if (use[i] == '-' || LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(call, i))) != LLVMPointerTypeKind)
			continue;
		/* LLVM 21 renamed it; 0 stands for "none" */
		add_attribute(lowering, call, i, LLVM_VERSION_MAJOR < 21 ? "nocapture" : "captures");
		if (use[i] == 'w')
			continue;
		add_attribute(lowering, call, i, "readonly");
		add_attribute(lowering, call, i, "noalias");
	}
}
