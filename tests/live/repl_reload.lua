-- SPDX-License-Identifier: MIT
-- Not in guests: it is about what the prompt exchanges, whatever the kernel, a thousand times.
-- :run and :reload: what was edited takes the place of what there was, with its maps where they are alike.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local terminal = require "terminal"

local COUNT = 101
local PROMPT = "luatrace>\n$"
local TEXT = [[
BPF_HASH(MARK, u32, u64);
BPF_HASH(other, u32, OTHER);
BPF_ARRAY(small, u64, SIZE);
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u64 by = BY;

	if (bpf_get_current_pid_tgid() >> 32 == PID) {
		MARK.increment(1, by);
		events.perf_submit(args, &by, sizeof(by));
	}
	return 0;
}
int on_exit(struct tracepoint__syscalls__sys_exit_getppid *args)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		MARK.increment(2, BY);
	return 0;
}
]]

local held
local function text(values)
	return (TEXT:gsub("%f[%w]%u+%f[%W]", { MARK = live.mark, OTHER = values.OTHER or "u64", SIZE = values.SIZE or "4",
		BY = values.BY or "1", PID = tostring(held.pid) }))
end

-- An object of a file of C
held = live.workload("getppid", COUNT)
local path = live.file(text {}, "text.c")
local term = terminal.start { columns = 120, rows = 50 }
term:gives(("b = BPF { src_file = %q }"):format(path), PROMPT)
term:gives(("map = b.%s"):format(live.mark), PROMPT)
term:gives("seen, last = 0, nil", PROMPT)
term:gives("b:on('events', function(_, data) seen = seen + 1; last = tonumber(ffi.cast('uint64_t *', data)[0]) end)",
	PROMPT)
term:gives(":attach tracepoint:syscalls:sys_exit_getppid on_exit", PROMPT)
term:gives("map[1], map[2], b.small[1] = 1000, 2000, 7", PROMPT)
live.file(text { BY = "10", OTHER = "u32", SIZE = "5" }, "text.c")
term:key("C-l")
term:gives(":reload b", "compiled anew and exchanged\n.-" .. PROMPT, "an object is exchanged")
local said = term:screen()
t.like(said, ("map '%s': kept with its entries"):format(live.mark), "a map is kept")
t.like(said, "map 'other': new and empty: its value is another now", "one of another type is not")
t.like(said, "map 'small': new and empty: it has room for 5 now, not 4", "nor one of another size")
held:begin()
t.ok(live.await(function() return held:made() end), "the workload runs")
term:gives(":show map key", ("1  %d\n  2  %d\n"):format(1000 + 10 * COUNT, 2000 + 10 * COUNT),
	"the new programs count in the old map, which variables still mean; what was attached is again")
term:gives("seen", ("\n%d\n"):format(COUNT), "the output goes on with its function")
term:gives("last", "\n10\n", "with what the new one sends")
term:gives("b.small[1]", "\n0\n")
t.eq(#live.in_kernel(live.mark), 1, "there is one map of that name")

-- What fails leaves all as it was
held = live.workload("getppid", COUNT)
live.file("this is no C", "text.c")
term:key("C-l")
term:gives(":reload b", "text%.c:1:1: error", "a text that does not compile")
live.file((text { BY = "20" }:gsub("on_exit", "renamed")), "text.c")
term:key("C-l")
term:gives(":reload b", "no such function", "a function is gone that is attached")
term:gives(":ls", "sys_enter_getppid +%d+ instructions .-on_exit +%d+ instructions", "the old object is as before")
term:gives("map", "1  2010\n", "with its map")
term:gives(":reload b /nonexistent.c", "reload: /nonexistent%.c: cannot be read")
term:gives(":reload c", "reload: 'c' is no BPF object")
term:gives("c = BPF { text = 'BPF_HASH(x, u32, u64);' }", PROMPT)
term:gives(":reload c", "name a file that has the new one, :reload OBJECT FILE")
live.file("BPF_HASH(x, u32, u64); BPF_HASH(y, u32, u64);", "c.c")
term:gives("c.x[5] = 50", PROMPT)
term:gives((":reload c %s/c.c"):format(sh.dir()), "map 'x': kept")
term:gives("c.x", "5  50\n")
term:gives(":source c", "1  BPF_HASH%(x, u32, u64%); BPF_HASH%(y", "a typed text is exchanged for a file's")
held:begin()
term:gives(":detach all", PROMPT)
term:gives("map[1]", "the BPF object it belongs to is closed")

-- A script
held = live.workload("getppid", COUNT)
local SCRIPT = "local b = BPF { text = [[%s]] }\nfirst = b.%s\nb:on('events', function() end)\nmade = (made or 0) + 1\n"
live.file(SCRIPT:format(text {}, live.mark), "script.lua")
term:gives((":run %s/script.lua"):format(sh.dir()), PROMPT)
term:gives("first[1] = 500", PROMPT)
live.file(SCRIPT:format(text { BY = "3" }, live.mark) ..
	"local second = BPF { text = 'BPF_ARRAY(z, u64, 1);' }\n", "script.lua")
term:key("C-l")
term:gives(":reload", ("run again; BPF objects: 2, in place of 1\n.-map '%s': kept"):format(live.mark),
	"a script runs again")
held:begin()
t.ok(live.await(function() return held:made() end))
term:gives("first", ("1  %d\n"):format(500 + 3 * COUNT), "and its new object has the old one's map")
term:gives("second", "\nmaps\n  z  array", "its locals are there")
term:gives("made", "\n2\n")
-- Names and timers of one that fails are those of before; those of one that runs again are not there twice
live.file(SCRIPT:format(text { BY = "3" }, live.mark) .. "BPF.every(3600, print)\n", "script.lua")
term:gives(":reload", "run again; BPF objects: 1, in place of 2\n.-" .. PROMPT)
term:gives(":reload", "run again; BPF objects: 1, in place of 1\n.-" .. PROMPT)
term:key("C-l")
term:gives(":ls", "\n1 timer is set\n", "a script's timers are exchanged too")
live.file("first = BPF { text = 'BPF_ARRAY(z, u64, 1);' } made = 100 BPF.every(3600, print) error('in the script')",
	"script.lua")
term:key("C-l")
term:gives(":reload", "script%.lua:1: in the script", "one that fails")
term:gives(":ls", "BPF object of .-script%.lua:1\n", "leaves the objects that there were")
term:gives(":ls", "\n1 timer is set\n")
term:gives("made", "\n4\n", "and the names that they had")
term:gives("first", "map '" .. live.mark .. "': hash", "with what they meant")
term:gives(":run /nonexistent.lua", "/nonexistent%.lua: No such file or directory")
term:key("C-d")
term:await("ended 0\n")
term:close()
t.eq(live.left_in_kernel(live.mark), "", "nothing is left")

-- A thousand rounds in one session: memory, descriptors and links stay where they were
-- Raw tracepoints: detaching others waits for the kernel, some 30 ms each.
local ROUND = [[
BPF_HASH(MARK, u32, u64);
BPF_PERF_OUTPUT(events);
RAW_TRACEPOINT_PROBE(sched_process_exit)
{
	u64 by = BY;

	MARK.increment(1, by);
	events.perf_submit(ctx, &by, sizeof(by));
	return 0;
}
int on_exec(struct bpf_raw_tracepoint_args *ctx) { return 0; }
]]
live.file((ROUND:gsub("MARK", live.mark):gsub("BY", "1")), "a.c")
live.file((ROUND:gsub("MARK", live.mark):gsub("BY", "2")), "b.c")
-- Without the JIT: what it compiles grows up to a limit of its own, in some 1,200 rounds.
live.file(([[
jit.off()
local function holdings()
	local fds, rss = 0, 0
	for line in io.lines("/proc/self/status") do
		rss = tonumber(line:match("^RssAnon:%%s*(%%d+)")) or rss
	end
	for fd = 0, 200 do
		local link = io.open("/proc/self/fdinfo/" .. fd)
		fds = fds + (link and 1 or 0)
		if link then
			link:close()
		end
	end
	return fds, rss
end
local reload = require "luatrace.reload"
local function round(b, i)
	reload.object(b, "%s/" .. (i %% 2 == 0 and "a.c" or "b.c"))
	b:attach { probe = "raw_tracepoint:sched_process_exec", fn_name = "on_exec" }
	b:detach { probe = "raw_tracepoint:sched_process_exec", fn_name = "on_exec" }
end
local b = BPF { src_file = "%s/a.c" }
b:on("events", function() end)
for i = 1, 100 do
	round(b, i)
end
collectgarbage() collectgarbage()
local fds, rss = holdings()
for i = 1, 1000 do
	round(b, i)
end
collectgarbage() collectgarbage()
local fds_after, rss_after = holdings()
print("descriptors", fds_after - fds, "links", #b:attached())
print(rss_after - rss < 1024 and "memory stays" or "memory grew by " .. rss_after - rss .. " KiB")
]]):format(sh.dir(), sh.dir()), "rounds.lua")
local status, out, err = sh.run(("echo ':run %s/rounds.lua' | LUATRACE_CACHE=%s/cache %s repl"):format(sh.dir(),
	sh.dir(), live.luatrace))
t.eq(status .. out .. err, "0descriptors\t0\tlinks\t1\nmemory stays\n", "1,000 rounds of attach, reload and detach")
t.eq(live.left_in_kernel(live.mark), "", "and nothing is left in the kernel")
t.done()
