/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * The arguments of a system call when it returns: one program at sys_exit_NAME then does what would take two, and a map
 * between them. Not those of execve and rt_sigreturn, which put other registers in their place. It is the whole
 * register: what the call takes as an int has to be cast to one.
 */
#ifndef __LT_SYSCALL_H
#define __LT_SYSCALL_H

#define LT_CALLER (LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0) \
	? (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()) \
	: task_pt_regs((struct task_struct *)bpf_get_current_task()))

/* What the current task gave its call as argument N, 1 to 6. */
#define ARGUMENT(N) PT_REGS_PARM##N##_SYSCALL(LT_CALLER)

#endif
