-- SPDX-License-Identifier: MIT
return {
	summary = "allocations of the kernel's slab caches: how many, how much",
	description = [[
Objects that the kernel allocated in each interval, by cache, and the memory that they took. It is a rate: what was
freed meanwhile is not taken off; /proc/slabinfo has what is in use.

kmalloc-N are the caches of the kernel's kmalloc() for objects of N bytes, all kinds of them together (kmalloc-cg-N,
kmalloc-rcl-N); above 8 KiB they are whole pages. Objects that are allocated in bulk, such as those of network packets,
have no tracepoint and are not counted. Before kernel 6.1 it takes kprobes, and kmalloc() is not seen. Filters are by
the task that was on the CPU.

With --top it is shown in place, as top shows processes.]],
	example = [[
# luatrace slabratetop 1 1
03:11:43
CACHE                            COUNT    SIZE(KiB)
names_cache                      14482      57928.0
vm_area_struct                   15289       2866.7
maple_node                       11327       2831.8
filp                              5578       1045.9
]],
	overhead = "a raw tracepoint program for each allocation, about 0.3 microseconds; there can be a million a second",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct sum { u64 count, bytes; char name[32]; };
/* By the cache's address; of kmalloc by the size. */
BPF_HASH(sums, u64, struct sum, 8192);

static __always_inline int count(u64 key, u64 bytes, const char *name)
{
	struct sum fresh = {}, *sum = sums.lookup(&key);

	if (!sum) {
		if (name)
			bpf_probe_read_kernel_str(fresh.name, sizeof(fresh.name), name);
		sum = sums.lookup_or_try_init(&key, &fresh);
	}
	if (!sum)
		return 0;
	__sync_fetch_and_add(&sum->count, 1);
	__sync_fetch_and_add(&sum->bytes, bytes);
	return 0;
}

/* Before Linux 6.1 the tracepoints do not tell the cache. */
#define TOLD (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0))

RAW_TRACEPOINT_PROBE(kmem_cache_alloc)
{
	struct kmem_cache *cache = (struct kmem_cache *)ctx->args[2];

	return TOLD && ctx->args[1] && wanted() ? count((u64)cache, cache->size, cache->name) : 0;
}

RAW_TRACEPOINT_PROBE(kmalloc)
{
	return TOLD && ctx->args[1] && wanted() ? count(ctx->args[3], ctx->args[3], NULL) : 0;
}

int allocated(struct pt_regs *ctx, struct kmem_cache *cache)
{
	return wanted() ? count((u64)cache, cache->size, cache->name) : 0;
}]],
	attach = function(run)
		local release = assert(io.open "/proc/sys/kernel/osrelease")
		local major, minor = release:read "*l":match "^(%d+)%.(%d+)"
		release:close()
		for _, fn in ipairs(major * 1000 + minor < 6001 and { "kmem_cache_alloc", "kmem_cache_alloc_node" } or {}) do
			run.b:attach_kprobe { event = fn, fn_name = "allocated" }
		end
	end,
	interval = 1, rows = 20, sort = "SIZE",
	columns = {
		{ "CACHE", width = 28, label = true }, { "COUNT", width = 9, align = "right" },
		{ "SIZE", unit = "KiB", width = 12, decimals = 1, metric = "counter",
			value = function(row) return row.bytes / 1024 end },
	},
	every = function(run)
		local rows = run:take_rows "sums"
		for _, row in ipairs(rows) do
			row.cache = row.name ~= "" and row.name or ("kmalloc-%d"):format(tonumber(row.key))
		end
		run:rows(rows, "cache")
	end,
}
