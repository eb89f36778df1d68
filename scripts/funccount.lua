-- SPDX-License-Identifier: MIT
local probed = require "luatrace.tool.probed"

local function by(options)
	return probed.list("funccount", "--by", options.by or "probe")
end

return {
	summary = "how often functions, tracepoints and USDT probes are reached",
	description = [[
Counts how often a place is reached. The probe is written as `luatrace probes` prints it, KIND:TARGET: kprobe:vfs_read
(or just vfs_read), fentry:vfs_read, tracepoint:sched:sched_switch, raw_tracepoint:sched_switch,
uprobe:/bin/bash:readline, uprobe:c:malloc, usdt:FILE:NAME. Of kprobe, uprobe and tracepoint the last part may be a
pattern with *, and each place is counted by itself.

--by counts by other keys, C expressions of what the place has: pid, tid, comm, uid, cpu, a function's arguments by
name or as arg0, arg1, …, a tracepoint's fields as args->NAME. --filter counts only where one holds.

A place that was never reached is not shown.]],
	overhead = "one program each time a place is reached: 0.2 microseconds in the kernel, 6 of a uprobe",
	example = [[
# luatrace funccount 'tracepoint:sched:sched_w*' -d 1
     COUNT PROBE
      1160 sched:sched_wakeup
      1160 sched:sched_waking
        29 sched:sched_wakeup_new
]],
	options = {
		{ "probe", positional = true, required = true, metavar = "PROBE", help = "what is counted, KIND:TARGET" },
		{ "by", "b", type = "string", metavar = "EXPRS", help = "count by these C expressions, not by place" },
		{ "filter", "e", type = "string", metavar = "EXPR", help = "only where this C expression holds" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	bundled = probed.EVENTS,
	text = function(options)
		return probed.text("funccount", "count", options.probe, { by = options.by or "probe", filter = options.filter })
	end,
	sort = "COUNT",
	columns = function(options)
		local columns = probed.columns(by(options), "count")
		table.insert(columns, 1, { "COUNT", width = 10, align = "right", metric = "counter" })
		return columns
	end,
	every = function(run) run:rows(probed.counts(run, by(run.options))) end,
}
