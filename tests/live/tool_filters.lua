-- SPDX-License-Identifier: MIT
-- Whose events a tool shows: --pid, --tid, --uid, --comm, --cgroup, --container, each with the events of others
-- beside it.
local t = require "tap"
local cgroup = require "own_cgroup"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

local CALLS = live.file([==[
return {
	summary = "calls of getppid",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct event { u32 pid, tid; char comm[16]; };
BPF_RINGBUF_OUTPUT(events, 64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
	u64 id = bpf_get_current_pid_tgid();
	struct event e = { id >> 32, id };
	if (!wanted() || !wanted_pid(e.pid) || !wanted_tid(e.tid))
		return 0;
	bpf_get_current_comm(e.comm, sizeof(e.comm));
	if (wanted_comm(e.comm))
		events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]],
	columns = { { "PID" }, { "TID" }, { "COMM" } },
}
]==], "calls.lua")

-- Several processes at once: one with threads, one of another user, one with another name, one in a control group.
local OTHER = "setpriv --reuid=65534 --regid=65534 --clear-groups"
local has_users = sh.run(OTHER .. " true") == 0
sh.run(("cp build/tests/workload %s/lt-a-long-name-of-a-command; chmod 755 %s"):format(sh.dir(), sh.dir()))
local renamed = sh.dir() .. "/lt-a-long-name-of-a-command"
local THREADS = [[
import threading, os, sys
def call():
    for _ in range(int(sys.argv[1])):
        os.getppid()
threads = [threading.Thread(target=call) for _ in range(2)]
call()
for t in threads: t.start()
for t in threads: t.join()
]]
local threads = live.file(THREADS, "threads.py")
local command = ([[
build/tests/workload getppid 7
%s %s getppid 11
%s getppid 13
sh -c 'echo $$ >%s/cgroup.procs; exec build/tests/workload getppid 17'
sh -c 'mkdir -p %s/below; echo $$ >%s/below/cgroup.procs; exec build/tests/workload getppid 19'
]]):format(has_users and OTHER or "env", renamed, renamed, cgroup.path, cgroup.path, cgroup.path)

local function counts(words, more)
	local by_comm = {}
	for _, row in ipairs(tool.rows(CALLS .. " " .. words, command .. (more or ""))) do
		by_comm[row.comm] = (by_comm[row.comm] or 0) + 1
	end
	return ("%d %d %d"):format(by_comm.workload or 0, by_comm["lt-a-long-name-"] or 0, by_comm.python3 or 0)
end

t.eq(counts("-n workload", ("python3 %s 5\n"):format(threads)), "43 0 0", "--comm")
t.eq(counts "-n lt-a-long-name-of-a-command", "0 24 0", "--comm: as much of a name as the kernel keeps")
t.eq(counts "-n lt-a-long", "0 0 0", "--comm: the whole name")
if has_users then
	t.eq(counts "-u 65534", "0 11 0", "--uid, a number")
	t.eq(counts "-u nobody", "0 11 0", "--uid, a name")
	t.eq(counts "-u 0 -n lt-a-long-name-of-a-command", "0 13 0", "--uid 0 is root's alone; two filters")
else
	t.skip "--uid: setpriv cannot change the user here"
end
t.eq(counts("--cgroup " .. cgroup.path), "36 0 0", "--cgroup: it and what is below it")
t.eq(counts("--cgroup " .. cgroup.path:match "[^/]+$"), "36 0 0", "--cgroup: a path below the mount")
t.eq(counts("--cgroup " .. cgroup.path .. "/below"), "19 0 0", "--cgroup: one below")

-- A container's group is named by its id.
local id = ("c0ffee%058d"):format(live.pid)
local scope = ("%s/docker-%s.scope"):format(cgroup.path, id)
assert(sh.run(("mkdir %s %s/libpod-conmon-%s.scope"):format(scope, cgroup.path, id)) == 0)
local _, _, err = tool.run(CALLS .. " --container c0ffee0", "true")
t.eq(err, "", "--container: by the beginning of its id")
local inside = ("sh -c 'echo $$ >%s/cgroup.procs; exec build/tests/workload getppid 23'\n"):format(scope)
local got = tool.rows(CALLS .. " --container " .. id, inside .. "build/tests/workload getppid 3")
t.eq(#got, 23, "--container: its own events alone")
_, _, err = tool.run(CALLS .. " --container beef0123", "true")
t.like(err, "^luatrace: %-%-container: no control group below /.* belongs to a container whose id begins with "
	.. "beef0123\n", "none")
assert(sh.run(("mkdir %s/docker-%s.scope"):format(cgroup.path, id:sub(1, 12) .. ("1"):rep(52))) == 0)
_, _, err = tool.run(CALLS .. " --container c0ffee00", "true")
t.like(err, "^luatrace: %-%-container: 2 containers have an id that begins with c0ffee00; give more digits\n",
	"two")

-- By number: a process that waits for its go, and one of its threads.
local HELD = live.file([[
import os, sys, threading
ready = threading.Event()
def other():
    print(os.getpid(), threading.get_native_id(), flush=True)
    ready.wait()
    for _ in range(31): os.getppid()
thread = threading.Thread(target=other)
thread.start()
sys.stdin.readline()
for _ in range(29): os.getppid()
ready.set()
thread.join()
print("done", flush=True)
]], "held.py")
local function by_number(option, which)
	local held = live.start("python3 " .. HELD)
	live.await(function() return held:output():find "\n" end)
	local pid, tid = held:output():match "(%d+) (%d+)\n"
	local rows = tool.rows(("%s %s %s"):format(CALLS, option, which == "pid" and pid or tid),
		("echo >%s; until grep -q done %s; do sleep 0.01; done"):format(held.input, held.out))
	held:wait()
	return rows, tonumber(pid), tonumber(tid)
end
local rows, pid = by_number("--pid", "pid")
t.eq(#rows, 60, "--pid: all threads of it")
t.eq(rows[1].pid, pid, "it")
local tid
rows, _, tid = by_number("--tid", "tid")
t.eq(#rows, 31, "--tid: one thread")
t.eq(rows[1].tid, tid, "it")
rows = by_number("--pid", "tid")
t.eq(#rows, 0, "a thread's number is no process's")

-- What luatrace calls itself is no event, unless it is asked for.
local OWN = live.file((sh.read(CALLS):gsub("columns", [[every = function()
	ffi.cdef "int getppid(void); int prctl(int, const char *);"
	ffi.C.prctl(15, "lt-own")	-- PR_SET_NAME
	ffi.C.getppid()
end,
interval = 0.05,
columns]])), "own.lua")
local function own(around)
	return sh.run(("%s %s -c 'sleep 0.3' %s --json -n lt-own"):format(around, live.luatrace, OWN))
end
local _, none, said = own ""
t.eq(said .. none, "", "luatrace's own calls are left out")
_, none = own "unshare --pid --fork"
t.eq(none, "", "also in a PID namespace, where its number is another")
local _, some = sh.run(("sh -c 'exec %s -c \"sleep 0.3\" %s --json --pid $$ -n lt-own'"):format(live.luatrace, OWN))
t.ok(select(2, some:gsub("\n", "")) > 2, "--pid: unless they are asked for")
sh.run(("rmdir %s/*.scope %s/below"):format(cgroup.path, cgroup.path))
cgroup.remove()
t.done()
