/* SPDX-License-Identifier: MIT
 *
 * Calls of BPF helpers: calls of a constant number.
 */
#include "lower.h"

unsigned long long called_helper(LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);

	if (!callee || !LLVMIsAConstantExpr(callee) || LLVMGetConstOpcode(callee) != LLVMIntToPtr ||
	    !LLVMIsAConstantInt(LLVMGetOperand(callee, 0)))
		return 0;
	return LLVMConstIntGetZExtValue(LLVMGetOperand(callee, 0));
}

/* Helpers that return memory the verifier lets a program read and write, or kernel objects that it lets it read. */
bool helper_returns_memory(unsigned long long helper)
{
	switch (helper) {
	case 1:			/* map_lookup_elem */
	case 81:		/* get_local_storage */
	case 84: case 85:	/* sk_lookup_tcp, sk_lookup_udp */
	case 95: case 96:	/* sk_fullsock, tcp_sock */
	case 98: case 99:	/* get_listener_sock, skc_lookup_tcp */
	case 107:		/* sk_storage_get */
	case 131:		/* ringbuf_reserve */
	case 136: case 137: case 138: case 139: case 140:	/* skc_to_*_sock */
	case 145: case 156:	/* inode_storage_get, task_storage_get */
	case 153: case 154:	/* per_cpu_ptr, this_cpu_ptr */
	case 158:		/* get_current_task_btf */
	case 162:		/* sock_from_file */
	case 175:		/* task_pt_regs */
	case 178:		/* skc_to_unix_sock */
	case 195:		/* map_lookup_percpu_elem */
	case 196:		/* skc_to_mptcp_sock */
	case 203:		/* dynptr_data */
	case 210:		/* cgrp_storage_get */
		return true;
	default:
		return false;
	}
}
