/* SPDX-License-Identifier: MIT
 *
 * What the hand-written programs share. BARE leaves out what the dialect does by itself, the counting of lost
 * records and the batching of a ring's wake-ups; without it they do that too, the same way.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

/* A member of a chain of kernel pointers, at its offset here or, with CORE, at one that is relocated. */
#ifdef CORE
#define READ BPF_CORE_READ
#define COPY BPF_CORE_READ_INTO
#else
#define READ BPF_PROBE_READ
#define COPY BPF_PROBE_READ_INTO
#endif

#ifdef BARE
#define lost(failed) (void)(failed)
#define ring_flags(ring, size, taken) 0
#else
enum { LOST_SLOTS = 64 };
__u64 lost_records[LOST_SLOTS][8];

static __always_inline void lost(bool failed)
{
	if (failed)
		__sync_fetch_and_add(&lost_records[bpf_get_smp_processor_id() & (LOST_SLOTS - 1)][0], 1);
}

/* A ring's reader is woken at each multiple of this many unread bytes, a power of two. */
volatile __u64 wake_at = ~0ull;

/* `taken`: the record's room is already among the unread. */
static __always_inline __u64 ring_flags(void *ring, __u64 size, bool taken)
{
	__u64 room = (size + BPF_RINGBUF_HDR_SZ + 7) & ~7ull;
	__u64 unread = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) - (taken ? room : 0);

	return (unread ^ (unread + room)) >= wake_at ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}
#endif

#define PERF_OUTPUT(name)                                    \
	struct {                                             \
		__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); \
		__uint(key_size, sizeof(int));               \
		__uint(value_size, sizeof(int));             \
	} name SEC(".maps")

#define MAP(name, map_type, key_type, value_type, entries)   \
	struct {                                             \
		__uint(type, map_type);                      \
		__type(key, key_type);                       \
		__type(value, value_type);                   \
		__uint(max_entries, entries);                \
	} name SEC(".maps")

/* Counts in a hash: a missing key is made first. */
static __always_inline void count(void *map, const void *key, __u64 n)
{
	__u64 zero = 0, *value = bpf_map_lookup_elem(map, key);

	if (!value) {
		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(map, key);
	}
	if (value)
		*value += n;
}

char _license[] SEC("license") = "GPL";
