-- SPDX-License-Identifier: MIT
local block = require "luatrace.tool.block"

return {
	summary = "how long block I/O takes: histograms, by disk or by flags",
	description = [[
Times from when a request was given to the driver of its disk to its completion; with --queued from when it was made, so
that waits in the queues of the kernel count too. One request may serve several reads or writes of programs, or a part
of one. With a filter only requests made by those tasks count: what is written back later is made by kernel threads.

Disks whose drivers take bios and not requests are not seen (zram, device mapper, md): below them are those that are.]],
	example = [[
# luatrace biolatency -F -d loop0
flags = Sync-Write
     usecs               : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 0        |                                        |
         4 -> 7          : 0        |                                        |
         8 -> 15         : 5        |****************************************|
        16 -> 31         : 2        |****************                        |
        32 -> 63         : 2        |****************                        |
        64 -> 127        : 1        |********                                |
]],
	overhead = "four raw tracepoint programs a request, together about 1 microsecond",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		block.disk_option,
		{ "disks", "D", help = "one for each disk" },
		{ "flags", "F", help = "one for each kind of request, e.g. Sync-Write" },
		{ "queued", "Q", help = "with the time in the kernel's queues" },
		{ "milliseconds", "m", help = "in milliseconds, not microseconds" },
	},
	params = function(options)
		local params = block.params(options)
		params.by_disk, params.by_flags, params.queued = options.disks, options.flags, options.queued
		params.divisor = options.milliseconds and 1e6 or 1e3
		return params
	end,
	text = [[
#include <luatrace/block.h>
struct kind { u32 flags; char disk[DISK_NAME_LEN]; };
struct key { struct kind key; u32 slot; };
const volatile bool by_disk, by_flags, queued;
const volatile u64 divisor = 1000;
BPF_HISTOGRAM(times, struct key, 10240);

static __always_inline int io_done(struct lt_io *io)
{
	struct key key = {};

	if (by_disk)
		__builtin_memcpy(key.key.disk, io->disk, sizeof(io->disk));
	if (by_flags)
		key.key.flags = io->flags;
	key.slot = bpf_log2l((io->done - (queued ? io->owner.ts : io->issued)) / divisor);
	times.atomic_increment(key);
	return 0;
}]],
	every = function(run)
		local disks, flags = run.options.disks, run.options.flags
		run:hist("times", {
			unit = run.options.milliseconds and "msecs" or "usecs",
			label = disks and flags and "disk and flags" or disks and "disk" or flags and "flags" or nil,
			name = function(kind)
				local disk = disks and ffi.string(kind.disk)
				return not flags and disk or (disk and disk .. " " or "") .. block.words(kind.flags)
			end,
		})
	end,
}
