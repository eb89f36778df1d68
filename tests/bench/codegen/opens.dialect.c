/* SPDX-License-Identifier: MIT */
/* A tracepoint with a perf output: files as they are opened. */
struct event {
	u64 ts;
	u32 pid;
	char comm[TASK_COMM_LEN];
	char path[256];
};
BPF_PERF_OUTPUT(events);

TRACEPOINT_PROBE(syscalls, sys_enter_openat)
{
	struct event e = {};

	e.ts = bpf_ktime_get_ns();
	e.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	bpf_probe_read_user_str(&e.path, sizeof(e.path), args->filename);
	events.perf_submit(args, &e, sizeof(e));
	return 0;
}
