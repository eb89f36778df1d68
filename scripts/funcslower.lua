-- SPDX-License-Identifier: MIT
local probed = require "luatrace.tool.probed"
local slower = require "luatrace.oneliners.slower"

local function fields(options)
	local list = {}
	for i = 1, options.arguments do
		list[i] = ("arg%d"):format(i - 1)
	end
	list[#list + 1] = options.fields
	return #list > 0 and probed.list("funcslower", "FIELDS", list) or {}
end

return {
	summary = "calls of functions that took long, with arguments and result",
	description = [[
Prints each call that took at least so long, from where it began to where it ended: with what it calls, and with the
time that the thread sleeps or waits for a CPU in it. The probe is a function (vfs_read or kprobe:vfs_read,
fentry:vfs_read, uprobe:/bin/bash:readline, uprobe:c:malloc) or a system call (tracepoint:syscalls:sys_enter_openat).
Of kprobe, uprobe and tracepoint the last part may be a pattern with *.

FIELDS are C expressions whose values are taken where the call begins, and --arguments shows the first ones as they are
in registers; RESULT is what the call returned; of a user's function it is the whole register. Calls that have begun
before tracing did are not shown.]],
	overhead = "two programs each call: together 1 microsecond in the kernel, 7 of a user's function",
	example = [[
# luatrace funcslower "tracepoint:syscalls:sys_enter_f*sync" -m 1 -a 1 -n perl
PID     TID     COMM              LATENCY(us)     RESULT PROBE                    ARG0
23735   23735   perl                29866.706          0 syscalls:sys_enter_fsync 3
23735   23735   perl                 3752.149          0 syscalls:sys_enter_fsync 3
23735   23735   perl                 3705.772          0 syscalls:sys_enter_fsync 3
23735   23735   perl                 3759.793          0 syscalls:sys_enter_fsync 3
]],
	options = {
		{ "probe", positional = true, required = true, metavar = "PROBE", help = "the function, KIND:TARGET" },
		{ "fields", positional = true, type = "string", metavar = "FIELDS",
			help = "C expressions to print, with commas between" },
		{ "min-ms", "m", type = "milliseconds", default = 1, help = "the shortest calls that are shown" },
		{ "min-us", type = "number", min = 0, metavar = "US", help = "the same, in microseconds" },
		{ "arguments", "a", type = "integer", min = 0, max = 6, default = 0, metavar = "COUNT",
			help = "show so many arguments" },
		{ "filter", "e", type = "string", metavar = "EXPR", help = "only calls for which this C expression holds" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options)
		return { lt_least = math.floor(options.min_us and options.min_us * 1e3 or options.min_ms * 1e6) }
	end,
	bundled = probed.CALLS,
	text = function(options)
		local texts = {}
		for i, e in ipairs(fields(options)) do
			texts[i] = e.text
		end
		return probed.text("funcslower", "latency", options.probe, { by = texts, filter = options.filter }, slower.write)
	end,
	clock = "at",
	span = function(e, run)
		return e.at - e.ns, e.ns, probed.places(run)[tonumber(e.place)], e.pid, e.tid, ffi.string(e.comm)
	end,
	columns = function(options)
		local columns = {
			{ "PID", width = 7 }, { "TID", width = 7 }, { "COMM", width = 16 },
			{ "LATENCY", unit = "us", width = 12, decimals = 3, value = function(e) return tonumber(e.ns) / 1e3 end },
			{ "RESULT", width = 10, align = "right" },
			{ "PROBE", width = 24, when = function() return probed.is_pattern(options.probe) end,
				value = function(e, run) return probed.places(run)[tonumber(e.place)] end },
		}
		for _, column in ipairs(probed.record_columns(fields(options), "pid", "tid", "comm", "result", "probe")) do
			columns[#columns + 1] = column
		end
		return columns
	end,
	attach = probed.places,
}
