/* SPDX-License-Identifier: MIT
 *
 * What record.c and record.bpf.c share.
 */
#include <linux/types.h>

#ifndef SIZE
#define SIZE 64
#endif

struct event {
	__u32 pid;
	__u32 rest[SIZE / 4 - 1];
};

/* All of .bss. */
struct globals {
	__u64 lost;
};

/* All of .rodata. */
struct constants {
	__u64 pid;	/* the process whose calls count */
	__u64 wake_at;	/* a ring's reader is woken once when this much lies unread; 0: as the kernel judges */
};
