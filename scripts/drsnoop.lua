-- SPDX-License-Identifier: MIT
return {
	summary = "processes that have to free memory before they get some, and how long it takes",
	description = [[
Shows each direct reclaim: a process asked for memory, there was not enough, and the kernel had it search for
pages to free until some were found. It waits meanwhile.

KIND is "machine" when memory of the machine was short, "cgroup" when a control group was at its limit or was
told to reclaim. LATENCY is how long it took, PAGES how many it freed. ORDER is the size that was asked for:
2^ORDER pages.

What the kernel frees in the background (kswapd) makes nobody wait, and is not shown.]],
	overhead = "two tracepoint programs for each reclaim, which takes much longer; none while there is memory",
	example = [[
# luatrace drsnoop
PID     COMM             KIND     ORDER  LATENCY(ms)    PAGES
18232   cp               cgroup       0       10.731       32
18232   cp               cgroup       0        0.030       32
18232   cp               cgroup       0        0.021       32
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "min-ms", "m", type = "milliseconds", default = 0, help = "only what took so long", sets = "min_ns" },
	},
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
struct reclaim { u64 start; s32 order; u32 of_cgroup; };
struct event {
	u64 ts, latency, pages;
	u32 pid;
	s32 order;
	u32 of_cgroup;
	char comm[TASK_COMM_LEN];
};
const volatile u64 min_ns;
BPF_CALLS(reclaims, struct reclaim, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int begin(int order, u32 of_cgroup)
{
	struct reclaim reclaim = { .start = bpf_ktime_get_ns(), .order = order, .of_cgroup = of_cgroup };

	if (wanted())
		begin_call(reclaims, 0, &reclaim);
	return 0;
}

static __always_inline int end(u64 pages)
{
	struct reclaim reclaim;
	struct event event = { .ts = bpf_ktime_get_ns(), .pages = pages, .pid = bpf_get_current_pid_tgid() >> 32 };

	if (!end_call(reclaims, 0, &reclaim))
		return 0;
	event.latency = event.ts - reclaim.start;
	event.order = reclaim.order;
	event.of_cgroup = reclaim.of_cgroup;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	if (event.latency >= min_ns)
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

TRACEPOINT_PROBE(vmscan, mm_vmscan_direct_reclaim_begin) { return begin(args->order, 0); }
TRACEPOINT_PROBE(vmscan, mm_vmscan_direct_reclaim_end) { return end(args->nr_reclaimed); }
TRACEPOINT_PROBE(vmscan, mm_vmscan_memcg_reclaim_begin) { return begin(args->order, 1); }
TRACEPOINT_PROBE(vmscan, mm_vmscan_memcg_reclaim_end) { return end(args->nr_reclaimed); }
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "KIND", width = 8, value = function(e) return e.of_cgroup ~= 0 and "cgroup" or "machine" end },
		{ "ORDER", width = 5, align = "right" },
		{ "LATENCY", unit = "ms", width = 12, decimals = 3, value = function(e) return tonumber(e.latency) / 1e6 end },
		{ "PAGES", width = 8, align = "right" },
	},
}
