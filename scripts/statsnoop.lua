-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

return {
	summary = "files that processes ask about by the stat calls, and what came of it",
	description = [[
Shows each stat, lstat, fstat, newfstatat and statx when it returns. Programs that look for a file along a path
of folders, or ask about one again and again, show here.

CALL is the system call as the kernel names it: C libraries make newfstatat of stat(), and of fstat() one with
an empty path. FD is the descriptor that a call was given: of newfstatat and statx the folder that PATH is
relative to, which means nothing when PATH begins with "/"; "-" is the current folder. PATH is what the process
said, at most 255 bytes of it; fstat has none.

Calls of 32-bit programs, and those of io_uring, are not seen.]],
	overhead = "one tracepoint program for each of these calls, about 1 microsecond; other calls cost nothing",
	example = [[
# luatrace statsnoop
PID     COMM             CALL         FD ERROR    PATH
18248   stat             statx         - ENOENT   /nonexistent
18249   ls               statx         - -        /etc/hostname
18249   ls               newfstatat    - -        /etc/nsswitch.conf
18250   perl             newfstatat    - ENOENT   /etc/none
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "only calls that failed", sets = "failed_only" },
	},
	text = [[
#include <luatrace/filter.h>
#include <luatrace/syscall.h>
struct event {
	u64 ts;
	u32 pid;
	s32 result, fd, call;
	char comm[TASK_COMM_LEN];
	char path[256];
};
const volatile bool failed_only;
BPF_RINGBUF_OUTPUT(events, 256);

static __always_inline int asked(u64 path, int fd, int call, long result)
{
	struct event event = {
		.ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .result = result, .fd = fd, .call = call,
	};

	if ((failed_only && result >= 0) || !wanted())
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	if (path)
		bpf_probe_read_user_str(&event.path, sizeof(event.path), (void *)path);
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

#define CALL(NAME, PATH, FD) \
	TRACEPOINT_PROBE(syscalls, sys_exit_##NAME) { return asked(PATH, FD, args->__syscall_nr, args->ret); }
#ifdef __TARGET_ARCH_x86
CALL(newstat, ARGUMENT(1), AT_FDCWD)
CALL(newlstat, ARGUMENT(1), AT_FDCWD)
#endif
CALL(newfstat, 0, ARGUMENT(1))
CALL(newfstatat, ARGUMENT(2), ARGUMENT(1))
CALL(statx, ARGUMENT(2), ARGUMENT(1))
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "CALL", width = 10, value = function(e) return names.syscall(e.call) end },
		{ "FD", width = 4, align = "right", value = function(e) return e.fd >= 0 and e.fd or nil end },
		{ "ERROR", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
		{ "PATH" },
	},
}
