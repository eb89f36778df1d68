/* SPDX-License-Identifier: MIT */
#include "hand.h"

struct event {
	__u64 ts;
	__u32 pid;
	char comm[16];
	char path[256];
};
PERF_OUTPUT(events);

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(struct trace_event_raw_sys_enter *args)
{
	struct event e = {};

	e.ts = bpf_ktime_get_ns();
	e.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	bpf_probe_read_user_str(&e.path, sizeof(e.path), (const char *)args->args[1]);
	lost(bpf_perf_event_output(args, &events, BPF_F_CURRENT_CPU, &e, sizeof(e)));
	return 0;
}
