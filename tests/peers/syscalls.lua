-- SPDX-License-Identifier: MIT
-- Not in guests, as all of this folder: others' tools are compared with where they are installed.
-- Tools of system calls beside others of their names.
-- Tools: opensnoop statsnoop killsnoop syscount execsnoop exitsnoop mountsnoop
local live = require "live"
local peers = require "peers"
local sh = require "sh"
local t = require "tap"

if sh.run "command -v unshare" ~= 0 then
	t.skip_all("unshare is missing (package util-linux)")
end

local OPENS, MISSES = 97, 13
local file = sh.dir() .. "/file"
sh.write(file, "")

local function of_path(line)
	return line:sub(-#file) == file and "file" or line:sub(-#file - 5) == file .. "-none" and "file-none" or nil
end

local SENT, UNSENT, NOBODY = 11, 5, 4194303	-- the largest pid there can be
local target = live.start "sleep 600"
local function signals(line)
	local sent = line:find(("%%f[%%d]%d%%f[%%D]"):format(target.pid))
	return line:find(live.mark, 1, true) and (sent and "sent" or line:find "%f[%d]4194303%f[%D]" and "unsent") or nil
end

-- A call that nobody else makes.
local CALLS = 9973
local function of_call(line)
	local number = line:match "^getpriority%s+(%d+)"
	return number and "getpriority", tonumber(number)
end

local RUNS, CODES = 23, 17
local runs, exits = ("%s/%sr"):format(sh.dir(), live.mark), ("%s/%se"):format(sh.dir(), live.mark)
sh.run(("cp /bin/true %s; cp /usr/bin/perl %s"):format(runs, exits))
local function code(line)
	return line:find("^" .. live.mark .. "e%s") and (line:match "code (%d+)" and "failed" or "ended") or nil
end

local MOUNTS = 7
sh.run(("mkdir %s/mount"):format(sh.dir()))
local function mount_call(line)
	return line:find(sh.dir(), 1, true) and (line:find("lt-device", 1, true) and "mount" or line:find "umount2?%(.*EINVAL"
		and "umount") or nil
end

local opens = peers.lines(of_path)
local kills = peers.lines(signals)
local execs = peers.lines(function(line) return line:find(runs .. " a b", 1, true) and "run" or nil end)
peers.compare {
	{
		"opensnoop",
		command = ("build/tests/workload openat %d %s\nexec build/tests/workload openat %d %s-none"):format(OPENS, file,
			MISSES, file),
		made = { file = OPENS, ["file-none"] = MISSES },
		ours = { "", function(row) return of_path(row.path) end },
		libbpf = { "", opens }, bcc = { "", opens }, bpftrace = { "", opens },
	},
	{
		"statsnoop",	-- stat and lstat as they were: bpftrace's shows nothing of newfstatat, which programs call now
		command = ("exec perl -e 'my ($f, $n, $b) = (\"%s\", \"%s-none\", \" \" x 512);\n"
			.. "syscall(4, $f, $b) for 1..%d; syscall(6, $n, $b) for 1..%d'"):format(file, file, OPENS, MISSES),
		made = { file = OPENS, ["file-none"] = MISSES },
		ours = { "", function(row) return of_path(row.path) end },
		libbpf = { "", opens, wrong = "it looks for tracepoints of other names (syscalls:statx) and attaches none" },
		bcc = { "", opens }, bpftrace = { "", opens },
	},
	{
		"killsnoop",
		command = ("exec perl -e '$0 = \"%s\"; kill \"WINCH\", %d for 1..%d; kill \"USR1\", %d for 1..%d'"):format(
			live.mark, target.pid, SENT, NOBODY, UNSENT),
		made = { sent = SENT, unsent = UNSENT },
		ours = { "", function(row) return signals(("%s %d"):format(row.comm, row.target)) end },
		libbpf = { "", kills }, bcc = { "", kills }, bpftrace = { "", kills },
	},
	{
		"syscount", command = ("exec perl -e 'getpriority(0, 0) for 1..%d'"):format(CALLS),
		made = { getpriority = CALLS },
		ours = { "-r 1000", function(row) return row.syscall == "getpriority" and row.syscall or nil, row.count end },
		libbpf = { "-T 1000", peers.lines(of_call) }, bcc = { "-T 1000", peers.lines(of_call) },
		bpftrace = { never = "it shows ten numbers of calls, with those that others make most" },
	},
	{
		"execsnoop",
		command = ("exec perl -e 'for (1..%d) { if (!fork) { exec \"%s\", \"a\", \"b\" } wait }'"):format(RUNS, runs),
		made = { run = RUNS },
		ours = { "", function(row) return row.args:find(runs .. " a b", 1, true) and "run" or nil end },
		libbpf = { "", execs }, bcc = { "", execs }, bpftrace = { "", execs },
	},
	{
		"exitsnoop",
		command = ("exec %s -e 'for (1..%d) { if (!fork) { exit $_ } wait }'"):format(exits, CODES),
		made = { failed = CODES, ended = 1 },
		ours = { "", function(row)
			return row.comm == live.mark .. "e" and (row.code > 0 and "failed" or "ended") or nil
		end },
		libbpf = { "", peers.lines(code) },
		bcc = { "", peers.lines(code), foreign = "it finds whether a thread is a process's first by the layout of tasks" },
	},
	{
		"mountsnoop",
		command = ("exec unshare -m perl -e 'my ($d, $f, $v, $o) = (\"%s/mount\", \"tmpfs\", \"lt-device\", \"size=1m\");\n"
			.. "for (1..%d) { syscall(165, $v, $d, $f, 6, $o); syscall(166, $d, 2) } syscall(166, $d, 8) for 1..3'"):format(
			sh.dir(), MOUNTS),
		made = { mount = MOUNTS, umount = 3 },
		ours = { "-n perl", function(row) return mount_call(row.call .. " " .. tostring(row.result)) end },
		libbpf = { "", peers.lines(mount_call) }, bcc = { "", peers.lines(mount_call) },
	},
}
target:kill "KILL"
target:wait()
