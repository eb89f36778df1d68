/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Small functions and macros that every text may use.
 */
#pragma once
#pragma clang system_header

#ifndef TASK_COMM_LEN
#define TASK_COMM_LEN 16
#endif
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096ul
#endif

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

#define container_of(pointer, type, member) ((type *)((char *)(pointer) - __builtin_offsetof(type, member)))
#define offsetof(type, member) __builtin_offsetof(type, member)
#define lock_xadd(pointer, value) ((void)__sync_fetch_and_add(pointer, value))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define memcpy(to, from, size) __builtin_memcpy(to, from, size)
#define memset(to, byte, size) __builtin_memset(to, byte, size)
#define memmove(to, from, size) __builtin_memmove(to, from, size)

#define bpf_ntohs(x) __builtin_bswap16(x)
#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_ntohl(x) __builtin_bswap32(x)
#define bpf_htonl(x) __builtin_bswap32(x)
#define ntohs(x) bpf_ntohs(x)
#define htons(x) bpf_htons(x)
#define ntohl(x) bpf_ntohl(x)
#define htonl(x) bpf_htonl(x)
