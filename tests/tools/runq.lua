-- SPDX-License-Identifier: MIT
-- runqlat, cpudist, runqslower, runqlen: each wait, each time on and off the CPU, against what the kernel counts.
local t = require "tap"
local sh = require "sh"
local switches = require "switches"
local tool = require "tool"

local SLEEPS = 61
local command, truth = switches.sleeper(SLEEPS, 0.004)

for _, words in ipairs { "runqlat -P -m", "cpudist -P", "cpudist -O -L" } do
	-- Again when one is short: on some virtual machines one thread of their agent (of process 1) leaves its CPU without
	-- sched_switch, and who comes after it is not seen to come.
	local rows, was
	for _ = 1, 3 do
		rows = tool.rows(words .. " -n lt-sleeper", command)
		was = truth()
		if switches.total(rows) >= was.least then
			break
		end
	end
	t.ok(was.least >= SLEEPS, words .. ": each sleep is a switch")
	t.eq(switches.within(switches.total(rows), was.least, was.most), "as it was", words .. ": each is counted")
	t.eq(#rows .. " " .. (rows[1].pid or rows[1].tid), "1 " .. was.pid, words .. ": of whom")
	t.eq(rows[1].unit, words:find "-m" and "msecs" or "usecs", words .. ": the unit")
	if words:find "-O" then
		local long = 0
		for _, bucket in ipairs(rows[1].buckets) do
			long = long + (bucket.from >= 1024 and bucket.count or 0)
		end
		t.ok(long >= SLEEPS * 0.9, words .. ": as long as the sleeps")
	end
end
local rows = tool.rows("runqlat --pidnss -n lt-sleeper", command)
local _, namespace = sh.run "readlink /proc/self/ns/pid"
t.eq(#rows .. (" pid:[%.0f]\n"):format(rows[1].pidns), "1 " .. namespace, "--pidnss")

-- One that comes ahead of all others when it wants a CPU, and one that comes next.
local HOGS = 3
local dir = sh.dir()
rows = tool.rows("runqslower 100000 -n lt-waiter", ([[
taskset -c 0 chrt -f 10 perl -e '$0 = "lt-waiter"; open F, ">", "%s/began";
	select undef, undef, undef, 0.001 until -e "%s/end"' &
taskset -c 0 chrt -f 50 perl -MTime::HiRes=time,sleep -e '
	$0 = "lt-hog"; sleep 0.01 until -e "%s/began";
	for (1 .. %d) { sleep 0.05; my $end = time + 0.2; 1 while time < $end; }'
echo > %s/end
wait]]):format(dir, dir, dir, HOGS, dir), function(row) return row.prev_comm == "lt-hog" end)	-- perl itself takes long
t.eq(#rows, HOGS, "runqslower: each long wait")
for _, row in ipairs(rows) do
	t.eq(row.comm .. " after " .. row.prev_comm, "lt-waiter after lt-hog", "who, and who had the CPU")
	t.ok(row.latency_us >= 100000 and row.latency_us < 1e6, "how long: " .. row.latency_us)
end

local SPINNERS, HZ = 3, 99
rows = tool.rows("runqlen -C", ("for i in $(seq %d); do taskset -c 0 timeout 0.7 perl -e '1 while 1' & done; wait")
	:format(SPINNERS))
local long = 0
for _, bucket in ipairs(rows[1].buckets) do
	long = long + (bucket.from >= SPINNERS - 1 and bucket.count or 0)
end
t.eq(rows[1].cpu, 0, "runqlen: of the CPU")
t.ok(long > HZ * 0.3, "runqlen: all but one wait, of samples: " .. long)
rows = tool.rows("runqlen -O -d 0.2")
t.ok(rows[1].samples > 2 and rows[1].occupancy_percent >= 0 and rows[1].occupancy_percent <= 100, "runqlen -O")
t.done()
