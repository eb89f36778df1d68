-- SPDX-License-Identifier: MIT
local block = require "luatrace.tool.block"

return {
	summary = "block I/O by process and disk: how often, how much, how long it took",
	description = [[
Requests that were completed in each interval, by the task that made them, the disk and the operation: R (read), W
(write), D (discard), Z (write zeroes), F (flush), N (other). TIME is the average from when a request was made to its
completion, waits in the kernel's queues included. What is written back later, and flushes, are made by threads of the
kernel (kworker).

With --top it is shown in place, as top shows processes.]],
	example = [[
# luatrace biotop 1 1
03:09:43
PID     COMM             DISK     OP    COUNT   SIZE(KiB)    TIME(ms)
20642   dd               loop0    R        97      6208.0       0.054
20580   ld               vda      R        17      1456.0       0.192
18692   kworker/u8:1     vda      W        15        60.0       0.060
20643   dd               loop0    W        13        52.0       0.020
]],
	overhead = "three or four raw tracepoint programs a request, together about 3 microseconds",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = { block.disk_option },
	params = block.params,
	finish = block.say_lost,
	text = [[
#include <luatrace/block.h>
struct who { u32 pid, op; char comm[TASK_COMM_LEN]; char disk[DISK_NAME_LEN]; };
struct sum { u64 count, bytes, ns; };
BPF_HASH(sums, struct who, struct sum, 10240);

static __always_inline int io_done(struct lt_io *io)
{
	struct who who = { .pid = io->owner.pid, .op = io->flags & LT_IO_OP };
	struct sum zero = {}, *sum;

	__builtin_memcpy(who.comm, io->owner.comm, sizeof(who.comm));
	__builtin_memcpy(who.disk, io->disk, sizeof(who.disk));
	sum = sums.lookup_or_try_init(&who, &zero);
	if (!sum)
		return 0;
	__sync_fetch_and_add(&sum->count, 1);
	__sync_fetch_and_add(&sum->bytes, io->bytes);
	__sync_fetch_and_add(&sum->ns, io->done - io->owner.ts);
	return 0;
}]],
	interval = 1, rows = 20, sort = "SIZE",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 }, { "DISK", width = 8, label = true },
		{ "OP", width = 2, label = true, value = function(row) return block.operation(row.op) end },
		{ "COUNT", width = 8, align = "right" },
		{ "SIZE", unit = "KiB", width = 11, decimals = 1, metric = "counter",
			value = function(row) return row.bytes / 1024 end },
		{ "TIME", unit = "ms", width = 11, decimals = 3, metric = "none",
			value = function(row) return row.ns / row.count / 1e6 end },
	},
	every = function(run) run:rows "sums" end,
}
