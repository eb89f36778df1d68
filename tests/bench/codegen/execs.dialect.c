/* SPDX-License-Identifier: MIT */
/* A raw tracepoint that fills a ring buffer reservation: programs as they are started. */
struct event {
	u64 ts;
	u32 pid, parent;
	u32 uid;
	u32 old_pid;
	char comm[TASK_COMM_LEN];
	char file[128];
};
BPF_RINGBUF_OUTPUT(events, 16);

RAW_TRACEPOINT_PROBE(sched_process_exec)
{
	struct task_struct *task = (struct task_struct *)ctx->args[0];
	struct linux_binprm *binary = (struct linux_binprm *)ctx->args[2];
	struct event *e = events.ringbuf_reserve(sizeof(*e));

	if (!e)
		return 0;
	e->ts = bpf_ktime_get_ns();
	e->pid = task->tgid;
	e->parent = task->real_parent->tgid;
	e->uid = task->cred->uid.val;
	e->old_pid = ctx->args[1];
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	bpf_probe_read_kernel_str(&e->file, sizeof(e->file), binary->filename);
	events.ringbuf_submit(e, 0);
	return 0;
}
