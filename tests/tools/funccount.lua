-- SPDX-License-Identifier: MIT
-- funccount, stackcount, argdist, trace: calls of a known number by probes that are named on the command line.
local t = require "tap"
local tool = require "tool"

local COUNT = 97
local file = io.popen("pwd"):read "*l" .. "/build/tests/workload"
local call = ("%s call %d prime"):format(file, COUNT)
local uprobe = "'uprobe:" .. file .. ":%s'"
local probe = uprobe:format "workload_call"

local function by(rows, member)
	local out = {}
	for _, row in ipairs(rows) do
		out[row[member]] = row.count
	end
	return out
end

local counts = by(tool.rows("funccount " .. uprobe:format "workload_[cr]*", call), "probe")
t.eq(("%s %s %s"):format(counts.workload_call, counts.workload_ret, counts.workload_nest),
	COUNT .. " " .. COUNT .. " nil", "funccount: each function of a pattern")
counts = by(tool.rows("funccount " .. probe .. " --by 'arg0 % 2' -e 'arg0 >= 90'", call), "arg0_2")
t.eq(("%s %s"):format(counts[0], counts[1]), "4 3", "--by and --filter: of calls 90 to 96")
counts = by(tool.rows("funccount 'tracepoint:syscalls:sys_enter_getppid' -n workload --by comm",
	("%s getppid %d"):format(file, COUNT)), "comm")
t.eq(counts.workload, COUNT, "a tracepoint, by comm")
t.eq(#tool.rows("funccount 'tracepoint:syscalls:sys_enter_get*' -n nobody", ("%s getppid 7"):format(file)), 0, "--comm")

-- One that lives until its functions' names are read.
local rows = tool.rows("stackcount " .. (probe:gsub("workload:workload_call", "stacks:stacks_inner")),
	("(echo; sleep 0.5; echo) | build/tests/stacks %d"):format(COUNT))
t.eq(#rows .. " " .. rows[1].count .. " " .. rows[1].stack[#rows[1].stack], "1 " .. COUNT .. " stacks_inner",
	"stackcount")

rows = tool.rows("argdist " .. probe .. " -H arg0", call)
local wrong, total = {}, 0
for _, bucket in ipairs(rows[1].buckets) do
	local expected = math.max(0, math.min(bucket.to, COUNT - 1) - bucket.from + 1)
	wrong[#wrong + 1] = bucket.count ~= expected and bucket.from or nil
	total = total + bucket.count
end
t.eq(#wrong .. " " .. total .. " " .. rows[1].max, "0 " .. COUNT .. " " .. COUNT - 1, "argdist -H: the numbers 0 to 96")
rows = tool.rows("argdist " .. probe .. " -C 'str(arg1), arg0 < 10'", call)
table.sort(rows, function(a, b) return a.count < b.count end)
t.eq(("%s %d, %s %d"):format(rows[1].arg1, rows[1].count, rows[2].arg1, rows[2].count), "prime 10, prime 87",
	"argdist -C")

rows = tool.rows("trace " .. probe .. " 'arg0, str(arg1)' -e 'arg0 != 13'", call)
local sum = 0
for _, row in ipairs(rows) do
	sum = sum + (row.arg1 == "prime" and row.comm == "workload" and row.pid == row.tid and row.arg0 or 1e6)
end
t.eq(#rows .. " " .. sum, COUNT - 1 .. " " .. (COUNT - 1) * COUNT / 2 - 13,
	"trace: each call but one, with its arguments")

rows = tool.rows("trace tracepoint:sched:sched_process_exec 'str(data_loc(filename)), args->old_pid'", "exec " .. call,
	function(row) return row.filename == file end)
t.eq(#rows .. " " .. rows[1].old_pid, "1 " .. rows[1].tid, "trace: a field of any length")
t.done()
