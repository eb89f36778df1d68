-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

local COMPAT = 0x80000000	-- of the text: a call of a 32-bit program, whose numbers are others

local function name_of(key)
	return key >= COMPAT and ("32-bit:%d"):format(key - COMPAT) or names.syscall(key)
end

return {
	summary = "system calls: how often, by call or by process, and the time they took",
	description = [[
Counts system calls, by their names or by process, the most frequent first. Calls of 32-bit programs are shown by their
numbers, as 32-bit:NUMBER.

A call counts when it is made. With --latency, --failed or --error it counts when it returns: one that has not returned
when the interval ends counts in the next one, and exit and exit_group, which never return, do not count. TIME is the
sum of what the calls took, waiting included; calls that had begun before this ran have none, and are left out.]],
	overhead = "one raw tracepoint program for each system call, about 60 ns; two with --latency",
	example = [[
# luatrace syscount -L 1 1
03:12:04
SYSCALL                    COUNT         TIME(us)
read                      200505       452610.105
]],
	options = {
		{ "failed", "x", help = "only calls that failed", sets = "failed_only" },
		{ "error", "e", type = "integer", min = 1, max = 4095, metavar = "ERRNO", help = "only calls that failed so",
			sets = "wanted_error" },
		{ "latency", "L", help = "also the time that they took", sets = "timed" },
		{ "process", "P", help = "by process, not by call", sets = "by_process" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
#define FORGOTTEN (u32)-1
struct start { u64 ts; u32 call, zero; };
struct sum { u64 count, ns; char comm[TASK_COMM_LEN]; };
const volatile bool failed_only, timed, by_process;
const volatile int wanted_error;
BPF_HASH(began, u32, struct start, 65536);
BPF_HASH(sums, u32, struct sum, 10240);

static __always_inline u32 call_of(struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	struct { u64 orig_ax, ip, cs; } part;

	bpf_probe_read_kernel(&part, sizeof(part), &regs->orig_ax);
	return (u32)part.orig_ax | (part.cs == 0x23 ? 1u << 31 : 0);	/* __USER32_CS */
#else
	return regs->syscallno;
#endif
}

static __always_inline void count(u32 call, u64 ns)
{
	u32 key = by_process ? bpf_get_current_pid_tgid() >> 32 : call;
	struct sum zero = {}, *sum = sums.lookup(&key);

	if (!sum && by_process)
		bpf_get_current_comm(zero.comm, sizeof(zero.comm));
	if (!sum && !(sum = sums.lookup_or_try_init(&key, &zero)))
		return;
	__sync_fetch_and_add(&sum->count, 1);
	if (timed)
		__sync_fetch_and_add(&sum->ns, ns);
}

int called(struct bpf_raw_tracepoint_args *ctx)
{
	if (wanted())
		count(by_process ? 0 : call_of((struct pt_regs *)ctx->args[0]), 0);
	return 0;
}

int begins(struct bpf_raw_tracepoint_args *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct start start = {};

	if (!wanted())
		return 0;
	start.call = call_of((struct pt_regs *)ctx->args[0]);
	if (start.call == __NR_exit || start.call == __NR_exit_group)
		return 0;
	start.ts = bpf_ktime_get_ns();
	began.update(&tid, &start);
	return 0;
}

int returns(struct bpf_raw_tracepoint_args *ctx)
{
	long result = ctx->args[1];
	u32 tid = bpf_get_current_pid_tgid(), call;
	struct start *start;
	u64 ns = 0;

	/* one that was noted as it began is wanted: execve() and prctl() may have renamed who made it */
	if (!timed && !wanted())
		return 0;
	call = call_of((struct pt_regs *)ctx->args[0]);
	/* rt_sigreturn takes its own number away, and its result is a register of what the signal interrupted */
	if (call == FORGOTTEN)
		result = 0;
	if (timed) {
		start = began.lookup(&tid);
		if (!start)
			return 0;
		if (call == FORGOTTEN)
			call = start->call;
		/* a thread that executes a program returns as the first one, with that one's number */
		if (start->call == call)
			ns = bpf_ktime_get_ns() - start->ts;
		began.delete(&tid);
	}
	if ((!failed_only || (result < 0 && result >= -4095)) && (!wanted_error || result == -wanted_error))
		count(call, ns);
	return 0;
}]],
	attach = function(run)
		local options = run.options
		local at_exit = options.latency or options.failed or options.error
		if at_exit then
			run.b:attach_raw_tracepoint { tp = "sys_exit", fn_name = "returns" }
		end
		if options.latency or not at_exit then
			run.b:attach_raw_tracepoint { tp = "sys_enter", fn_name = at_exit and "begins" or "called" }
		end
	end,
	interval = 1, rows = 10, sort = "COUNT",
	columns = {
		{ "SYSCALL", width = 22, label = true, when = function(options) return not options.process end,
			value = function(row) return name_of(row.key) end },
		{ "PID", width = 7, label = true, when = "process", value = function(row) return row.key end },
		{ "COMM", width = 16, when = "process" },
		{ "COUNT", width = 9, align = "right" },
		{ "TIME", unit = "us", width = 16, decimals = 3, metric = "counter", when = "latency",
			value = function(row) return row.ns / 1e3 end },
	},
	every = function(run) run:rows "sums" end,
}
