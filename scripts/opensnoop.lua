-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"
local open_flags = require "luatrace.open_flags"

return {
	summary = "files as they are opened, with who asked and what came of it",
	description = [[
Shows each open, openat, openat2 and creat when it returns. Opens that fail show what a program looks for and
does not find: libraries, configuration, files of another place.

PATH is what the process said, whole; when it does not begin with "/" it is relative to the folder of the
process, or to that of a descriptor. FD is the new descriptor, ERROR why there is none. FLAGS (--flags) are as
fcntl.h has them.

Files that are opened otherwise are not seen: programs and libraries that execve opens, open_by_handle_at,
io_uring, calls of 32-bit programs.]],
	overhead = "one tracepoint program for each open, about 1 microsecond",
	example = [[
# luatrace opensnoop -e
PID     COMM               FD ERROR    FLAGS                        PATH
24126   cat                 3 -        RDONLY|CLOEXEC               /etc/ld.so.cache
24126   cat                 3 -        RDONLY                       /etc/hostname
24126   cat                 - ENOENT   RDONLY                       /nonexistent
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "only opens that failed", sets = "failed_only" },
		{ "flags", "e", help = "a column with the flags" },
	},
	text = [[
#include <luatrace/filter.h>
#include <luatrace/syscall.h>
struct event {
	u64 ts, flags;
	u32 pid;
	int result;
	char comm[TASK_COMM_LEN];
	char path[4096];
};
const volatile bool failed_only;
BPF_RINGBUF_OUTPUT(events, 256);

/* When the call returns: before, the page of the path may not have been there. */
static __always_inline int opened(const char *path, u64 flags, long result)
{
	struct event event;	/* not zeroed: of its 4 KiB most are not used */
	long length;

	if ((failed_only && result >= 0) || !wanted())
		return 0;
	event.ts = bpf_ktime_get_ns();
	event.flags = flags;
	event.pid = bpf_get_current_pid_tgid() >> 32;
	event.result = result;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	length = bpf_probe_read_user_str(&event.path, sizeof(event.path), path);
	if (length < 1)
		length = 1;
	if (length <= sizeof(event.path))
		events.ringbuf_output(&event, offsetof(struct event, path) + length, 0);
	return 0;
}

#define CALL(NAME, PATH, FLAGS) \
	TRACEPOINT_PROBE(syscalls, sys_exit_##NAME) { return opened((const char *)PATH, FLAGS, args->ret); }
CALL(openat, ARGUMENT(2), (u32)ARGUMENT(3))
TRACEPOINT_PROBE(syscalls, sys_exit_openat2)
{
	u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), &((struct open_how *)ARGUMENT(3))->flags);
	return opened((const char *)ARGUMENT(2), flags, args->ret);
}
#ifdef __TARGET_ARCH_x86
CALL(open, ARGUMENT(1), (u32)ARGUMENT(2))
CALL(creat, ARGUMENT(1), O_CREAT | O_WRONLY | O_TRUNC)
#endif
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "FD", width = 4, align = "right", value = function(e) return e.result >= 0 and e.result or nil end },
		{ "ERROR", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
		{ "FLAGS", width = 28, when = "flags", value = function(e) return open_flags.text(tonumber(e.flags)) end },
		{ "PATH" },
	},
}
