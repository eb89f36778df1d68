-- SPDX-License-Identifier: MIT
local BPF = require "luatrace"
local cycles = require "luatrace.tool.cycles"
local errors = require "luatrace.errors"
local mutex = require "luatrace.tool.mutex"

local seen, found = {}, 0	-- cycles that were shown: their names, and how many

local function process(options)
	return options.pid or BPF.target_pid() or errors.raise(
		"deadlock: whose locks? give --pid, or a command: luatrace -c COMMAND deadlock", errors.EINVAL)
end

local function row_of(run, order)
	local held, wanted = order.seen.held, order.seen.wanted
	return { cycle = found, tid = order.seen.tid, comm = ffi.string(wanted.stack.comm), count = order.seen.count,
		holds = mutex.address(held), wants = mutex.address(wanted),
		held_at = mutex.place(run, held), wanted_at = mutex.place(run, wanted) }
end

return {
	summary = "mutexes that threads lock in orders which can end in a deadlock",
	description = [[
Follows pthread mutexes of one process (--pid, or the command of luatrace -c). When a thread locks one while it holds
another, that is an order of the two. Orders that make a cycle can block all of their threads for ever, though they
did not yet: each cycle is shown once, an order a row, with how often it was seen until then and by which thread first.

HOLDS and WANTS are addresses of mutexes; HELD_AT and WANTED_AT are where they were locked, the innermost function
first, its callers as far as frame pointers lead.

A cycle is no proof: all its orders may be of one thread, or below another mutex that keeps them apart. trylock waits
for nobody, but what it got is held. A mutex that was initialised anew is another one. Locks that were taken before are
not known, nor are other kinds of locks, or those of programs that bring their own (Go). A thread's locks count up to
16.]],
	example = [[
# luatrace -c "build/tests/workload mutex 97 300" deadlock
03:24:50
CYCLE TID     COMM               COUNT HOLDS          WANTS          HELD_AT                  WANTED_AT
    1 10592   workload              97 0x55d65797b180 0x55d65797b1a8 workload_lock            workload_lock
    1 10606   workload              97 0x55d65797b1a8 0x55d65797b180 workload_lock_back       workload_lock_back
]],
	overhead = "uprobes on lock and unlock: 12 microseconds more for both",
	options = {
		{ "binary", "b", type = "string", default = "c", metavar = "FILE",
			help = "the library or program that has pthread_mutex_lock" },
	},
	filters = { "pid" },
	params = function(options) return { lt_mutex_pid = process(options), lt_stack_kernel = false } end,
	text = [[
#include <luatrace/mutex.h>
struct order { u64 from, to; };
struct seen { u64 count; struct lt_mutex held, wanted; u32 tid; };
BPF_HASH(orders, struct order, struct seen, 65536);

static __always_inline void mutex_wanted(struct lt_mutex *held, struct lt_mutex *wanted)
{
	struct order order = { held->id, wanted->id };
	struct seen fresh = { 0, *held, *wanted, bpf_get_current_pid_tgid() };
	struct seen *seen = orders.lookup_or_try_init(&order, &fresh);

	if (seen)
		__sync_fetch_and_add(&seen->count, 1);
	else
		lt_mutex_lost.atomic_increment(0);
}]],
	attach = function(run) mutex.attach(run, run.options.binary, process(run.options)) end,
	interval = 1,
	columns = {
		{ "CYCLE", width = 5, align = "right" }, { "TID", width = 7 }, { "COMM", width = 16 },
		{ "COUNT", width = 7, align = "right" },
		{ "HOLDS", width = 14 }, { "WANTS", width = 14 }, { "HELD_AT", width = 24 }, { "WANTED_AT" },
	},
	every = function(run)
		local orders, rows = {}, {}
		for i, entry in ipairs(run:read "orders") do
			orders[i] = { from = tostring(entry.key.from), to = tostring(entry.key.to), seen = entry.value }
		end
		for _, cycle in ipairs(cycles.find(orders, seen)) do
			found = found + 1
			for _, order in ipairs(cycle.edges) do
				rows[#rows + 1] = row_of(run, order)
			end
		end
		if #rows > 0 then
			run:rows(rows)
		elseif run.last and found == 0 then
			run:say("no cycle; %d orders of two mutexes", #orders)
		end
		run:say_lost("lt_mutex_lost", "locks")
	end,
}
