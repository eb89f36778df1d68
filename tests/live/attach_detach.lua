-- SPDX-License-Identifier: MIT
-- Attached and detached a thousand times: descriptors, memory, and what the kernel lists are as before.
local ffi = require "ffi"
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"
local live = require "live"

-- Names of programs are cut at 15 characters.
local b = BPF { text = ([[
int MARK_p(struct pt_regs *ctx) { return 0; }
int MARK_u(struct pt_regs *ctx) { return 0; }
int MARK_e(struct bpf_perf_event_data *ctx) { return 0; }
int MARK_t(void *ctx) { return 0; }
int MARK_r(struct bpf_raw_tracepoint_args *ctx) { return 0; }
]]):gsub("MARK", live.mark) }

-- Rounds by what one takes: the kernel waits for its readers in most of them.
local WAYS = {
	{ kind = "perf_event", rounds = 400, fn = "_e", args = { ev_type = 1, ev_config = 0, sample_freq = 49 } },
	{ kind = "raw_tracepoint", rounds = 400, fn = "_r", args = { tp = "sys_enter" } },
	{ kind = "tracepoint", rounds = 100, fn = "_t", args = { tp = "syscalls:sys_enter_getppid" } },
	{ kind = "uprobe", rounds = 60, fn = "_u", args = { name = "c", sym = "getppid" } },
	{ kind = "uretprobe", rounds = 40, fn = "_u", args = { name = "c", sym = "getppid" } },
	{ kind = "kprobe", rounds = 40, fn = "_p", args = { event = "vfs_read" } },
	{ kind = "kretprobe", rounds = 40, fn = "_p", args = { event = "vfs_read" } },
}
for i = #WAYS, 1, -1 do
	local err = ffi.new("lt_error[1]")
	if C.lt_kind_supported(WAYS[i].kind, err) < 0 then
		t.skip(WAYS[i].kind .. ": " .. ffi.string(err[0].message))
		C.lt_error_clear(err)
		table.remove(WAYS, i)
	end
end

local function rounds(way, count)
	way.args.fn_name = live.mark .. way.fn
	for _ = 1, count do
		b["attach_" .. way.kind](b, way.args)
		b["detach_" .. way.kind](b, { fn_name = way.args.fn_name })
	end
end

local function in_kernel()
	local names = live.in_kernel(live.mark)
	table.sort(names)
	return table.concat(names, " ")
end

-- Everything once, and much of what is quick: Lua's heap grows to where its collector comes by, and code gets compiled.
for i, way in ipairs(WAYS) do
	rounds(way, i == 1 and 2000 or 2)
end
live.holdings()
in_kernel()
local descriptors, listed = live.holdings(), in_kernel()
b:attach_uprobe { name = "c", sym = "getppid", fn_name = live.mark .. "_u" }
t.ok(live.holdings() ~= descriptors and in_kernel() ~= listed, "an attached probe is one descriptor and one link more")
b:detach_uprobe { fn_name = live.mark .. "_u" }

local in_c, in_lua = live.allocated()	-- after something was printed: that took a buffer
local total = 0
for _, way in ipairs(WAYS) do
	rounds(way, way.rounds)
	total = total + way.rounds
	t.eq(live.holdings(), descriptors, ("%s, %d times: descriptors"):format(way.kind, way.rounds))
	t.eq(live.await(function() return in_kernel() == listed and listed end), listed, way.kind .. ": the kernel's lists")
end
t.ok(total >= 1000, total .. " in all")
local now_in_c, now_in_lua = live.allocated()
if live.luatrace:find "asan" then
	t.skip "memory: AddressSanitizer keeps what is freed"
else
	t.ok(now_in_c - in_c < 4, ("memory of C: %.1f KiB more"):format(now_in_c - in_c))
	-- Traces that the compiler adds meanwhile are some 50.
	t.ok(now_in_lua - in_lua < 160, ("memory of Lua: %.1f KiB more"):format(now_in_lua - in_lua))
end
b:close()
t.eq(live.left_in_kernel(live.mark), "", "closed: nothing is left in the kernel")
t.done()
