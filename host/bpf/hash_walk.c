/* SPDX-License-Identifier: MIT
 *
 * A program of luatrace's own, which copies all entries of a hash to memory that luatrace maps. It takes no bucket's
 * lock, as a batch of bpf(2) does, and so neither its time nor that of the programs that write to the map.
 *
 * Without the lock an entry may be deleted, and used again in another bucket, while the kernel goes from it to the next
 * one: the rest of its own bucket would be passed over. So the program looks at each entry's link and hash, and gives
 * up if the walk left a bucket other than by its end. (The hash is written before an entry is linked, and the kernel
 * has read the link by the time that the program is called.)
 */
#include "hash_walk.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef unsigned long long u64;
typedef unsigned int u32;

const volatile struct hash_walk walk;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 1);
} subject SEC(".maps");	/* and all sizes: the host's to set */

struct copy {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 1);
};
struct copy keys SEC(".maps");
struct copy values SEC(".maps");

/* struct htab_elem, up to its key; the same since 4.10. With another the walk would not find its way, and give up. */
struct element {
	u64 next;	/* with bit 0 set: the end of bucket next >> 1 */
	u64 unused[4];
	u32 hash;
	u32 padding;
};

/* Not static: the compiler would make a single byte of a flag, against what BTF says of it. */
struct hash_walk_place place;
u32 lost;

struct target {
	char *keys, *values;
};

/* To place `index` of a copy with `room` places. The verifier before 6.2 knows nothing of a product. */
static __always_inline int copy_bytes(char *copy, u32 index, u32 room, const void *from, u32 size)
{
	u64 at = (u64)index * size, last = (u64)(room - 1) * size;
	void *to = copy + at;

	if (at > last)
		return 0;
	if (size == 8)
		*(u64 *)to = *(const u64 *)from;
	else if (size == 4)
		*(u32 *)to = *(const u32 *)from;
	else
		bpf_probe_read_kernel(to, size, from);
	return 1;
}

static long visit(void *map, void *key, void *value, struct target *to)
{
	u32 index = place.count;
	struct element element;

	if (index >= walk.room || bpf_probe_read_kernel(&element, sizeof(element), key - sizeof(element)) ||
	    !hash_walk_follows(&place, element.next, element.hash & walk.mask) ||
	    !copy_bytes(to->keys, index, walk.room, key, walk.key_size) ||
	    !copy_bytes(to->values, index, walk.room, value, walk.value_size)) {
		lost = 1;
		return 1;
	}
	return 0;
}

/* Returns how many entries there are, or -1: lost the way. */
SEC("syscall")
int walk_hash(void *ctx)
{
	struct target to;
	u32 zero = 0;

	to.keys = bpf_map_lookup_elem(&keys, &zero);
	to.values = bpf_map_lookup_elem(&values, &zero);
	if (!to.keys || !to.values)
		return -1;
	place = (struct hash_walk_place){ 0 };
	lost = 0;
	bpf_for_each_map_elem(&subject, visit, &to, 0);
	return lost || place.within ? -1 : (int)place.count;
}

char LICENSE[] SEC("license") = "GPL";
