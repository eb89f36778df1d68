-- SPDX-License-Identifier: MIT
-- Runs of one program that interrupt each other on one CPU do not mix up their locals. The same program under a name
-- of a kind that the kernel guards, which a uprobe is not, does: so the interruptions are real.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local CALLS = 5003

local function run(name)
	local held = live.workload("call-threads", CALLS)
	local b = BPF { text = [[
BPF_ARRAY(counts, u64, 4);
int ]] .. name .. [[(struct pt_regs *ctx)
{
	volatile u64 words[512];
	u64 mine = bpf_get_current_pid_tgid() << 20 | (u32)PT_REGS_PARM1(ctx), wrong = 0;

	#pragma clang loop unroll(disable)
	for (int n = 0; n < 512; n++)
		words[n] = mine;
	#pragma clang loop unroll(disable)
	for (int n = 0; n < 512; n++)
		wrong |= words[n] ^ mine;
	counts.atomic_increment(0);
	if (wrong)
		counts.atomic_increment(1);
	return 0;
}]] }
	b:attach_uprobe { name = "build/tests/workload", sym = "workload_call", fn_name = name, pid = held.pid }
	t.eq(live.poll_through(b, held), CALLS, name .. ": the threads called")
	local counted, wrong, dropped = tonumber(b.counts[0]), tonumber(b.counts[1]), b:dropped_runs(name)
	b:close()
	return counted, wrong, dropped
end

local counted, wrong, dropped = run("on_call")
t.eq(counted + dropped, CALLS, "every run is counted")
t.eq(dropped, 0, "none was dropped: four threads need no more than eight slots")
t.eq(wrong, 0, "no run saw the locals of another")
-- When a run is interrupted is chance: some 5003 of them had none.
local tries = 0
repeat
	counted, wrong = run("syscall__on_call")
	t.eq(counted, CALLS, "with one slot: every run is counted")
	tries = tries + 1
until wrong > 0 or tries == 6
t.ok(wrong > 0, ("with one slot: %d runs saw the locals of another"):format(wrong))
t.done()
