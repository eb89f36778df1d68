/* SPDX-License-Identifier: MIT
 *
 * What opens.lua traces, as hand-written libbpf C.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct event {
	__u64 ts;
	__u32 pid;
	char comm[16];
	char path[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} events SEC(".maps");

/* As in events/syscalls/sys_enter_openat/format. */
struct openat {
	__u64 common;
	__s64 number;
	__u64 dfd;
	const char *filename;
};

SEC("tracepoint/syscalls/sys_enter_openat")
int on_openat(struct openat *args)
{
	struct event e = {};

	e.ts = bpf_ktime_get_ns();
	e.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	bpf_probe_read_user_str(&e.path, sizeof(e.path), args->filename);
	bpf_perf_event_output(args, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
	return 0;
}

char _license[] SEC("license") = "GPL";
