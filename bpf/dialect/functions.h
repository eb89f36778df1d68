/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Small functions and macros that every text may use.
 */
#pragma once
#pragma clang system_header

/* n + the largest m with 2^m <= v; n for 0. Shifts, for LLVM 16 cannot lower __builtin_clzl for BPF; no loop and no sum
 * from 0, for of those LLVM makes a third more instructions. */
static __always_inline unsigned int __lt_add_log2(unsigned int n, unsigned long v)
{
	if (v >> 32)
		n += 32, v >>= 32;
	if (v >> 16)
		n += 16, v >>= 16;
	if (v >> 8)
		n += 8, v >>= 8;
	if (v >> 4)
		n += 4, v >>= 4;
	if (v >> 2)
		n += 2, v >>= 2;
	if (v >> 1)
		n += 1;
	return n;
}

static __always_inline unsigned int bpf_log2(unsigned int v)
{
	return __lt_add_log2(0, v);
}

/* The slot of a value in a log2 histogram: 0 and 1 go to 1, 2 and 3 to 2, 4 to 7 to 3, ... */
static __always_inline unsigned int bpf_log2l(unsigned long v)
{
	return __lt_add_log2(1, v);
}

/* Possible CPUs of this machine: a constant, also for loops that are unrolled. */
#define bpf_num_cpus() __LT_CPUS

#define lock_xadd(pointer, value) ((void)__sync_fetch_and_add(pointer, value))

#define bpf_ntohs(x) __builtin_bswap16(x)
#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_ntohl(x) __builtin_bswap32(x)
#define bpf_htonl(x) __builtin_bswap32(x)
