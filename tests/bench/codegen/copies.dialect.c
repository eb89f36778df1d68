/* SPDX-License-Identifier: MIT */
/* Whole structs copied out of kernel memory. */
#include <linux/fs.h>

struct event {
	struct path path;
	struct qstr name;
	kernel_cap_t capabilities;
	struct list_head children;
	kuid_t uid;
	u32 pid;
};
BPF_PERF_OUTPUT(events);

int kprobe__vfs_write(struct pt_regs *ctx, struct file *file)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event e = {};

	e.path = file->f_path;
	e.name = file->f_path.dentry->d_name;
	e.capabilities = task->cred->cap_effective;
	e.children = task->children;
	e.uid = task->cred->uid;
	e.pid = bpf_get_current_pid_tgid() >> 32;
	events.perf_submit(ctx, &e, sizeof(e));
	return 0;
}
