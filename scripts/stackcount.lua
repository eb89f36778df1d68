-- SPDX-License-Identifier: MIT
local probed = require "luatrace.tool.probed"

-- What the one-liners make of the probe, with what <luatrace/stacks.h> makes of a stack.
local function write(text, probe, opts)
	local program = text:program(probe, "lt_stack", opts.expressions)
	text:add "#include <luatrace/stacks.h>"
	program:begin()
	program:filter(opts.filter)
	text:add "\tcount_stack(lt_ctx, 1);\n\treturn 0;\n}"
	return { program }
end

return {
	summary = "the ways that lead to a function, tracepoint or USDT probe: stacks by how often",
	description = [[
Counts, by process and stack, how often a place is reached: who calls a function, and on what ways. The probe is
written as `luatrace probes` prints it, KIND:TARGET: kprobe:submit_bio (or just submit_bio),
tracepoint:sched:sched_switch, uprobe:c:malloc, usdt:FILE:NAME. Of kprobe, uprobe and tracepoint the last part may be a
pattern with *.

Stacks are followed by frame pointers: a user's functions that were compiled without are missing in them.]],
	overhead = "a stack each time the place is reached: 4 microseconds, of a uprobe 10",
	example = [[
# luatrace stackcount tracepoint:sched:sched_process_fork -K -n bash -d 1
    kernel_clone
    __do_sys_clone
    do_syscall_64
    entry_SYSCALL_64_after_hwframe
    -                bash (24335)
        9 times
]],
	options = {
		{ "probe", positional = true, required = true, metavar = "PROBE", help = "where, KIND:TARGET" },
		{ "filter", "e", type = "string", metavar = "EXPR", help = "only where this C expression holds" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	bundled = probed.EVENTS,
	text = function(options)
		return probed.text("stackcount", "stacks", options.probe, { filter = options.filter }, write)
	end,
	stacks = { unit = "times" },
}
