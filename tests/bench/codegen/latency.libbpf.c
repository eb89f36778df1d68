/* SPDX-License-Identifier: MIT */
#include "hand.h"

MAP(start, BPF_MAP_TYPE_HASH, __u32, __u64, 10240);
MAP(dist, BPF_MAP_TYPE_ARRAY, int, __u64, 64);

static __always_inline int log2_slot(__u64 v)
{
	int n = 1;

	if (v >> 32)
		n += 32, v >>= 32;
	if (v >> 16)
		n += 16, v >>= 16;
	if (v >> 8)
		n += 8, v >>= 8;
	if (v >> 4)
		n += 4, v >>= 4;
	if (v >> 2)
		n += 2, v >>= 2;
	if (v >> 1)
		n += 1;
	return n;
}

SEC("kprobe/vfs_fsync_range")
int on_entry(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&start, &tid, &now, BPF_ANY);
	return 0;
}

SEC("kretprobe/vfs_fsync_range")
int on_return(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *began = bpf_map_lookup_elem(&start, &tid), *value;
	int slot;

	if (!began)
		return 0;
	slot = log2_slot((bpf_ktime_get_ns() - *began) / 1000);
	value = bpf_map_lookup_elem(&dist, &slot);
	if (value)
		*value += 1;
	bpf_map_delete_elem(&start, &tid);
	return 0;
}
