/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * What is made and not let go yet, such as blocks of memory, by its address: how much it is, since when, and the stack
 * that made it. require "luatrace.tool.kept" tells which stacks keep most.
 */
#ifndef __LT_KEPT_H
#define __LT_KEPT_H

#include <luatrace/stacks.h>

struct lt_kept {
	u64 ts, amount;
	u64 image;		/* of a process: calls of execve() before; each ends the memory of the one before it */
	struct lt_stack_key stack;
};
BPF_HASH(lt_kept, u64, struct lt_kept, 262144);
BPF_ARRAY(lt_kept_lost, u64, 1);

#define keep(CTX, ADDRESS, AMOUNT) do { \
	u64 lt_address = ADDRESS; \
	struct lt_kept lt_new = { .ts = bpf_ktime_get_ns(), .amount = AMOUNT }; \
	if (lt_stack_user) \
		lt_new.image = ((struct task_struct *)bpf_get_current_task())->self_exec_id; \
	take_stack(CTX, &lt_new.stack); \
	if (lt_kept.update(&lt_address, &lt_new)) \
		lt_kept_lost.atomic_increment(0); \
} while (0)

static __always_inline int let_go(u64 address)
{
	lt_kept.delete(&address);
	return 0;
}

#endif
