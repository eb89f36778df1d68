-- SPDX-License-Identifier: MIT
-- Functions by the names that older kernels had.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

live.needs "kprobe"
local COUNT = 13

local b = BPF { cflags = { "-DPID=" .. live.pid }, text = [[
#include <linux/sched.h>
BPF_HASH(counts, u32, u64);
int forked(struct pt_regs *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID && (int)PT_REGS_RC(ctx) > 0)
		counts.increment(1);
	return 0;
}
int switched(struct pt_regs *ctx, struct task_struct *prev)
{
	if (prev->tgid == PID)
		counts.increment(2);
	return 0;
}
int allocated(struct pt_regs *ctx, size_t size)
{
	return 0;
}]] }
-- a script that knows both names of a function attaches to both
b:attach_kretprobe { event = "_do_fork", fn_name = "forked" }
b:attach_kretprobe { event = "kernel_clone", fn_name = "forked" }
b:attach_kretprobe { event = "_do_fork", fn_name = "forked" }
b:attach_kprobe { event = "finish_task_switch", fn_name = "switched" }
b:attach_kprobe { event = "__kmalloc", fn_name = "allocated" }
for _ = 1, COUNT do
    os.execute "true"
end
t.eq(tonumber(b.counts[1]), COUNT, "each fork once")
t.ok(tonumber(b.counts[2] or 0) >= COUNT, "finish_task_switch, whatever the compiler calls it, and its argument")

-- Each name is a probe of its own all the same: what the others leave stays.
local function forks()
	local before = tonumber(b.counts[1] or 0)
	for _ = 1, COUNT do
		os.execute "true"
	end
	return tonumber(b.counts[1] or 0) - before
end
b:detach_kretprobe { event = "_do_fork" }
t.eq(forks(), COUNT, "the old name detached: the new one is there")
t.eq(b:attached()[1].mechanism, "perf kprobe", "by the probe that the old one made")
b:attach_kretprobe { event = "_do_fork", fn_name = "forked" }
b:detach_kretprobe { event = "kernel_clone" }
t.eq(forks(), COUNT, "and the other way round")
b:detach_kretprobe { event = "_do_fork" }
t.eq(forks(), 0, "both detached: none")
b:attach_kretprobe { event = "_do_fork", fn_name = "forked", maxactive = 64 }
b:attach_kretprobe { event = "kernel_clone", fn_name = "forked" }
b:detach_kretprobe { event = "_do_fork" }
t.eq(forks(), COUNT, "an event of tracefs goes over too")
b:detach_kretprobe { event = "kernel_clone" }
t.eq((sh.read "/sys/kernel/tracing/kprobe_events" or ""):find("luatrace_", 1, true), nil,
	"and is removed with the last")
-- at another place of the function it is not the same probe
local now = b:attached()[#b:attached()].target
-- behind a landing pad; or, where there is none, behind ftrace's place
local offset = pcall(b.attach_kprobe, b, { event = now, event_off = 4, fn_name = "allocated" }) and 4 or 5
if offset == 5 then
	b:attach_kprobe { event = now, event_off = 5, fn_name = "allocated" }
end
t.eq(b:attached()[#b:attached()].mechanism, "perf kprobe", "with an offset: a probe of its own")
t.eq(b:attached()[#b:attached()].target, now .. "+0x" .. offset, "whose target tells the offset")

local ok, err = pcall(b.attach_kprobe, b, { event = "_do_fork", fn_name = "allocated" })
t.ok(not ok, "a kprobe on what has other parameters now")
t.like(tostring(err), "kprobe '_do_fork': no such function in this kernel", "its message")
b:close()

local _, _, messages = sh.run(live.luatrace .. [[ -v -e 'local b = require "luatrace" {
    text = "int f(struct pt_regs *ctx) { return 0; }" } b:attach_kretprobe { event = "_do_fork", fn_name = "f" }']])
t.like(messages, "kretprobe '_do_fork': this kernel has it as 'kernel_clone'\n", "-v says so")
t.done()
