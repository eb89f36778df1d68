/* SPDX-License-Identifier: MIT
 *
 * Part of luatrace.h: maps and global variables. Conventions are said there.
 */
#ifndef LUATRACE_MAPS_H
#define LUATRACE_MAPS_H

/* ---- maps ----------------------------------------------------------------------------------------------------- */

typedef struct lt_map_info {
	const char *name;	/* as the text names it */
	uint32_t type;		/* enum bpf_map_type */
	uint32_t key_size;	/* bytes */
	uint32_t value_size;	/* bytes; of one CPU for per-CPU maps */
	uint32_t max_entries;
	uint32_t flags;
	int32_t fd;		/* -1 before lt_object_load() */
	uint32_t key_type_id;	/* in the object's BTF; 0 unknown */
	uint32_t value_type_id;
	int32_t internal;	/* 1: .rodata, .bss, .data and what the dialect keeps for itself */
	int32_t exported;	/* 1: other objects may use it by its name */
	int32_t histogram;	/* 1: the text made it by BPF_HISTOGRAM, or BPF_TABLE of "histogram" */
	int32_t external;	/* 1: it is to be one that another object exports; else it is made like any other */
	const char *pin_path;	/* where the text wants it pinned, or NULL */
	const char *inner;	/* of a map of maps: the text's map that those in it are like, or NULL */
} lt_map_info;
LT_API uint32_t lt_object_map_count(const lt_object *object);
LT_API int lt_object_map(const lt_object *object, uint32_t index, lt_map_info *out);
/* Index of a map, or -ENOENT. */
LT_API int lt_object_find_map(const lt_object *object, const char *name);

/* Gives a map room for so many entries, whatever the text says. Before lt_object_load(). -ENOENT. */
LT_API int lt_object_resize_map(lt_object *object, const char *map, uint32_t max_entries);

/* Makes `map` be the one that `fd` is: of another object, or a pin's. Before lt_object_load(); `fd` stays the caller's.
 * -EINVAL when type or sizes differ; `origin` names the other map in the message. */
LT_API int lt_object_share_map(lt_object *object, const char *map, int fd, const char *origin, lt_error *err);
/* The map pinned at `path`: a descriptor that the caller closes with lt_map_close(), or -ENOENT without a message.
 * Mounts the BPF file system at /sys/fs/bpf if it is not and the path is there. */
LT_API int lt_map_open_pinned(const char *path, lt_error *err);
LT_API void lt_map_close(int fd);
/* Pins a map, making the directories on the way; mounts as lt_map_open_pinned() does. */
LT_API int lt_map_pin(int fd, const char *path, lt_error *err);

/* Of a map by its descriptor alone: what the kernel knows in `out` (name and all that a text says are left out), its
 * name in `name` (16 bytes), and in `btf` (to be freed; size 0 where there is none) what the type ids are of. `origin`
 * names it in the message. */
LT_API int lt_map_describe(int fd, const char *origin, lt_map_info *out, char *name, lt_blob *btf, lt_error *err);
/* The kernel's number of a map, or -errno. */
LT_API int64_t lt_map_id(int fd);
/* A descriptor, which the caller closes with lt_map_close(), of the map with that number; of a new map like those that
 * the map of maps `outer` takes. -ENOENT without a message: no such number. */
LT_API int lt_map_open_id(uint32_t id, lt_error *err);
LT_API int lt_object_inner_create(const lt_object *object, const char *outer, lt_error *err);

/* bpf(2) on a map's descriptor; -ENOENT: no such key (or, for next_key, the last one was given). Per-CPU values
 * are lt_cpu_possible() values of value_size rounded up to 8. `key` NULL in next_key asks for the first. */
LT_API int lt_map_lookup(int fd, const void *key, void *value);
LT_API int lt_map_update(int fd, const void *key, const void *value, uint64_t flags);
LT_API int lt_map_delete(int fd, const void *key);
/* Takes the next value out of a queue or stack; with `key` NULL, lt_map_lookup leaves it there and lt_map_update adds
 * one. */
LT_API int lt_map_pop(int fd, void *value);
LT_API int lt_map_next_key(int fd, const void *key, void *next);
enum {
	LT_BATCH_LOOKUP = 0,
	LT_BATCH_LOOKUP_AND_DELETE = 1,
	LT_BATCH_UPDATE = 2,
	LT_BATCH_DELETE = 3,
};
/* One batch call. `count` goes in as room (or as number to write) and comes out as number done. For the two
 * lookups `in_token` NULL starts and `out_token` (of key_size bytes, at least 4) goes in as the next `in_token`.
 * Returns 0, -ENOENT when this was the last batch (its entries are valid), -ENOSPC when one bucket holds more than
 * `count` (call again with more room), -ENOTSUP when the kernel has no batches for this map type. */
LT_API int lt_map_batch(int fd, int op, const void *in_token, void *out_token, void *keys, void *values,
			uint32_t *count);

/* All entries of a hash (BPF_MAP_TYPE_HASH, LRU_HASH) at once, several times as fast as by batches, for a map that is
 * read again and again: a program copies them to memory that is mapped here. NULL where the kernel can't (before 5.14)
 * or the keys or values are over 4 MiB; batches do then. Keeps the map until it is freed. */
typedef struct lt_hash_walk lt_hash_walk;
LT_API lt_hash_walk *lt_hash_walk_open(int fd, uint32_t key_size, uint32_t value_size, uint32_t max_entries);
/* How many there are, and where; until the next call. -EAGAIN: the map changed in a way that the walk lost some. */
LT_API int32_t lt_hash_walk_run(lt_hash_walk *walk, const void **keys, const void **values);
LT_API void lt_hash_walk_free(lt_hash_walk *walk);

/* Global variables lie in sections: ".data", ".bss", ".rodata" and others whose names begin so. The memory of one as
 * the programs see it, until lt_object_free(); that of .rodata can only be read. NULL: none such, or not loaded. */
LT_API void *lt_object_section(lt_object *object, const char *section, lt_error *err);
/* Writes what a section is to hold at `offset` when the object is loaded; before lt_object_load(). */
LT_API int lt_object_set_constant(lt_object *object, const char *section, uint64_t offset, const void *data,
				  uint64_t size, lt_error *err);
/* Opens an event of perf_event_open(2) on each online CPU, as a counter, and puts it into the BPF_PERF_ARRAY `map` at
 * that CPU's index. pid: the process whose events count; -1 all. Returns how many. They end with the map, or with their
 * entry (lt_map_delete). On failure the map has none of them. */
LT_API int lt_map_open_counters(lt_object *object, const char *map, uint32_t type, uint64_t config, int32_t pid,
				lt_error *err);

#endif
