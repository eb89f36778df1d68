/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * pthread mutexes: which ones each thread of a process holds, and where it locked them. A tool that includes this
 * defines mutex_wanted(), which is called for each mutex that a thread holds when it waits for another one;
 * require "luatrace.tool.mutex" has attach().
 */
#ifndef __LT_MUTEX_H
#define __LT_MUTEX_H

#include <luatrace/calls.h>
#include <luatrace/filter.h>
#include <luatrace/stacks.h>

enum { LT_MUTEXES = 16 };	/* so many of a thread count */

struct lt_mutex {
	u64 id;			/* its address, and in the upper 16 bits how often there was a new one */
	u64 caller;		/* where it was locked: the call's return address, and what frame pointers lead to */
	struct lt_stack_key stack;
};
struct lt_mutexes { u32 count; struct lt_mutex held[LT_MUTEXES]; };

const volatile u32 lt_mutex_pid;	/* whose they are */
BPF_HASH(lt_mutex_threads, u32, struct lt_mutexes, 10240);
BPF_CALLS(lt_mutex_calls, struct lt_mutex, 65536);
BPF_HASH(lt_mutex_renewed, u64, u64, 65536);
BPF_ARRAY(lt_mutex_lost, u64, 1);

static __always_inline void mutex_wanted(struct lt_mutex *held, struct lt_mutex *wanted);

static __always_inline u64 lt_mutex_id(u64 address)
{
	u64 *renewed = lt_mutex_renewed.lookup(&address);

	return address | (renewed ? *renewed << 48 : 0);
}

static __always_inline void lt_mutex_hold(struct lt_mutex *mutex)
{
	u32 tid = bpf_get_current_pid_tgid(), at;
	struct lt_mutexes *thread = lt_mutex_threads.lookup(&tid);

	if (!thread) {
		struct lt_mutexes none = {};

		thread = lt_mutex_threads.lookup_or_try_init(&tid, &none);
	}
	at = thread ? thread->count : LT_MUTEXES;
	if (at < LT_MUTEXES) {
		thread->held[at] = *mutex;
		thread->count = at + 1;
	} else {
		lt_mutex_lost.atomic_increment(0);
	}
}

/* waits: it takes the mutex in the end, whoever has it now; returns: only its return tells whether it does. */
static __always_inline int lt_mutex_enter(struct pt_regs *ctx, u64 address, bool waits, bool returns)
{
	struct lt_mutex mutex = { .id = lt_mutex_id(address) };
	u32 tid = bpf_get_current_pid_tgid();
	struct lt_mutexes *thread = waits ? lt_mutex_threads.lookup(&tid) : NULL;

	bpf_probe_read_user(&mutex.caller, sizeof(mutex.caller), (void *)PT_REGS_SP(ctx));
	take_stack(ctx, &mutex.stack);
	for (u32 i = 0; thread && i < LT_MUTEXES && i < thread->count; i++)
		if (thread->held[i].id != mutex.id)
			mutex_wanted(&thread->held[i], &mutex);
	if (returns)
		begin_call(lt_mutex_calls, 0, &mutex);
	else
		lt_mutex_hold(&mutex);
	return 0;
}

int lt_mutex_lock(struct pt_regs *ctx, u64 mutex) { return lt_mutex_enter(ctx, mutex, true, false); }
int lt_mutex_timedlock(struct pt_regs *ctx, u64 mutex) { return lt_mutex_enter(ctx, mutex, true, true); }
int lt_mutex_trylock(struct pt_regs *ctx, u64 mutex) { return lt_mutex_enter(ctx, mutex, false, true); }

int lt_mutex_return(struct pt_regs *ctx)
{
	struct lt_mutex mutex;

	if (end_call(lt_mutex_calls, 0, &mutex) && !PT_REGS_RC(ctx))
		lt_mutex_hold(&mutex);
	return 0;
}

int lt_mutex_unlock(struct pt_regs *ctx, u64 mutex)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct lt_mutexes *thread = lt_mutex_threads.lookup(&tid);
	u64 id = lt_mutex_id(mutex);

	/* the last one that was locked is the first to go, of a mutex that is locked several times */
	for (int i = LT_MUTEXES - 1; thread && i >= 0; i--) {
		if (i >= thread->count || thread->held[i].id != id)
			continue;
		for (int j = i; j < LT_MUTEXES - 1; j++)
			thread->held[j] = thread->held[j + 1];
		thread->count--;
		break;
	}
	return 0;
}

/* It is initialised or destroyed. */
int lt_mutex_renew(struct pt_regs *ctx, u64 mutex)
{
	lt_mutex_renewed.atomic_increment(mutex);
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_process_exit)
{
	u32 tid = bpf_get_current_pid_tgid();

	if (bpf_get_current_pid_tgid() >> 32 == lt_mutex_pid)
		lt_mutex_threads.delete(&tid);
	return 0;
}

#endif
