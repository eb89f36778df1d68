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
local ok, err = pcall(b.attach_kprobe, b, { event = "_do_fork", fn_name = "allocated" })
t.ok(not ok, "a kprobe on what has other parameters now")
t.like(tostring(err), "kprobe '_do_fork': no such function in this kernel", "its message")
b:close()

local _, _, messages = sh.run(live.luatrace .. [[ -v -e 'local b = require "luatrace" {
    text = "int f(struct pt_regs *ctx) { return 0; }" } b:attach_kretprobe { event = "_do_fork", fn_name = "f" }']])
t.like(messages, "kretprobe '_do_fork': this kernel has it as 'kernel_clone'\n", "-v says so")
t.done()
