-- SPDX-License-Identifier: MIT
-- Tools that take probes and expressions: what they say of those that are none. And tplist, which lists them.
-- Not in guests: what is said does not depend on the kernel.
local t = require "tap"
local tool = require "tool"

local file = io.popen("pwd"):read "*l" .. "/build/tests/workload"
local probe = "'uprobe:" .. file .. ":workload_call'"

local function message(words)
	local status, out, err = tool.run(words, "true")
	return status ~= 0 and out == "" and err or "status " .. status .. ": " .. out
end
t.like(message "trace nokind:x", "^luatrace: trace: 'nokind:x': no such kind of probe", "an unknown kind")
t.like(message("trace " .. probe .. " 'arg0; panic()'"),
	"^luatrace: trace: FIELDS: 'arg0; panic%(%)': ';' has no place", "what is no expression")
t.like(message("trace " .. probe .. " nope"),
	"^luatrace: trace: fields: 'nope': use of undeclared identifier 'nope'", "an unknown name")
t.like(message("argdist " .. probe), "^luatrace: argdist: takes %-%-hist EXPR or %-%-count%-by",
	"neither of two options")

local recording = require "sh".dir() .. "/recording"
local _, shown = tool.run(("funccount %s --record %s"):format(probe, recording), file .. " call 7")
local _, again = tool.replay(recording)
t.like(shown, "COUNT PROBE\n +7 uprobe:", "what is recorded")
t.eq(again, shown, "is shown again, once, without its arguments being given")

local rows = tool.rows "tplist -v 'sched:sched_process_ex*'"
local probes = {}
for _, row in ipairs(rows) do
	probes[row.probe] = row.arguments
end
t.like(probes["tracepoint:sched:sched_process_exec"] or "", "filename, pid_t pid, pid_t old_pid",
	"tplist: a tracepoint")
t.ok(probes["tracepoint:sched:sched_process_exit"], "and another")
rows = tool.rows "tplist -v -l build/tests/usdt 'lttest:t*'"
t.eq(#rows .. " " .. rows[1].probe .. " " .. rows[1].arguments,
	"1 usdt:build/tests/usdt:lttest:text uint64_t arg0, int32_t arg1", "tplist --lib")
local status, out, err = tool.run "tplist -l /nonexistent"
t.eq(("%d %s%s"):format(status, out, err), "1 luatrace: usdt '/nonexistent': no such file\n", "tplist: no such file")
t.done()
