/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The bcc dialect as plain C. Every text is compiled with this included ahead of it.
 *
 * A map is three things: a BTF definition (`__lt_map_NAME`), always-inline functions, and a constant table of them
 * under the map's own name, so that `counts.lookup(&k)` is an ordinary member call that folds away. The compiler's
 * lowering (host/cc) then gives the map the user's name.
 *
 * Calls whose name starts with __lt_ are the dialect's own; the lowering knows these by name:
 *   __lt_map_NAME
 *   __lt_any_NAME, __lt_no_counter   see "counting" below
 *   __lt_record                      static marker that carries the type of a submitted record
 */
#pragma once

#ifndef TASK_COMM_LEN
#define TASK_COMM_LEN 16
#endif
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096ul
#endif

#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name
#define __array(name, value) typeof(value) *name[]
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))

/* ---- records that could not be delivered ------------------------------------------------------------------- */

/* 64 slots of a cache line each: only the losing path pays, and CPUs do not fight over it. */
#define __LT_LOST_SLOTS 64
#define __LT_LOST(NAME) static u64 __lt_lost_##NAME[__LT_LOST_SLOTS][8] __attribute__((used))

static __always_inline void __lt_count_lost(u64 (*slots)[8])
{
	__sync_fetch_and_add(&slots[bpf_get_smp_processor_id() & (__LT_LOST_SLOTS - 1)][0], 1);
}

/* ---- maps ---------------------------------------------------------------------------------------------------- */

#define __LT_HASH 1
#define __LT_ARRAY 2
#define __LT_PERF_EVENT_ARRAY 4
#define __LT_PERCPU_HASH 5
#define __LT_PERCPU_ARRAY 6
#define __LT_STACK_TRACE 7
#define __LT_RINGBUF 27

#define __LT_MAP_ARRAY_LIKE(TYPE) ((TYPE) == __LT_ARRAY || (TYPE) == __LT_PERCPU_ARRAY)

/* The functions of every map that is looked up by key. `lookup_or_init` ends the program with 0 when there is no
 * room for the key, as in bcc: the jump is assembly, for C has no way to return from a caller. */
#define __LT_KEYED_MAP(TYPE, KEY, LEAF, NAME, MAX, FLAGS)                                                           \
	typedef typeof(KEY) __lt_key_##NAME;                                                                        \
	typedef typeof(LEAF) __lt_leaf_##NAME;                                                                      \
	struct {                                                                                                    \
		__uint(type, TYPE);                                                                                 \
		__type(key, __lt_key_##NAME);                                                                       \
		__type(value, __lt_leaf_##NAME);                                                                    \
		__uint(max_entries, MAX);                                                                           \
		__uint(map_flags, FLAGS);                                                                           \
	} __lt_map_##NAME SEC(".maps");                                                                             \
	static __always_inline __lt_leaf_##NAME *__lt_lookup_##NAME(__lt_key_##NAME *key)                           \
	{                                                                                                           \
		return bpf_map_lookup_elem(&__lt_map_##NAME, key);                                                  \
	}                                                                                                           \
	static __always_inline int __lt_update_##NAME(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf)                 \
	{                                                                                                           \
		return bpf_map_update_elem(&__lt_map_##NAME, key, leaf, 0);                                         \
	}                                                                                                           \
	static __always_inline int __lt_insert_##NAME(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf)                 \
	{                                                                                                           \
		return bpf_map_update_elem(&__lt_map_##NAME, key, leaf, 1);                                         \
	}                                                                                                           \
	static __always_inline int __lt_delete_##NAME(__lt_key_##NAME *key)                                         \
	{                                                                                                           \
		return bpf_map_delete_elem(&__lt_map_##NAME, key);                                                  \
	}                                                                                                           \
	static __always_inline __lt_leaf_##NAME *__lt_try_init_##NAME(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf) \
	{                                                                                                           \
		__lt_leaf_##NAME *found = bpf_map_lookup_elem(&__lt_map_##NAME, key);                               \
		if (!found && !__LT_MAP_ARRAY_LIKE(TYPE)) {                                                         \
			bpf_map_update_elem(&__lt_map_##NAME, key, leaf, 1);                                        \
			found = bpf_map_lookup_elem(&__lt_map_##NAME, key);                                         \
		}                                                                                                   \
		return found;                                                                                       \
	}                                                                                                           \
	static __always_inline __lt_leaf_##NAME *__lt_or_init_##NAME(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf)  \
	{                                                                                                           \
		__lt_leaf_##NAME *found = __lt_try_init_##NAME(key, leaf);                                          \
		asm volatile("if %0 != 0 goto +2\nr0 = 0\nexit" : "+r"(found));                                     \
		return found;                                                                                       \
	}                                                                                                           \
	__LT_COUNTING(TYPE, NAME)                                                                                   \
	struct NAME##_table_t {                                                                                     \
		__lt_key_##NAME key;                                                                                \
		__lt_leaf_##NAME leaf;                                                                              \
		__lt_leaf_##NAME *(*lookup)(__lt_key_##NAME *);                                                     \
		__lt_leaf_##NAME *(*lookup_or_init)(__lt_key_##NAME *, __lt_leaf_##NAME *);                         \
		__lt_leaf_##NAME *(*lookup_or_try_init)(__lt_key_##NAME *, __lt_leaf_##NAME *);                     \
		int (*update)(__lt_key_##NAME *, __lt_leaf_##NAME *);                                               \
		int (*insert)(__lt_key_##NAME *, __lt_leaf_##NAME *);                                               \
		int (*delete)(__lt_key_##NAME *);                                                                   \
		void (*increment)(__lt_key_##NAME, ...);                                                            \
		void (*atomic_increment)(__lt_key_##NAME, ...);                                                     \
		void (*increment_by)(__lt_key_##NAME, u64);                                                         \
		void (*atomic_increment_by)(__lt_key_##NAME, u64);                                                  \
	};                                                                                                          \
	static const __attribute__((unused)) struct NAME##_table_t NAME = {                                         \
		.lookup = __lt_lookup_##NAME,                                                                       \
		.lookup_or_init = __lt_or_init_##NAME,                                                              \
		.lookup_or_try_init = __lt_try_init_##NAME,                                                         \
		.update = __lt_update_##NAME,                                                                       \
		.insert = __lt_insert_##NAME,                                                                       \
		.delete = __lt_delete_##NAME,                                                                       \
		.increment = __lt_any_increment_##NAME,                                                             \
		.atomic_increment = __lt_any_atomic_increment_##NAME,                                               \
		.increment_by = __lt_increment_##NAME,                                                              \
		.atomic_increment_by = __lt_atomic_increment_##NAME,                                                \
	}

/*
 * Counting: `counts.increment(key)` and `counts.increment(key, n)`. C has no default argument, so the member is
 * variadic and undefined (`__lt_any_increment_NAME`); the lowering turns each call into one of
 * `__lt_increment_NAME(key, n)`, n being 1 where it was not given. A missing key is created in every kind of hash.
 * Counting in a leaf that is no integer is an error: __lt_no_counter marks it for the lowering.
 */
extern void __lt_no_counter(void);
#define __LT_ADD(leaf, n, ADD)                                                                                      \
	do {                                                                                                        \
		if (__builtin_classify_type(*(leaf)) > 4) /* no integer, enum or bool */                            \
			__lt_no_counter();                                                                          \
		else if (sizeof(*(leaf)) == 8)                                                                      \
			ADD(u64, leaf, n);                                                                          \
		else if (sizeof(*(leaf)) == 4)                                                                      \
			ADD(u32, leaf, n);                                                                          \
		else if (sizeof(*(leaf)) == 2)                                                                      \
			*(u16 *)(leaf) += (n);                                                                      \
		else if (sizeof(*(leaf)) == 1)                                                                      \
			*(u8 *)(leaf) += (n);                                                                       \
		else                                                                                                \
			__lt_no_counter();                                                                          \
	} while (0)
#define __LT_PLAIN_ADD(TYPE, leaf, n) (*(TYPE *)(leaf) += (n))
#define __LT_ATOMIC_ADD(TYPE, leaf, n) ((void)__sync_fetch_and_add((TYPE *)(leaf), (n)))
#define __LT_COUNTER(TYPE, NAME, VERB, ADD)                                                                         \
	static __always_inline void __lt_##VERB##_##NAME(__lt_key_##NAME key, u64 n)                                \
	{                                                                                                           \
		__lt_leaf_##NAME *leaf = bpf_map_lookup_elem(&__lt_map_##NAME, &key);                               \
		if (!leaf && !__LT_MAP_ARRAY_LIKE(TYPE)) {                                                          \
			u64 zero = 0;                                                                               \
			if (sizeof(__lt_leaf_##NAME) <= 8)                                                          \
				bpf_map_update_elem(&__lt_map_##NAME, &key, &zero, 1);                              \
			leaf = bpf_map_lookup_elem(&__lt_map_##NAME, &key);                                         \
		}                                                                                                   \
		if (leaf)                                                                                           \
			__LT_ADD(leaf, n, ADD);                                                                     \
	}                                                                                                           \
	extern void __lt_any_##VERB##_##NAME(__lt_key_##NAME, ...);
/* A number's sign is lost on its way through `...`, so a call that gives one goes to the member with a parameter. */
#define __LT_PICK3(_1, _2, _3, PICKED, ...) PICKED
#define increment(...) __LT_PICK3(__VA_ARGS__, increment, increment_by, increment, )(__VA_ARGS__)
#define atomic_increment(...)                                                                                       \
	__LT_PICK3(__VA_ARGS__, atomic_increment, atomic_increment_by, atomic_increment, )(__VA_ARGS__)
#define __LT_COUNTING(TYPE, NAME)                                                                                   \
	__LT_COUNTER(TYPE, NAME, increment, __LT_PLAIN_ADD)                                                         \
	__LT_COUNTER(TYPE, NAME, atomic_increment, __LT_ATOMIC_ADD)

#define __LT_COUNT(...) __LT_COUNT_(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define __LT_COUNT_(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, COUNT, ...) COUNT
#define __LT_PICK5(_1, _2, _3, _4, _5, PICKED, ...) PICKED

#define __lt_hash1(NAME) __LT_KEYED_MAP(__LT_HASH, u64, u64, NAME, 10240, 0)
#define __lt_hash2(NAME, KEY) __LT_KEYED_MAP(__LT_HASH, KEY, u64, NAME, 10240, 0)
#define __lt_hash3(NAME, KEY, LEAF) __LT_KEYED_MAP(__LT_HASH, KEY, LEAF, NAME, 10240, 0)
#define __lt_hash4(NAME, KEY, LEAF, MAX) __LT_KEYED_MAP(__LT_HASH, KEY, LEAF, NAME, MAX, 0)
/* BPF_HASH(name[, key = u64[, leaf = u64[, entries = 10240]]]) */
#define BPF_HASH(...) __LT_PICK5(__VA_ARGS__, , __lt_hash4, __lt_hash3, __lt_hash2, __lt_hash1)(__VA_ARGS__)

#define __lt_array1(NAME) __LT_KEYED_MAP(__LT_ARRAY, int, u64, NAME, 10240, 0)
#define __lt_array2(NAME, LEAF) __LT_KEYED_MAP(__LT_ARRAY, int, LEAF, NAME, 10240, 0)
#define __lt_array3(NAME, LEAF, MAX) __LT_KEYED_MAP(__LT_ARRAY, int, LEAF, NAME, MAX, 0)
/* BPF_ARRAY(name[, leaf = u64[, entries = 10240]]) */
#define BPF_ARRAY(...) __LT_PICK5(__VA_ARGS__, , , __lt_array3, __lt_array2, __lt_array1)(__VA_ARGS__)

#define __lt_percpu_array1(NAME) __LT_KEYED_MAP(__LT_PERCPU_ARRAY, int, u64, NAME, 10240, 0)
#define __lt_percpu_array2(NAME, LEAF) __LT_KEYED_MAP(__LT_PERCPU_ARRAY, int, LEAF, NAME, 10240, 0)
#define __lt_percpu_array3(NAME, LEAF, MAX) __LT_KEYED_MAP(__LT_PERCPU_ARRAY, int, LEAF, NAME, MAX, 0)
/* BPF_PERCPU_ARRAY(name[, leaf = u64[, entries = 10240]]) */
#define BPF_PERCPU_ARRAY(...)                                                                                       \
	__LT_PICK5(__VA_ARGS__, , , __lt_percpu_array3, __lt_percpu_array2, __lt_percpu_array1)(__VA_ARGS__)

/* An int key makes an array: slots past its end are dropped. Any other key makes a hash. */
#define __lt_histogram1(NAME) __LT_KEYED_MAP(__LT_ARRAY, int, u64, NAME, 64, 0)
#define __lt_histogram2(NAME, KEY) __lt_histogram3(NAME, KEY, 64)
#define __lt_histogram3(NAME, KEY, MAX)                                                                             \
	__LT_KEYED_MAP((__builtin_types_compatible_p(KEY, int) ? __LT_ARRAY : __LT_HASH), KEY, u64, NAME, MAX, 0)
/* BPF_HISTOGRAM(name[, key = int[, entries = 64]]) */
#define BPF_HISTOGRAM(...)                                                                                          \
	__LT_PICK5(__VA_ARGS__, , , __lt_histogram3, __lt_histogram2, __lt_histogram1)(__VA_ARGS__)

/* ---- stack traces -------------------------------------------------------------------------------------------- */

#define __LT_STACK_DEPTH 127
#define __LT_ROUND_UP(n) (1u << (32 - __builtin_clz(((n) > 1 ? (n) : 2) - 1)))

struct bpf_stacktrace {
	u64 ip[__LT_STACK_DEPTH];
};

/* BPF_STACK_TRACE(name, entries): entries are rounded up to a power of two. */
#define BPF_STACK_TRACE(NAME, MAX)                                                                                  \
	struct {                                                                                                    \
		__uint(type, __LT_STACK_TRACE);                                                                     \
		__type(key, int);                                                                                   \
		__type(value, struct bpf_stacktrace);                                                               \
		__uint(max_entries, __LT_ROUND_UP(MAX));                                                            \
	} __lt_map_##NAME SEC(".maps");                                                                             \
	static __always_inline int __lt_stackid_##NAME(void *ctx, u64 flags)                                        \
	{                                                                                                           \
		return bpf_get_stackid(ctx, &__lt_map_##NAME, flags);                                               \
	}                                                                                                           \
	static __always_inline struct bpf_stacktrace *__lt_lookup_##NAME(int *key)                                  \
	{                                                                                                           \
		return bpf_map_lookup_elem(&__lt_map_##NAME, key);                                                  \
	}                                                                                                           \
	static const __attribute__((unused)) struct {                                                               \
		int key;                                                                                            \
		struct bpf_stacktrace leaf;                                                                         \
		int (*get_stackid)(void *, u64);                                                                    \
		struct bpf_stacktrace *(*lookup)(int *);                                                            \
	} NAME = { .get_stackid = __lt_stackid_##NAME, .lookup = __lt_lookup_##NAME }

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
	static const __attribute__((unused)) struct {                                                               \
		int key;                                                                                            \
		u32 leaf;                                                                                           \
		int (*__lt_perf_submit)(void *, const void *, u64, void *);                                         \
	} NAME = { .__lt_perf_submit = __lt_submit_##NAME }

#define perf_submit(ctx, data, size) __lt_perf_submit(ctx, data, size, __LT_RECORD(data))

/* A ring buffer's reader sleeps until so many bytes lie unread, and is woken once at each multiple of that; 0 wakes
 * it for every record. The loader sets it: until then nobody reads. */
static __always_inline u64 __lt_ring_flags(void *ring, volatile u64 *wake, u64 flags, u64 size)
{
	u64 unread, step;

	if (flags)
		return flags;
	step = *wake;
	if (!step)
		return 2; /* BPF_RB_FORCE_WAKEUP */
	unread = bpf_ringbuf_query(ring, 0);
	if (unread <= step || unread / step == (unread - size) / step)
		return 1; /* BPF_RB_NO_WAKEUP */
	return 2;
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
		flags = __lt_ring_flags(&__lt_map_##NAME, &__lt_wake_##NAME, flags, size + 8);                      \
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
		bpf_ringbuf_submit(data, __lt_ring_flags(&__lt_map_##NAME, &__lt_wake_##NAME, flags, size + 8));    \
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
		void *(*ringbuf_reserve)(u64);                                                                      \
		void (*__lt_ringbuf_submit)(void *, u64, u64, void *);                                              \
		void (*ringbuf_discard)(void *, u64);                                                               \
		u64 (*ringbuf_query)(u64);                                                                          \
	} NAME = {                                                                                                  \
		.__lt_ringbuf_output = __lt_output_##NAME,                                                          \
		.ringbuf_reserve = __lt_reserve_##NAME,                                                             \
		.__lt_ringbuf_submit = __lt_commit_##NAME,                                                          \
		.ringbuf_discard = __lt_discard_##NAME,                                                             \
		.ringbuf_query = __lt_query_##NAME,                                                                 \
	}

#define ringbuf_output(data, size, flags) __lt_ringbuf_output(data, size, flags, __LT_RECORD(data))
#define ringbuf_submit(data, flags) __lt_ringbuf_submit(data, flags, sizeof(*(data)), __LT_RECORD(data))

/* fmt is a literal, without its size. */
#define bpf_trace_printk(fmt, ...)                                                                                  \
	({                                                                                                          \
		_Static_assert(__LT_COUNT(0, ##__VA_ARGS__) <= 4, "bpf_trace_printk prints at most 3 values");      \
		static const char __lt_format[] = fmt;                                                              \
		bpf_trace_printk(__lt_format, sizeof(__lt_format), ##__VA_ARGS__);                                  \
	})

/* ---- programs ------------------------------------------------------------------------------------------------ */

#define TRACEPOINT_PROBE(category, event)                                                                           \
	int tracepoint__##category##__##event(struct tracepoint__##category##__##event *args)
#define RAW_TRACEPOINT_PROBE(event) int raw_tracepoint__##event(struct bpf_raw_tracepoint_args *ctx)
/* The function's arguments by name; the lowering reads them from the trampoline's array. */
#define KFUNC_PROBE(function, ...) int kfunc__vmlinux__##function(unsigned long long *ctx, ##__VA_ARGS__)
#define KRETFUNC_PROBE(function, ...) int kretfunc__vmlinux__##function(unsigned long long *ctx, ##__VA_ARGS__)

/* A tracepoint's variable-length field: `data_loc_NAME` holds its offset (low 16 bits) and length. */
#define TP_DATA_LOC_READ_CONST(dst, field, length)                                                                  \
	bpf_probe_read(dst, length, (void *)((char *)args + (args->data_loc_##field & 0xffff)))
#define TP_DATA_LOC_READ_STR(dst, field, length)                                                                    \
	bpf_probe_read_str(dst, length, (void *)((char *)args + (args->data_loc_##field & 0xffff)))

#if defined(__TARGET_ARCH_x86)
#define PT_REGS_PARM1(ctx) ((ctx)->di)
#define PT_REGS_PARM2(ctx) ((ctx)->si)
#define PT_REGS_PARM3(ctx) ((ctx)->dx)
#define PT_REGS_PARM4(ctx) ((ctx)->cx)
#define PT_REGS_PARM5(ctx) ((ctx)->r8)
#define PT_REGS_PARM6(ctx) ((ctx)->r9)
#define PT_REGS_RET(ctx) ((ctx)->sp)
#define PT_REGS_FP(ctx) ((ctx)->bp)
#define PT_REGS_RC(ctx) ((ctx)->ax)
#define PT_REGS_IP(ctx) ((ctx)->ip)
#define PT_REGS_SP(ctx) ((ctx)->sp)
#elif defined(__TARGET_ARCH_arm64)
#define PT_REGS_PARM1(ctx) ((ctx)->regs[0])
#define PT_REGS_PARM2(ctx) ((ctx)->regs[1])
#define PT_REGS_PARM3(ctx) ((ctx)->regs[2])
#define PT_REGS_PARM4(ctx) ((ctx)->regs[3])
#define PT_REGS_PARM5(ctx) ((ctx)->regs[4])
#define PT_REGS_PARM6(ctx) ((ctx)->regs[5])
#define PT_REGS_RET(ctx) ((ctx)->regs[30])
#define PT_REGS_FP(ctx) ((ctx)->regs[29])
#define PT_REGS_RC(ctx) ((ctx)->regs[0])
#define PT_REGS_IP(ctx) ((ctx)->pc)
#define PT_REGS_SP(ctx) ((ctx)->sp)
#endif

/* ---- small functions ----------------------------------------------------------------------------------------- */

/* The largest n with 2^n <= v; 0 for 0. Shifts, for LLVM 16 cannot lower __builtin_clzl for BPF. */
static __always_inline unsigned int __lt_log2(unsigned long v)
{
	unsigned int n = 0;

	for (unsigned int half = 32; half; half /= 2)
		if (v >> half) {
			v >>= half;
			n += half;
		}
	return n;
}

static __always_inline unsigned int bpf_log2(unsigned int v)
{
	return __lt_log2(v);
}

/* The slot of a value in a log2 histogram: 0 and 1 go to 1, 2 and 3 to 2, 4 to 7 to 3, ... */
static __always_inline unsigned int bpf_log2l(unsigned long v)
{
	return __lt_log2(v) + 1;
}

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
