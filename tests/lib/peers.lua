-- SPDX-License-Identifier: MIT
-- Others' tools beside ours of the same names: bcc's Python, libbpf-tools' and bpftrace's, on one workload at one time.
local ffi = require "ffi"
local C = require "luatrace.abi"
local live = require "live"
local names = require "luatrace.names"
local sh = require "sh"
local t = require "tap"
local tool = require "tool"

local M = {}

-- Seconds: until a peer has its probes on, or is held for one that does not start; until it has ended.
local READY, ENDED = 60, 20
-- How many entries' peers start while those of one are compared: bcc's compile for seconds.
local AHEAD = 2

local function first_of(...)
	for _, path in ipairs { ... } do
		if io.open(path) then
			return path
		end
	end
end

-- bcc 0.26 calls a function of seven arguments with six. The last one, where a program counts its tracers, is what lies
-- on the stack by chance, and while a place has two such, the kernel refuses a probe there to everybody else.
local BCC = [[
import ctypes, runpy, sys
import bcc.libbcc
attach = bcc.libbcc.lib.bpf_attach_uprobe
if len(attach.argtypes) == 6:
    attach.argtypes = [*attach.argtypes, ctypes.c_uint]
    bcc.libbcc.lib.bpf_attach_uprobe = lambda *arguments: attach(*arguments, 0)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
]]
local function bcc_runner()
	M.bcc = M.bcc or live.file(BCC, "run_bcc.py")
	return M.bcc
end

-- Where distributions have them. An unrelated program may have the name of one of libbpf's, which are linked with it.
local KINDS = {
	{ name = "libbpf", find = function(name)
		local path = first_of("/usr/sbin/" .. name, "/usr/sbin/bpf-" .. name, "/usr/bin/bpf-" .. name)
		return path and sh.read(path):find("libbpf: ", 1, true) and path
	end },
	{ name = "bcc", find = function(name)
		local path = first_of(("/usr/sbin/%s-bpfcc"):format(name), "/usr/share/bcc/tools/" .. name)
		-- Some are "$lib/OTHER -l LANGUAGE" in a shell's words.
		local other, words = (path and sh.read(path) or ""):match "\n$lib/(%w+) (.*) \"$@\""
		local program = other and path:match "^.*/" .. other or path
		local python = program and (sh.read(program) or ""):match "^#!%s*(%S*python%S*)"
		return python and ("%s %s %s %s"):format(python, bcc_runner(), program, words or "")
	end },
	{ name = "bpftrace", find = function(name)
		local path = first_of(("/usr/sbin/%s.bt"):format(name), ("/usr/share/bpftrace/tools/%s.bt"):format(name))
		return path and "bpftrace " .. path
	end },
}

-- bcc compiles against the kernel's headers, or against those that tests/bench/fetch-headers has got.
local release = sh.read("/proc/sys/kernel/osrelease"):match "%S+"
local _, here = sh.run "pwd"
local own_headers = io.open(("/lib/modules/%s/build/Makefile"):format(release))
local headers = not own_headers and io.open "build/bench/headers/Makefile"
	and "BCC_KERNEL_SOURCE=" .. sh.quote(here:match "[^\n]+" .. "/build/bench/headers") or ""

-- SIGINT, which shells have jobs ignore; debugfs, where bcc looks for tracepoints, in a mount namespace of its own.
local START = "env --default-signal=INT PYTHONUNBUFFERED=1 %s unshare -m sh -c 'test -d /sys/kernel/debug/tracing || "
	.. "mount -t debugfs none /sys/kernel/debug; exec \"$@\"' peer stdbuf -oL %s %s"

local no_kprobes

---Where the kernel has no kprobes: why a tool of these alone is not started. bcc's compile for seconds before they say
---so, and bpftrace's go on without their probes.
---@return string? reason
local function lacks_kprobes(kind, command)
	if no_kprobes == nil then
		local err = ffi.new("lt_error[1]")
		no_kprobes = C.lt_kind_supported("kprobe", err) < 0 and ffi.string(err[0].message):match "^kprobe: ([^;]*)"
		C.lt_error_clear(err)
	end
	local text = "\n" .. (sh.read(command:match "(/%S+)%s*$" or "") or "")
	if not no_kprobes or kind == "libbpf" then
		return nil
	elseif kind == "bpftrace" then
		return text:find "\nkr?e?t?probe:" and no_kprobes or nil
	end
	for _, other in ipairs { "TRACEPOINT_PROBE", "tracepoint", "KFUNC", "kfunc", "uprobe",
		"usdt", "USDT", "attach_perf_event" } do
		if text:find(other, 1, true) then
			return nil
		end
	end
	return text:find "kr?e?t?probe" and no_kprobes or nil
end

local function start(kind, path, spec)
	local words = spec[1] or ""
	words = type(words) == "function" and words() or words
	return { kind = kind, spec = spec, job = live.start(START:format(headers, path, words)) }
end

local function ended(job)
	return sh.read(job.status) ~= nil
end

local WAITS = { poll = true, ppoll = true, epoll_wait = true, epoll_pwait = true, epoll_pwait2 = true, select = true,
	pselect6 = true, nanosleep = true, clock_nanosleep = true, pause = true, rt_sigsuspend = true }

ffi.cdef "int access(const char *, int);"

-- Whether it holds something of BPF, and waits: for records, or for its interval to be over.
local function waits(job)
	local number = (sh.read(("/proc/%d/syscall"):format(job.pid)) or ""):match "^(%d+) "
	if not number or not WAITS[names.syscall(tonumber(number))] then
		return false
	end
	local _, held = sh.run(("readlink /proc/%d/fd/*"):format(job.pid))
	return held:find "bpf" ~= nil or held:find "perf_event" ~= nil
end

---Waits until its probes are on. Of two looks, the first may have been at the loader's own waits.
---@return boolean? ready nil: it has ended
local function await_ready(job, ends)
	if ends then
		return live.await(function() return ended(job) or nil end) and sh.read(job.status):match "^0\n" and true
	end
	local deadline, seen = live.seconds() + READY, 0
	while seen < 2 and not ended(job) and live.seconds() < deadline do
		seen = waits(job) and seen + 1 or 0
		require "luatrace".sleep(0.03)
	end
	return seen == 2 or nil
end

-- The line that says why it does not run: of Python the last, of others the first of an error.
local function complaint(job)
	local last, first, compiler
	for line in (job:output() .. job:errors()):gmatch "[^\n]+" do
		line = line:gsub("[%c%s]+", " "):gsub("^ ", "")
		line = line:find "RLIMIT_MEMLOCK" and "" or line	-- which matters no more
		first = first or (line:find "[Ee]rror" or line:find "[Ff]ailed" or line:find "ERROR") and line or nil
		compiler = compiler or line:match " error: .*"
		last = line:find "%S" and line or last
	end
	local why = last and last:find "^%w+Error: " or last and last:find "^Exception: " or not first
	return ((compiler or why and last or first or "it said nothing"):gsub("^ ", ""):sub(1, 160))
end

local function interrupt(peers)
	for _, peer in ipairs(peers) do
		peer.job:kill "INT"
	end
	for _, peer in ipairs(peers) do
		local deadline = live.seconds() + ENDED
		while not ended(peer.job) do
			if live.seconds() > deadline then
				peer.job:kill "KILL"
				peer.killed = true
				deadline = math.huge
			end
			require "luatrace".sleep(0.02)
		end
	end
end

-- What is compared, as text: "KEY NUMBER, ..."
local function text_of(counts)
	local list = {}
	for key, number in pairs(counts) do
		list[#list + 1] = ("%s %s"):format(key, type(number) == "table" and number[1] .. " to " .. number[2] or number)
	end
	table.sort(list)
	return #list > 0 and table.concat(list, ", ") or "nothing"
end

local function add(counts, key, number)
	if key then
		counts[key] = (counts[key] or 0) + (number or 1)
	end
end

---Reads lines: `key(line)` gives what a line is counted as, and how often (once unless given); nil: it is not ours.
---@param key fun(line: string): string?, number?
---@return fun(text: string): table<string, number>
function M.lines(key)
	return function(text)
		local counts = {}
		for line in text:gmatch "[^\n]+" do
			add(counts, key(line))
		end
		return counts
	end
end

---Reads histograms: the numbers of those whose head `key` takes are summed up. A head is any line that is no bucket.
---@param key fun(line: string): string?
---@param bucket string? a pattern: of these buckets only
---@return fun(text: string): table<string, number>
function M.histograms(key, bucket)
	return function(text)
		local counts, current = {}, nil
		for line in text:gmatch "[^\n]+" do
			local number = line:match "^%s*%d+ %-> %d+%s*:%s*(%d+)%s*|" or line:match "^[%[(][^|]*[%])]%s+(%d+) |"
				or line:match "^%s*%d+%s*:%s*(%d+)%s*|"
			if number then
				add(counts, (not bucket or line:find(bucket)) and current or nil, tonumber(number))
			elseif not line:find ":%s*count%s+distribution" and line:find "%S" then
				current = key(line)
			end
		end
		for name, number in pairs(counts) do
			counts[name] = number > 0 and number or nil
		end
		return counts
	end
end

---Of a row with a histogram: all that its buckets count.
function M.sum(row)
	local sum = 0
	for _, bucket in ipairs(row.buckets) do
		sum = sum + bucket.count
	end
	return sum
end

-- The same keys, and numbers that are as far apart as the entry allows (0 unless it says a part of them).
local function same(a, b, tolerance)
	for key, number in pairs(a) do
		local other = b[key]
		if not other then
			return false
		end
		local least, most = number, number
		if type(number) == "table" then
			least, most = number[1], number[2]
		end
		local part = (tolerance or 0) * math.max(math.abs(most), math.abs(other))
		if other < least - part or other > most + part then
			return false
		end
	end
	for key in pairs(b) do
		if not a[key] then
			return false
		end
	end
	return true
end

local function start_all(entry)
	entry.peers = {}
	if entry.prepare then
		entry.held = entry.prepare()
	end
	for _, kind in ipairs(KINDS) do
		local spec, path = entry[kind.name] or {}, kind.find(entry[1])
		local what = ("%s: %s's"):format(entry[1], kind.name)
		if not path then
			entry.absent = (entry.absent or "") .. " " .. kind.name
		elseif spec.never then
			t.skip(("%s is not compared: %s"):format(what, spec.never))
			entry.skipped = true
		elseif lacks_kprobes(kind.name, path) then
			t.skip(("%s does not run here: it has nothing but kprobes, and %s"):format(what, lacks_kprobes(kind.name, path)))
			entry.skipped = true
		else
			entry.peers[#entry.peers + 1] = start(kind.name, path, spec)
		end
	end
end

-- Those that have come up; the others are skipped.
local function ready_ones(entry)
	local ready = {}
	for _, peer in ipairs(entry.peers) do
		local what = ("%s: %s's"):format(entry[1], peer.kind)
		if await_ready(peer.job, peer.spec.ends) then
			if peer.spec[2] and entry.command then
				ready[#ready + 1] = peer
			else
				t.skip(what .. " runs here, which it did not where this was written: nothing is compared yet")
				interrupt { peer }
			end
		else
			interrupt { peer }
			t.skip(("%s does not run here: %s"):format(what, complaint(peer.job)))
		end
	end
	return ready
end

-- What a peer has shown so far comes from its ring; what it shows in the end it has counted in the kernel.
local function let_them_read(peers, wanted)
	for _, peer in ipairs(peers) do
		local start_of = live.seconds()
		while live.seconds() < start_of + (peer.spec.wait or 1.5) do
			local counts = peer.spec[2](peer.job:output())
			if same(wanted, counts) or not next(counts) and live.seconds() > start_of + (peer.spec.wait or 0.3) then
				break
			end
			require "luatrace".sleep(0.05)
		end
	end
end

local function ours_of(entry)
	local words, key = entry.ours[1], entry.ours[2]
	words = type(words) == "function" and words() or words
	local counts = {}
	for _, row in ipairs(tool.rows(("%s %s"):format(entry[1], words),
		type(entry.command) == "function" and entry.command() or entry.command ~= "" and entry.command or nil)) do
		add(counts, key(row))
	end
	return counts
end

local function compare(entry)
	local name, ready = entry[1], ready_ones(entry)
	if entry.absent then
		t.diag(("%s: not installed, or there is none:%s"):format(name, entry.absent))
	end
	if #ready == 0 then
		if #entry.peers == 0 and not entry.skipped then
			t.skip(name .. ": no peer is installed")
		end
		return
	end
	local ours = ours_of(entry)
	local made = type(entry.made) == "function" and entry.made() or entry.made
	let_them_read(ready, ours)
	interrupt(ready)
	t.diag(("%s: made %s"):format(name, text_of(made)))
	t.diag(("%s: ours %s"):format(name, text_of(ours)))
	t.ok(same(made, ours, entry.tolerance), name .. ": what was made")
	local around = entry.around and entry.around()
	if around then
		t.diag(("%s: while peers ran %s"):format(name, text_of(around)))
	end
	for _, peer in ipairs(ready) do
		local counts = peer.spec[2](peer.job:output())
		t.diag(("%s: %s's %s%s"):format(name, peer.kind, text_of(counts), peer.killed and " (it had to be killed)" or ""))
		local wrong = peer.spec.wrong or peer.kind == "bcc" and headers ~= "" and peer.spec.foreign
		if wrong then
			t.diag(("%s: %s's is known to be wrong%s: %s"):format(name, peer.kind,
				peer.spec.wrong and "" or ", with another kernel's headers", wrong))
		elseif not t.ok(same(around or ours, counts, entry.tolerance), ("%s: as %s's has it"):format(name, peer.kind)) then
			t.diag(peer.job:output():sub(-1000) .. peer.job:errors():sub(-500))
		end
	end
end

---Compares, one after the other. An entry is
---  { TOOL, command = TEXT or a function, made = { KEY = NUMBER or { LEAST, MOST } } or a function that gives this,
---    ours = { WORDS, function(row) return KEY, NUMBER end }, libbpf = { WORDS, READER }, bcc = …, bpftrace = … }
---where a READER makes of what a peer shows { KEY = NUMBER }. Of a peer: `wrong`: why it shows something else, which is
---only said; `foreign`: why it does when bcc has not this kernel's headers; `never`: why it is not started; `ends`: it
---does without being told to; `wait`: seconds that it takes to show what it saw.
---`tolerance`: by which part numbers that are measured may differ. `prepare` is called ahead of the peers, and may give
---a job of live.start, which ends with the comparison; `around` tells what peers may show that count for longer than
---ours runs. An entry without a command says that there is a peer, and shows why it does not run.
---
---$PEERS_ONLY: the names of those to compare.
---@param entries table[]
function M.compare(entries)
	local only = os.getenv "PEERS_ONLY"
	if only and only ~= "" then
		local chosen = {}
		for _, entry in ipairs(entries) do
			chosen[#chosen + 1] = (" " .. only .. " "):find(" " .. entry[1] .. " ", 1, true) and entry or nil
		end
		entries = chosen
	end
	for i = 1, #entries + AHEAD do
		if entries[i] then
			start_all(entries[i])
		end
		local now = i - AHEAD
		if entries[now] then
			local ok, err = xpcall(compare, debug.traceback, entries[now])
			if not ok then
				t.ok(false, entries[now][1] .. ": compared")
				t.diag(err)
				interrupt(entries[now].peers)
			end
			if entries[now].held then
				entries[now].held:kill "KILL"
				entries[now].held:wait()
			end
		end
	end
	t.done()
end

return M
