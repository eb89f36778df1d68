-- SPDX-License-Identifier: MIT
-- profile: as many samples of a process as the CPU time that it takes says, where it runs.
local t = require "tap"
local switches = require "switches"
local tool = require "tool"

local HZ, SECONDS = 199, 0.5
local spin = ([[taskset -c 0 perl -MTime::HiRes=clock_gettime,CLOCK_PROCESS_CPUTIME_ID -e '$0 = "lt-spinner";
	my $start = clock_gettime(CLOCK_PROCESS_CPUTIME_ID);
	1 while clock_gettime(CLOCK_PROCESS_CPUTIME_ID) < $start + %g; $0 = "lt-done"']]):format(SECONDS)

local function count(rows, keep)
	local total = 0
	for _, row in ipairs(rows) do
		total = total + ((not keep or keep(row)) and row.count or 0)
	end
	return total
end

local function has_kernel(row) return table.concat(row.stack, ";"):find("_[k]", 1, true) end

local expected = HZ * SECONDS
local rows = tool.rows(("profile -F %d -n lt-spinner -C 0"):format(HZ), spin)
t.eq(switches.within(count(rows), expected * 0.8, expected * 1.1), "as it was", "samples")
t.ok(count(rows, has_kernel) > 0 and rows[1].comm == "lt-spinner", "the kernel's half")
rows = tool.rows(("profile -F %d -n lt-spinner -U --stack-entries 100"):format(HZ), spin)
t.eq(switches.within(count(rows), expected * 0.8, expected * 1.1), "as it was", "--user-stacks: samples")
t.eq(count(rows, has_kernel), 0, "--user-stacks: none of the kernel's functions")
t.eq(#tool.rows("profile -C 1 -n lt-spinner", spin), 0, "--cpu: it ran on another one")
-- Code that a process maps after it was seen first has its file's name, though the process has ended.
rows = tool.rows(("profile -F %d -n lt-loader -U"):format(HZ), [[perl -e '$0 = "lt-loader"; 1 while (times)[0] < 0.2;
	require Digest::SHA; my $text = "x" x 100000; Digest::SHA::sha256($text) while (times)[0] < 0.6']])
t.ok(count(rows, function(row) return row.stack[#row.stack] == "[SHA.so]" end) > 0, "a library that was loaded later")
t.eq(count(rows, function(row) return row.stack[#row.stack] == "[unknown]" end), 0, "nothing is unknown")
t.eq(tool.run "profile -C 4095 -d 0.1" ~= 0, true, "--cpu: there is none of that number")
t.done()
