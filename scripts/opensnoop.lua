-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

-- <fcntl.h> of x86 and most others; O_SYNC and O_TMPFILE have a bit of another one in them.
local ACCESS = { [0] = "RDONLY", "WRONLY", "RDWR", "ACCMODE" }
local BITS = { { 0x101000, "SYNC" }, { 0x1000, "DSYNC" }, { 0x410000, "TMPFILE" }, { 0x10000, "DIRECTORY" },
	{ 0x40, "CREAT" }, { 0x80, "EXCL" }, { 0x100, "NOCTTY" }, { 0x200, "TRUNC" }, { 0x400, "APPEND" },
	{ 0x800, "NONBLOCK" }, { 0x2000, "ASYNC" }, { 0x4000, "DIRECT" }, { 0x8000, "LARGEFILE" }, { 0x20000, "NOFOLLOW" },
	{ 0x40000, "NOATIME" }, { 0x80000, "CLOEXEC" }, { 0x200000, "PATH" } }

local function flags(value)
	local list, left = { ACCESS[value % 4] }, value - value % 4
	for _, flag in ipairs(BITS) do
		if bit.band(left, flag[1]) == flag[1] then
			list[#list + 1], left = flag[2], left - flag[1]
		end
	end
	list[#list + 1] = left ~= 0 and ("0x%x"):format(left) or nil
	return table.concat(list, "|")
end

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
	overhead = "two tracepoint programs for each open, about 1 microsecond",
	example = [[
# luatrace opensnoop
PID     COMM               FD ERROR    PATH
12206   cat                 3 -        /etc/ld.so.cache
12206   cat                 3 -        /lib/x86_64-linux-gnu/libc.so.6
12206   cat                 - ENOENT   /nonexistent
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "only opens that failed" },
		{ "flags", "e", help = "a column with the flags" },
	},
	params = function(options) return { failed_only = options.failed } end,
	text = [[
#include <luatrace/filter.h>
struct call { u64 path, flags; };
struct event {
	u64 ts, flags;
	u32 pid;
	int result;
	char comm[TASK_COMM_LEN];
	char path[4096];
};
const volatile bool failed_only;
BPF_HASH(calls, u32, struct call, 65536);
BPF_RINGBUF_OUTPUT(events, 256);

static __always_inline int enter(const char *path, u64 flags)
{
	struct call call = { (u64)path, flags };
	u32 tid = bpf_get_current_pid_tgid();

	if (wanted())
		calls.update(&tid, &call);
	return 0;
}

static __always_inline int leave(long result)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 tid = id;
	struct call *call = calls.lookup(&tid);
	struct event event;	/* not zeroed: of its 4 KiB most are not used */
	long length;

	if (!call)
		return 0;
	if (!failed_only || result < 0) {
		event.ts = bpf_ktime_get_ns();
		event.flags = call->flags;
		event.pid = id >> 32;
		event.result = result;
		bpf_get_current_comm(&event.comm, sizeof(event.comm));
		/* read when the call returns: before, the page of the path may not have been there */
		length = bpf_probe_read_user_str(&event.path, sizeof(event.path), (void *)call->path);
		if (length < 1)
			length = 1;
		if (length <= sizeof(event.path))
			events.ringbuf_output(&event, offsetof(struct event, path) + length, 0);
	}
	calls.delete(&tid);
	return 0;
}

#define EXIT(NAME) TRACEPOINT_PROBE(syscalls, sys_exit_##NAME) { return leave(args->ret); }
TRACEPOINT_PROBE(syscalls, sys_enter_openat) { return enter(args->filename, args->flags); }
EXIT(openat)
TRACEPOINT_PROBE(syscalls, sys_enter_openat2)
{
	u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), &args->how->flags);
	return enter(args->filename, flags);
}
EXIT(openat2)
#ifdef __TARGET_ARCH_x86
TRACEPOINT_PROBE(syscalls, sys_enter_open) { return enter(args->filename, args->flags); }
EXIT(open)
TRACEPOINT_PROBE(syscalls, sys_enter_creat) { return enter(args->pathname, O_CREAT | O_WRONLY | O_TRUNC); }
EXIT(creat)
#endif
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "FD", width = 4, align = "right", value = function(e) return e.result >= 0 and e.result or nil end },
		{ "ERROR", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
		{ "FLAGS", width = 28, when = "flags", value = function(e) return flags(tonumber(e.flags)) end },
		{ "PATH" },
	},
}
