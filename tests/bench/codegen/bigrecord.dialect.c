/* SPDX-License-Identifier: MIT */
/* A record too big for the stack, kept in a per-CPU array: the names on the way from a file to its root. */
#include <linux/fs.h>

#define DEPTH 16
#define NAME 64

struct event {
	u32 pid;
	u32 depth;
	char comm[TASK_COMM_LEN];
	char names[DEPTH][NAME];
};
BPF_PERCPU_ARRAY(scratch, struct event, 1);
BPF_PERF_OUTPUT(events);

int kprobe__vfs_open(struct pt_regs *ctx, struct path *path, struct file *file)
{
	struct dentry *dentry = path->dentry;
	int zero = 0;
	struct event *e = scratch.lookup(&zero);

	if (!e)
		return 0;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->depth = 0;
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	for (int i = 0; i < DEPTH; i++) {
		struct dentry *parent = dentry->d_parent;

		bpf_probe_read_kernel_str(&e->names[i], NAME, dentry->d_name.name);
		e->depth++;
		if (parent == dentry)
			break;
		dentry = parent;
	}
	events.perf_submit(ctx, e, sizeof(*e));
	return 0;
}
