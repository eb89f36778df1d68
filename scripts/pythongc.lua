-- SPDX-License-Identifier: MIT
return {
	summary = "collections of Python's garbage collector: how long they take",
	description = [[
A row for each collection of CPython's cyclic garbage collector: which generation (2 is all), how many objects it
freed or found that it cannot, and how long the program stood still.

It needs a Python that was built with --with-dtrace, as those of Debian and Fedora are; "luatrace probes
'usdt:FILE:*'" shows whether one has the probes gc__start and gc__done. --path names the program, or the library
(libpython3.so) where that has the interpreter; with --pid all files of that process are looked at.]],
	overhead = "two user probes for each collection",
	example = [[
# luatrace pythongc
PID     COMM             GEN COLLECTED     TIME(ms)
7652    python3            0         0        0.053
7652    python3            0         0        0.032
7652    python3            0         0        0.034
7652    python3            0         0        0.076
7652    python3            0        24        0.103
]],
	options = {
		{ "path", "f", type = "string", metavar = "FILE", default = "python3", help = "the program or library" },
		{ "min", "m", type = "milliseconds", default = 0, help = "only what took so long", sets = "min_ns" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
struct event {
	u64 ts, ns;
	s64 collected;
	u32 pid;
	int generation;
	char comm[TASK_COMM_LEN];
};
struct begin { u64 since; int generation; };
const volatile u64 min_ns;
BPF_CALLS(begun, struct begin, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

int gc_start(struct pt_regs *ctx)
{
	struct begin begin = { .since = bpf_ktime_get_ns() };

	if (!wanted())
		return 0;
	bpf_usdt_readarg(1, ctx, &begin.generation);
	begin_call(begun, 0, &begin);
	return 0;
}

int gc_done(struct pt_regs *ctx)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32 };
	struct begin begin;

	if (!end_call(begun, 0, &begin))
		return 0;
	event.ns = event.ts - begin.since;
	event.generation = begin.generation;
	bpf_usdt_readarg(1, ctx, &event.collected);
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	if (event.ns >= min_ns)
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	attach = function(run)
		run:attach_usdt(run.options.path, "python:gc__start", "gc_start")
		run:attach_usdt(run.options.path, "python:gc__done", "gc_done")
	end,
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "GEN", width = 3, label = true, align = "right", field = "generation" },
		{ "COLLECTED", width = 9, align = "right" },
		{ "TIME", unit = "ms", width = 12, decimals = 3, value = function(e) return tonumber(e.ns) / 1e6 end },
	},
}
