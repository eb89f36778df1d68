-- SPDX-License-Identifier: MIT
-- The reading loop, against a C side made of Lua: what the kernel would do at its worst moments.
local ffi = require "ffi"
local fake_abi = require "fake_abi"
local t = require "tap"

local record_ct = ffi.typeof("struct { uint64_t n; uint32_t pid; uint32_t filler; }")
local memory = ffi.new("uint8_t[?]", 512 * 20)
local fake = fake_abi.install()
fake.waiting, fake.lost, fake.closed, fake.now = {}, 0ULL, 0, 5000000000ULL

-- Hands out what waits, at most 512 at a time; a sweep takes what lay there when it began.
function fake.lt_output_next(_, batch, all)
	fake.all = all
	local count = math.min(fake.waiting.count - fake.waiting.given, 512)
	for i = 0, count - 1 do
		fake.waiting.given = fake.waiting.given + 1
		-- 4 beyond a multiple of 8, as perf records lie.
		local at = memory + 4 + i * 20
		local record = ffi.cast(ffi.typeof("$ *", record_ct), at)
		record.n, record.pid = fake.waiting.given, 7
		batch.records[i].data, batch.records[i].cpu = at, 1
		batch.records[i].size = fake.waiting.size or 16
	end
	batch.count, batch.next = count, 0
	return count
end
local function put(count, size)
	fake.waiting = { count = count, given = 0, size = size }
end
put(0)

function fake.lt_output_open(_, _, _, out)
	out[0] = ffi.cast("lt_output *", memory)
	return 0
end
function fake.lt_output_close() fake.closed = fake.closed + 1 end
function fake.lt_output_record_type() return 0 end
function fake.lt_output_lost() return fake.lost end
function fake.lt_now() return fake.now end
function fake.lt_wait(timeout) -- luacheck: ignore
	fake.waited = timeout
	fake.now = fake.now + 10000000ULL
	return fake.signal and -4 or 1
end
function fake.lt_interrupted() return 2 end
function fake.lt_interrupt_clear() fake.signal = nil end

local loop = require "luatrace.loop"
local output = require "luatrace.output"
local layout = require "luatrace.layout"

local bpf = { btf = function() end }
local function open(fn, opts, kind)
	local map = { name = "events", output = kind or "perf", bpf = bpf, check_open = function() end }
	map.record = { ct = record_ct, size = 16, pointer = ffi.typeof("$ *", record_ct) }
	output.open(map, kind or "perf", "open_perf_buffer", fn, opts)
	return output.all[#output.all], map
end

local got, sum = 0, 0
local behave
local out, map = open(function(cpu, e, size)
	got = got + 1
	sum = sum + e.pid
	if behave then
		behave(cpu, e, size)
	end
end)

put(2003)
t.eq(loop.poll("poll"), 2003, "all batches of a sweep")
t.eq(sum, 2003 * 7, "read through the typed pointer")
t.eq(loop.poll("poll", 0), 0, "nothing more")

-- An error in the script's function.
got = 0
put(1009)
behave = function(_, e)
	if e.n == 600 then
		error("boom")
	end
end
t.raises(function() loop.poll("poll") end, "output%.lua:%d+: boom", "the error of the script's function, with its line")
t.eq(got, 600, "up to there")
behave = nil
fake.waited = nil
t.eq(loop.poll("poll"), 409, "the rest comes with the next poll")
t.eq(fake.waited, 0, "which does not wait")
t.eq(got, 1009, "nothing twice, nothing lost")

-- Polling within the function.
put(3)
local nested
behave = function()
	nested = select(2, pcall(loop.poll, "poll"))
end
loop.poll("poll")
t.like(tostring(nested), "map 'events': polled from within its own function", "nested polling is an error")

-- A function that yields.
put(10)
got = 0
behave = function(_, e)
	if e.n == 4 then
		coroutine.yield()
	end
end
local co = coroutine.create(loop.poll)
coroutine.resume(co, "poll")
t.eq(got, 4, "a function may yield")
coroutine.resume(co)
t.eq(got, 10, "and goes on")

-- Short records.
local seen
behave = function(_, e, size)
	seen = { tonumber(e.n), e.pid, size }
end
put(1, 8)
loop.poll("poll")
t.eq(table.concat(seen, " "), "1 0 8", "a record shorter than its struct reads as zero beyond its end")
behave = nil

-- Slices: something else looks in between, every few milliseconds or after each record, and can end the sweep.
for _, ns in ipairs { 1000, 100000, 1000000, 100000000 } do
	local looks, looked, longest, in_order = 0, 0ULL, 0, true
	got = 0
	behave = function(_, e)
		fake.now = fake.now + ns
		in_order = in_order and e.n == got
	end
	output.between = function()
		looks = looks + 1
		-- how long a record takes is not known ahead of the first slice
		longest = looks > 2 and math.max(longest, tonumber(fake.now - looked)) or 0
		looked = fake.now
		return got > 700 and got < 1400
	end
	put(2003)
	local first = loop.poll("poll")
	t.ok(longest > 0 and longest <= math.max(ns, 4000000), ("a look in time, %d ns a record"):format(ns))
	t.ok(first > 700 and first < 1300, "a look can end the sweep")
	output.between = nil
	t.eq(first + loop.poll("poll"), 2003, "the next one goes on")
	t.eq(fake.waited, 0, "without a wait")
	t.ok(in_order and got == 2003, "nothing twice, nothing lost")
end
behave = nil

-- Lost records.
local lost = {}
out.lost_cb = function(n) lost[#lost + 1] = n end
fake.lost = 5ULL
loop.poll("poll", 0)
fake.lost = 12ULL
loop.poll("poll", 0)
loop.poll("poll", 0)
t.eq(table.concat(lost, " "), "5 7", "lost_cb gets what is new")

-- What may not be in order yet is asked for where it is the last chance.
t.eq(fake.all, 0, "a poll leaves records that others may have to come before")
loop.consume()
t.eq(fake.all, 1, "consume takes all")

-- Signals.
fake.signal = true
put(5)
got = 0
local _, err = pcall(loop.poll, "poll")
t.ok(err.interrupted and err.signal == 2, "a signal raises an error object that says so")
t.eq(got .. " " .. fake.all, "5 1", "after a last sweep, of all")
t.eq(loop.run(), false, "run() returns after a signal")
t.eq(fake.signal, nil, "which is then done with")
t.eq(loop.run(0.05), true, "run() returns when its time has passed")
t.eq(fake.all, 1, "with a last sweep of all")
fake.all = nil
loop.stop()
t.eq(loop.run(), false, "and after stop()")
t.eq(fake.all, 1, "with that too")

-- Closing within the function.
got = 0
put(100)
behave = function()
	if got == 3 then
		t.eq(output.close_all(bpf), false, "closing waits while a record is in use")
		loop.after_sweep(function() t.ok(output.close_all(bpf), "and takes place after it") end)
	end
end
loop.poll("poll")
t.eq(got, 3, "no record after closing")
t.eq(fake.closed, 1, "closed once")
t.eq(#output.all, 0, "none is left")
t.raises(function() loop.poll("poll") end, "no output is open, so this would wait for ever", "nothing to poll")
behave = nil

t.raises(function() open("x") end, "open_perf_buffer: takes a function %(cpu, data, size%) first, not string 'x'",
	"no function")
t.raises(function() open(print, { pages = 1 }) end, "unknown argument 'pages'", "unknown option")
t.raises(function() open(print, { page_cnt = 0 }) end, "page_cnt= takes an integer from 1", "page_cnt of 0")
t.raises(function() open(print, { page_cnt = 4 }, "ring") end, "the size of a ring buffer stands in the text",
	"page_cnt of a ring")
t.raises(function() open(print, { ordered = true }, "ring") end, "records of a ring buffer are in order as they are",
	"ordered of a ring")
t.raises(function() output.open(map, "ring", "open_ring_buffer", print) end,
	"is a perf buffer: open it with t:open_perf_buffer",
	"the wrong kind")
local copied = output.copy(map, ffi.cast("void *", record_ct(3, 4)))
t.ok(copied.n == 3ULL and copied.pid == 4, "copy")
copied = output.copy(map, copied, 8)
t.ok(copied.n == 3ULL and copied.pid == 0, "copy of a record's start")
copied.pid = 4
local event = output.event(map, ffi.cast("void *", copied))
t.eq(event.pid, 4, "event")
map.record = false
t.raises(function() output.event(map, copied) end, "no struct to 'events', or several", "event without a type")
t.raises(function() output.copy(map, copied) end, "give the size too", "copy without a type")
t.eq(ffi.sizeof(output.copy(map, copied, 12)), 12, "copy of a size")

-- The hot loop compiles: a root trace in output.lua that ends as a loop.
local loops, calls = 0, 0
local sum64 = 0ULL
local hot = open(function(_, e)
	calls = calls + 1
	sum64 = sum64 + e.n
end)
local vm = require "jit"
local function on_trace(what, _, func, pc, parent)
	if what == "start" and not parent then
		local info = require("jit.util").funcinfo(func, pc)
		fake.tracing = func == hot.drain and info
	elseif what == "stop" and fake.tracing then
		loops = loops + 1
	end
end
vm.attach(on_trace, "trace")
put(20011)
loop.poll("poll")
vm.attach(on_trace)
t.eq(calls, 20011, "hot loop: every record")
t.ok(sum64 == 20011ULL * 20012ULL / 2ULL, "hot loop: their contents")
t.ok(loops > 0, "hot loop: it compiled")
-- One loop that cannot be compiled does not spoil the others.
t.ok(hot.drain ~= out.drain, "each output has its own loop")
t.ok(layout.unsigned(4).size == 4, "layouts of plain integers")
t.done()
