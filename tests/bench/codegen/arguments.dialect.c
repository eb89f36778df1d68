/* SPDX-License-Identifier: MIT */
/* A system call's own arguments, by kprobe: the inner registers hold them. */
struct event {
	u32 pid;
	u32 flags;
	u32 mode;
	int dirfd;
	char comm[TASK_COMM_LEN];
	char path[128];
};
BPF_PERF_OUTPUT(events);

int syscall__openat(struct pt_regs *ctx, int dirfd, const char __user *path, int flags, int mode)
{
	struct event e = {};

	e.pid = bpf_get_current_pid_tgid() >> 32;
	e.dirfd = dirfd;
	e.flags = flags;
	e.mode = mode;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	bpf_probe_read_user_str(&e.path, sizeof(e.path), path);
	events.perf_submit(ctx, &e, sizeof(e));
	return 0;
}
