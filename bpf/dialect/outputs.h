/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Outputs: perf buffers, ring buffers, trace_pipe, and the count of what could not be delivered.
 */
#pragma once
#pragma clang system_header

/* ---- records that could not be delivered ------------------------------------------------------------------- */

/* 64 slots of a cache line each: only the losing path pays, and CPUs do not fight over it. */
#define __LT_LOST_SLOTS 64
#define __LT_LOST(NAME) static u64 __lt_lost_##NAME[__LT_LOST_SLOTS][8] __attribute__((used))

static __always_inline void __lt_count_lost(u64 (*slots)[8])
{
	__sync_fetch_and_add(&slots[bpf_get_smp_processor_id() & (__LT_LOST_SLOTS - 1)][0], 1);
}

/* ---- outputs ------------------------------------------------------------------------------------------------- */

/* The type of what `data` points to, for the loader: the record's layout in Lua. */
#define __LT_RECORD(data)                                                                                           \
	({                                                                                                          \
		static typeof(*(data)) *__lt_record __attribute__((section(".lt.record"), used));                   \
		(void *)&__lt_record;                                                                               \
	})

#define BPF_PERF_OUTPUT(NAME)                                                                                       \
	struct {                                                                                                    \
		__uint(type, __LT_PERF_EVENT_ARRAY);                                                                \
		__type(key, int);                                                                                   \
		__type(value, u32);                                                                                 \
	} __lt_map_##NAME SEC(".maps");                                                                             \
	__LT_LOST(NAME);                                                                                            \
	static __always_inline int __lt_submit_##NAME(void *ctx, const void *data, u64 size, void *record)          \
	{                                                                                                           \
		int failed = bpf_perf_event_output(ctx, &__lt_map_##NAME, 0xffffffffull, (void *)data, size);       \
		if (failed)                                                                                         \
			__lt_count_lost(__lt_lost_##NAME);                                                          \
		return failed;                                                                                      \
	}                                                                                                           \
	static __always_inline int __lt_with_skb_##NAME(void *skb, u64 length, const void *data, u64 size, void *record)  \
	{                                                                                                           \
		int failed = bpf_perf_event_output(skb, &__lt_map_##NAME, 0xffffffffull | length << 32, (void *)data, size); \
		if (failed)                                                                                         \
			__lt_count_lost(__lt_lost_##NAME);                                                          \
		return failed;                                                                                      \
	}                                                                                                           \
	static const __attribute__((unused)) struct {                                                               \
		int key;                                                                                            \
		u32 leaf;                                                                                           \
		int (*__lt_perf_submit)(void *, const void *, u64, void *);                                         \
		int (*__lt_perf_submit_skb)(void *, u64, const void *, u64, void *);                                \
	} NAME = { .__lt_perf_submit = __lt_submit_##NAME, .__lt_perf_submit_skb = __lt_with_skb_##NAME }

#define perf_submit(ctx, data, size) __lt_perf_submit(ctx, data, size, __LT_RECORD(data))
/* The record, then the first `length` bytes of the packet. */
#define perf_submit_skb(skb, length, data, size) __lt_perf_submit_skb(skb, length, data, size, __LT_RECORD(data))

/* A ring buffer's reader is woken once at each multiple of `*wake` unread bytes, which is a power of two, or 0: by
 * every record. The loader sets it: until then nobody reads. A record passes a multiple where a bit of that or more
 * differs between what is unread before it and after it. `taken`: its room is already among the unread. 1: the reader
 * sleeps, and is woken whatever the text's own flags say. */
static __always_inline u64 __lt_ring_flags(void *ring, volatile u64 *wake, u64 flags, u64 size, bool taken)
{
	u64 room = (size + 15) & ~7ull; /* with its header */
	u64 unread;

	if (flags && *wake != 1)
		return flags;
	unread = bpf_ringbuf_query(ring, 0) - (taken ? room : 0);
	return (unread ^ (unread + room)) >= *wake ? 2 : 1; /* BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP */
}

/* BPF_RINGBUF_OUTPUT(name, pages): pages of 4096 bytes, a power of two. */
#define BPF_RINGBUF_OUTPUT(NAME, PAGES)                                                                             \
	struct {                                                                                                    \
		__uint(type, __LT_RINGBUF);                                                                         \
		__uint(max_entries, (PAGES) * 4096);                                                                \
	} __lt_map_##NAME SEC(".maps");                                                                             \
	__LT_LOST(NAME);                                                                                            \
	static volatile u64 __lt_wake_##NAME __attribute__((section(".data"), used)) = ~0ull;                       \
	static __always_inline int __lt_output_##NAME(void *data, u64 size, u64 flags, void *record)                \
	{                                                                                                           \
		int failed;                                                                                         \
		flags = __lt_ring_flags(&__lt_map_##NAME, &__lt_wake_##NAME, flags, size, false);                     \
		failed = bpf_ringbuf_output(&__lt_map_##NAME, data, size, flags);                                   \
		if (failed)                                                                                         \
			__lt_count_lost(__lt_lost_##NAME);                                                          \
		return failed;                                                                                      \
	}                                                                                                           \
	static __always_inline void *__lt_reserve_##NAME(u64 size)                                                  \
	{                                                                                                           \
		void *reserved = bpf_ringbuf_reserve(&__lt_map_##NAME, size, 0);                                    \
		if (!reserved)                                                                                      \
			__lt_count_lost(__lt_lost_##NAME);                                                          \
		return reserved;                                                                                    \
	}                                                                                                           \
	static __always_inline void __lt_commit_##NAME(void *data, u64 flags, u64 size, void *record)               \
	{                                                                                                           \
		bpf_ringbuf_submit(data, __lt_ring_flags(&__lt_map_##NAME, &__lt_wake_##NAME, flags, size, true));  \
	}                                                                                                           \
	static __always_inline void __lt_discard_##NAME(void *data, u64 flags)                                      \
	{                                                                                                           \
		bpf_ringbuf_discard(data, flags ? flags : 1);                                                       \
	}                                                                                                           \
	static __always_inline u64 __lt_query_##NAME(u64 flags)                                                     \
	{                                                                                                           \
		return bpf_ringbuf_query(&__lt_map_##NAME, flags);                                                  \
	}                                                                                                           \
	static const __attribute__((unused)) struct {                                                               \
		int (*__lt_ringbuf_output)(void *, u64, u64, void *);                                               \
		void *(*ringbuf_reserve)(u64 size);                                                                 \
		void (*__lt_ringbuf_submit)(void *, u64, u64, void *);                                              \
		void (*ringbuf_discard)(void *data, u64 flags);                                                     \
		u64 (*ringbuf_query)(u64 flags);                                                                    \
	} NAME = {                                                                                                  \
		.__lt_ringbuf_output = __lt_output_##NAME,                                                          \
		.ringbuf_reserve = __lt_reserve_##NAME,                                                             \
		.__lt_ringbuf_submit = __lt_commit_##NAME,                                                          \
		.ringbuf_discard = __lt_discard_##NAME,                                                             \
		.ringbuf_query = __lt_query_##NAME,                                                                 \
	}

#define ringbuf_output(data, size, flags) __lt_ringbuf_output(data, size, flags, __LT_RECORD(data))
#define ringbuf_submit(data, flags) __lt_ringbuf_submit(data, flags, sizeof(*(data)), __LT_RECORD(data))

/* What an iterator writes as records: their type is named after the program. The helper's own types stay out of texts
 * that do not use it. */
static __always_inline void __lt_seq_record(void *record)
{
}
#define bpf_seq_write(seq, data, size) (__lt_seq_record(__LT_RECORD(data)), (bpf_seq_write)(seq, data, size))

/* `fmt` is a literal. Values of an iterator's line, of a string: up to 12 integers and pointers. */
#define BPF_SEQ_PRINTF(seq, fmt, ...) __LT_FORMATTED(bpf_seq_printf, seq, fmt, ##__VA_ARGS__)
#define BPF_SNPRINTF(out, size, fmt, ...)                                                                           \
	({                                                                                                          \
		static const char __lt_format[] = fmt;                                                              \
		u64 __lt_values[] = { __LT_WORDS(__VA_ARGS__) };                                                    \
		bpf_snprintf(out, size, __lt_format, __lt_values, sizeof(__lt_values));                             \
	})
#define __LT_FORMATTED(helper, to, fmt, ...)                                                                        \
	({                                                                                                          \
		static const char __lt_format[] = fmt;                                                              \
		u64 __lt_values[] = { __LT_WORDS(__VA_ARGS__) };                                                    \
		helper(to, __lt_format, sizeof(__lt_format), __lt_values, sizeof(__lt_values));                     \
	})
#define __LT_WORDS(...) __LT_JOIN(__LT_WORDS, __LT_COUNT(0, ##__VA_ARGS__))(__VA_ARGS__)
#define __LT_WORDS1()
#define __LT_WORDS2(x) (u64)(x)
#define __LT_WORDS3(x, ...) (u64)(x), __LT_WORDS2(__VA_ARGS__)
#define __LT_WORDS4(x, ...) (u64)(x), __LT_WORDS3(__VA_ARGS__)
#define __LT_WORDS5(x, ...) (u64)(x), __LT_WORDS4(__VA_ARGS__)
#define __LT_WORDS6(x, ...) (u64)(x), __LT_WORDS5(__VA_ARGS__)
#define __LT_WORDS7(x, ...) (u64)(x), __LT_WORDS6(__VA_ARGS__)
#define __LT_WORDS8(x, ...) (u64)(x), __LT_WORDS7(__VA_ARGS__)
#define __LT_WORDS9(x, ...) (u64)(x), __LT_WORDS8(__VA_ARGS__)
#define __LT_WORDS10(x, ...) (u64)(x), __LT_WORDS9(__VA_ARGS__)
#define __LT_WORDS11(x, ...) (u64)(x), __LT_WORDS10(__VA_ARGS__)
#define __LT_WORDS12(x, ...) (u64)(x), __LT_WORDS11(__VA_ARGS__)
#define __LT_WORDS13(x, ...) (u64)(x), __LT_WORDS12(__VA_ARGS__)

/* fmt is a literal, without its size. */
#define bpf_trace_printk(fmt, ...)                                                                                  \
	({                                                                                                          \
		_Static_assert(__LT_COUNT(0, ##__VA_ARGS__) <= 4, "bpf_trace_printk prints at most 3 values");      \
		static const char __lt_format[] = fmt;                                                              \
		bpf_trace_printk(__lt_format, sizeof(__lt_format), ##__VA_ARGS__);                                  \
	})
