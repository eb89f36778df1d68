-- SPDX-License-Identifier: MIT
local BPF = require "luatrace"
local kept = require "luatrace.tool.kept"

local COMMON = [[
#include <luatrace/filter.h>
#include <luatrace/kept.h>
const volatile u64 min_size, max_size = -1;
const volatile u32 every = 1;

static __always_inline bool wanted_size(u64 size)
{
	return size >= min_size && size <= max_size && wanted() && (every == 1 || bpf_get_prandom_u32() % every == 0);
}
]]

local KERNEL = [[
#define ALLOCATES(NAME) \
	TRACEPOINT_PROBE(kmem, NAME) \
	{ \
		if (args->ptr && wanted_size(args->bytes_alloc)) \
			keep(args, (u64)args->ptr, args->bytes_alloc); \
		return 0; \
	}
ALLOCATES(kmalloc)
ALLOCATES(kmem_cache_alloc)
TRACEPOINT_PROBE(kmem, kfree) { return let_go((u64)args->ptr); }
TRACEPOINT_PROBE(kmem, kmem_cache_free) { return let_go((u64)args->ptr); }
]]

local function process(options) return not options.kernel and (options.pid or BPF.target_pid()) or nil end

return {
	summary = "memory that was allocated and not freed, by the stacks that allocated it",
	description = [[
Of a process (--pid, or the command of luatrace -c) calls of malloc, calloc, realloc, posix_memalign, aligned_alloc,
memalign and free are followed; without one, or with --kernel, the slab allocations of the kernel. What was allocated
while it ran, and not freed so far, is shown every few seconds and in the end: those stacks whose blocks take most
memory, the most last. What was allocated before is not seen, nor are the process's children.

What is not freed is no leak for that: caches are kept, and blocks of what is at work right now are among them. Those
that become more each time are worth a look; --older leaves out the young ones. What the kernel frees in bulk counts on.

Stacks of a process are followed by frame pointers: of code that was compiled without them only the function that called
the allocator is sure.]],
	example = [[
# luatrace -c "build/tests/workload leak 97" memleak
03:17:32
    workload_leak
    -                workload (15222)
        9797 bytes in 97 allocations

    workload_leak_realloc
    -                workload (15222)
        19594 bytes in 97 allocations
]],
	overhead = "an allocation and its free, three uprobes, take 8 microseconds more; those of the kernel, two tracepoint "
		.. "programs, 4. With --sample-rate most of them take no stack",
	options = {
		{ "kernel", "k", help = "allocations of the kernel, also when there is a process or a command" },
		{ "older", "o", type = "milliseconds", default = 0, help = "only blocks of that age" },
		{ "min-size", "z", type = "integer", min = 0, default = 0, metavar = "BYTES", help = "only blocks of that size" },
		{ "max-size", "Z", type = "integer", min = 0, metavar = "BYTES", help = "only blocks up to that size" },
		{ "sample-rate", "s", type = "integer", min = 1, default = 1, metavar = "N",
			help = "only each N-th allocation, by chance" },
		{ "object", "O", type = "string", default = "c", metavar = "FILE",
			help = "the library or program that has the allocator" },
		{ "rows", "r", type = "integer", min = 1, default = 10, metavar = "ROWS", help = "show at most so many stacks" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options)
		local of_process = process(options) ~= nil
		return { min_size = options.min_size, max_size = options.max_size, every = options.sample_rate,
			lt_stack_user = of_process, lt_stack_kernel = not of_process }
	end,
	bundled = { "", "-p 1" },
	text = function(options) return COMMON .. (process(options) and "#include <luatrace/malloc.h>\n" or KERNEL) end,
	attach = function(run)
		local pid = process(run.options)
		return pid and kept.attach_malloc(run, run.options.object, pid)
	end,
	interval = 5,
	stacks = { unit = "bytes", times = "allocations" },
	every = function(run)
		run:show_stacks(kept.most(run, run.options.older * 1e6, run.options.rows))
		run:say_lost("lt_kept_lost", "allocations")
	end,
}
