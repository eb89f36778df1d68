/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * bcc's map macros, made of the pieces in maps.h.
 */
#pragma once
#pragma clang system_header

/* BPF_HASH(name[, key = u64[, leaf = u64[, entries = 10240]]]) */
#define BPF_HASH(...) __LT_BY_COUNT(__lt_hash, __VA_ARGS__)
#define __lt_hash1(NAME) __lt_hash4(NAME, u64, u64, 10240)
#define __lt_hash2(NAME, KEY) __lt_hash4(NAME, KEY, u64, 10240)
#define __lt_hash3(NAME, KEY, LEAF) __lt_hash4(NAME, KEY, LEAF, 10240)
#define __lt_hash4(NAME, KEY, LEAF, MAX) __LT_KEYED_MAP(__LT_HASH, KEY, LEAF, NAME, MAX, 0)

/* BPF_PERCPU_HASH(name[, key = u64[, leaf = u64[, entries = 10240]]]) */
#define BPF_PERCPU_HASH(...) __LT_BY_COUNT(__lt_percpu_hash, __VA_ARGS__)
#define __lt_percpu_hash1(NAME) __lt_percpu_hash4(NAME, u64, u64, 10240)
#define __lt_percpu_hash2(NAME, KEY) __lt_percpu_hash4(NAME, KEY, u64, 10240)
#define __lt_percpu_hash3(NAME, KEY, LEAF) __lt_percpu_hash4(NAME, KEY, LEAF, 10240)
#define __lt_percpu_hash4(NAME, KEY, LEAF, MAX) __LT_KEYED_MAP(__LT_PERCPU_HASH, KEY, LEAF, NAME, MAX, 0)

/* BPF_ARRAY(name[, leaf = u64[, entries = 10240]]) */
#define BPF_ARRAY(...) __LT_BY_COUNT(__lt_array, __VA_ARGS__)
#define __lt_array1(NAME) __lt_array3(NAME, u64, 10240)
#define __lt_array2(NAME, LEAF) __lt_array3(NAME, LEAF, 10240)
#define __lt_array3(NAME, LEAF, MAX) __LT_KEYED_MAP(__LT_ARRAY, int, LEAF, NAME, MAX, 0)

/* BPF_PERCPU_ARRAY(name[, leaf = u64[, entries = 10240]]) */
#define BPF_PERCPU_ARRAY(...) __LT_BY_COUNT(__lt_percpu_array, __VA_ARGS__)
#define __lt_percpu_array1(NAME) __lt_percpu_array3(NAME, u64, 10240)
#define __lt_percpu_array2(NAME, LEAF) __lt_percpu_array3(NAME, LEAF, 10240)
#define __lt_percpu_array3(NAME, LEAF, MAX) __LT_KEYED_MAP(__LT_PERCPU_ARRAY, int, LEAF, NAME, MAX, 0)

/* BPF_HISTOGRAM(name[, key = int[, entries = 64]]): an int key makes an array, whose slots past its end are dropped;
 * any other key makes a hash. */
#define BPF_HISTOGRAM(...) __LT_BY_COUNT(__lt_histogram, __VA_ARGS__)
#define __lt_histogram1(NAME) __lt_histogram3(NAME, int, 64)
#define __lt_histogram2(NAME, KEY) __lt_histogram3(NAME, KEY, 64)
#define __lt_histogram3(NAME, KEY, MAX)                                                                              \
	__LT_NOTE(type, NAME, "histogram");                                                                         \
	__LT_KEYED_MAP(__LT_HISTOGRAM_TYPE(__lt_key_##NAME), KEY, u64, NAME, MAX, 0)
#define __LT_HISTOGRAM_TYPE(KEY) (__builtin_types_compatible_p(KEY, int) ? __LT_ARRAY : __LT_HASH)

/* BPF_LPM_TRIE(name[, key = u64[, leaf = u64[, entries = 10240]]]): the key begins with a u32, its length in bits. */
#define BPF_LPM_TRIE(...) __LT_BY_COUNT(__lt_lpm_trie, __VA_ARGS__)
#define __lt_lpm_trie1(NAME) __lt_lpm_trie4(NAME, u64, u64, 10240)
#define __lt_lpm_trie2(NAME, KEY) __lt_lpm_trie4(NAME, KEY, u64, 10240)
#define __lt_lpm_trie3(NAME, KEY, LEAF) __lt_lpm_trie4(NAME, KEY, LEAF, 10240)
#define __lt_lpm_trie4(NAME, KEY, LEAF, MAX) __LT_KEYED_MAP(__LT_LPM_TRIE, KEY, LEAF, NAME, MAX, __LT_NO_PREALLOC)

/* BPF_TABLE(type, key, leaf, name, entries): any type, by name, with all methods; those of other types the verifier
 * refuses. BPF_F_TABLE has flags too. */
#define BPF_TABLE(TYPE, KEY, LEAF, NAME, MAX) BPF_F_TABLE(TYPE, KEY, LEAF, NAME, MAX, 0)
#define BPF_F_TABLE(TYPE, KEY, LEAF, NAME, MAX, FLAGS)                                                              \
	__LT_DEFINE(__LT_TYPE_NAMED(TYPE, __lt_key_##NAME), KEY, LEAF, NAME, MAX, (FLAGS) | __LT_TYPE_FLAGS(TYPE)); \
	_Static_assert(__lt_type_##NAME != 0, "BPF_TABLE: no map type is called " TYPE);                            \
	__LT_NOTE(type, NAME, TYPE);                                                                                \
	__LT_KEYED(NAME)                                                                                            \
	__LT_OTHERS(NAME)                                                                                           \
	struct NAME##_table_t {                                                                                     \
		__LT_KEYED_MEMBERS(NAME)                                                                            \
		int (*call)(void *ctx, int index);                                                                  \
		int (*get_stackid)(void *ctx, u64 flags);                                                           \
		u64 (*perf_read)(u64 cpu);                                                                          \
		int (*perf_counter_value)(u64 cpu, void *value, u32 size);                                          \
		int (*check_current_task)(int index);                                                               \
		int (*redirect_map)(int index, u64 flags);                                                          \
		int (*sock_map_update)(void *ctx, void *key, u64 flags);                                            \
		int (*sock_hash_update)(void *ctx, void *key, u64 flags);                                           \
		int (*msg_redirect_hash)(void *ctx, void *key, u64 flags);                                          \
		int (*sk_redirect_hash)(void *ctx, void *key, u64 flags);                                           \
	};                                                                                                          \
	static const __attribute__((unused)) struct NAME##_table_t NAME = {                                         \
		__LT_KEYED_VALUES(NAME)                                                                             \
		.call = __lt_call_##NAME,                                                                           \
		.get_stackid = __lt_stackid_##NAME,                                                                 \
		.perf_read = __lt_perf_read_##NAME,                                                                 \
		.perf_counter_value = __lt_perf_value_##NAME,                                                       \
		.check_current_task = __lt_check_task_##NAME,                                                       \
		.redirect_map = __lt_redirect_##NAME,                                                               \
		.sock_map_update = __lt_sock_map_update_##NAME,                                                     \
		.sock_hash_update = __lt_sock_hash_update_##NAME,                                                   \
		.msg_redirect_hash = __lt_msg_redirect_hash_##NAME,                                                 \
		.sk_redirect_hash = __lt_sk_redirect_hash_##NAME,                                                   \
	}
#define __LT_IS(text, word) !__builtin_strcmp(text, word)
#define __LT_BEGINS(text, word) !__builtin_strncmp(text, word, sizeof(word) - 1)
#define __LT_TYPE_NAMED(TYPE, KEY)                                                                                  \
	(__LT_IS(TYPE, "hash") ? __LT_HASH :                                                                        \
	(__LT_IS(TYPE, "extern") ? __LT_HASH :                                                                      \
	(__LT_IS(TYPE, "array") ? __LT_ARRAY :                                                                      \
	(__LT_IS(TYPE, "histogram") ? __LT_HISTOGRAM_TYPE(KEY) :                                                    \
	(__LT_IS(TYPE, "prog") ? __LT_PROG_ARRAY :                                                                  \
	(__LT_IS(TYPE, "perf_array") ? __LT_PERF_EVENT_ARRAY :                                                      \
	(__LT_IS(TYPE, "perf_output") ? __LT_PERF_EVENT_ARRAY :                                                     \
	(__LT_IS(TYPE, "percpu_hash") ? __LT_PERCPU_HASH :                                                          \
	(__LT_IS(TYPE, "percpu_array") ? __LT_PERCPU_ARRAY :                                                        \
	(__LT_IS(TYPE, "stacktrace") ? __LT_STACK_TRACE :                                                           \
	(__LT_IS(TYPE, "cgroup_array") ? __LT_CGROUP_ARRAY :                                                        \
	(__LT_IS(TYPE, "lru_hash") ? __LT_LRU_HASH :                                                                \
	(__LT_IS(TYPE, "lru_percpu_hash") ? __LT_LRU_PERCPU_HASH :                                                  \
	(__LT_IS(TYPE, "lpm_trie") ? __LT_LPM_TRIE :                                                                \
	(__LT_IS(TYPE, "devmap") ? __LT_DEVMAP :                                                                    \
	(__LT_IS(TYPE, "sockmap") ? __LT_SOCKMAP :                                                                  \
	(__LT_IS(TYPE, "cpumap") ? __LT_CPUMAP :                                                                    \
	(__LT_IS(TYPE, "xskmap") ? __LT_XSKMAP :                                                                    \
	(__LT_IS(TYPE, "sockhash") ? __LT_SOCKHASH :                                                                \
	(__LT_IS(TYPE, "cgroup_storage") ? __LT_CGROUP_STORAGE :                                                    \
	(__LT_IS(TYPE, "percpu_cgroup_storage") ? __LT_PERCPU_CGROUP_STORAGE :                                      \
	(__LT_IS(TYPE, "sk_storage") ? __LT_SK_STORAGE :                                                            \
	(__LT_IS(TYPE, "inode_storage") ? __LT_INODE_STORAGE :                                                      \
	(__LT_IS(TYPE, "task_storage") ? __LT_TASK_STORAGE :                                                        \
	(__LT_BEGINS(TYPE, "array_of_maps$") ? __LT_ARRAY_OF_MAPS :                                                 \
	(__LT_BEGINS(TYPE, "hash_of_maps$") ? __LT_HASH_OF_MAPS : 0))))))))))))))))))))))))))
#define __LT_TYPE_FLAGS(TYPE) (__LT_IS(TYPE, "lpm_trie") || __LT_IS(TYPE, "sk_storage") ||                          \
	__LT_IS(TYPE, "inode_storage") || __LT_IS(TYPE, "task_storage") ? __LT_NO_PREALLOC : 0)
#define __LT_OTHERS(NAME)                                                                                           \
	__LT_METHOD(int, call, NAME, (void *ctx, int index), bpf_tail_call(ctx, &__lt_map_##NAME, index))           \
	__LT_METHOD(int, stackid, NAME, (void *ctx, u64 flags), bpf_get_stackid(ctx, &__lt_map_##NAME, flags))      \
	__LT_METHOD(u64, perf_read, NAME, (u64 cpu), bpf_perf_event_read(&__lt_map_##NAME, cpu))                    \
	__LT_METHOD(int, perf_value, NAME, (u64 cpu, void *value, u32 size),                                        \
		    bpf_perf_event_read_value(&__lt_map_##NAME, cpu, value, size))                                  \
	__LT_METHOD(int, check_task, NAME, (int index), bpf_current_task_under_cgroup(&__lt_map_##NAME, index))     \
	__LT_METHOD(int, redirect, NAME, (int index, u64 flags), bpf_redirect_map(&__lt_map_##NAME, index, flags))  \
	__LT_SOCKET_METHODS(NAME)
#define __LT_SOCKET_METHODS(NAME)                                                                                   \
	__LT_METHOD(int, sock_map_update, NAME, (void *ctx, void *key, u64 flags),                                  \
		    bpf_sock_map_update(ctx, &__lt_map_##NAME, key, flags))                                         \
	__LT_METHOD(int, sock_hash_update, NAME, (void *ctx, void *key, u64 flags),                                 \
		    bpf_sock_hash_update(ctx, &__lt_map_##NAME, key, flags))                                        \
	__LT_METHOD(int, msg_redirect_map, NAME, (void *ctx, u32 key, u64 flags),                                   \
		    bpf_msg_redirect_map(ctx, &__lt_map_##NAME, key, flags))                                        \
	__LT_METHOD(int, sk_redirect_map, NAME, (void *ctx, u32 key, u64 flags),                                    \
		    bpf_sk_redirect_map(ctx, &__lt_map_##NAME, key, flags))                                         \
	__LT_METHOD(int, msg_redirect_hash, NAME, (void *ctx, void *key, u64 flags),                                \
		    bpf_msg_redirect_hash(ctx, &__lt_map_##NAME, key, flags))                                       \
	__LT_METHOD(int, sk_redirect_hash, NAME, (void *ctx, void *key, u64 flags),                                 \
		    bpf_sk_redirect_hash(ctx, &__lt_map_##NAME, key, flags))

/* BPF_TABLE_PINNED(type, key, leaf, name, entries, path[, flags]): a map that is pinned at `path` is used, when its
 * type and sizes are these; else it is made and pinned there. */
#define BPF_TABLE_PINNED(...) __LT_BY_COUNT(__lt_pinned, __VA_ARGS__)
#define __lt_pinned6(TYPE, KEY, LEAF, NAME, MAX, PATH) __lt_pinned7(TYPE, KEY, LEAF, NAME, MAX, PATH, 0)
#define __lt_pinned7(TYPE, KEY, LEAF, NAME, MAX, PATH, FLAGS)                                                       \
	__LT_NOTE(pin, NAME, PATH);                                                                                 \
	BPF_F_TABLE(TYPE, KEY, LEAF, NAME, MAX, FLAGS)

/* Tables that other objects of the process use as BPF_TABLE("extern", …) of the same name. */
#define BPF_TABLE_PUBLIC(TYPE, KEY, LEAF, NAME, MAX)                                                                \
	__LT_NOTE(export, NAME, "");                                                                                \
	BPF_TABLE(TYPE, KEY, LEAF, NAME, MAX)
#define BPF_TABLE_SHARED(TYPE, KEY, LEAF, NAME, MAX) BPF_TABLE_PUBLIC(TYPE, KEY, LEAF, NAME, MAX)

/* ---- stacks and queues --------------------------------------------------------------------------------------- */

/* BPF_QUEUE(name, leaf, entries[, flags]), BPF_STACK(…), BPF_QUEUESTACK("queue" or "stack", …, flags) */
#define BPF_QUEUE(...) __LT_BY_COUNT(__lt_queue, __VA_ARGS__)
#define __lt_queue3(NAME, LEAF, MAX) __lt_queue4(NAME, LEAF, MAX, 0)
#define __lt_queue4(NAME, LEAF, MAX, FLAGS) __LT_QUEUESTACK(__LT_QUEUE, NAME, LEAF, MAX, FLAGS)
#define BPF_STACK(...) __LT_BY_COUNT(__lt_stack, __VA_ARGS__)
#define __lt_stack3(NAME, LEAF, MAX) __lt_stack4(NAME, LEAF, MAX, 0)
#define __lt_stack4(NAME, LEAF, MAX, FLAGS) __LT_QUEUESTACK(__LT_STACK, NAME, LEAF, MAX, FLAGS)
#define BPF_QUEUESTACK(TYPE, NAME, LEAF, MAX, FLAGS)                                                                \
	__LT_QUEUESTACK(__LT_IS(TYPE, "queue") ? __LT_QUEUE : __LT_STACK, NAME, LEAF, MAX, FLAGS)
#define BPF_QUEUESTACK_PINNED(TYPE, NAME, LEAF, MAX, FLAGS, PATH)                                                   \
	__LT_NOTE(pin, NAME, PATH);                                                                                 \
	BPF_QUEUESTACK(TYPE, NAME, LEAF, MAX, FLAGS)
#define BPF_QUEUESTACK_PUBLIC(TYPE, NAME, LEAF, MAX, FLAGS)                                                         \
	__LT_NOTE(export, NAME, "");                                                                                \
	BPF_QUEUESTACK(TYPE, NAME, LEAF, MAX, FLAGS)
#define BPF_QUEUESTACK_SHARED(TYPE, NAME, LEAF, MAX, FLAGS) BPF_QUEUESTACK_PUBLIC(TYPE, NAME, LEAF, MAX, FLAGS)

#define __LT_QUEUESTACK(TYPE, NAME, LEAF, MAX, FLAGS)                                                               \
	__LT_DEFINE_KEYLESS(TYPE, LEAF, NAME, MAX, FLAGS);                                                          \
	__LT_METHOD(int, push, NAME, (__lt_leaf_##NAME *leaf, u64 flags),                                           \
		    bpf_map_push_elem(&__lt_map_##NAME, leaf, flags))                                               \
	__LT_METHOD(int, pop, NAME, (__lt_leaf_##NAME *leaf), bpf_map_pop_elem(&__lt_map_##NAME, leaf))             \
	__LT_METHOD(int, peek, NAME, (__lt_leaf_##NAME *leaf), bpf_map_peek_elem(&__lt_map_##NAME, leaf))           \
	struct NAME##_table_t {                                                                                     \
		__lt_leaf_##NAME leaf;                                                                              \
		int (*push)(__lt_leaf_##NAME *leaf, u64 flags);                                                     \
		int (*pop)(__lt_leaf_##NAME *leaf);                                                                 \
		int (*peek)(__lt_leaf_##NAME *leaf);                                                                \
	};                                                                                                          \
	static const __attribute__((unused)) struct NAME##_table_t NAME = {                                         \
		.push = __lt_push_##NAME, .pop = __lt_pop_##NAME, .peek = __lt_peek_##NAME,                         \
	}

/* ---- maps of programs, counters, cgroups, devices, sockets, maps ----------------------------------------------- */

/* BPF_PROG_ARRAY(name, entries) */
#define BPF_PROG_ARRAY(NAME, MAX) BPF_TABLE("prog", u32, u32, NAME, MAX)
/* BPF_PERF_ARRAY(name, entries) */
#define BPF_PERF_ARRAY(NAME, MAX) BPF_TABLE("perf_array", int, u32, NAME, MAX)
#define CUR_CPU_IDENTIFIER 0xffffffffull
/* BPF_CGROUP_ARRAY(name, entries) */
#define BPF_CGROUP_ARRAY(NAME, MAX) BPF_TABLE("cgroup_array", int, u32, NAME, MAX)
/* BPF_DEVMAP(name, entries), BPF_CPUMAP(name, entries), BPF_XSKMAP(name, entries[, path]) */
#define BPF_DEVMAP(NAME, MAX) BPF_TABLE("devmap", int, int, NAME, MAX)
#define BPF_CPUMAP(NAME, MAX) BPF_TABLE("cpumap", int, u32, NAME, MAX)
#define BPF_XSKMAP(...) __LT_BY_COUNT(__lt_xskmap, __VA_ARGS__)
#define __lt_xskmap2(NAME, MAX) BPF_TABLE("xskmap", int, int, NAME, MAX)
#define __lt_xskmap3(NAME, MAX, PATH) __lt_pinned7("xskmap", int, int, NAME, MAX, PATH, 0)
/* BPF_SOCKMAP(name, entries), BPF_SOCKHASH(name[, key = u32[, entries = 10240]]) */
#define BPF_SOCKMAP(NAME, MAX) BPF_TABLE("sockmap", u32, u32, NAME, MAX)
#define BPF_SOCKHASH(...) __LT_BY_COUNT(__lt_sockhash, __VA_ARGS__)
#define __lt_sockhash1(NAME) __lt_sockhash3(NAME, u32, 10240)
#define __lt_sockhash2(NAME, KEY) __lt_sockhash3(NAME, KEY, 10240)
#define __lt_sockhash3(NAME, KEY, MAX) BPF_TABLE("sockhash", KEY, u32, NAME, MAX)
/* BPF_ARRAY_OF_MAPS(name, "inner", entries), BPF_HASH_OF_MAPS(name[, key = u32], "inner"[, entries = 10240]): `inner`
 * is a map of the text, whose likes the entries are. */
#define BPF_ARRAY_OF_MAPS(NAME, INNER, MAX) BPF_TABLE("array_of_maps$" INNER, u32, u32, NAME, MAX)
#define BPF_HASH_OF_MAPS(...) __LT_BY_COUNT(__lt_hash_of_maps, __VA_ARGS__)
#define __lt_hash_of_maps2(NAME, INNER) __lt_hash_of_maps4(NAME, u32, INNER, 10240)
#define __lt_hash_of_maps3(NAME, KEY, INNER) __lt_hash_of_maps4(NAME, KEY, INNER, 10240)
#define __lt_hash_of_maps4(NAME, KEY, INNER, MAX) BPF_TABLE("hash_of_maps$" INNER, KEY, u32, NAME, MAX)

/* BPF_SK_STORAGE(name, leaf), BPF_INODE_STORAGE, BPF_TASK_STORAGE: a value for each socket, inode or task. */
#define BPF_SK_STORAGE(NAME, LEAF) __LT_STORAGE(__LT_SK_STORAGE, sk, NAME, LEAF)
#define BPF_INODE_STORAGE(NAME, LEAF) __LT_STORAGE(__LT_INODE_STORAGE, inode, NAME, LEAF)
#define BPF_TASK_STORAGE(NAME, LEAF) __LT_STORAGE(__LT_TASK_STORAGE, task, NAME, LEAF)
#define __LT_STORAGE(TYPE, OF, NAME, LEAF)                                                                          \
	__LT_DEFINE(TYPE, int, LEAF, NAME, 0, __LT_NO_PREALLOC);                                                    \
	__LT_METHOD(void *, storage, NAME, (void *owner, void *leaf, u64 flags),                                    \
		    bpf_##OF##_storage_get(&__lt_map_##NAME, owner, leaf, flags))                                   \
	__LT_METHOD(int, forget, NAME, (void *owner), bpf_##OF##_storage_delete(&__lt_map_##NAME, owner))           \
	struct NAME##_table_t {                                                                                     \
		int key;                                                                                            \
		__lt_leaf_##NAME leaf;                                                                              \
		void *(*OF##_storage_get)(void *owner, void *leaf, u64 flags);                                      \
		int (*OF##_storage_delete)(void *owner);                                                            \
	};                                                                                                          \
	static const __attribute__((unused)) struct NAME##_table_t NAME = {                                         \
		.OF##_storage_get = __lt_storage_##NAME, .OF##_storage_delete = __lt_forget_##NAME,                 \
	}

/* BPF_CGROUP_STORAGE(name, leaf), BPF_PERCPU_CGROUP_STORAGE(name, leaf). bcc has the first two methods as well, which
 * the verifier refuses. */
#define BPF_CGROUP_STORAGE(NAME, LEAF) __LT_CGROUP_MAP(__LT_CGROUP_STORAGE, NAME, LEAF)
#define BPF_PERCPU_CGROUP_STORAGE(NAME, LEAF) __LT_CGROUP_MAP(__LT_PERCPU_CGROUP_STORAGE, NAME, LEAF)
#define __LT_CGROUP_MAP(TYPE, NAME, LEAF)                                                                           \
	__LT_DEFINE(TYPE, struct bpf_cgroup_storage_key, LEAF, NAME, 0, 0);                                         \
	__LT_LOOKUP(NAME)                                                                                           \
	__LT_METHOD(int, update, NAME, (__lt_key_##NAME *key, void *leaf),                                          \
		    bpf_map_update_elem(&__lt_map_##NAME, key, leaf, 0))                                            \
	__LT_METHOD(void *, local, NAME, (u64 flags), bpf_get_local_storage(&__lt_map_##NAME, flags))               \
	struct NAME##_table_t {                                                                                     \
		struct bpf_cgroup_storage_key key;                                                                  \
		__lt_leaf_##NAME leaf;                                                                              \
		__lt_leaf_##NAME *(*lookup)(__lt_key_##NAME *key);                                                  \
		int (*update)(__lt_key_##NAME *key, void *leaf);                                                    \
		void *(*get_local_storage)(u64 flags);                                                              \
	};                                                                                                          \
	static const __attribute__((unused)) struct NAME##_table_t NAME = {                                         \
		.lookup = __lt_lookup_##NAME, .update = __lt_update_##NAME, .get_local_storage = __lt_local_##NAME, \
	}

/* ---- stack traces -------------------------------------------------------------------------------------------- */

#define __LT_STACK_DEPTH 127
#define __LT_ROUND_UP(n) (1u << (32 - __builtin_clz(((n) > 1 ? (n) : 2) - 1)))

struct bpf_stacktrace {
	u64 ip[__LT_STACK_DEPTH];
};
/* addresses in files of a build id (status 1), else plain ones (status 2) */
struct bpf_stacktrace_buildid {
	struct {
		u32 status;
		unsigned char build_id[20];
		u64 offset_or_ip;
	} trace[__LT_STACK_DEPTH];
};

/* BPF_STACK_TRACE(name, entries): entries are rounded up to a power of two. As bcc's, these two need no semicolon. */
#define BPF_STACK_TRACE(NAME, MAX) __LT_STACKS(struct bpf_stacktrace, NAME, MAX, 0)
#define BPF_STACK_TRACE_BUILDID(NAME, MAX) __LT_STACKS(struct bpf_stacktrace_buildid, NAME, MAX, __LT_BUILD_IDS)
#define __LT_STACKS(LEAF, NAME, MAX, FLAGS)                                                                         \
	__LT_DEFINE(__LT_STACK_TRACE, int, LEAF, NAME, __LT_ROUND_UP(MAX), FLAGS);                                  \
	__LT_METHOD(int, stackid, NAME, (void *ctx, u64 flags), bpf_get_stackid(ctx, &__lt_map_##NAME, flags))      \
	__LT_LOOKUP(NAME)                                                                                           \
	static const __attribute__((unused)) struct NAME##_table_t {                                                \
		int key;                                                                                            \
		LEAF leaf;                                                                                          \
		int (*get_stackid)(void *ctx, u64 flags);                                                           \
		LEAF *(*lookup)(int *key);                                                                          \
	} NAME = { .get_stackid = __lt_stackid_##NAME, .lookup = __lt_lookup_##NAME };
