/* SPDX-License-Identifier: MIT
 *
 * What record.lua traces, as hand-written libbpf C. The loader leaves out the program it does not want.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "record.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} perf_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring_events SEC(".maps");

/* Larger ones than the stack holds. Nobody fills them. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event);
} rooms SEC(".maps");

struct globals globals;
const volatile struct constants constants;

static __always_inline int submit(void *args, struct event *e)
{
	e->pid = bpf_get_current_pid_tgid() >> 32;
	if (e->pid != constants.pid)
		return 0;
	if (bpf_perf_event_output(args, &perf_events, BPF_F_CURRENT_CPU, e, sizeof(*e)))
		__sync_fetch_and_add(&globals.lost, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_call_perf(void *args)
{
#if SIZE <= 256
	struct event e = {};

	return submit(args, &e);
#else
	__u32 zero = 0;
	struct event *e = bpf_map_lookup_elem(&rooms, &zero);

	return e ? submit(args, e) : 0;
#endif
}

#if SIZE == 64

struct trace_event_raw_sys_enter {
	__u64 common;
	__s32 number;
};

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_call_print(struct trace_event_raw_sys_enter *args)
{
	struct line line = {};

	line.pid = bpf_get_current_pid_tgid() >> 32;
	if (line.pid != constants.pid)
		return 0;
	line.ns = bpf_ktime_get_ns();
	line.number = args->number;
	bpf_get_current_comm(line.comm, sizeof(line.comm));
	if (bpf_perf_event_output(args, &perf_events, BPF_F_CURRENT_CPU, &line, sizeof(line)))
		__sync_fetch_and_add(&globals.lost, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_call_ring(void *args)
{
	const __u64 record = sizeof(struct event) + 8;
	struct event e = {};
	__u64 flags = 0;

	e.pid = bpf_get_current_pid_tgid() >> 32;
	if (e.pid != constants.pid)
		return 0;
	if (constants.wake_at) {
		__u64 unread = bpf_ringbuf_query(&ring_events, BPF_RB_AVAIL_DATA);

		flags = unread >= constants.wake_at && unread < constants.wake_at + record ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	}
	if (bpf_ringbuf_output(&ring_events, &e, sizeof(e), flags))
		__sync_fetch_and_add(&globals.lost, 1);
	return 0;
}
#endif

char _license[] SEC("license") = "GPL";
