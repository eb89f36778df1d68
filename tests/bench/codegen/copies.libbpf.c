/* SPDX-License-Identifier: MIT */
#include "hand.h"

struct event {
	struct path path;
	struct qstr name;
	kernel_cap_t capabilities;
	struct list_head children;
	kuid_t uid;
	__u32 pid;
};
PERF_OUTPUT(events);

SEC("kprobe/vfs_write")
int BPF_KPROBE(on_write, struct file *file)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event e = {};

	COPY(&e.path, file, f_path);
	COPY(&e.name, file, f_path.dentry, d_name);
	COPY(&e.capabilities, task, cred, cap_effective);
	COPY(&e.children, task, children);
	COPY(&e.uid, task, cred, uid);
	e.pid = bpf_get_current_pid_tgid() >> 32;
	lost(bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e)));
	return 0;
}
