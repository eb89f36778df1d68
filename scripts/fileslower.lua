-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

return {
	summary = "reads and writes of files that take long",
	description = [[
Shows each read and write of a regular file that takes --min-ms or longer, as the process waits for it: the disk's
time, and all that the file system, locks and a busy CPU add to it. A read from the page cache takes microseconds,
so what is shown had to wait for something.

OP is R or W, BYTES what was transferred, ERROR why nothing was. Of FILE the name is shown, without its folder.

Calls of read, pread64, write and pwrite64 are seen, not readv and its like, sendfile, splice, io_uring and memory
mappings. A write that is not synchronous ends when the page cache has it: writing to the disk comes later.]],
	overhead = "two programs for each read and write, of any file: about 0.3 microseconds",
	example = [[
# luatrace fileslower -m 1
PID     COMM             OP    BYTES ERROR     LATENCY(ms) FILE
265     dd               R     65536 -              13.929 luatrace
265     dd               R     65536 -              15.185 luatrace
265     dd               R     65536 -               6.628 luatrace
]],
	options = {
		{ "min-ms", "m", type = "milliseconds", default = 10, help = "what counts as long", sets = "min_ns" },
		{ "all", "a", help = "also pipes, terminals, devices and sockets", sets = "all_kinds" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
struct event {
	u64 ts, latency;
	s64 result;
	u32 pid;
	char op;
	char comm[TASK_COMM_LEN];
	char file[256];
};
const volatile u64 min_ns;
const volatile bool all_kinds;
BPF_CALLS(calls, u64, 65536);	/* by file: a read may be made of others, of the file system below */
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int begin(struct file *file)
{
	u64 now;

	if ((!all_kinds && !S_ISREG(file->f_inode->i_mode)) || !wanted())
		return 0;
	now = bpf_ktime_get_ns();
	begin_call(calls, (u64)file, &now);
	return 0;
}

static __always_inline int end(struct file *file, long result, char op)
{
	struct event event = {
		.ts = bpf_ktime_get_ns(), .result = result, .pid = bpf_get_current_pid_tgid() >> 32, .op = op,
	};
	u64 start;

	if (!end_call(calls, (u64)file, &start))
		return 0;
	event.latency = event.ts - start;
	if (event.latency < min_ns)
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_kernel_str(&event.file, sizeof(event.file), file->f_path.dentry->d_name.name);
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

KFUNC_PROBE(vfs_read, struct file *file) { return begin(file); }
KFUNC_PROBE(vfs_write, struct file *file) { return begin(file); }

KRETFUNC_PROBE(vfs_read, struct file *file, char *buffer, size_t count, loff_t *position, ssize_t ret)
{
	return end(file, ret, 'R');
}

KRETFUNC_PROBE(vfs_write, struct file *file, const char *buffer, size_t count, loff_t *position, ssize_t ret)
{
	return end(file, ret, 'W');
}]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "OP", width = 2, value = function(e) return string.char(e.op) end },
		{ "BYTES", width = 8, align = "right", value = function(e) return e.result >= 0 and e.result or nil end },
		{ "ERROR", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
		{ "LATENCY", unit = "ms", width = 12, decimals = 3, value = function(e) return tonumber(e.latency) / 1e6 end },
		{ "FILE" },
	},
}
