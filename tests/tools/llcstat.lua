-- SPDX-License-Identifier: MIT
-- Not in guests: guests have no hardware counters either.
-- llcstat: a process that reads much memory, where the processor's counters are; else an error that says that they are
-- not.
local t = require "tap"
local tool = require "tool"

local status, out, message = tool.run("llcstat -n perl --json",
	"exec perl -e '$s = \"x\" x 64e6; $n += ord substr $s, 4096 * $_ % 64e6, 1 for 1..1e6'")
if status == 0 then
	local row = tool.decode(out)[1]
	t.eq(row.comm, "perl", "who")
	t.ok(row.references > 0 and row.misses >= 0 and row.hit_percent <= 100, "references, misses")
else
	t.eq(status, 1, "no counters")
	t.like(message, "cache%-%l+'.*no such event.*virtual machine", "it says so")
end
local usage, _, wrong = tool.run "llcstat -c 0"
t.eq(usage, 2, "a period that is none")
t.like(wrong, "period takes a whole number from 1", "says so")
t.done()
