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
#pragma clang system_header

#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name
#define __array(name, value) typeof(value) *name[]
#define __kconfig __attribute__((section(".kconfig")))
/* The kernel's own functions and variables: `extern … __ksym`; a __weak one may be missing. */
#define __ksym __attribute__((section(".ksyms")))
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#define bpf_ksym_exists(NAME) (!!(NAME))

/* enum bpf_map_type */
#define __LT_HASH 1
#define __LT_ARRAY 2
#define __LT_PROG_ARRAY 3
#define __LT_PERF_EVENT_ARRAY 4
#define __LT_PERCPU_HASH 5
#define __LT_PERCPU_ARRAY 6
#define __LT_STACK_TRACE 7
#define __LT_CGROUP_ARRAY 8
#define __LT_LRU_HASH 9
#define __LT_LRU_PERCPU_HASH 10
#define __LT_LPM_TRIE 11
#define __LT_ARRAY_OF_MAPS 12
#define __LT_HASH_OF_MAPS 13
#define __LT_DEVMAP 14
#define __LT_SOCKMAP 15
#define __LT_CPUMAP 16
#define __LT_XSKMAP 17
#define __LT_SOCKHASH 18
#define __LT_CGROUP_STORAGE 19
#define __LT_PERCPU_CGROUP_STORAGE 21
#define __LT_QUEUE 22
#define __LT_STACK 23
#define __LT_SK_STORAGE 24
#define __LT_RINGBUF 27
#define __LT_INODE_STORAGE 28
#define __LT_TASK_STORAGE 29
/* enum bpf_map_create_flags */
#define __LT_NO_PREALLOC 1
#define __LT_BUILD_IDS 32

#define __LT_MAP_ARRAY_LIKE(TYPE) ((TYPE) == __LT_ARRAY || (TYPE) == __LT_PERCPU_ARRAY)

/* What the loader has to know of a map and its definition cannot say: "pin NAME PATH", "type NAME TYPE"
 * (for TYPE "extern", "histogram", "hash_of_maps$INNER", "array_of_maps$INNER"), "export NAME". Read by
 * host/trace/map_notes.c. */
#define __LT_NOTE(VERB, NAME, WORD)                                                                                 \
	static const char __lt_note_##VERB##_##NAME[] __attribute__((section(".lt.notes"), used, aligned(1))) =     \
		#VERB " " #NAME " " WORD

/* The definition, and names for its types and number. */
#define __LT_DEFINE(TYPE, KEY, LEAF, NAME, MAX, FLAGS)                                                              \
	typedef typeof(KEY) __lt_key_##NAME;                                                                        \
	typedef typeof(LEAF) __lt_leaf_##NAME;                                                                      \
	enum { __lt_type_##NAME = (TYPE) };                                                                         \
	struct {                                                                                                    \
		__uint(type, __lt_type_##NAME);                                                                     \
		__type(key, __lt_key_##NAME);                                                                       \
		__type(value, __lt_leaf_##NAME);                                                                    \
		__uint(max_entries, MAX);                                                                           \
		__uint(map_flags, FLAGS);                                                                           \
	} __lt_map_##NAME SEC(".maps")
#define __LT_DEFINE_KEYLESS(TYPE, LEAF, NAME, MAX, FLAGS)                                                           \
	typedef typeof(LEAF) __lt_leaf_##NAME;                                                                      \
	struct {                                                                                                    \
		__uint(type, TYPE);                                                                                 \
		__type(value, __lt_leaf_##NAME);                                                                    \
		__uint(max_entries, MAX);                                                                           \
		__uint(map_flags, FLAGS);                                                                           \
	} __lt_map_##NAME SEC(".maps")

/* An always-inline function that a map's table names. */
#define __LT_METHOD(RESULT, VERB, NAME, PARAMETERS, CALL)                                                           \
	static __always_inline RESULT __lt_##VERB##_##NAME PARAMETERS                                               \
	{                                                                                                           \
		return CALL;                                                                                        \
	}

#define __LT_LOOKUP(NAME)                                                                                           \
	__LT_METHOD(__lt_leaf_##NAME *, lookup, NAME, (__lt_key_##NAME *key),                                       \
		    bpf_map_lookup_elem(&__lt_map_##NAME, key))
#define __LT_UPDATES(NAME)                                                                                          \
	__LT_METHOD(int, update, NAME, (__lt_key_##NAME *key, __lt_leaf_##NAME *leaf),                              \
		    bpf_map_update_elem(&__lt_map_##NAME, key, leaf, 0))                                            \
	__LT_METHOD(int, insert, NAME, (__lt_key_##NAME *key, __lt_leaf_##NAME *leaf),                              \
		    bpf_map_update_elem(&__lt_map_##NAME, key, leaf, 1))                                            \
	__LT_METHOD(int, delete, NAME, (__lt_key_##NAME *key), bpf_map_delete_elem(&__lt_map_##NAME, key))
/* `lookup_or_init` ends the program with 0 when there is no room for the key, as in bcc: the jump is assembly, for C
 * has no way to return from a caller. */
#define __LT_INITS(NAME)                                                                                            \
	static __always_inline __lt_leaf_##NAME *__lt_try_init_##NAME(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf) \
	{                                                                                                           \
		__lt_leaf_##NAME *found = bpf_map_lookup_elem(&__lt_map_##NAME, key);                               \
		if (!found && !__LT_MAP_ARRAY_LIKE(__lt_type_##NAME)) {                                             \
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
#define __LT_COUNTER(NAME, VERB, ADD)                                                                         \
	static __always_inline void __lt_##VERB##_##NAME(__lt_key_##NAME key, u64 n, ...)                           \
	{                                                                                                           \
		__lt_leaf_##NAME *leaf = bpf_map_lookup_elem(&__lt_map_##NAME, &key);                               \
		if (!leaf && !__LT_MAP_ARRAY_LIKE(__lt_type_##NAME)) {                                                          \
			u64 zero = 0;                                                                               \
			if (sizeof(__lt_leaf_##NAME) <= 8)                                                          \
				bpf_map_update_elem(&__lt_map_##NAME, &key, &zero, 1);                              \
			leaf = bpf_map_lookup_elem(&__lt_map_##NAME, &key);                                         \
		}                                                                                                   \
		if (leaf)                                                                                           \
			__LT_ADD(leaf, n, ADD);                                                                     \
	}                                                                                                           \
	extern void __lt_any_##VERB##_##NAME(__lt_key_##NAME, ...);
/* A number's sign is lost on its way through `...`, so a call that gives one goes to the member with a parameter. To
 * the preprocessor the key `(struct k){ a, b }` is two arguments; the 1 behind them all is n then, and else one too
 * many. A text with a function of its own of that name does without (host/cc/text/source.c). */
#ifndef __LT_OWN_increment
#define increment(...) __LT_ONE_OR_MORE(__VA_ARGS__)(increment, __VA_ARGS__)
#endif
#ifndef __LT_OWN_atomic_increment
#define atomic_increment(...) __LT_ONE_OR_MORE(__VA_ARGS__)(atomic_increment, __VA_ARGS__)
#endif
#define __LT_ONE_OR_MORE(...)                                                                                       \
	__LT_COUNT_(__VA_ARGS__, __LT_MORE, __LT_MORE, __LT_MORE, __LT_MORE, __LT_MORE, __LT_MORE, __LT_MORE,       \
		    __LT_MORE, __LT_MORE, __LT_MORE, __LT_MORE, __LT_MORE, __LT_ONE, )
#define __LT_ONE(VERB, ...) VERB(__VA_ARGS__)
#define __LT_MORE(VERB, ...) VERB##_by(__VA_ARGS__, 1)

/* Maps whose entries the program reads and writes by key. */
#define __LT_KEYED(NAME)                                                                                            \
	__LT_LOOKUP(NAME)                                                                                           \
	__LT_UPDATES(NAME)                                                                                          \
	__LT_INITS(NAME)                                                                                            \
	__LT_COUNTER(NAME, increment, __LT_PLAIN_ADD)                                                               \
	__LT_COUNTER(NAME, atomic_increment, __LT_ATOMIC_ADD)
#define __LT_KEYED_MEMBERS(NAME)                                                                                    \
	__lt_key_##NAME key;                                                                                        \
	__lt_leaf_##NAME leaf;                                                                                      \
	__lt_leaf_##NAME *(*lookup)(__lt_key_##NAME *key);                                                          \
	__lt_leaf_##NAME *(*lookup_or_init)(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf);                          \
	__lt_leaf_##NAME *(*lookup_or_try_init)(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf);                      \
	int (*update)(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf);                                                \
	int (*insert)(__lt_key_##NAME *key, __lt_leaf_##NAME *leaf);                                                \
	int (*delete)(__lt_key_##NAME *key);                                                                        \
	void (*increment)(__lt_key_##NAME key, ...);                                                                \
	void (*atomic_increment)(__lt_key_##NAME key, ...);                                                         \
	void (*increment_by)(__lt_key_##NAME key, u64 n, ...);                                                      \
	void (*atomic_increment_by)(__lt_key_##NAME key, u64 n, ...);
#define __LT_KEYED_VALUES(NAME)                                                                                     \
	.lookup = __lt_lookup_##NAME,                                                                               \
	.lookup_or_init = __lt_or_init_##NAME,                                                                      \
	.lookup_or_try_init = __lt_try_init_##NAME,                                                                 \
	.update = __lt_update_##NAME,                                                                               \
	.insert = __lt_insert_##NAME,                                                                               \
	.delete = __lt_delete_##NAME,                                                                               \
	.increment = __lt_any_increment_##NAME,                                                                     \
	.atomic_increment = __lt_any_atomic_increment_##NAME,                                                       \
	.increment_by = __lt_increment_##NAME,                                                                      \
	.atomic_increment_by = __lt_atomic_increment_##NAME,
#define __LT_KEYED_MAP(TYPE, KEY, LEAF, NAME, MAX, FLAGS)                                                           \
	__LT_DEFINE(TYPE, KEY, LEAF, NAME, MAX, FLAGS);                                                             \
	__LT_KEYED(NAME)                                                                                            \
	struct NAME##_table_t {                                                                                     \
		__LT_KEYED_MEMBERS(NAME)                                                                            \
	};                                                                                                          \
	static const __attribute__((unused)) struct NAME##_table_t NAME = { __LT_KEYED_VALUES(NAME) }

#define __LT_COUNT(...) __LT_COUNT_(__VA_ARGS__, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define __LT_COUNT_(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, COUNT, ...) COUNT
#define __LT_JOIN(left, right) __LT_JOIN_(left, right)
#define __LT_JOIN_(left, right) left##right
/* PREFIX1(a), PREFIX2(a, b), … */
#define __LT_BY_COUNT(PREFIX, ...) __LT_JOIN(PREFIX, __LT_COUNT(__VA_ARGS__))(__VA_ARGS__)
