-- SPDX-License-Identifier: MIT
-- Lines of bpf_trace_printk() in every form that this kernel gives them, by options and clocks of a trace instance of
-- our own: those of the machine stay as they are.
local ffi = require "ffi"
local sh = require "sh"
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"
local live = require "live"
local trace = require "luatrace.trace"

local tracefs = ffi.string(C.lt_tracefs(nil))
local instance = ("%s/instances/%s"):format(tracefs, live.mark)

local function set(file, value)
	local status = sh.run(("echo %s >%s/%s"):format(value, instance, file))
	return status == 0
end

local b = BPF { cflags = { "-DPID=" .. live.pid }, text = ([[
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		bpf_trace_printk("MARK: %d\n", 1009);
	return 0;
}]]):gsub("MARK", live.mark) }
if sh.run("mkdir " .. instance) ~= 0 then
	t.skip_all("this kernel makes no trace instances")
elseif not set("events/bpf_trace/bpf_trace_printk/enable", 1) then
	sh.run("rmdir " .. instance)
	t.skip_all("bpf_trace_printk is no event in this kernel")
end

-- The next line of ours. Others of the machine may print too.
local function line()
	ffi.C.getppid()
	return (select(2, sh.run(("timeout 20 grep -m1 %s: %s/trace_pipe"):format(live.mark, instance))):gsub("\n$", ""))
end

local function check(name, is_time)
	local text = line()
	local task, pid, cpu, flags, ts, msg = trace.parse(text)
	local comm = sh.read("/proc/self/comm"):match("%C+")
	local right = task and comm:find(task, 1, true) == 1 and #task >= math.min(#comm, 8) and pid == live.pid
		and cpu < C.lt_cpu_possible() and (#flags >= 4 or name:find("irq%-info") or name:find("verbose"))
		and (not is_time or math.abs(ts - live.seconds()) < 60) and msg == live.mark .. ": 1009"
	t.ok(right, ("%s: %s"):format(name, text))
end

check("plain", true)
set("options/irq-info", 0)
check("without irq-info", true)
set("options/record-tgid", 1)
check("without irq-info, with record-tgid", true)
set("options/irq-info", 1)
check("record-tgid", true)
set("options/record-tgid", 0)
for clock in sh.read(instance .. "/trace_clock"):gsub("[%[%]]", ""):gmatch("%S+") do
	if set("trace_clock", clock) then
		check("clock " .. clock)
		set("options/irq-info", 0)
		check("without irq-info, clock " .. clock)
		set("options/irq-info", 1)
		set("options/latency-format", 1)
		check("latency-format, clock " .. clock)
		set("options/latency-format", 0)
	end
end
set("trace_clock", "local")
set("options/latency-format", 1)
set("options/verbose", 1)
check("latency-format, verbose")
set("options/latency-format", 0)
check("verbose", true)
set("options/context-info", 0)
local task, pid, _, _, _, msg = trace.parse(line())
t.eq(("%s %s %s"):format(task, pid, msg), ("<...> nil %s: 1009"):format(live.mark), "without context-info")
b:close()
set("events/bpf_trace/bpf_trace_printk/enable", 0)
t.eq(sh.run("rmdir " .. instance), 0, "the instance goes away")
t.done()
