/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The bcc dialect as plain C. Every text is compiled with the files of this folder included ahead
 * of it, in no order that matters. This one: maps.
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

#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name
#define __array(name, value) typeof(value) *name[]
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))

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
