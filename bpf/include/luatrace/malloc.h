/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * The blocks that a process has from malloc() and its like, kept by <luatrace/kept.h> until they are freed. A tool that
 * includes this defines wanted_size(); require "luatrace.tool.kept" has attach_malloc().
 */
#ifndef __LT_MALLOC_H
#define __LT_MALLOC_H

#include <luatrace/calls.h>
#include <luatrace/kept.h>

/* A function may call another one of these: each has its own call, and both keep the same block. */
enum { LT_MALLOC, LT_CALLOC, LT_REALLOC, LT_POSIX_MEMALIGN, LT_ALIGNED_ALLOC, LT_MEMALIGN };
struct lt_malloc { u64 size, where, old; struct lt_kept block; };
BPF_CALLS(lt_mallocs, struct lt_malloc, 65536);

/* Whether a block of the current task is to be kept. */
static __always_inline bool wanted_size(u64 size);

static __always_inline int lt_allocated(struct pt_regs *ctx, u64 function)
{
	u64 result = PT_REGS_RC(ctx);
	struct lt_malloc call;

	if (!end_call(lt_mallocs, function, &call))
		return 0;
	if (function == LT_POSIX_MEMALIGN
	    && (result || bpf_probe_read_user(&result, sizeof(result), (void *)call.where)))
		result = 0;
	if (!result && call.old && call.size)
		lt_kept.update(&call.old, &call.block);
	if (result && wanted_size(call.size))
		keep(ctx, result, call.size);
	return 0;
}

#define LT_ALLOCATES(NAME, FUNCTION, SIZE, WHERE, ...) \
	int lt_enter_##NAME(struct pt_regs *ctx, __VA_ARGS__) \
	{ \
		struct lt_malloc call = { SIZE, WHERE }; \
		begin_call(lt_mallocs, FUNCTION, &call); \
		return 0; \
	} \
	int lt_leave_##NAME(struct pt_regs *ctx) { return lt_allocated(ctx, FUNCTION); }
LT_ALLOCATES(malloc, LT_MALLOC, size, 0, u64 size)
LT_ALLOCATES(calloc, LT_CALLOC, n * size, 0, u64 n, u64 size)
LT_ALLOCATES(aligned_alloc, LT_ALIGNED_ALLOC, size, 0, u64 align, u64 size)
LT_ALLOCATES(memalign, LT_MEMALIGN, size, 0, u64 align, u64 size)
LT_ALLOCATES(posix_memalign, LT_POSIX_MEMALIGN, size, where, u64 where, u64 align, u64 size)

/* What it may free is let go of ahead of it: behind it, another thread may have got the same address. */
int lt_enter_realloc(struct pt_regs *ctx, u64 old, u64 size)
{
	struct lt_malloc call = { size };
	struct lt_kept *block = lt_kept.lookup(&old);

	if (block) {
		call.old = old;
		call.block = *block;
		let_go(old);
	}
	begin_call(lt_mallocs, LT_REALLOC, &call);
	return 0;
}

int lt_leave_realloc(struct pt_regs *ctx) { return lt_allocated(ctx, LT_REALLOC); }
int lt_enter_free(struct pt_regs *ctx, u64 address) { return let_go(address); }

#endif
