-- SPDX-License-Identifier: MIT
-- Not in guests: it is about processes, not about the kernel.
-- Children that are traced from their first instruction to their last, and what becomes of them when luatrace ends.
local sh = require "sh"
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 5003
local TEXT = [[
struct event { u64 number; };
BPF_PERF_OUTPUT(events);
BPF_ARRAY(execs, u64, 1);
static u64 made;
RAW_TRACEPOINT_PROBE(sched_process_exec)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		execs.increment(0);
	return 0;
}
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = { .number = made };

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	made++;
	events.perf_submit(args, &e, sizeof(e));
	return 0;
}]]

local function script(body)
	return live.file(([==[
local BPF = require "luatrace"
local b = BPF { cflags = { "-DPID=" .. BPF.target_pid() }, text = [[%s]] }
local n, sum = 0, 0
b:on("events", function(_, e) n, sum = n + 1, sum + tonumber(e.number) end, { page_cnt = 256 })
]==]):format(TEXT) .. body)
end

-- Everything it does is seen, and nothing it does after the run's end.
local run = script [[print(BPF.run(), n, sum, tonumber(b.execs[0]))]]
local command = ("%s -c 'build/tests/workload getppid %d' "):format(live.luatrace, COUNT)
local status, out, err = sh.run(command .. run)
t.eq(err, "", "a command is traced without a word")
t.like(out, "^%d+\ndone " .. COUNT .. "\n", "its output goes where ours does")
t.eq(out:match("\n(%l+\t.*)$"), ("false\t%d\t%d\t1\n"):format(COUNT, COUNT * (COUNT - 1) / 2),
	"each record of it, its exec among them, and then run() ends")
t.eq(status, 0, "with the command's exit status")
status, out, err = sh.run(command .. script [[
local ok, e = pcall(function() while true do b:perf_buffer_poll() end end)
print(ok, e.interrupted, e.signal, n, sum)
error(e, 0)]])
t.eq(out:match("\n(%l+\t.*)$"), ("false\ttrue\tnil\t%d\t%d\n"):format(COUNT, COUNT * (COUNT - 1) / 2),
	"a polling loop ends, with all records")
t.eq(status .. err, "0", "as after a Ctrl-C")

-- A loop over trace_pipe: others may print too.
local print_script = live.file(([==[
local BPF = require "luatrace"
local b = BPF { cflags = { "-DPID=" .. BPF.target_pid() }, text = [[
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		bpf_trace_printk("%s %%d\n", PID);
	return 0;
}]] }
b:trace_print("{5}")]==]):format(live.mark))
status, out, err = sh.run(("%s -c 'build/tests/workload getppid 211' %s"):format(live.luatrace, print_script))
t.eq(select(2, out:gsub("\n" .. live.mark .. " %d+%f[\n]", "")), 211, "trace_print prints all lines and ends")
t.eq(status .. err, "0", "quietly")

-- Beside others, in this process; and nothing is left of it.
local b = BPF { cflags = { "-DPID=0" }, text = TEXT }
b.events:open_perf_buffer(function() end, { wakeup_events = 1 })	-- has no more descriptors later
BPF.run(0)
local before = live.holdings()
local ended = 0
for i = 1, 11 do
	BPF.spawn { "sh", "-c", "exit " .. i, on_exit = function(child)
		ended = ended + child.status
		if ended == 66 then
			BPF.stop()
		end
	end }
end
t.eq(BPF.run(30), false, "eleven children at once")
t.eq(ended, 66, "each told of once")
t.eq(live.holdings(), before, "they leave no descriptor and no zombie")
b:close()

-- The end of luatrace is the end of its child.
local sleeper = live.mark .. "sleep"
sh.run(("ln -s /bin/sleep %s/%s"):format(sh.dir(), sleeper))
local function start(body)
	local job = live.start(("env --default-signal=INT %s -c '%s/%s 1009' %s"):format(live.luatrace, sh.dir(), sleeper,
		live.file("local BPF = require 'luatrace' print(BPF.target_pid()) io.stdout:flush() " .. body)))
	return job, job:await("^(%d+)\n")
end
local job, pid = start "io.read()"
t.eq(sh.read(("/proc/%s/stat"):format(pid)):match("%((.-)%)"), "luatrace", "held: there, and not yet itself")
job:kill("KILL")
t.eq(job:wait(), 137, "luatrace is killed while it holds one")
t.eq(live.left_running(sleeper), "", "which goes away")
for _, how in ipairs { { "BPF.run()", "INT", 0 }, { "BPF.run()", "PIPE", 141 },
	{ "BPF.run(0.1) os.exit(7)", nil, 7 }, { "BPF.run(0.1)", nil, 0 } } do
	job, pid = start(how[1])
	live.await(function() return not how[2] or sh.read(("/proc/%s/comm"):format(pid)):find("sleep") end)
	if how[2] then
		job:kill(how[2])
	end
	t.eq(job:wait(), how[3], how[1] .. ": it ends first")
	t.eq(job:errors(), "", "without a word")
	t.eq(live.left_running(sleeper), "", "and the child ends with it")
end
-- Killed while it is held: that is an end like others.
for signal, code in pairs { KILL = 137, INT = 130 } do
	job, pid = start "io.read() print(BPF.run())"
	os.execute(("kill -%s %s"):format(signal, pid))
	job:write("\n")
	t.eq(job:wait() .. job:output():match("\n(.*)$"), code .. "false\n", "a held child that gets a " .. signal)
end
t.done()
