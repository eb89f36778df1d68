-- SPDX-License-Identifier: MIT
local OPERATIONS = { [0] = "read", "write", "open", "fsync" }

return {
	summary = "ext4's reads, writes, opens and fsyncs that take long, with file and time",
	description = [[
A row for each call of ext4's functions for read, write, open and fsync that took --min-ms or longer, from its call to
its return: with what it waited for locks, for memory, for the disk. What is written back later is not seen, nor are
mapped files. With --min-ms 0 it shows all of them, those from the page cache too.

BYTES is how much was read or written, "-" where it failed; OFFSET where in the file. FILE is the name without its
directories. A synchronous write shows its fsync as a row of its own, ahead of it.

It takes kprobes of ext4's functions. Where ext4 is a module, it must be loaded: it is once a file system is mounted.]],
	example = [[
# luatrace ext4slower -m 5
COMM             PID     OP       BYTES     OFFSET LATENCY(ms) FILE
sync             261     fsync        -          0       6.862 log
dd               262     write    65536     262144       9.781 data
dd               262     write    65536     458752       5.987 data
dd               262     fsync        -          0     938.277 data
cat              263     read    131072          0      10.501 log
]],
	overhead = "two kprobes a call, about 1 microsecond; a busy page cache makes a million calls a second",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "min-ms", "m", type = "milliseconds", default = 10, help = "only what took so long", sets = "min_ns" },
	},
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
enum { READ, WRITE, OPEN, FSYNC };
struct call { u64 ts, offset; struct file *file; };
struct event {
	u64 ts, ns, offset;
	s64 result;
	u32 pid, operation;
	char comm[TASK_COMM_LEN];
	char file[256];
};
const volatile u64 min_ns;
BPF_CALLS(calls, struct call, 65536);	/* by operation: a synchronous write calls fsync's function */
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int enter(u64 operation, struct file *file, u64 offset)
{
	struct call call = { bpf_ktime_get_ns(), offset, file };

	if (wanted())
		begin_call(calls, operation, &call);
	return 0;
}

static __always_inline int leave(struct pt_regs *ctx, u64 operation)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .operation = operation };
	struct call call;

	if (!end_call(calls, operation, &call))
		return 0;
	event.ns = event.ts - call.ts;
	if (event.ns < min_ns)
		return 0;
	event.offset = call.offset;
	event.result = operation == OPEN || operation == FSYNC ? (int)PT_REGS_RC(ctx) : PT_REGS_RC(ctx);
	event.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	bpf_probe_read_kernel_str(event.file, sizeof(event.file), call.file->f_path.dentry->d_name.name);
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

int kprobe__ext4_file_read_iter(struct pt_regs *ctx, struct kiocb *iocb)
{
	return enter(READ, iocb->ki_filp, iocb->ki_pos);
}

int kprobe__ext4_file_write_iter(struct pt_regs *ctx, struct kiocb *iocb)
{
	return enter(WRITE, iocb->ki_filp, iocb->ki_pos);
}

int kprobe__ext4_file_open(struct pt_regs *ctx, struct inode *inode, struct file *file) { return enter(OPEN, file, 0); }
int kprobe__ext4_sync_file(struct pt_regs *ctx, struct file *file, u64 start) { return enter(FSYNC, file, start); }
int kretprobe__ext4_file_read_iter(struct pt_regs *ctx) { return leave(ctx, READ); }
int kretprobe__ext4_file_write_iter(struct pt_regs *ctx) { return leave(ctx, WRITE); }
int kretprobe__ext4_file_open(struct pt_regs *ctx) { return leave(ctx, OPEN); }
int kretprobe__ext4_sync_file(struct pt_regs *ctx) { return leave(ctx, FSYNC); }]],
	clock = "ts",
	columns = {
		{ "COMM", width = 16 }, { "PID", width = 7 },
		{ "OP", width = 5, value = function(e) return OPERATIONS[e.operation] end },
		{ "BYTES", width = 8, align = "right",
			value = function(e) return e.operation <= 1 and e.result >= 0 and e.result or nil end },
		{ "OFFSET", width = 10, align = "right", value = function(e) return e.operation ~= 2 and e.offset or nil end },
		{ "LATENCY", unit = "ms", width = 11, decimals = 3, value = function(e) return tonumber(e.ns) / 1e6 end },
		{ "FILE" },
	},
}
