/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * What the scheduler's raw tracepoints tell. At sched_switch the current task is still the one that leaves the CPU.
 */
#ifndef __LT_SCHED_H
#define __LT_SCHED_H

#include <luatrace/filter.h>

#define SWITCH_PREV(CTX) ((struct task_struct *)(CTX)->args[1])
#define SWITCH_NEXT(CTX) ((struct task_struct *)(CTX)->args[2])

/* Whether the task that leaves its CPU waits for one again: its time was up, it was preempted (also on its way to
 * sleep, when its state says so already), or a signal kept it awake, which the state in the task alone tells: what the
 * tracepoint says is from before. */
#define SWITCH_RUNNABLE(CTX) ((CTX)->args[0] || SWITCH_PREV(CTX)->__state == TASK_RUNNING)

/* The state that it has given itself, the bits that matter of it: TASK_INTERRUPTIBLE, ... A waker that is quicker than
 * the switch has made TASK_WAKING of it in the task: before 5.18, where the tracepoint does not tell it, it is lost. */
#define SWITCH_STATE(CTX) (SWITCH_RUNNABLE(CTX) ? TASK_RUNNING \
	: LINUX_VERSION_CODE >= KERNEL_VERSION(5, 18, 0) ? (u32)(CTX)->args[3] : (u32)SWITCH_PREV(CTX)->__state)

/* Whether events of a task other than the current one are wanted, of --pid, --tid and --comm. */
static __always_inline bool wanted_task(struct task_struct *p)
{
	char comm[TASK_COMM_LEN];

	if (!wanted_pid(p->tgid) || !wanted_tid(p->pid))
		return false;
	if (!lt_filter_comm[0])
		return true;
	bpf_probe_read_kernel_str(comm, sizeof(comm), p->comm);
	return wanted_comm(comm);
}

/* Whether a time off the CPU is wanted, of --min-block and --max-block, and such a task, of --user-threads and
 * --kernel-threads: options of luatrace.tool.sched. */
const volatile u64 lt_min_block, lt_max_block = -1;
const volatile bool lt_user_only, lt_kernel_only;

static __always_inline bool wanted_block(u64 ns)
{
	return ns >= lt_min_block && ns <= lt_max_block;
}

static __always_inline bool wanted_kind(struct task_struct *p)
{
	return !(p->flags & PF_KTHREAD ? lt_user_only : lt_kernel_only);
}

/* The number of the innermost pid namespace that a task is in, as of /proc/PID/ns/pid. */
static __always_inline u32 pid_namespace(struct task_struct *p)
{
	struct pid *pid = p->thread_pid;

	return pid ? pid->numbers[pid->level].ns->ns.inum : 0;
}

#endif
