-- SPDX-License-Identifier: MIT
-- Not in guests: how spans are written is not the kernel's.
-- --chrome: rows as spans of time, each with its own; whatever they are called; whole when luatrace is killed.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

local COUNT = 1009
-- A name of its own: others may run the same.
local comm, workload = live.mark, sh.dir() .. "/" .. live.mark
sh.run(("cp build/tests/workload %s"):format(workload))
local path = live.file([==[
return {
	summary = "calls of getppid, from when to when",
	filters = { "comm" },
	options = { { "hostile", help = "names" } },
	text = [[
#include <luatrace/filter.h>
struct event { u64 ts, start; u32 pid, tid; char comm[TASK_COMM_LEN]; };
BPF_HASH(began, u32, u64);
BPF_RINGBUF_OUTPUT(events, 64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();

	if (wanted())
		began.update(&tid, &now);
	return 0;
}
TRACEPOINT_PROBE(syscalls, sys_exit_getppid)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 *start = began.lookup(&tid);
	struct event e = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .tid = tid };

	if (!start)
		return 0;
	e.start = *start;
	began.delete(&tid);
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]],
	clock = "ts",
	columns = { { "PID" }, { "COMM" }, { "TIME", unit = "ns", value = function(e) return e.ts - e.start end } },
	span = function(e, run)
		local name = run.options.hostile and "</script>\"\\\n\27\255" .. ("x"):rep(4096) or "getppid"
		return e.start, e.ts - e.start, name, e.pid, e.tid, e.comm
	end,
}
]==], "getppids.lua")

-- What python's JSON parser makes of it.
local reader = live.file([[
import json, sys
trace = json.load(open(sys.argv[1], encoding="utf-8"))
events = trace["traceEvents"]
spans = [e for e in events if e["ph"] == "X"]
print("tool", trace["otherData"]["tool"])
print("spans", len(spans), "of", sorted({e["name"][:20] for e in spans}))
print("hostile", spans[0]["name"] == '</script>"\\\n\x1b\ufffd' + "x" * 4096)
print("in order", all(a["ts"] + a["dur"] <= b["ts"] for a, b in zip(spans, spans[1:])))
print("as in the row", all(abs(e["dur"] * 1000 - e["args"]["time_ns"]) < 1 for e in spans))
print("pids", {(e["pid"], e["tid"], e["args"]["pid"], e["args"]["comm"]) for e in spans})
print("names", sorted((e["name"], e["pid"], e["args"]["name"]) for e in events if e["ph"] == "M"))
]], "reader.py")

local file = sh.dir() .. "/trace.json"
local function read()
	local _, said, trouble = sh.run(("python3 %s %s"):format(reader, file))
	return trouble == "" and said or trouble
end

local status, out, err = tool.run(("%s -n %s --chrome %s"):format(path, comm, file),
	("%s getppid %d"):format(workload, COUNT))
t.eq(status .. err, "0", "traced")
t.eq(select(2, out:gsub("\n", "")), COUNT + 1, "the table, too")
local pid = tonumber(out:match("\n(%d+) +" .. comm))
local said = read()
t.like(said, ("^tool luatrace getppids\n"
	.. "spans %d of %%['getppid'%%]\nhostile False\nin order True\nas in the row True\n"):format(
	COUNT), "each call, when it was")
t.like(said, ("\npids {%%(%d, %d, %d, '%s'%%)}\n"):format(pid, pid, pid, comm), "whose it was")
t.like(said, ("\nnames %%[%%('process_name', %d, '[^']+'%%), %%('thread_name', %d, '%s'%%)%%]\n"):format(pid,
	pid, comm), "and what that is called")

local hostile, _, message = tool.run(("%s -n %s --hostile --chrome %s"):format(path, comm, file),
	workload .. " getppid 13")
t.eq(hostile .. message, "0", "names that are no JSON")
t.like(read(), "\nspans 13 .*\nhostile True\n", "are text, of any length")

-- Killed: what was written until then is whole, under the name that it has until the end.
local job = live.start(("%s %s -n %s --chrome %s/killed.json"):format(live.luatrace, path, comm, sh.dir()))
job:await "COMM"
sh.run(workload .. " getppid 2003")
live.await(function() return select(2, job:output():gsub("\n", "")) == 2004 end)
job:kill "KILL"
job:wait()
local _, left = sh.run(("ls %s/killed*"):format(sh.dir()))
t.like(left, "^%S+/killed%.json%.%x+%.part\n$", "no file of a name that it does not deserve")
file = left:match "%S+"
t.like(read(), "\nspans %d%d%d%d? of", "what there was by then is valid")
t.done()
