-- SPDX-License-Identifier: MIT
-- exitsnoop: each process that ends, once, with what its parent's wait gets, and threads.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local CODES, KILLED = 7, 3
local program = sh.dir() .. "/lt-exits"
local command = ([[
cp /usr/bin/perl %s
%s -e 'for (1..%d) { if (!fork) { exit $_ } wait } for (1..%d) { if (!fork) { kill "KILL", $$; } wait }
	if (!fork) { select undef, undef, undef, 0.3; exit 0 } wait'
build/tests/workload getpid-threads 1]]):format(program, program, CODES, KILLED)

local function by_comm(comm)
	return function(row) return row.comm == comm end
end

local rows = tool.rows("exitsnoop", command)
local codes, killed, parents, parent, workloads = {}, 0, {}, nil, {}
for _, row in ipairs(rows) do
	if row.comm == "lt-exits" then
		parents[row.ppid] = true
		killed = killed + (row.signal == "SIGKILL" and not row.code and 1 or 0)
		if row.code and row.code > 0 then
			codes[#codes + 1] = row.code
		elseif row.code == 0 then
			parent = row
			t.ok(row.age_s > 0.29 and row.age_s < 30, ("age (%.3f s)"):format(row.age_s))
		end
	elseif row.comm == "workload" then
		workloads[#workloads + 1] = row
	end
end
t.eq(table.concat(codes, " "), "1 2 3 4 5 6 7", "exit codes, in order")
t.eq(killed, KILLED, "killed")
t.ok(parent and parents[parent.pid], "who is whose parent")
t.eq(#workloads, 1, "a process of several threads is there once")
t.eq(workloads[1] and workloads[1].code, 0, "and its exit code")

t.eq(#tool.rows("exitsnoop -x -n lt-exits", command), CODES + KILLED, "--failed, --comm")
rows = tool.rows("exitsnoop --threads", command, by_comm "workload")
local tids, pids = {}, {}
for _, row in ipairs(rows) do
	tids[row.tid], pids[row.pid] = true, true
end
t.eq(#rows, 5, "--threads: each of them")
t.ok(next(pids) and not next(pids, (next(pids))) and tids[next(pids)], "all of one process, its first one among them")
t.done()
