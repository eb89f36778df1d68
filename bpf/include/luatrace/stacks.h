/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * Stacks that are counted: call count_stack() where one is to be counted. A tool that includes this says
 * `stacks = { unit = ... }`; luatrace names the functions and shows folded stacks, flame graphs and the rest.
 */
#ifndef __LT_STACKS_H
#define __LT_STACKS_H

#include <luatrace/processes.h>

struct lt_stack_key {
	u32 pid;
	s32 user, kernel;	/* ids of lt_stacks; -1: not asked for */
	char comm[TASK_COMM_LEN];
};

const volatile bool lt_stack_user = true, lt_stack_kernel = true;
BPF_STACK_TRACE(lt_stacks, 16384);	/* --stack-entries makes it another number when it is loaded */
BPF_HASH(lt_stack_counts, struct lt_stack_key, u64, 16384);
BPF_ARRAY(lt_stack_lost, u64, 1);

/* Takes the current stack; to be kept, or given to add_stack(). The process is the current one. */
#define take_stack(CTX, KEY) do { \
	(KEY)->pid = bpf_get_current_pid_tgid() >> 32; \
	(KEY)->user = lt_stack_user ? lt_stacks.get_stackid(CTX, BPF_F_USER_STACK) : -1; \
	(KEY)->kernel = lt_stack_kernel ? lt_stacks.get_stackid(CTX, 0) : -1; \
	bpf_get_current_comm((KEY)->comm, sizeof((KEY)->comm)); \
	if (lt_stack_user) \
		see_process(); \
} while (0)

/* Adds an amount (1, nanoseconds, bytes) to what a key counts, in a map of the text whose keys hold several stacks. */
#define add_stacks(MAP, KEY, AMOUNT) do { \
	u64 lt_zero = 0, *lt_sum = MAP.lookup_or_try_init(KEY, &lt_zero); \
	int lt_first = 0; \
	if (!lt_sum) \
		lt_sum = lt_stack_lost.lookup(&lt_first); \
	if (lt_sum) \
		__sync_fetch_and_add(lt_sum, AMOUNT); \
} while (0)

/* To what one stack counts. */
static __always_inline void add_stack(struct lt_stack_key *key, u64 amount)
{
	add_stacks(lt_stack_counts, key, amount);
}

#define count_stack(CTX, AMOUNT) do { \
	struct lt_stack_key lt_key = {}; \
	take_stack(CTX, &lt_key); \
	add_stack(&lt_key, AMOUNT); \
} while (0)

#endif
