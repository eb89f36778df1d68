-- SPDX-License-Identifier: MIT
-- Tools of programs and libraries beside others of their names.
-- Tools: bashreadline gethostlatency funccount funclatency funcslower stackcount argdist trace tplist memleak deadlock
-- Tools: dbslower mysqld_qslower sslsniff pythoncalls pythongc profile
local live = require "live"
local peers = require "peers"
local sh = require "sh"

local top = select(2, sh.run "pwd"):match "[^\n]+"
local CALLS = 97

-- Peers that are started ahead of time see the calls that are made for others: each has a program of its own.
local function copy(name)
	sh.run(("cp build/tests/workload %s/%s"):format(sh.dir(), name))
	return ("%s/%s"):format(sh.dir(), name)
end
local function call(name)
	return ("%s/%s call %d prime"):format(sh.dir(), name, CALLS)
end

local function of_name(line)
	local name, number = line:match "%f[%w_](workload_%l+)%f[^%w_]%D*(%d+)%s*$"
	return name, tonumber(number)
end

-- Frames of a process that is gone have no names any more: all stacks are of the one function that is traced.
local stacks = peers.lines(function(line)
	local number = line:match "^%s+(%d+)%s*$"
	return number and "workload_call", tonumber(number)
end)
local calls_in_all = peers.histograms(function() return "calls" end)

-- A shell that reads lines from a person.
local LINES = 23
local typed = {}
for i = 1, LINES do
	typed[i] = (": line %d of %s"):format(i, live.mark)
end
local shell = ("bash --norc -i <%s 2>/dev/null"):format(live.file(table.concat(typed, "\n") .. "\n", "typed"))
local of_line = peers.lines(function(line) return line:find(live.mark, 1, true) and "line" or nil end)

local LOOKUPS = [[
import ctypes, socket
c = ctypes.CDLL("libc.so.6")
for i in range(7): c.gethostbyname(b"127.0.7.1")
for i in range(5): c.gethostbyname2(b"127.0.7.2", 2)
for i in range(11): socket.getaddrinfo("127.0.7.5", 80)
]]
local function host(line) return line:match "127%.0%.7%.%d" end

local SLEEPS = 7
local sleeps = ("perl -e '$0 = \"%s\"; select undef, undef, undef, $_ for (0.02) x %d, 0.002'"):format(live.mark,
	SLEEPS)

-- What others trace by its process must exist before. It begins when there is a line on its standard input.
local held = {}
local function hold(name, command)
	return function()
		held[name] = live.start(command)
		return held[name]
	end
end
local function release(name, then_what)
	return function() return ("echo >%s; %s"):format(held[name].input, then_what:gsub("PID", held[name].pid)) end
end
local TO_ITS_END = "while kill -0 PID 2>/dev/null; do sleep 0.05; done"

local LEAKS, SIZE = 97, 101	-- as in tests/lib/workload.c
-- Shown anew in each interval: the last one counts.
local function leaks(text)
	local counts = {}
	for bytes, number in text:gmatch "(%d+) bytes in (%d+) allocations from" do
		local size = bytes / number
		if size == SIZE or size == 2 * SIZE then
			counts[("of %d bytes"):format(size)] = tonumber(number)
		end
	end
	return counts
end

local HZ, SECONDS = 199, 1
local spin = ([[perl -MTime::HiRes=clock_gettime,CLOCK_PROCESS_CPUTIME_ID -e '$0 = "MARK";
	my $start = clock_gettime(CLOCK_PROCESS_CPUTIME_ID);
	1 while clock_gettime(CLOCK_PROCESS_CPUTIME_ID) < $start + %g; $0 = "lt-done"']])
	:format(SECONDS):gsub("MARK", live.mark)

local TEXTS = 17
local tls = ("/usr/bin/python3 tests/lib/tls.py %s %d"):format(sh.dir(), TEXTS)
local QUERIES = 23	-- each third is slow: 7
local function query(line) return line:find "SELECT %d+ slowly" and "slow" or nil end

peers.compare {
	{
		"bashreadline", command = shell, made = { line = LINES },
		ours = { "", function(row) return row.line:find(live.mark, 1, true) and "line" or nil end },
		libbpf = { "", of_line }, bcc = { "", of_line }, bpftrace = { "", of_line },
	},
	{
		"gethostlatency", command = "/usr/bin/python3 " .. live.file(LOOKUPS, "lookups.py"),
		made = { ["127.0.7.1"] = 7, ["127.0.7.2"] = 5, ["127.0.7.5"] = 11 },
		ours = { "", function(row) return host(row.host) end },
		libbpf = { "", peers.lines(host) }, bcc = { "", peers.lines(host) }, bpftrace = { "", peers.lines(host) },
	},
	{
		"funccount", command = call "funccount", made = { workload_call = CALLS, workload_ret = CALLS },
		ours = { ("'uprobe:%s:workload_[cr]*'"):format(copy "funccount"), function(row)
			return row.probe:match "workload_%l+$", row.count
		end },
		bcc = { ("'%s:workload_[cr]*'"):format(copy "funccount"), peers.lines(of_name) },
	},
	{
		"funclatency", command = call "funclatency", made = { calls = CALLS },
		ours = { ("uprobe:%s:workload_ret"):format(copy "funclatency"), function(row) return "calls", peers.sum(row) end },
		libbpf = { copy "funclatency" .. ":workload_ret", calls_in_all },
		bcc = { copy "funclatency" .. ":workload_ret", calls_in_all },
	},
	{
		"funcslower", command = sleeps, made = { slow = SLEEPS },
		ours = { "uprobe:c:select -m 10 -n " .. live.mark, function() return "slow" end },
		bcc = { "-m 10 c:select", peers.lines(function(line)
			return line:find("^" .. live.mark .. "%s") and "slow" or nil
		end) },
	},
	{
		"stackcount", command = call "stackcount", made = { workload_call = CALLS },
		ours = { ("uprobe:%s:workload_call"):format(copy "stackcount"), function(row) return "workload_call", row.count end },
		bcc = { copy "stackcount" .. ":workload_call", stacks },
	},
	{
		"argdist", command = call "argdist", made = { small = 10, other = CALLS - 10 },
		ours = { ("uprobe:%s:workload_call -C 'arg0 < 10'"):format(copy "argdist"), function(row)
			return row.arg0_10 == 1 and "small" or "other", row.count
		end },
		bcc = { ("-i 1 -C 'p:%s:workload_call(int i, char *s):int:i < 10'"):format(copy "argdist"), peers.lines(function(line)
			local number, small = line:match "^%s+(%d+)%s+i < 10 = (%d)"
			return number and (small == "1" and "small" or "other"), tonumber(number)
		end), wait = 5 },
	},
	{
		"trace", command = call "trace", made = { prime = CALLS },
		ours = { ("uprobe:%s:workload_call 'arg0, str(arg1)'"):format(copy "trace"), function(row) return row.arg1 end },
		bcc = { ("'p:%s:workload_call \"%%d %%s\", arg1, arg2'"):format(copy "trace"), peers.lines(function(line)
			return line:match "workload_call%s+%d+ b?'?(prime)"
		end) },
	},
	{
		"tplist", command = "", made = { ["sched:sched_process_exec"] = 1, ["sched:sched_process_exit"] = 1 },
		ours = { "'sched:sched_process_ex*'", function(row) return row.probe:gsub("^tracepoint:", "") end },
		bcc = { "'sched:sched_process_ex*'", peers.lines(function(line) return line:match "^sched:[%w_]+" end), ends = true },
	},
	{
		"memleak", prepare = hold("leak", ("build/tests/workload --hold leak %d 6000"):format(LEAKS)),
		command = release("leak", "sleep 1"),
		made = { ["of 101 bytes"] = LEAKS, ["of 202 bytes"] = LEAKS },
		ours = { function() return ("-p %d -z %d -Z %d -r 1000 60"):format(held.leak.pid, SIZE, 2 * SIZE) end, function(row)
			local size = row.count / row.allocations
			return (size == SIZE or size == 2 * SIZE) and ("of %d bytes"):format(size) or nil, row.allocations
		end },
		bcc = { function()
			return ("-p %d -z %d -Z %d -T 1000 1"):format(held.leak.pid, SIZE, 2 * SIZE)
		end, leaks, wait = 4 },
	},
	{
		"deadlock", prepare = hold("mutex", "build/tests/workload --hold mutex 97 3000"),
		command = release("mutex", "sleep 0.5"),
		made = { cycle = 1 },
		ours = { function() return ("-p %d 60"):format(held.mutex.pid) end, function(row)
			local first = row.held_at:find "^workload_lock%f[^%w_]"
			return row.cycle == 1 and first and "cycle" or row.cycle ~= 1 and "another" or nil
		end },
		bcc = { function()
			local libc = select(2, sh.run "ldd build/tests/workload"):match "(/%S*/libc%.so%S*)"
			return ("--binary %s %d"):format(libc, held.mutex.pid)
		end, peers.lines(function(line) return line:find "Potential Deadlock Detected" and "cycle" or nil end), wait = 4 },
	},
	{
		"dbslower", command = "build/tests/probed-mysql dispatch " .. QUERIES, made = { slow = 7 },
		ours = { "mysql -m 20 -f build/tests/probed-mysql", function(row) return query(row.query) end },
		bcc = { ("mysql -m 20 -x %s/build/tests/probed-mysql"):format(top), peers.lines(query) },
	},
	{
		"mysqld_qslower", prepare = hold("mysql", ("build/tests/probed-one mysql %d held"):format(QUERIES)),
		command = release("mysql", TO_ITS_END),
		made = { slow = 7 },
		ours = { "-m 20 -f build/tests/probed-one", function(row) return query(row.query) end },
		bcc = { function() return ("%d 20"):format(held.mysql.pid) end, peers.lines(query) },
	},
	{
		"sslsniff", command = tls, made = { secret = 2 * TEXTS },
		ours = { "-n python3", function(row) return row.data:find "^secret \27%[31m" and "secret" or nil end },
		bcc = { "-c python3", peers.lines(function(line) return line:find "^secret \27%[31m" and "secret" or nil end) },
	},
	{
		"pythoncalls", prepare = hold("python", "build/tests/probed python 11 held"),
		command = release("python", TO_ITS_END),
		made = { outer = 11, inner = 33, again = 11 },
		ours = { "-f build/tests/probed", function(row) return row["function"], row.calls end },
		bcc = { function() return tostring(held.python.pid) end, peers.lines(function(line)
			local name, number = line:match "module%.py%.(%l+)%s+(%d+)"
			return name, tonumber(number)
		end) },
	},
	{
		"pythongc",
		bcc = { never = "it counts a probe's tracers by itself, and the kernel refuses those that have it count beside it" },
	},
	{
		"profile", command = spin, made = { samples = { HZ * SECONDS * 0.8, HZ * SECONDS * 1.1 } }, tolerance = 0.1,
		ours = { ("-F %d -n %s"):format(HZ, live.mark), function(row) return "samples", row.count end },
		bcc = { ("-F %d -f"):format(HZ), peers.lines(function(line)
			local number = line:match("^" .. live.mark .. ";.* (%d+)$")
			return number and "samples", tonumber(number)
		end) },
	},
}
