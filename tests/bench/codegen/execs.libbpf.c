/* SPDX-License-Identifier: MIT */
#include "hand.h"

struct event {
	__u64 ts;
	__u32 pid, parent;
	__u32 uid;
	__u32 old_pid;
	char comm[16];
	char file[128];
};
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 4096);
} events SEC(".maps");

SEC("raw_tracepoint/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx->args[0];
	struct linux_binprm *binary = (struct linux_binprm *)ctx->args[2];
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	lost(!e);
	if (!e)
		return 0;
	e->ts = bpf_ktime_get_ns();
	e->pid = READ(task, tgid);
	e->parent = READ(task, real_parent, tgid);
	e->uid = READ(task, cred, uid.val);
	e->old_pid = ctx->args[1];
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	bpf_probe_read_kernel_str(&e->file, sizeof(e->file), READ(binary, filename));
	bpf_ringbuf_submit(e, ring_flags(&events, sizeof(*e), true));
	return 0;
}
