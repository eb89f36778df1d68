-- SPDX-License-Identifier: MIT
-- execsnoop: each execution with its arguments, those of a thread, and those that failed.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local RUNS, MISSES = 7, 11
local true_program, none = sh.dir() .. "/lt true", sh.dir() .. "/none"
sh.write(sh.dir() .. "/script", "#!/bin/sh -e\n:\n")
local command = ([[
cp /bin/true '%s'
chmod +x %s/script
perl -e 'my $p = "%s"; for (1..%d) { if (!fork) { exec {$p} $p, "a b", "", "\"$_\"", "last"; } wait }'
perl -e 'exec {"%s"} "x" x 30, "second" for 1..%d'
%s/script 1
perl -e 'exec {"%s"} "many", 1..30'
perl -e 'exec {"%s"} "long", "y" x 5000'
/usr/bin/python3 -c 'import os, threading, time
threading.Thread(target = os.execv, args = ("%s", ["thread"])).start()
time.sleep(60)']]):format(true_program, sh.dir(), true_program, RUNS, none, MISSES, sh.dir(), true_program,
	true_program, true_program)

local function ours(row) return row.path:sub(1, #sh.dir()) == sh.dir() end

local rows = tool.rows("execsnoop", command, ours)
local by_args = {}
for _, row in ipairs(rows) do
	by_args[row.args] = row
	t.ok(not row.error, row.args:sub(1, 30) .. ": no error")
end
t.eq(#rows, RUNS + 4, "each execution that worked")
for i = 1, RUNS do
	local row = by_args[('%s a b  "%d" last'):format(true_program, i)] or {}
	t.ok(row.pid and row.ppid and row.pid ~= row.ppid and row.comm == "lt true", "arguments of execution " .. i)
end
t.ok(by_args[("/bin/sh -e %s/script 1"):format(sh.dir())], "a script: its interpreter")
t.ok(by_args["many 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ..."], "20 arguments")
t.ok(by_args["long " .. ("y"):rep(4096 - 5) .. " ..."], "4 KiB of arguments")
t.ok(by_args.thread, "by another thread than the first")

rows = tool.rows("execsnoop -xq --max-args 1", command, ours)
local worked, failed = 0, 0
for _, row in ipairs(rows) do
	if row.path == none then
		local whole = row.error == "ENOENT" and row.args == ('"%s" ...'):format(("x"):rep(30)) and row.comm == "perl"
		failed = failed + (whole and 1 or 0)
	else
		worked = worked + 1
	end
end
t.eq(worked, RUNS + 4, "--failed: those that worked")
t.eq(failed, MISSES, "--failed: those that failed, in quotes, cut")
t.eq(#tool.rows("execsnoop -n 'lt true'", command, ours), RUNS + 3, "--comm, of the new program")
t.done()
