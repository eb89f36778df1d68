-- SPDX-License-Identifier: MIT
local BPF = require "luatrace"
local bit = require "bit"
local stacks = require "luatrace.tool.stacks"

-- Of allocations that were not freed: what they took, since when, and where they were made. image: how many calls of
-- execve() there were before; each ends the memory of the one before it.
local COMMON = [[
#include <luatrace/filter.h>
#include <luatrace/stacks.h>
struct block { u64 ts, size, image; struct lt_stack_key stack; };
const volatile u64 min_size, max_size = -1;
const volatile u32 every = 1;
BPF_HASH(blocks, u64, struct block, 262144);
BPF_ARRAY(lost, u64, 1);

static __always_inline bool is_sample(u64 size)
{
	return size >= min_size && size <= max_size && wanted() && (every == 1 || bpf_get_prandom_u32() % every == 0);
}

#define keep_block(CTX, ADDRESS, SIZE) do { \
	struct block lt_block = { .ts = bpf_ktime_get_ns(), .size = SIZE }; \
	if (lt_stack_user) \
		lt_block.image = ((struct task_struct *)bpf_get_current_task())->self_exec_id; \
	u64 lt_address = ADDRESS; \
	int lt_zero = 0; \
	take_stack(CTX, &lt_block.stack); \
	if (blocks.update(&lt_address, &lt_block)) \
		lost.atomic_increment(lt_zero); \
} while (0)
]]

-- A function may call another one of these: each has its own entry, and both keep the same block. What realloc() may
-- free is let go of ahead of it: behind it, another thread may have got the same address.
local USER = [[
enum { MALLOC, CALLOC, REALLOC, POSIX_MEMALIGN, ALIGNED_ALLOC, MEMALIGN };
struct call { u64 thread, function; };
struct pending { u64 size, where, old; struct block block; };
BPF_HASH(pendings, struct call, struct pending, 16384);

static __always_inline int enter(u64 function, struct pending *pending)
{
	struct call call = { bpf_get_current_pid_tgid(), function };

	pendings.update(&call, pending);
	return 0;
}

int on_realloc(struct pt_regs *ctx, u64 old, u64 size)
{
	struct block *block = blocks.lookup(&old);
	struct pending p = { size };

	if (block) {
		p.old = old;
		p.block = *block;
		blocks.delete(&old);
	}
	return enter(REALLOC, &p);
}

int on_free(struct pt_regs *ctx, u64 address)
{
	blocks.delete(&address);
	return 0;
}

#define AFTER(NAME, FUNCTION) \
int after_##NAME(struct pt_regs *ctx) \
{ \
	struct call call = { bpf_get_current_pid_tgid(), FUNCTION }; \
	struct pending *pending = pendings.lookup(&call); \
	u64 result = PT_REGS_RC(ctx), old; \
	if (!pending) \
		return 0; \
	if (FUNCTION == POSIX_MEMALIGN && (result || bpf_probe_read_user(&result, sizeof(result), (void *)pending->where))) \
		result = 0; \
	old = pending->old; \
	if (!result && old && pending->size) \
		blocks.update(&old, &pending->block); \
	if (result && is_sample(pending->size)) \
		keep_block(ctx, result, pending->size); \
	pendings.delete(&call); \
	return 0; \
}
#define BOTH(NAME, FUNCTION, SIZE, WHERE, ...) \
int on_##NAME(struct pt_regs *ctx, __VA_ARGS__) { struct pending p = { SIZE, WHERE }; return enter(FUNCTION, &p); } \
AFTER(NAME, FUNCTION)
AFTER(realloc, REALLOC)
BOTH(malloc, MALLOC, size, 0, u64 size)
BOTH(calloc, CALLOC, n * size, 0, u64 n, u64 size)
BOTH(aligned_alloc, ALIGNED_ALLOC, size, 0, u64 align, u64 size)
BOTH(memalign, MEMALIGN, size, 0, u64 align, u64 size)
BOTH(posix_memalign, POSIX_MEMALIGN, size, where, u64 where, u64 align, u64 size)
]]

local KERNEL = [[
static __always_inline int freed(const void *pointer)
{
	u64 address = (u64)pointer;

	blocks.delete(&address);
	return 0;
}

TRACEPOINT_PROBE(kmem, kmalloc)
{
	if (args->ptr && is_sample(args->bytes_alloc))
		keep_block(args, (u64)args->ptr, args->bytes_alloc);
	return 0;
}

TRACEPOINT_PROBE(kmem, kmem_cache_alloc)
{
	if (args->ptr && is_sample(args->bytes_alloc))
		keep_block(args, (u64)args->ptr, args->bytes_alloc);
	return 0;
}

TRACEPOINT_PROBE(kmem, kfree) { return freed(args->ptr); }
TRACEPOINT_PROBE(kmem, kmem_cache_free) { return freed(args->ptr); }
]]

local function process(options) return not options.kernel and (options.pid or BPF.target_pid()) or nil end

-- What was not freed, by the stack that made it.
local function collect(run)
	local groups, list = {}, {}
	local now, older = run.clock.now(), run.options.older * 1e6
	local blocks, image = run:read "blocks", 0
	for _, entry in ipairs(blocks) do
		image = math.max(image, tonumber(entry.value.image))
	end
	for _, entry in ipairs(blocks) do
		local stack = entry.value.stack
		local id = ("%d %d"):format(bit.tobit(stack.user), bit.tobit(stack.kernel))
		if entry.value.image == image and now - tonumber(entry.value.ts) >= older then
			local one = groups[id]
			if not one then
				one = { count = 0, times = 0, key = stack }
				groups[id], list[#list + 1] = one, one
			end
			one.count, one.times = one.count + tonumber(entry.value.size), one.times + 1
		end
	end
	table.sort(list, function(a, b) return a.count > b.count end)
	for i = #list, run.options.rows + 1, -1 do
		list[i] = nil
	end
	for _, one in ipairs(list) do
		one.frames = stacks.frames(run.source, one.key)
		one.comm, one.pid = ffi.string(one.key.comm), tonumber(one.key.pid)
	end
	return list
end

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
		{ "older", "o", type = "number", min = 0, default = 0, metavar = "MS", help = "only blocks of that age" },
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
	text = function(options) return COMMON .. (process(options) and USER or KERNEL) end,
	attach = function(run)
		local pid = process(run.options)
		local function attach(symbol, enter, leave)
			run.b:attach_uprobe { name = run.options.object, sym = symbol, fn_name = enter, pid = pid }
			if leave then
				run.b:attach_uretprobe { name = run.options.object, sym = symbol, fn_name = leave, pid = pid }
			end
		end
		if not pid then return end
		attach("malloc", "on_malloc", "after_malloc")
		attach("free", "on_free")
		for _, symbol in ipairs { "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign" } do
			-- not every allocator has all of them
			local ok, why = pcall(attach, symbol, "on_" .. symbol, "after_" .. symbol)
			if not ok and run.options.object == "c" then
				error(why, 0)
			end
		end
	end,
	interval = 5,
	stacks = { unit = "bytes", times = "allocations" },
	every = function(run)
		run:show_stacks(collect(run))
		for _, entry in ipairs(run:take "lost") do
			io.stderr:write(("luatrace: %d allocations that there was no room for\n"):format(entry.value))
		end
	end,
}
