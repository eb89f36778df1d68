/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * How long a CPU does something of which there is one at a time, such as an interrupt's handler, or a task that runs.
 */
#ifndef __LT_CPU_H
#define __LT_CPU_H

BPF_PERCPU_ARRAY(lt_cpu_began, u64, 1);	/* 0: it does not do it */

static __always_inline int cpu_begins(void)
{
	u64 now = bpf_ktime_get_ns();
	int zero = 0;

	lt_cpu_began.update(&zero, &now);
	return 0;
}

/* Nanoseconds that it took; 0: it is not known when it began. */
static __always_inline u64 cpu_ends(void)
{
	int zero = 0;
	u64 *began = lt_cpu_began.lookup(&zero), since = began ? *began : 0;

	if (since)
		*began = 0;
	return since ? bpf_ktime_get_ns() - since : 0;
}

#endif
