/* SPDX-License-Identifier: MIT */
#include "hand.h"

#define DEPTH 16
#define NAME 64

struct event {
	__u32 pid;
	__u32 depth;
	char comm[16];
	char names[DEPTH][NAME];
};
MAP(scratch, BPF_MAP_TYPE_PERCPU_ARRAY, int, struct event, 1);
PERF_OUTPUT(events);

SEC("kprobe/vfs_open")
int BPF_KPROBE(on_open, struct path *path, struct file *file)
{
	struct dentry *dentry = READ(path, dentry);
	int zero = 0;
	struct event *e = bpf_map_lookup_elem(&scratch, &zero);

	if (!e)
		return 0;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->depth = 0;
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	for (int i = 0; i < DEPTH; i++) {
		struct dentry *parent = READ(dentry, d_parent);

		bpf_probe_read_kernel_str(&e->names[i], NAME, READ(dentry, d_name.name));
		e->depth++;
		if (parent == dentry)
			break;
		dentry = parent;
	}
	lost(bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, e, sizeof(*e)));
	return 0;
}
