-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

return {
	summary = "signals that processes send by system calls, and what came of it",
	description = [[
Shows each kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo and pidfd_send_signal when it returns.

PID and COMM are the sender. TARGET is what the call was given: a process; of tkill, tgkill and
rt_tgsigqueueinfo a thread; of kill 0 for the sender's process group, -1 for all that it may signal, another
negative number for the process group of that number; of pidfd_send_signal the descriptor, which the sender
alone knows. SIGNAL 0 sends nothing: it asks whether the target is there. ERROR is why a call failed; one that
did not may still have had no effect, for the target may ignore the signal.

Numbers are those of the sender's PID namespace. Signals that the kernel sends of its own accord (Ctrl-C of a
terminal, SIGCHLD, SIGSEGV) are not calls, and not seen; nor are calls of 32-bit programs.]],
	overhead = "two tracepoint programs for each of these calls, about 1 microsecond; other calls cost nothing",
	example = [[
# luatrace killsnoop
PID     COMM             CALL              SIGNAL       TARGET ERROR
22036   sh               kill              SIGKILL       22036 -
22034   sh               kill              0                 1 -
22034   sh               kill              SIGTERM     4000000 ESRCH
22082   perl             kill              SIGUSR1     3999999 ESRCH
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "only calls that failed" },
		{ "signal", "s", type = "string", convert = names.signal_number, metavar = "SIGNAL",
			help = "only this signal, by name or number" },
	},
	params = function(options)
		return { failed_only = options.failed, wanted_signal = options.signal or 0 }
	end,
	text = [[
#include <luatrace/filter.h>
struct call { s32 target, signal, nr; };
struct event {
	u64 ts;
	u32 pid;
	s32 result;
	struct call call;
	char comm[TASK_COMM_LEN];
};
const volatile bool failed_only;
const volatile int wanted_signal;
BPF_HASH(calls, u32, struct call, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int enter(int target, int signal, int nr)
{
	struct call call = { target, signal, nr };
	u32 tid = bpf_get_current_pid_tgid();

	if ((!wanted_signal || signal == wanted_signal) && wanted())
		calls.update(&tid, &call);
	return 0;
}

static __always_inline int leave(long result)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 tid = id;
	struct call *call = calls.lookup(&tid);
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = id >> 32, .result = result };

	if (!call)
		return 0;
	event.call = *call;
	calls.delete(&tid);
	if (failed_only && result >= 0)
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

#define CALL(NAME, TARGET) \
	TRACEPOINT_PROBE(syscalls, sys_enter_##NAME) { return enter(args->TARGET, args->sig, args->__syscall_nr); } \
	TRACEPOINT_PROBE(syscalls, sys_exit_##NAME) { return leave(args->ret); }

CALL(kill, pid)
CALL(tkill, pid)
CALL(tgkill, pid)
CALL(rt_sigqueueinfo, pid)
CALL(rt_tgsigqueueinfo, pid)
CALL(pidfd_send_signal, pidfd)
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "CALL", width = 17, value = function(e) return names.syscall(e.call.nr) end },
		{ "SIGNAL", width = 11, label = true,
			value = function(e) return e.call.signal ~= 0 and names.signal(e.call.signal) or "0" end },
		{ "TARGET", width = 7, align = "right", value = function(e) return e.call.target end },
		{ "ERROR", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
	},
}
