-- SPDX-License-Identifier: MIT
-- A process that sleeps, and knows how often and for how long it was off its CPU.
local live = require "live"
local sh = require "sh"

local M = {}

-- While it has its name, which tools ask for by --comm, it looks at what the kernel has counted of it. What is counted
-- between two looks may be told of either name, so there is a least and a most.
local PERL = [[
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID);
sub look {
	my $n = 0;
	open my $f, '<', '/proc/self/status' or die;
	/ctxt_switches:\s+(\d+)/ and $n += $1 while <$f>;
	return ($n, clock_gettime(CLOCK_MONOTONIC) - clock_gettime(CLOCK_PROCESS_CPUTIME_ID));
}
my ($file, $sleeps, $seconds) = @ARGV;
my ($n1, $off1) = look();
$0 = 'lt-sleeper';
my ($n2, $off2) = look();
select undef, undef, undef, $seconds for 1 .. $sleeps;
my ($n3, $off3) = look();
$0 = 'lt-done';
my ($n4, $off4) = look();
open my $out, '>', $file or die;
print $out join ' ', $$, $n3 - $n2, $n4 - $n1, $off3 - $off2, $off4 - $off1;
]]

---The command, and a function that tells what it was: how often it left its CPU, and for how many microseconds.
---@param sleeps integer
---@param seconds number each
---@return string command
---@return fun(): { pid: integer, least: integer, most: integer, least_us: number, most_us: number } truth
function M.sleeper(sleeps, seconds)
	local script, file = live.file(PERL, "sleeper.pl"), sh.dir() .. "/truth"
	return ("perl %s %s %d %g"):format(script, file, sleeps, seconds), function()
		local f = assert(io.open(file))
		local pid, least, most, from, to = f:read("*n", "*n", "*n", "*n", "*n")
		f:close()
		return { pid = pid, least = least, most = most, least_us = from * 1e6, most_us = to * 1e6 }
	end
end

---Whether a number is one of the truth's.
---@param n number
---@param from number
---@param to number
---@return string verdict "as it was", or what it was
function M.within(n, from, to)
	return n >= from and n <= to and "as it was" or ("%s, and it was %s to %s"):format(n, from, to)
end

---Of histograms as JSON: what all their buckets count.
---@param rows table[]
---@return integer
function M.total(rows)
	local total = 0
	for _, row in ipairs(rows) do
		for _, bucket in ipairs(row.buckets) do
			total = total + bucket.count
		end
	end
	return total
end

return M
