-- SPDX-License-Identifier: MIT
-- Records in the ways scripts take them: typed by the text's BTF, cast to a struct of the script's own, by event(), as
-- text, copied; polled by bcc's old names.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

ffi.cdef [[
int getppid(void);
struct mine { uint64_t number; uint32_t pid; int32_t negative; char comm[16]; uint16_t list[3]; };
]]

local b = BPF { cflags = { "-DPID=" .. live.pid }, text = [[
enum color { RED = 1, GREEN };
struct inner { u8 a; u16 b; };
struct event {
	u64 number; u32 pid; s32 negative; char comm[TASK_COMM_LEN]; u16 list[3];
	enum color color; struct inner inner; u32 low:3, high:29; void *pointer; bool yes;
};
BPF_ARRAY(next, u64, 1);
BPF_PERF_OUTPUT(events);
BPF_PERF_OUTPUT(scalars);
BPF_PERF_OUTPUT(mixed);
BPF_RINGBUF_OUTPUT(rings, 8);
struct other { u32 x; };
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = {};
	struct other o = { .x = 9 };
	int zero = 0;
	u64 *n = next.lookup(&zero), scalar;

	if (!n || bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	e.number = (*n)++;
	e.pid = PID;
	e.negative = -3;
	__builtin_memcpy(e.comm, "a\"b\033c", 6);
	e.list[0] = 1; e.list[2] = 65535;
	e.color = GREEN;
	e.inner.a = 7; e.inner.b = 8;
	e.low = 5; e.high = 1 << 28;
	e.pointer = (void *)0x1234;
	e.yes = 1;
	events.perf_submit(args, &e, sizeof(e));
	rings.ringbuf_output(&e, sizeof(e), 0);
	scalar = e.number * 10;
	scalars.perf_submit(args, &scalar, sizeof(scalar));
	mixed.perf_submit(args, &e, sizeof(e));
	mixed.perf_submit(args, &o, sizeof(o));
	return 0;
}]] }

local COUNT = 5
local function make()
	for _ = 1, COUNT do
		ffi.C.getppid()
	end
end

local got = { events = {}, rings = {}, scalars = {}, mixed = {}, copies = {} }
b.events:open_perf_buffer(function(cpu, data, size)
	local mine = ffi.cast("struct mine *", data)
	local event = b.events:event(data)
	local again = b["events"]:event(data)
	got.events[#got.events + 1] = ("%d %d %s %s %s %s"):format(tonumber(data.number), mine.negative, ffi.string(mine.comm),
		mine.list[2], event.inner.b, tostring(again.pid == mine.pid))
	got.text = tostring(data)
	got.low, got.high, got.color = data.low, data.high, tonumber(data.color)
	got.copies[#got.copies + 1] = b.events:copy(data)
	got.size, got.cpu = size, cpu
end)
b.rings:open_ring_buffer(function(_, data)
	got.rings[#got.rings + 1] = tostring(data)
end)
b.scalars:open_perf_buffer(function(_, data, size)
	got.scalars[#got.scalars + 1] = tonumber(ffi.cast("uint64_t *", data)[0])
	got.scalar_size = size
end)
b.mixed:open_perf_buffer(function(_, data, size)
	got.mixed[#got.mixed + 1] = size > 16 and "event " .. tonumber(ffi.cast("struct mine *", data).number)
		or "other " .. ffi.cast("uint32_t *", data)[0]
	got.refused = got.refused or select(2, pcall(b.mixed.event, b.mixed, data))
end)

-- bcc's old name of polling. All outputs are polled together, and each has all it was sent.
make()
local handled = b:kprobe_poll()
handled = handled + live.consume(b)
t.eq(handled, 5 * COUNT, "kprobe_poll() handles all outputs")
local want = {}
for i = 0, COUNT - 1 do
	want[i + 1] = i .. " -3 a\"b\27c 65535 8 true"
end
t.eq(table.concat(got.events, "\n"), table.concat(want, "\n"),
	"fields by BTF, by a cdef of the script's own, by event()")
t.eq(got.text, ([[event{number=4, pid=%d, negative=-3, comm="a\"b\ec", list=[1, 0, 65535], color=GREEN, ]]
	.. [[inner={a=7, b=8}, low=5, high=268435456, pointer=0x1234, yes=true}]]):format(live.pid),
	"a record prints itself, without control characters")
t.eq(got.low .. " " .. got.high .. " " .. got.color, "5 268435456 2", "bit fields and enumerators")
t.eq(#got.rings, COUNT, "a ring buffer's")
t.eq(got.rings[COUNT], got.text, "print themselves alike")
t.eq(table.concat(got.scalars, " "), "0 10 20 30 40", "a number as record")
t.ok(got.scalar_size >= 8 and got.size >= 72, "sizes")
t.eq(table.concat(got.mixed, " "):gsub("other 9", "o"), "event 0 o event 1 o event 2 o event 3 o event 4 o",
	"two structs at one output")
t.like(tostring(got.refused), "several different ones: use ffi.cast", "whose type no one can tell")
local numbers = {}
for i, copy in ipairs(got.copies) do
	numbers[i] = tonumber(copy.number)
end
t.eq(table.concat(numbers, " "), "0 1 2 3 4", "copy() keeps a record")
make()
t.ok(b:ring_buffer_poll(1000) > 0, "ring_buffer_poll()")
live.consume(b)
t.eq(#got.events .. " " .. #got.rings, "10 10", "all there")
t.eq(b:perf_buffer_poll(0), 0, "nothing more")
b:close()

-- Polling for ever, by bcc's names of that, until an error ends it.
local c = BPF { cflags = { "-DPID=" .. live.pid }, text = [[
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 one = 1;
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		events.perf_submit(args, &one, sizeof(one));
	return 0;
}]] }
local count = 0
c.events:open_perf_buffer(function()
	count = count + 1
	if count == 3 then
		error("enough")
	end
end)
make()
t.raises(function() c:kprobe_poll_loop() end, "enough", "kprobe_poll_loop() ends with an error")
t.eq(count, 3, "where it was raised")
t.raises(function() c:perf_buffer_poll("x") end, "takes milliseconds", "a timeout of the wrong type")
c:close()
t.done()
