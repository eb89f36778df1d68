-- SPDX-License-Identifier: MIT
-- runqlat, cpudist, runqslower, runqlen: each wait, each time on and off the CPU, against what the kernel counts.
local t = require "tap"
local switches = require "switches"
local tool = require "tool"

local SLEEPS = 61
local command, truth = switches.sleeper(SLEEPS, 0.002)

for _, words in ipairs { "runqlat -L", "runqlat -P -m", "cpudist -P", "cpudist -O -L" } do
	local rows = tool.rows(words .. " -n lt-sleeper", command)
	local was = truth()
	t.ok(was.least >= SLEEPS, words .. ": each sleep is a switch")
	t.eq(switches.within(switches.total(rows), was.least, was.most), "as it was", words .. ": each is counted")
	t.eq(#rows .. " " .. (rows[1].pid or rows[1].tid), "1 " .. was.pid, words .. ": of whom")
	t.eq(rows[1].unit, words:find "-m" and "msecs" or "usecs", words .. ": the unit")
	if words:find "-O" then
		local long = 0
		for _, bucket in ipairs(rows[1].buckets) do
			long = long + (bucket.from >= 1024 and bucket.count or 0)
		end
		t.ok(long >= SLEEPS, words .. ": as long as the sleeps")
	end
end
local rows = tool.rows("runqlat --pidnss -n lt-sleeper", command)
local _, namespace = require "sh".run "readlink /proc/self/ns/pid"
t.eq(#rows .. (" pid:[%.0f]\n"):format(rows[1].pidns), "1 " .. namespace, "--pidnss")

-- One that comes first whenever it wants the CPU, and one that comes ahead of all others.
local HOGS = 3
rows = tool.rows("runqslower 100000 -n lt-waiter", ([[
taskset -c 0 chrt -f 10 perl -e '$0 = "lt-waiter"; select undef, undef, undef, 0.001 while getppid != 1 && ! -e "%s"' &
taskset -c 0 chrt -f 50 perl -MTime::HiRes=time,sleep -e '
	$0 = "lt-hog";
	for (1 .. %d) { sleep 0.05; my $end = time + 0.2; 1 while time < $end; }'
echo > %s
wait]]):format(require "sh".dir() .. "/end", HOGS, require "sh".dir() .. "/end"))
t.eq(#rows, HOGS, "runqslower: each long wait")
for _, row in ipairs(rows) do
	t.eq(row.comm .. " after " .. row.prev_comm, "lt-waiter after lt-hog", "who, and who had the CPU")
	t.ok(row.latency_us >= 100000 and row.latency_us < 1e6, "how long: " .. row.latency_us)
end

local SPINNERS = 3
rows = tool.rows("runqlen -C", ("for i in $(seq %d); do taskset -c 0 timeout 0.7 perl -e '1 while 1' & done; wait")
	:format(SPINNERS))
local long, all = 0, 0
for _, bucket in ipairs(rows[1].buckets) do
	all, long = all + bucket.count, long + (bucket.from >= SPINNERS - 1 and bucket.count or 0)
end
t.eq(rows[1].cpu, 0, "runqlen: of the CPU")
t.ok(all > 10 and long > all * 0.6, ("runqlen: all but one wait (%d of %d samples)"):format(long, all))
rows = tool.rows("runqlen -O -d 0.2")
t.ok(rows[1].samples > 2 and rows[1].occupancy_percent >= 0 and rows[1].occupancy_percent <= 100, "runqlen -O")
t.done()
