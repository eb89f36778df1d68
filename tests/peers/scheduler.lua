-- SPDX-License-Identifier: MIT
-- Tools of the scheduler beside others of their names.
-- Tools: runqlat cpudist runqslower runqlen offcputime wakeuptime offwaketime
local live = require "live"
local peers = require "peers"
local sh = require "sh"

-- A process that sleeps, once it has read a line if it is to; how often it was off its CPU until then, and for how many
-- microseconds it slept.
local SLEEPER = [[
use Time::HiRes qw(time);
my ($file, $held, $sleeps, $seconds) = @ARGV;
my ($n, $slept) = (0, 0);
$0 = "MARK";
<STDIN> if $held;
for (1 .. $sleeps) { my $since = time; select undef, undef, undef, $seconds; $slept += time - $since }
open my $f, '<', '/proc/self/status' or die;
/ctxt_switches:\s+(\d+)/ and $n += $1 while <$f>;
open my $out, '>', $file or die;
print $out join ' ', $$, $n, int 1e6 * $slept;
]]
local SLEEPS, EACH = 61, 0.004
local script = live.file((SLEEPER:gsub("MARK", live.mark)), "sleeper.pl")

local function said(name)
	local pid, switches, us = (sh.read(("%s/%s"):format(sh.dir(), name)) or ""):match "(%d+) (%d+) (%d+)"
	return tonumber(pid), tonumber(switches), tonumber(us)
end

-- Not by exec: of its whole life all is seen.
local function whole(name)
	return ("perl %s %s/%s 0 %d %g\n:"):format(script, sh.dir(), name, SLEEPS, EACH)
end
-- Its first wait for a CPU, the last time on it, and what comes after it has looked.
local function switches(name)
	return function()
		local _, n = said(name)
		return { switches = { n, n + 6 } }
	end
end
local function row_of(name)
	return function(row) return row.pid == said(name) and "switches" or nil, peers.sum(row) end
end
local function histogram_of(name)
	return peers.histograms(function(line)
		return line:match "^%s*[pP][iI][dD] = (%d+)" == tostring(said(name)) and "switches" or nil
	end)
end

local held = {}
local function hold(name)
	return function()
		held[name] = live.start(("perl %s %s/%s 1 %d %g"):format(script, sh.dir(), name, SLEEPS, EACH))
		return held[name]
	end
end
local function release(name)
	return function()
		return ("echo >%s; while kill -0 %d 2>/dev/null; do sleep 0.05; done"):format(held[name].input, held[name].pid)
	end
end
local function of_pid(name)
	return function() return "-p " .. held[name].pid end
end
-- A little more than it slept: the way to sleep and from it.
local function slept(name)
	return function()
		local _, _, us = said(name)
		return { us = { us * 0.8, us * 1.2 } }
	end
end
-- Behind a line that `head` takes, the next number is its time.
local function times(head)
	return function(text)
		local sum, ours = 0, false
		for line in text:gmatch "[^\n]+" do
			local us = line:match "^%s*(%d+)%s*$"
			if us then
				sum, ours = sum + (ours and tonumber(us) or 0), false
			else
				ours = ours or head(line)
			end
		end
		return sum > 0 and { us = sum } or {}
	end
end
local function us(row) return "us", row.count end
local sleeper = times(function(line) return line:find("^%s+%-%s+" .. live.mark) ~= nil end)
local target = times(function(line) return line:find("^%s*target:%s+b?'?" .. live.mark) ~= nil end)

-- As in tests/tools/runq.lua: one that comes ahead of all others when it wants a CPU, and one that comes next.
local HOGS = 3
local hogs = ([[
taskset -c 0 chrt -f 10 perl -e '$0 = "MARK-w"; open F, ">", "%s/began";
	select undef, undef, undef, 0.001 until -e "%s/end"' &
taskset -c 0 chrt -f 50 perl -MTime::HiRes=time,sleep -e '
	$0 = "MARK-h"; sleep 0.01 until -e "%s/began";
	for (1 .. %d) { sleep 0.05; my $end = time + 0.2; 1 while time < $end; }'
echo > %s/end
wait]]):format(sh.dir(), sh.dir(), sh.dir(), HOGS, sh.dir()):gsub("MARK", live.mark)
local function long_wait(line) return line:find(live.mark .. "%-w.*" .. live.mark .. "%-h") and "waits" or nil end
local waits = peers.lines(long_wait)

local LAYOUT = "it takes process ids from tasks by their layout"
local SAMPLES = "each looks at the queues at times of its own, so that there are no numbers to be equal"

peers.compare {
	{
		"runqlat", command = whole "runqlat", made = switches "runqlat", ours = { "-P", row_of "runqlat" },
		libbpf = { "-P", histogram_of "runqlat" }, bcc = { "-P", histogram_of "runqlat", foreign = LAYOUT },
		bpftrace = { never = "it shows all processes as one" },
	},
	{
		"cpudist", command = whole "cpudist", made = switches "cpudist", ours = { "-P", row_of "cpudist" },
		libbpf = { "-P", histogram_of "cpudist", wrong = "it counts only times that others ended, no sleeps" },
		bcc = { "-P", histogram_of "cpudist" },
	},
	{
		"runqslower", command = hogs, made = { waits = HOGS },
		ours = { "100000", function(row) return long_wait(row.comm .. " " .. tostring(row.prev_comm)) end },
		libbpf = { "-P 100000", waits }, bcc = { "-P 100000", waits, foreign = LAYOUT },
	},
	{
		"offcputime", prepare = hold "offcputime", command = release "offcputime", made = slept "offcputime",
		tolerance = 0.05,
		ours = { of_pid "offcputime", us },
		libbpf = { of_pid "offcputime", sleeper },
		bcc = { of_pid "offcputime", sleeper },
	},
	{
		"wakeuptime", prepare = hold "wakeuptime", command = release "wakeuptime", made = slept "wakeuptime",
		tolerance = 0.05,
		ours = { of_pid "wakeuptime", us },
		libbpf = { of_pid "wakeuptime", target }, bcc = { of_pid "wakeuptime", target, foreign = LAYOUT },
	},
	{
		"offwaketime", prepare = hold "offwaketime", command = release "offwaketime", made = slept "offwaketime",
		tolerance = 0.05,
		ours = { of_pid "offwaketime", us },
		bcc = { of_pid "offwaketime", target },
	},
	{ "runqlen", bcc = { never = SAMPLES }, bpftrace = { never = SAMPLES } },
}
