-- SPDX-License-Identifier: MIT
-- What this process holds and what the kernel holds is the same after as before: of a session that went well, and of
-- every way for one to fail.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local GOOD = ([[
struct event { u32 pid; };
BPF_HASH(MARK, u32, u64);
BPF_HISTOGRAM(dist);
BPF_STACK_TRACE(stacks, 64);
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(rings, 8);
int MARK_f(struct pt_regs *ctx) { return 0; }
int MARK_g(struct bpf_perf_event_data *ctx) { return ctx->sample_period > 1; }
RAW_TRACEPOINT_PROBE(sys_enter) { return 0; }
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = { .pid = bpf_get_current_pid_tgid() >> 32 };

	if (e.pid != PID)
		return 0;
	MARK.increment(e.pid);
	events.perf_submit(args, &e, sizeof(e));
	rings.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]]):gsub("MARK", live.mark):gsub("PID", live.pid)
ffi.cdef "int getppid(void);"

local function good()
	local b = BPF { text = GOOD }
	b.events:open_perf_buffer(function() end)
	b.rings:open_ring_buffer(function() end)
	b:attach_uprobe { name = "c", sym = "getppid", fn_name = live.mark .. "_f" }
	b:attach_perf_event { ev_type = 1, ev_config = 0, sample_freq = 49, fn_name = live.mark .. "_g" }
	ffi.C.getppid()
	t.ok(b:perf_buffer_poll(1000) > 0, "a session that works")
	t.ok(#live.in_kernel(live.mark) >= 3, "its programs and maps are in the kernel")
	return b
end

-- What is opened once for the process (an epoll set, …) is open after the first.
good():close()
local before = live.holdings()
local function same(name)
	t.eq(live.holdings(), before, name .. ": descriptors and children")
	t.eq(live.left_in_kernel(live.mark), "", name .. ": programs and maps")
end
same("the first session")
good():close()
same("another one")

local b = good()
b:detach_uprobe { fn_name = live.mark .. "_f" }
b:detach_perf_event { fn_name = live.mark .. "_g" }
b:detach_tracepoint { tp = "syscalls:sys_enter_getppid" }
b:detach_raw_tracepoint { tp = "sys_enter" }
b:close()
b:close()
same("detached one by one, closed twice")

good()
good()
BPF.cleanup()
same("two, by BPF.cleanup()")

-- Failures.
local function fails(name, fn)
	local ok, err = pcall(fn)
	t.ok(not ok, name .. " fails")
	if ok then
		t.diag("no error")
	else
		t.diag(err)
	end
	BPF.cleanup()
	same(name)
end
local function attached(f)
	return function()
		local object = BPF { text = GOOD }
		f(object)
	end
end
fails("a text that does not compile", function() BPF { text = GOOD .. "int broken(" } end)
fails("a program that is refused", function()
	BPF { text = GOOD .. "TRACEPOINT_PROBE(syscalls, sys_exit_getppid) { u32 k = 1; return *" .. live.mark
		.. ".lookup(&k); }" }
end)
fails("a map that is too large", function() BPF { text = GOOD .. "\nBPF_ARRAY(large, u64[1 << 20], 1 << 24);" } end)
fails("an unknown tracepoint in the text",
	function() BPF { text = GOOD .. "\nTRACEPOINT_PROBE(syscalls, sys_enter_nosuch) { return 0; }" } end)
fails("an unknown raw tracepoint", function() BPF { text = GOOD .. "\nRAW_TRACEPOINT_PROBE(nosuch) { return 0; }" } end)
fails("an unknown symbol", attached(function(o) o:attach_uprobe { name = "c", sym = "nosuch",
	fn_name = live.mark .. "_f" } end))
fails("an unknown program", attached(function(o) o:attach_uprobe { name = "c", sym = "getppid",
	fn_name = "nosuch" } end))
fails("a program of another kind", attached(function(o) o:attach_tracepoint { tp = "syscalls:sys_enter_getpid",
	fn_name = live.mark .. "_g" } end))
fails("an event that is none", attached(function(o)
	o:attach_perf_event { ev_type = 1, ev_config = 12345, sample_freq = 49, fn_name = live.mark .. "_g" }
end))
fails("an output opened twice", attached(function(o)
	o.events:open_perf_buffer(print)
	o.events:open_perf_buffer(print)
end))
fails("an error in a callback", attached(function(o)
	o.events:open_perf_buffer(function() error("planted") end)
	ffi.C.getppid()
	o:perf_buffer_poll()
end))
fails("a tracer of too many pages", attached(function(o) o.events:open_perf_buffer(print,
	{ page_cnt = 1073741824 }) end))

-- A script that just ends, closing nothing.
local status, out, err = live.run(([==[
local BPF = require "luatrace"
b = BPF { text = [[%s]] }
b.events:open_perf_buffer(print)
b:attach_uprobe { name = "c", sym = "getppid", fn_name = "%s_f" }
print("attached")
]==]):format(GOOD, live.mark))
t.eq(status .. out .. err, "0attached\n", "a script that ends without closing anything")
same("a script that ends without closing anything")
t.done()
