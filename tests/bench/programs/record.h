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

/* What is printed of a call, as large as that. */
struct line {
	__u64 ns;
	__u32 pid;
	__u32 number;
	char comm[16];
	__u64 rest[4];
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
