-- SPDX-License-Identifier: MIT
local probed = require "luatrace.tool.probed"

local function by(options)
	return probed.list("funclatency", "--by", options.by or "probe")
end

local function unit(options)
	return options.milliseconds and "ms" or options.microseconds and "us" or "ns"
end

local DIVIDE = { ns = 1, us = 1e3, ms = 1e6 }

return {
	summary = "how long calls of a function take: histograms",
	description = [[
Shows how long calls take from where they begin to where they end, with what they call and with the time that the
thread sleeps or waits for a CPU in them. The probe is a function (vfs_read or kprobe:vfs_read, fentry:vfs_read,
uprobe:/bin/bash:readline, uprobe:c:malloc) or a system call (tracepoint:syscalls:sys_enter_openat). Of kprobe, uprobe
and tracepoint the last part may be a pattern with *; each function has a histogram.

A function that calls itself is measured in each of its calls. Calls that have begun before tracing did are not
counted, nor are those that never return.

--by makes a histogram for each value of C expressions: pid, comm, a function's arguments by name or as arg0, arg1, …,
or, of its end, retval. --filter counts only calls for which one holds.]],
	overhead = "two programs each call: together 1.2 microseconds in the kernel, 7 of a user's function",
	example = [[
# luatrace funclatency uprobe:c:malloc -n bash
probe = uprobe:c:malloc
     nsecs               : count     distribution
      1024 -> 2047       : 1085     |****************************************|
      2048 -> 4095       : 28       |*                                       |
      4096 -> 8191       : 18       |                                        |
      8192 -> 16383      : 2        |                                        |
     16384 -> 32767      : 1        |                                        |
     32768 -> 65535      : 2        |                                        |
   1048576 -> 2097151    : 1        |                                        |
   8388608 -> 16777215   : 1        |                                        |
count 1138, average 15727, total 17897557, max 14529244
]],
	options = {
		{ "probe", positional = true, required = true, metavar = "PROBE", help = "the function, KIND:TARGET" },
		{ "microseconds", help = "in microseconds, not nanoseconds" },
		{ "milliseconds", "m", help = "in milliseconds" },
		{ "by", "b", type = "string", metavar = "EXPRS", help = "a histogram for each value of these C expressions" },
		{ "filter", "e", type = "string", metavar = "EXPR", help = "only calls for which this C expression holds" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	bundled = probed.CALLS,
	text = function(options)
		return probed.text("funclatency", "latency", options.probe, { by = options.by or "probe", filter = options.filter,
			unit = unit(options) })
	end,
	every = function(run)
		local one = unit(run.options)
		run:hist(probed.histograms(run, by(run.options), DIVIDE[one]), { unit = one:sub(1, 1) .. "secs",
			label = probed.label(by(run.options)) })
	end,
}
