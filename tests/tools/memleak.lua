-- SPDX-License-Identifier: MIT
-- memleak: blocks that a process did not free, each of a known size, and none that it did; the kernel's inodes of files
-- that are there.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local COUNT, SIZE = 97, 101	-- as in tests/lib/workload.c

local function by_function(words, command)
	local found = {}
	for _, row in ipairs(tool.rows(words, command)) do
		for _, frame in ipairs(row.stack) do
			local one = found[frame] or { bytes = 0, allocations = 0, comm = row.comm }
			one.bytes, one.allocations = one.bytes + row.count, one.allocations + row.allocations
			found[frame] = one
		end
	end
	return found
end

local command = ("exec build/tests/workload leak %d 300"):format(COUNT)
local found = by_function(("memleak -r 1000 -z %d -Z %d"):format(SIZE, 2 * SIZE), command)
local leak, moved = found.workload_leak or {}, found.workload_leak_realloc or {}
t.eq(leak.allocations, COUNT, "each block of malloc()")
t.eq(leak.bytes, COUNT * SIZE, "their sizes")
t.eq(leak.comm, "workload", "whose")
t.eq(moved.allocations, COUNT, "each of realloc(), once")
t.eq(moved.bytes, COUNT * 2 * SIZE, "as large as it has become")
t.eq(found.do_leak, nil, "none that was freed")
t.eq(found._IO_file_doallocate, nil, "--max-size: not the buffer of the standard output")

local files = "/dev/shm/" .. sh.dir():match "[^/]+$"
sh.run("mkdir " .. files)
local opens = ("exec perl -e '$0 = \"lt-opens\"; open F, \">\", \"%s/$_\" for 1..%d'"):format(files, COUNT)
local _, out = tool.run("memleak -k -n lt-opens -r 100000 --csv", opens)
sh.run("rm -r " .. files)
t.like(out, "^time,pid,comm,count,unit,stack,allocations\n", "as CSV")
-- What shmem_alloc_inode() itself asks for; below the allocator, it may ask for memory of its own.
local inodes = 0
local ROW = "\n[^\n]*,lt%-opens,%d+,bytes,lt%-opens;[^\n]*shmem_alloc_inode_%[k%]([^\n]*),(%d+)%f[\n]"
for below, count in out:gmatch(ROW) do
	local others = below:gsub(";[%w_.]*kmem_cache_alloc[%w_.]*_%[k%]", "")
	inodes = inodes + (others == "" and tonumber(count) or 0)
end
t.eq(inodes, COUNT, "--kernel: an inode for each file")

local status, samples = tool.run("profile --csv -n perl", "exec perl -e '1 while times < 0.2'")
t.eq(status, 0, "profile as CSV")
t.like(samples, "^time,pid,comm,count,unit,stack\n.*,perl,%d+,samples,perl;", "stacks without a number of allocations")
t.done()
