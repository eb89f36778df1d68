-- SPDX-License-Identifier: MIT
local block = require "luatrace.tool.block"

return {
	summary = "sizes of block I/O: histograms, one for each process name",
	description = [[
Sizes of requests that were completed, by the name of the task that made them. Requests without data, flushes, do not
count. What is written back later is made by a thread of the kernel (kworker); neighbouring reads or writes may be one
request, and a large one several.]],
	example = [[
# luatrace bitesize
comm = dd
     Kbytes              : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 0        |                                        |
         4 -> 7          : 13       |*****                                   |
         8 -> 15         : 0        |                                        |
        16 -> 31         : 0        |                                        |
        32 -> 63         : 0        |                                        |
        64 -> 127        : 97       |****************************************|
]],
	overhead = "four raw tracepoint programs a request, together about 1 microsecond",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = { block.disk_option },
	params = block.params,
	text = [[
#include <luatrace/block.h>
struct key { char key[TASK_COMM_LEN]; u32 slot; };
BPF_HISTOGRAM(sizes, struct key, 10240);

static __always_inline int io_done(struct lt_io *io)
{
	struct key key = { .slot = bpf_log2l(io->bytes / 1024) };

	if (!io->bytes)
		return 0;
	__builtin_memcpy(key.key, io->owner.comm, sizeof(key.key));
	sizes.atomic_increment(key);
	return 0;
}]],
	every = function(run) run:hist("sizes", { unit = "Kbytes", label = "comm" }) end,
}
