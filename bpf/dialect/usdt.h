/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Arguments of USDT probes. The text knows an argument's number; where it lies differs from place to place, and is
 * written at attach into one map, as a run of entries for each place. The attach cookie (5.15) says which run is a
 * place's: its first entry in the low half, its length in the high one. So an object fits any target.
 *
 * The map is static and not `used`: only a text that reads an argument has it. The lowering makes it global, as libbpf
 * wants it.
 */
#pragma once

#define __LT_USDT_ENTRIES 8192

#define __LT_USDT_BASE 1	/* add the register `base` */
#define __LT_USDT_INDEX 2	/* add the register `index`, shifted left by `scale` */
#define __LT_USDT_MEMORY 4	/* it lies in the process's memory at that sum */
#define __LT_USDT_SIGNED 8
#define __LT_USDT_UNREADABLE 16	/* it lies where BPF cannot read: a floating point register, … */

/* host/trace/usdt_table.h has the same. Registers are byte offsets in struct pt_regs. */
struct __lt_usdt_argument {
	s64 offset;
	u16 base, index;
	u8 flags, scale, size, shift; /* shift: 64 less the bits of size */
};

static struct {
	int (*type)[2]; /* BPF_MAP_TYPE_ARRAY */
	int (*max_entries)[__LT_USDT_ENTRIES];
	u32 *key;
	struct __lt_usdt_argument *value;
} __lt_usdt __attribute__((section(".maps")));

/* Through a helper, for the verifier lets no program read its context at a variable offset. */
static __always_inline u64 __lt_usdt_register(void *ctx, u16 offset)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + offset);
	return value;
}

/* A function of its own: from the second argument on, that is smaller than reading each in place. Negative: -ENOENT
 * (the place has no such argument, or the program was not attached as USDT), -EOPNOTSUPP, -EFAULT. */
static __noinline int __lt_usdt_read(void *ctx, u64 number, u64 *value)
{
	u64 cookie = bpf_get_attach_cookie(ctx), sum, shift;
	u32 key = (u32)cookie + (u32)number - 1;
	struct __lt_usdt_argument *argument;
	int failed = 0;

	*value = 0;
	if (number - 1 >= cookie >> 32)
		return -2;
	argument = bpf_map_lookup_elem(&__lt_usdt, &key);
	if (!argument)
		return -2;
	if (argument->flags & __LT_USDT_UNREADABLE)
		return -95;
	sum = argument->offset;
	if (argument->flags & __LT_USDT_BASE)
		sum += __lt_usdt_register(ctx, argument->base);
	if (argument->flags & __LT_USDT_INDEX)
		sum += __lt_usdt_register(ctx, argument->index) << (argument->scale & 63);
	if (argument->flags & __LT_USDT_MEMORY) {
		void *address = (void *)sum;
		u64 size = argument->size;

		sum = 0;
		if (size <= sizeof(sum))
			failed = bpf_probe_read_user(&sum, size, address);
	}
	shift = argument->shift & 63;
	sum <<= shift;
	*value = argument->flags & __LT_USDT_SIGNED ? (u64)((s64)sum >> shift) : sum >> shift;
	return failed;
}

/* The argument is converted to the variable's size: cut off, or extended as its own sign says. 0 when it fails. */
static __always_inline int __lt_usdt_readarg(u64 number, void *ctx, void *to, u64 size)
	__attribute__((diagnose_if(number < 1, "arguments of a USDT probe are counted from 1", "error")))
	__attribute__((diagnose_if(size != 1 && size != 2 && size != 4 && size != 8,
				   "an argument of a USDT probe is an integer or a pointer: the variable it is read into must "
				   "have 1, 2, 4 or 8 bytes; nothing is read into this one", "warning")))
{
	u64 value;
	int failed;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return -22;
	failed = __lt_usdt_read(ctx, number, &value);
	if (size == 1)
		*(u8 *)to = value;
	else if (size == 2)
		*(u16 *)to = value;
	else if (size == 4)
		*(u32 *)to = value;
	else
		*(u64 *)to = value;
	return failed;
}

static __always_inline int __lt_usdt_readarg_p(u64 number, void *ctx, void *to, u64 size)
	__attribute__((diagnose_if(number < 1, "arguments of a USDT probe are counted from 1", "error")))
{
	u64 address;
	int failed = __lt_usdt_read(ctx, number, &address);

	/* Fills `to` with zeros where there is nothing to read. */
	return bpf_probe_read_user(to, size, (void *)address) ?: failed;
}

/* bpf_usdt_readarg(1, ctx, &variable): 0, or negative. */
#define bpf_usdt_readarg(number, ctx, to) __lt_usdt_readarg(number, ctx, to, sizeof(*(to)))
/* bpf_usdt_readarg_p(1, ctx, &buffer, sizeof(buffer)): the memory that the argument points to. */
#define bpf_usdt_readarg_p(number, ctx, to, size) __lt_usdt_readarg_p(number, ctx, to, size)
