/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The base types every text sees, ahead of the slice of kernel types. */
#pragma once

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
typedef __u16 __be16;
typedef __u16 __le16;
typedef __u16 __sum16;
typedef __u32 __be32;
typedef __u32 __le32;
typedef __u32 __wsum;
typedef __u64 __be64;
typedef __u64 __le64;
typedef unsigned long size_t;
typedef long ssize_t;

#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((__noinline__))
#define SEC(name) __attribute__((section(name), used))
#define __maybe_unused __attribute__((unused))
/* sparse's address spaces mean nothing to BPF */
#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
