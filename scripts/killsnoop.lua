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
	overhead = "one tracepoint program for each of these calls, about 1 microsecond; other calls cost nothing",
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
		{ "failed", "x", help = "only calls that failed", sets = "failed_only" },
		{ "signal", "s", type = "string", convert = names.signal_number, metavar = "SIGNAL",
			sets = "wanted_signal", help = "only this signal, by name or number" },
	},
	text = [[
#include <luatrace/filter.h>
#include <luatrace/syscall.h>
struct event {
	u64 ts;
	u32 pid;
	s32 target, signal, call, result;
	char comm[TASK_COMM_LEN];
};
const volatile bool failed_only;
const volatile int wanted_signal;
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int sent(int target, int signal, int call, long result)
{
	struct event event = {
		.ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32,
		.target = target, .signal = signal, .call = call, .result = result,
	};

	if ((failed_only && result >= 0) || (wanted_signal && signal != wanted_signal) || !wanted())
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

#define CALL(NAME, SIGNAL) TRACEPOINT_PROBE(syscalls, sys_exit_##NAME) \
	{ return sent(ARGUMENT(1), ARGUMENT(SIGNAL), args->__syscall_nr, args->ret); }
CALL(kill, 2)
CALL(tkill, 2)
CALL(rt_sigqueueinfo, 2)
CALL(pidfd_send_signal, 2)
#define THREAD_CALL(NAME) TRACEPOINT_PROBE(syscalls, sys_exit_##NAME) \
	{ return sent(ARGUMENT(2), ARGUMENT(3), args->__syscall_nr, args->ret); }
THREAD_CALL(tgkill)
THREAD_CALL(rt_tgsigqueueinfo)
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "CALL", width = 17, value = function(e) return names.syscall(e.call) end },
		{ "SIGNAL", width = 11, label = true,
			value = function(e) return e.signal ~= 0 and names.signal(e.signal) or "0" end },
		{ "TARGET", width = 7, align = "right" },
		{ "ERROR", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
	},
}
