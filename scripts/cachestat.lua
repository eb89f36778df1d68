-- SPDX-License-Identifier: MIT
local function meminfo()
	local sizes = {}
	for line in io.lines "/proc/meminfo" do
		local name, size = line:match "^(%w+): +(%d+) kB"
		if name then
			sizes[name] = tonumber(size)
		end
	end
	return sizes
end

local NAMES = { [0] = "accessed", "buffers", "added", "dirtied" }

return {
	summary = "how well the page cache works: hits, misses and pages that were written to",
	description = [[
Shows for each interval how often processes found what they read of files in the page cache, and how often not.

MISSES are pages that were put into the cache (tracepoint mm_filemap_add_to_page_cache) less those that became
dirty (writeback_dirty_folio), for a write puts pages there too. HITS are pages marked as accessed
(folio_mark_accessed), less those of file system buffers that were written to (mark_buffer_dirty), less the
misses. RATIO is the part of hits. CACHED and BUFFERS are what the cache holds, as /proc/meminfo says.

The numbers are an estimate: the kernel has no event of a hit. What readahead fetches counts as missed whether
it is read or not; a read of the same page as the one before is not marked again; writes to pages that are in
the cache already hide misses. Where a file system has large folios, each counts once, whatever its size.]],
	overhead = "a program each time that a page is read or written to in the cache, about 0.1 microseconds",
	text = [[
enum { ACCESSED, BUFFERS, ADDED, DIRTIED, KINDS };
BPF_PERCPU_ARRAY(pages, u64, KINDS);

static __always_inline int count(u32 kind)
{
	u64 *sum = pages.lookup(&kind);

	if (sum)
		__sync_fetch_and_add(sum, 1);
	return 0;
}

int kprobe__folio_mark_accessed(struct pt_regs *ctx) { return count(ACCESSED); }
int kprobe__mark_buffer_dirty(struct pt_regs *ctx) { return count(BUFFERS); }
RAW_TRACEPOINT_PROBE(mm_filemap_add_to_page_cache) { return count(ADDED); }
RAW_TRACEPOINT_PROBE(writeback_dirty_folio) { return count(DIRTIED); }
]],
	interval = 1,
	columns = {
		{ "HITS", width = 9, align = "right", metric = "counter" },
		{ "MISSES", width = 9, align = "right", metric = "counter" },
		{ "DIRTIED", width = 9, align = "right", metric = "counter" },
		{ "RATIO", unit = "%", width = 8, decimals = 2,
			value = function(row)
				local total = row.hits + row.misses
				return total > 0 and 100 * row.hits / total or nil
			end },
		{ "CACHED", unit = "MiB", width = 11, decimals = 1, value = function(row) return row.cached / 1024 end },
		{ "BUFFERS", unit = "MiB", width = 12, decimals = 1, value = function(row) return row.in_buffers / 1024 end },
	},
	every = function(run)
		local counts, sizes = { accessed = 0, buffers = 0, added = 0, dirtied = 0 }, meminfo()
		for _, entry in ipairs(run:take "pages") do
			counts[NAMES[entry.key]] = tonumber(entry.value)
		end
		local misses = math.max(0, counts.added - counts.dirtied)
		run:row { hits = math.max(0, counts.accessed - counts.buffers - misses), misses = misses, dirtied = counts.dirtied,
			cached = sizes.Cached, in_buffers = sizes.Buffers }
	end,
}
