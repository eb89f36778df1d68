-- SPDX-License-Identifier: MIT
-- Not in guests: it is about the terminal, whatever the kernel.
-- Events while a person types: they print above the line and leave it as it is, as many as can be read, and none is
-- lost.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local terminal = require "terminal"

local COUNT = 1009
local TEXT = ([[
local b = BPF { cflags = { "-DPID=%d" }, text = ]] .. "[[" .. [[

struct event { u32 number; char comm[16]; };
BPF_HASH(MARK, u32, u64);
BPF_RINGBUF_OUTPUT(events, 64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	struct event e = {};
	e.number = args->__syscall_nr;
	bpf_get_current_comm(e.comm, sizeof(e.comm));
	MARK.increment(1);
	events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]] .. "]]" .. [[ }
seen = 0
b:on("events", function(_, e) seen = seen + 1; print("event " .. seen .. " of " .. ffi.string(e.comm)) end)
]]):gsub("MARK", live.mark)

---Starts the prompt with a script that traces a workload.
local function start(columns, count)
	local held = live.workload("getppid", count or COUNT)
	local script = live.file(TEXT:format(held.pid), "events.lua")
	local term = terminal.start { columns = columns, command = ("%s repl %s"):format(live.luatrace, script) }
	term:await("luatrace>\n$", ("at %d columns"):format(columns))
	return term, held
end

for _, columns in ipairs { 80, 200 } do
	local term, held = start(columns)
	local half = ("0123456789"):rep(math.floor(columns / 10) + 2)	-- a line of two rows
	term:type("x = '" .. half)
	held:begin()
	term:await("\nevent %d+ of workload\nluatrace> x = '[0-9\n]+\n$", "events print above the line, which stays")
	t.ok(live.await(function() return held:made() end), "the workload ends")
	term:type("tail'")
	term:await("\nevent %d+ of workload\nluatrace> x = '[0-9\n]+tail'\n$", "the line goes on")
	term:await("\n%.%.%. %d+ lines more", "what was held back is told")
	term:gives("", "luatrace>\n$")
	term:gives("#x", ("\n%d\n"):format(#half + 4), "the line is whole")
	term:gives("seen", ("\n%d\n"):format(COUNT), "every event came")
	local shown, lines = 0, term:all()
	for _ in lines:gmatch("\nevent %d+ of workload\n") do
		shown = shown + 1
	end
	t.ok(shown > 0, "some were shown")
	t.ok(not lines:find("event %d+ of workload[^\n]") and not lines:find("[^\n]event %d"), "no line is torn")
	term:gives((":show %s"):format(live.mark), ("1  %d\n"):format(COUNT), "the map agrees")
	term:key("C-d")
	term:await("ended 0\n", "Ctrl-D")
	term:close()
	t.eq(live.left_in_kernel(live.mark), "", "detached")
end

-- :pause, :resume, :rate
local term, held = start(80)
term:gives(":pause", "held back")
held:begin()
t.ok(live.await(function() return held:made() end))
term:gives("seen", ("\n%d\n"):format(COUNT), "paused, events are handled")
t.ok(not term:all():find("event 1 of", 1, true), "and print nothing")
term:gives(":resume", ("\nevent %d of workload\n%d lines were held back\n"):format(COUNT, COUNT), ":resume shows them")
term:gives(":rate", "100 lines of events a second")
term:gives(":rate 7", "luatrace>\n$")
term:gives(":rate", "\n7 lines of events a second")
term:gives(":rate -3", "rate: '%-3': takes a number of lines a second, or all", "a rate that is none")
term:gives(":rate all", "luatrace>\n$")
term:gives(":rate", "\nall lines of events are shown\n")
term:key("C-d")
term:close()

-- A flood: hundreds of thousands of events while a line is typed, none lost, and the keys are served
local FLOOD = 300007
term, held = start(80, FLOOD)
term:gives("b:close()", "luatrace>\n$")
-- room for all of them: it is not about who is faster
local flood = TEXT:gsub("print%b()", "last = e.number"):gsub("events, 64", "events, 4096")
local script = live.file(flood:format(held.pid), "flood.lua")
term:gives((":run %s"):format(script), "luatrace>\n$")
held:begin()
for _ = 1, 20 do
	term:type("n")
end
term:await("luatrace> " .. ("n"):rep(20) .. "\n$", "keys are served in a flood")
t.ok(live.await(function() return held:made() end))
term:key("C-c")
-- A line does not wait for all that lies in the ring.
t.ok(live.await(function()
	term:key("C-l")
	term:line("seen")
	require("luatrace").sleep(0.2)
	return term:screen():find(("\n%d\n"):format(FLOOD))
end), "and no event is lost")
t.ok(not term:all():find("records lost", 1, true), "nor said to be")
term:key("C-d")
term:close()

-- An event's function that fails, or does not end
term, held = start(80, 13)
term:gives("b:close()", "luatrace>\n$")
live.file((TEXT:gsub("print%b()", "if seen == 3 then error('the third') elseif seen == 5 then while true do end end"))
	:format(held.pid), "failing.lua")
term:gives((":run %s/failing.lua"):format(sh.dir()), "luatrace>\n$")
term:type("half a li")
held:begin()
term:await("\nin the background: .-the third.-\nluatrace> half a li\n$", "its error prints above the line")
require("luatrace").sleep(0.3)
term:key("C-c")
term:await("luatrace>\n$", "Ctrl-C stops one that does not end")
term:gives("seen", "\n13\n", "the others are handled")
term:key("C-d")
term:await("ended 0\n")
term:close()

-- A function that takes longer than events let it: 20 s for those that lie in the ring
held = live.workload("getppid", COUNT)
live.file((TEXT:gsub("print%b()", "BPF.sleep(0.02) print('event ' .. seen)")):format(held.pid), "slow.lua")
term = terminal.start { command = ("%s repl %s/slow.lua"):format(live.luatrace, sh.dir()) }
term:await("luatrace>\n$")
held:begin()
term:await("\nevent %d+\nevent %d+\n", "a slow function's lines are shown while more wait for it")
term:gives("seen < 700 and 'yes'", '\n"yes"\n', "a line is not run behind all events that wait")
term:gives("b:close()", "luatrace>\n$")
term:key("C-d")
term:await("ended 0\n")
term:close()

-- Killed
term, held = start(80)
t.ok(#live.in_kernel(live.mark) > 0, "attached")
sh.run("kill -9 " .. term.pid)
t.eq(live.left_in_kernel(live.mark), "", "kill -9 leaves nothing attached")
term:close()
held:begin()
term, held = start(80)
sh.run("kill -TERM " .. term.pid)
term:await("ended 0\n", "SIGTERM ends it in order")
t.eq(live.left_in_kernel(live.mark), "", "and detaches")
term:close()
held:begin()
t.done()
