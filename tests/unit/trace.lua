-- SPDX-License-Identifier: MIT
-- trace_pipe without a kernel: lines that look like others, lines that never cease, what of them reaches a terminal.
local ffi = require "ffi"
local fake_abi = require "fake_abi"
local t = require "tap"

local fake = fake_abi.install()
local lines, endless = {}, nil
local now = 1000000000
function fake.lt_now()
	return ffi.cast("uint64_t", now)
end
function fake.lt_wait(timeout_ms) -- luacheck: ignore
	now = now + timeout_ms * 1000000
	return 0
end
function fake.lt_interrupted() return 0 end
function fake.lt_trace_pipe_open(out)
	out[0] = ffi.cast("lt_trace_pipe *", 1)
	return 0
end
function fake.lt_trace_pipe_free() end
local given
function fake.lt_trace_pipe_readline(_, out)
	given = table.remove(lines, 1) or endless
	now = now + 1000000
	if not given then
		return 0
	end
	given = given .. "\0"
	out[0] = given
	return #given - 1
end

local loop = require "luatrace.loop"
local timers = require "luatrace.timers"
local trace = require "luatrace.trace"

local function parts(line)
	local words = { n = 6, trace.parse(line) }
	for i = 1, 6 do
		words[i] = tostring(words[i])
	end
	return table.concat(words, "|")
end
t.eq(parts "  a b-c-12      [003] d..31  12.500000: bpf_trace_printk: x: y", "a b-c|12|3|d..31|12.5|x: y",
	"blanks and dashes in a task's name, a colon in the text")
t.eq(parts "a-12 [003] d..31 12.5: bpf_trace_printk:", "a|12|3|d..31|12.5|", "no text")
t.eq(parts "a-12 [003] d..31 12.5: 0xffff1234: b-7 [001] d.... 1.5: z", "a|12|3|d..31|12.5|b-7 [001] d.... 1.5: z",
	"a text that looks like a line")
t.eq(parts "CPU:1 [LOST 12 EVENTS] or-5 [001] d.... 1.5: x", "nil|nil|nil|nil|nil|nil",
	"what comes before is longer than a task's name")

endless = "a-12 [003] d..31 12.5: bpf_trace_printk: x"
local turns = 0
local timer = timers.every(0.05, function() turns = turns + 1 end)
for _ = 1, 1010 do
	trace.readline()
end
t.eq(turns, 20, "a timer has its turn though lines never cease")
timer:cancel()

endless = nil
local printed, real = {}, print
function print(line) -- luacheck: ignore
	printed[#printed + 1] = line
end
for _, template in ipairs { false, "{0}>{5}" } do
	lines = { "a\27-12 [003] d..31 12.5: bpf_trace_printk: x\ty\27[31m" }
	loop.stop()
	local _, e = pcall(trace.print, template or nil)
	t.ok(type(e) == "table" and e.interrupted, "printing ends with the run")
	loop.run()
end
print = real -- luacheck: ignore
t.eq(printed[1], "a\\e-12 [003] d..31 12.5: bpf_trace_printk: x\ty\\e[31m", "what a terminal would obey is escaped")
t.eq(printed[2], "a\\e>x\\ty\\e[31m", "in a format too")
t.done()
