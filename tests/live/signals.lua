-- SPDX-License-Identifier: MIT
-- SIGINT, SIGTERM and SIGKILL at any moment, in a compile, an attach, a poll: the right end, and nothing left behind.
-- Not in guests: it counts on moments of a native compile.
local t = require "tap"
local sh = require "sh"
local live = require "live"

local ROUNDS = 4
local temporary = sh.dir() .. "/temporary"
sh.run("mkdir " .. temporary)
-- A script's signals are a terminal's, not those a shell gives its background jobs.
local COMMAND = ("env --default-signal=INT TMPDIR=%s HOME=%s %s "):format(temporary, temporary, live.luatrace)

local function script(name, body)
	return live.file((([==[
local BPF = require "luatrace"
local b = BPF { cflags = { "-DMARK", "-DPID=" .. io.open("/proc/self/stat"):read("*n") }, text = [[
struct event { u32 pid; };
BPF_HASH(MARK, u32, u64);
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(rings, 8);
int f(struct pt_regs *ctx) { return 0; }
RAW_TRACEPOINT_PROBE(sys_enter) { MARK.increment(1); return 0; }
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = { .pid = bpf_get_current_pid_tgid() >> 32 };

	if (e.pid == PID)
		events.perf_submit(args, &e, sizeof(e));
	return 0;
}]] }
for _, name in ipairs { "getppid", "getpriority" } do
	b:attach_uprobe { name = "c", sym = name, fn_name = "f" }
end
b.events:open_perf_buffer(function() end)
]==]):gsub("%f[%w]MARK%f[%W]", live.mark)) .. body, ("%s-%s.lua"):format(live.mark, name))
end

local function nothing_left(name)
	t.eq(live.left_running(live.mark), "", name .. ": no process is left")
	t.eq(live.left_in_kernel(live.mark), "", name .. ": no program and no map")
	t.eq(select(2, sh.run("ls -A " .. temporary)), "", name .. ": no file")
end

local polling = script("poll", 'print("polling") io.stdout:flush() while true do b:perf_buffer_poll() end')

-- How long it takes until it polls.
local start = live.seconds()
local job = live.start(COMMAND .. polling)
t.ok(job:await("polling\n"), "the script gets to polling")
local whole = live.seconds() - start
job:kill("INT")
t.eq(job:wait(), 0, "SIGINT while it polls: exit status")
t.eq(job:errors(), "", "SIGINT while it polls: not a word")
nothing_left("SIGINT while it polls")

-- At moments of all that, evenly spread and then moved at random.
local seed = os.time()
math.randomseed(seed)
t.diag("seed " .. seed)
local NUMBERS = { INT = 2, TERM = 15, KILL = 9 }
for _, signal in ipairs { "INT", "TERM", "KILL" } do
	local wrong = {}
	for round = 1, ROUNDS do
		local moment = whole * (round - 1 + math.random()) / ROUNDS
		job = live.start(COMMAND .. polling)
		os.execute(("sleep %.3f"):format(moment))
		job:kill(signal)
		local status = job:wait()
		-- Before its first instructions a signal has its default action.
		local right = signal == "KILL" and status == 137 or signal ~= "KILL" and (status == 0 or moment < 0.05
			and status == 128 + NUMBERS[signal])
		-- The shell tells of a process that was killed.
		local said = job:errors():gsub("^Killed\n$", "")
		if not right or said ~= "" then
			wrong[#wrong + 1] = ("after %.3f s: status %d %s"):format(moment, status, said)
		end
	end
	t.eq(table.concat(wrong, "; "), "", ("SIG%s at %d moments of %.2f s"):format(signal, ROUNDS, whole))
	nothing_left("SIG" .. signal)
end

-- The first Ctrl-C ends a run; the script goes on to print what it counted.
local running = script("run",
	'print("polling") io.stdout:flush() local finished = BPF.run() print("finished", finished)')
job = live.start(COMMAND .. running)
job:await("polling\n")
job:kill("INT")
t.eq(job:wait(), 0, "SIGINT within run(): exit status")
t.like(job:output(), "\nfinished\tfalse\n$", "SIGINT within run(): the script prints its last words")

-- A script that does not poll: the second one ends it.
local busy = script("busy", 'print("polling") io.stdout:flush() while true do end')
for _, signal in ipairs { "INT", "TERM" } do
	job = live.start(COMMAND .. busy)
	job:await("polling\n")
	job:kill(signal)
	os.execute("sleep 0.2")
	t.ok(sh.read(("/proc/%d/status"):format(job.pid)), "the first SIG" .. signal .. " waits for the next poll")
	job:kill(signal)
	t.eq(job:wait(), 128 + NUMBERS[signal], "the second one ends the process")
end
local sleeping = script("sleep", 'print("polling") io.stdout:flush() BPF.sleep(100) print("not here")')
job = live.start(COMMAND .. sleeping)
job:await("polling\n")
job:kill("TERM")
t.eq(job:wait() .. job:output() .. job:errors(), "0polling\n", "SIGTERM within sleep()")
nothing_left("all of them")
t.done()
