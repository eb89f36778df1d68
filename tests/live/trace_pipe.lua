-- SPDX-License-Identifier: MIT
-- bpf_trace_printk and what reads it: trace_fields, trace_readline, trace_print. Others may print too: only lines with
-- this case's mark count.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 31
local TEXT = [[
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		bpf_trace_printk("MARK %d %s\n", PID, "text");
	return 0;
}
TRACEPOINT_PROBE(syscalls, sys_exit_getppid)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		bpf_trace_printk("MARK returned\n");
	return 0;
}]]

local held = live.workload("getppid", COUNT)
local b = BPF { text = (TEXT:gsub("MARK", live.mark)), cflags = { "-DPID=" .. held.pid } }
b:trace_open()
held:begin()
t.eq(live.await(held.made), COUNT, "the workload made its calls")
held:wait()	-- the kernel notes a task's name when it leaves its CPU next; until then it is "<...>"
local entered, returned, wrong = 0, 0, ""
while true do
	local task, pid, cpu, flags, ts, msg = b:trace_fields(true)
	if not task then
		break
	elseif msg:find(live.mark, 1, true) then
		if task ~= "workload" or pid ~= held.pid or cpu < 0 or #flags < 4
			or math.abs(ts - live.seconds()) >= 60 then
			wrong = wrong .. ("%s-%d [%d] %s %g: %s\n"):format(task, pid, cpu, flags, ts, msg)
		end
		entered = entered + (msg == ("%s %d text"):format(live.mark, held.pid) and 1 or 0)
		returned = returned + (msg == live.mark .. " returned" and 1 or 0)
	end
end
t.eq(entered, COUNT, "trace_fields: each message, with its values")
t.eq(returned, COUNT, "and those of the second program")
t.eq(wrong, "", "task, pid, cpu, flags and time")
t.eq(b:trace_fields(true), nil, "trace_fields(true) does not wait")
t.eq(b:trace_readline(true), nil, "nor does trace_readline(true)")
b:close()

-- trace_print in a process of its own, ended by a signal. One reader takes lines away from another.
BPF.cleanup()
held = live.workload("getppid", COUNT)
local script = live.file(([==[
local BPF = require "luatrace"
local b = BPF { text = [[%s]], cflags = { "-DPID=%d" } }
b:trace_open()
print("ready")
io.stdout:flush()
b:trace_print("{1} {5}")
]==]):format((TEXT:gsub("MARK", live.mark)), held.pid))
local job = live.start(live.luatrace .. " " .. script)
t.ok(job:await("ready\n"), "a script that traces")
held:begin()
local line = ("%d %s %d text\n"):format(held.pid, live.mark, held.pid)
live.await(function() return select(2, job:output():gsub(line, "")) >= COUNT end)
t.eq(select(2, job:output():gsub(line, "")), COUNT, "trace_print: each message, in its format")
job:kill("TERM")
t.eq(job:wait(), 0, "a signal ends it with status 0")
t.eq(job:errors(), "", "without a word")
t.done()
