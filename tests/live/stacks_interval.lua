-- SPDX-License-Identifier: MIT
-- Stacks that are counted while those of the interval before get their names: they have names too.
local t = require "tap"
local live = require "live"
local sh = require "sh"

-- Each time after the counts were taken it calls from where nothing was counted yet.
local TOOL = live.file([==[
local ffi = require "ffi"
ffi.cdef "int getppid(int), getuid(int), getgid(int), getsid(int);"
local calls, probes = { "getppid", "getuid", "getgid", "getsid" }, {}
for i, name in ipairs(calls) do
	probes[i] = ([[
TRACEPOINT_PROBE(syscalls, sys_enter_%s)
{
	if (bpf_get_current_pid_tgid() >> 32 == own)
		count_stack(args, 1);
	return 0;
}
]]):format(name)
end
local function call()
	local name = table.remove(calls, 1)
	if name then
		ffi.C[name](0)
	end
end
return {
	summary = "stacks of calls",
	text = [[
#include <luatrace/stacks.h>
const volatile u32 own;
]] .. table.concat(probes),
	params = function() return { own = require("luatrace.abi").lt_own_pid() } end,
	stacks = { unit = "calls" },
	every = function(run)
		if #calls == 4 then
			call()
		end
		run:show_stacks("lt_stack_counts", function(key, frames_of)
			local frames = frames_of(key)
			if #frames > 0 then
				call()
			end
			return ffi.string(key.comm), tonumber(key.pid), frames
		end)
	end,
}]==], "calls.lua")

local status, out, err = sh.run(("%s %s --json -U 0.05 5"):format(live.luatrace, TOOL))
t.eq(status .. err, "0", "it runs")
local shown, functions = 0, {}
for stack in out:gmatch '"stack":(%b[])' do
	shown = shown + 1
	functions[#functions + 1] = stack:match '"([^"]*)"%]$'
end
t.eq(table.concat(functions, " "), "getppid getuid getgid getsid", "each has its stack")
t.eq(shown, 4, "each was counted")
t.done()
