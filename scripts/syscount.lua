-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

return {
	summary = "system calls: how often, by call or by process, and the time they took",
	description = [[
Counts system calls, by their names or by process. With --latency the time that they took is summed up too; a call
that has not returned when the interval ends counts in the next one.]],
	overhead = "one raw tracepoint program for each system call, about 60 ns; two with --latency or --failed",
	example = [[
# luatrace syscount 1 1
02:40:01
SYSCALL                    COUNT
read                        1297
newfstatat                   402
... and 31 more
]],
	options = {
		{ "failed", "x", help = "only calls that failed" },
		{ "error", "e", type = "integer", min = 1, max = 4095, metavar = "ERRNO", help = "only calls that failed so" },
		{ "latency", "L", help = "also the time that they took" },
		{ "process", "P", help = "by process, not by call" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options)
		return { failed_only = options.failed, wanted_error = options.error or 0, timed = options.latency,
			by_process = options.process }
	end,
	text = [[
#include <luatrace/filter.h>
struct sum { u64 count, ns; char comm[TASK_COMM_LEN]; };
const volatile bool failed_only, timed, by_process;
const volatile int wanted_error;
BPF_HASH(began, u64, u64, 65536);
BPF_HASH(sums, u32, struct sum, 10240);

RAW_TRACEPOINT_PROBE(sys_enter)
{
	u64 id = bpf_get_current_pid_tgid(), now;

	if (!timed || !wanted())
		return 0;
	now = bpf_ktime_get_ns();
	began.update(&id, &now);
	return 0;
}

RAW_TRACEPOINT_PROBE(sys_exit)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
	u64 id = bpf_get_current_pid_tgid(), *start = NULL;
	long result = ctx->args[1];
	struct sum zero = {}, *sum;
	u32 key = by_process ? id >> 32 : regs->orig_ax;

	if (!wanted() || (failed_only && result >= 0) || (wanted_error && result != -wanted_error))
		return 0;
	if (timed) {
		start = began.lookup(&id);
		if (!start)
			return 0;
	}
	if (by_process)
		bpf_get_current_comm(zero.comm, sizeof(zero.comm));
	sum = sums.lookup_or_try_init(&key, &zero);
	if (!sum)
		return 0;
	__sync_fetch_and_add(&sum->count, 1);
	if (start)
		__sync_fetch_and_add(&sum->ns, bpf_ktime_get_ns() - *start);
	return 0;
}]],
	interval = 1, rows = 10, sort = "COUNT",
	columns = {
		{ "SYSCALL", width = 22, label = true, when = function(options) return not options.process end },
		{ "PID", width = 7, label = true, when = "process" },
		{ "COMM", width = 16, when = "process" },
		{ "COUNT", width = 9, align = "right" },
		{ "TIME", unit = "us", width = 16, decimals = 3, metric = "counter", when = "latency",
			value = function(row) return row.ns / 1e3 end },
	},
	every = function(run)
		local rows = {}
		for i, entry in ipairs(run:take "sums") do
			local sum = entry.value
			rows[i] = { pid = entry.key, comm = ffi.string(sum.comm), syscall = names.syscall(entry.key), count = sum.count,
				ns = tonumber(sum.ns) }
		end
		run:rows(rows)
	end,
}
