-- SPDX-License-Identifier: MIT
local block = require "luatrace.tool.block"

return {
	summary = "block I/O as it completes: who asked for it, where, how much, how long it took",
	description = [[
A row for each request that a disk has completed. A request is what the kernel's block layer hands to a driver; one may
have taken in several neighbouring reads or writes of the program, or be a part of a large one.

COMM and PID are of the task that made the request. What is written back later is made by a thread of the kernel
(kworker), and so is the I/O of stacked devices, such as the file behind a loop device.

TYPE has R (read), W (write), D (discard), Z (write zeroes), F (flush) or N (other), behind it S (synchronous), A (read
ahead), M (metadata), P (prioritised), F (force unit access), B (background); an F ahead of them is a flush that goes
before. Flushes are shared, and made by a thread of the kernel.
SECTOR is in units of 512 bytes, -1 where there is none. QUEUE is from when the request was made to when the driver got
it, LATENCY from then to its completion.

Disks whose drivers take bios and not requests are not seen (zram, device mapper, md): below them are those that are.]],
	example = [[
# luatrace -c "dd if=/dev/loop0 of=/dev/null bs=64k iflag=direct count=3" biosnoop -n dd
COMM             PID     DISK     TYPE      SECTOR    BYTES QUEUE(ms) LATENCY(ms)
dd               26398   loop0    RS             0    65536     0.023       0.237
dd               26398   loop0    RS           128    65536     0.005       0.235
dd               26398   loop0    RS           256    65536     0.004       0.019
]],
	overhead = "four raw tracepoint programs a request, together about 1 microsecond",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = { block.disk_option },
	params = block.params,
	text = [[
#include <luatrace/block.h>
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int io_done(struct lt_io *io)
{
	events.ringbuf_output(io, sizeof(*io), 0);
	return 0;
}]],
	clock = "done",
	columns = {
		{ "COMM", width = 16, value = function(io) return io.owner.comm end },
		{ "PID", width = 7, label = true, value = function(io) return io.owner.pid end },
		{ "DISK", width = 8 },
		{ "TYPE", width = 4, value = function(io) return block.type(io.flags) end },
		{ "SECTOR", width = 11, align = "right", value = function(io) return ffi.cast("int64_t", io.sector) end },
		{ "BYTES", width = 8, align = "right" },
		{ "QUEUE", unit = "ms", width = 9, decimals = 3,
			value = function(io) return tonumber(io.issued - io.owner.ts) / 1e6 end },
		{ "LATENCY", unit = "ms", width = 11, decimals = 3,
			value = function(io) return tonumber(io.done - io.issued) / 1e6 end },
	},
}
