-- SPDX-License-Identifier: MIT
-- Errors in a script: within callbacks, of its calls, of the command line; the message, the traceback, the exit status.
-- Not in guests: its errors are made before the kernel sees anything.
local t = require "tap"
local live = require "live"
local _

local HEAD = [==[
local BPF = require "luatrace"
ffi.cdef "int getppid(void);"
local b = BPF { cflags = { "-DPID=" .. io.open("/proc/self/stat"):read("*n") }, text = [[
BPF_PERF_OUTPUT(events);
BPF_HASH(counts, u32, u64);
BPF_HASH(NAME, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 x = 1;
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		events.perf_submit(args, &x, sizeof(x));
	return 0;
}]] }
]==]
local LINES = select(2, HEAD:gsub("\n", ""))

local function script(body, options, around)
	return live.run((HEAD:gsub("NAME", live.mark)) .. body, options, around)
end

-- In a callback: lines 1 to 5 of the body.
local status, out, err = script [==[
local function inner(value) return value.field end
local function on_event(_, e)
	print("before") inner(nil) print("after")
end
b.events:open_perf_buffer(on_event)
for _ = 1, 3 do ffi.C.getppid() end
b:perf_buffer_poll()
]==]
t.eq(status, 1, "an error in a callback: exit status")
t.eq(out, "before\n", "the script ends there, and its output is kept")
t.like(err, ("^luatrace: [^\n]*script1.lua:%d: attempt to index local 'value'"):format(LINES + 1),
	"the message names the line")
t.like(err, ("1.lua:%d: in function 'inner'\n.*1.lua:%d: in function.*1.lua:%d: in main chunk"):format(LINES + 1,
	LINES + 3, LINES + 7), "the traceback has the script's own frames")
t.ok(not err:find("luatrace/", 1, true) and not err:find("[C]", 1, true), "and none of ours")
t.eq(live.left_in_kernel(live.mark), "", "nothing is left in the kernel")

-- Caught by the script, it goes on.
status, out, err = script [==[
local seen = 0
b.events:open_perf_buffer(function() seen = seen + 1 if seen % 2 == 1 then error({ code = seen }) end end)
for _ = 1, 5 do ffi.C.getppid() end
local codes = {}
while seen < 5 do
	local ok, e = pcall(b.perf_buffer_poll, b, 1000)
	codes[#codes + 1] = ok and "ok" or e.code
end
print(seen, table.concat(codes, " "))
]==]
t.eq(status .. out .. err, "05\t1 3 5\n", "caught: an error value comes out as it is, and no record is lost")

-- From within a callback: polling, closing, opening.
status, _, err = script [==[
b.events:open_perf_buffer(function() b:perf_buffer_poll(0) end)
ffi.C.getppid()
b:perf_buffer_poll()
]==]
t.eq(status, 1, "polling from within a callback: exit status")
t.like(err, ("script%%d+.lua:%d: map 'events': polled from within its own function"):format(LINES + 1),
	"polling from within a callback")
status, out, err = script [==[
local seen = 0
b.events:open_perf_buffer(function() seen = seen + 1 b:close() end)
for _ = 1, 5 do ffi.C.getppid() end
b:perf_buffer_poll()
print(seen, pcall(b.perf_buffer_poll, b, 0))
]==]
t.eq(status .. err, "0", "closing from within a callback")
t.like(out, "^1\tfalse\t.*closed", "no record comes after that")

-- A wrong key, an unknown option, an unknown method: the line is the caller's.
local function misuse(body, pattern, name)
	local rc, _, message = script(body)
	t.eq(rc, 1, name .. ": exit status")
	t.like(message, ("^luatrace: [^\n]*script%%d+.lua:%d: "):format(LINES + 1) .. pattern, name)
end
misuse("b.counts['x'] = 1", "map 'counts': key: expected .*, not string 'x'", "a key of the wrong type")
misuse("b.counts[1] = {}", "map 'counts': value: expected .*, not table", "a value of the wrong type")
misuse("b:attach_uprobe { name = 'c', symb = 'getppid', fn_name = 'f' }",
	"attach_uprobe: unknown argument 'symb'; did you mean 'sym'",
	"an unknown argument")
misuse("b:attach_uprobe { name = 'c', sym = 'getppid' }", "attach_uprobe: fn_name= is missing", "a missing argument")
misuse("b:attach_uprobe('c', 'getppid')", "attach_uprobe: takes one table of named arguments", "no table of arguments")
misuse("b:attach_tracepoint { tp = 'sched_switch', fn_name = 'f' }",
	'attach_tracepoint: tp= takes "category:event"', "half a tracepoint")
misuse("b.events:open_perf_buffer(function() end, { wake_up = 1 })", "open_perf_buffer: unknown argument 'wake_up'",
	"an unknown option of an output")
misuse("b.perf_buffer_poll()", "perf_buffer_poll: call it on a BPF object, with a colon", "a dot for a colon")
misuse("b:perf_buffer_poll()", "perf_buffer_poll: no output is open, so this would wait for ever", "nothing to poll")
misuse("b:attach_nothing {}", "attempt to call method 'attach_nothing'", "a method that is none")

-- The command line.
status, _, err = live.run("", "--nosuch")
t.eq(status, 2, "an unknown option: exit status")
t.like(err, "^luatrace: unknown option '%-%-nosuch'", "an unknown option")
status, out = live.run("print(arg[1], arg[2], ...)", "", "%s --nosuch 'two words'")
t.eq(status .. out, "0--nosuch\ttwo words\t--nosuch\ttwo words\n", "options after the script are the script's")

-- The output is closed early: a quiet end.
local LOOP = [==[
b.events:open_perf_buffer(function() print("a line") ffi.C.getppid() end, { wakeup_events = 1 })
ffi.C.getppid()
while true do b:perf_buffer_poll() end
]==]
_, out, err = script(LOOP, "", "(%s; echo $? >&2) | head -1")
t.eq(out, "a line\n", "| head -1: one line")
t.eq(err, "141\n", "| head -1: ended by SIGPIPE, without a word")
t.eq(live.left_in_kernel(live.mark), "", "| head -1: nothing is left in the kernel")
status, _, err = script("print('x')", "", "%s >&-")
t.eq(status, 1, "stdout closed from the start: exit status")
t.like(err, "^luatrace: standard output: ", "stdout closed from the start")
status, _, err = script("for i = 1, 10000 do print(i) end", "", "%s >/dev/full")
t.eq(status, 1, "a full disk under stdout: exit status")
t.like(err, "^luatrace: standard output: No space left on device\n$", "a full disk under stdout")
t.done()
