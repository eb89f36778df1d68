-- SPDX-License-Identifier: MIT
-- One member of the context here and another one, or a map's value, there: the verifier wants a load for each, at an
-- offset that it sees, while LLVM would rather have one load of an address that depends. For each kind of program.
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"

-- A kind, a program's name and what stands ahead of its body, two things in its context, and whether it may write them.
local programs = {
	{ "uprobe", "of_uprobe", "int of_uprobe(struct pt_regs *ctx)", "PT_REGS_PARM1(ctx)", "PT_REGS_PARM3(ctx)" },
	{ "kprobe", "of_kprobe", "int of_kprobe(struct pt_regs *ctx)", "PT_REGS_PARM1(ctx)", "PT_REGS_PARM3(ctx)" },
	{ "tracepoint", "tracepoint__sched__sched_switch", "TRACEPOINT_PROBE(sched, sched_switch)",
		"args->prev_pid", "args->next_pid" },
	{ "raw_tracepoint", "raw_tracepoint__sys_enter", "RAW_TRACEPOINT_PROBE(sys_enter)", "ctx->args[0]", "ctx->args[1]" },
	{ "tp_btf", "of_tp_btf", 'SEC("tp_btf/sys_enter")\nint of_tp_btf(u64 *ctx)',
		"ctx[1]", "((struct pt_regs *)ctx[0])->sp" },
	{ "tp_btf", "of_tasks", [[
SEC("tp_btf/sched_switch")
int of_tasks(u64 *ctx, bool preempt, struct task_struct *from, struct task_struct *to)]],
		"from->start_time", "to->start_boottime" },
	{ "perf_event", "of_perf_event", "int of_perf_event(struct bpf_perf_event_data *ctx)",
		"ctx->sample_period", "ctx->addr" },
	{ "xdp", "of_xdp", "int of_xdp(struct xdp_md *ctx)", "ctx->ingress_ifindex", "ctx->rx_queue_index" },
	{ "tc", "of_tc", "int of_tc(struct __sk_buff *ctx)", "ctx->ifindex", "ctx->priority" },
	{ "tc", "of_tc_too", "int of_tc_too(struct __sk_buff *ctx)", "ctx->mark", "ctx->cb[1]", "writes" },
	{ "socket", "of_socket", "int of_socket(struct __sk_buff *ctx)", "ctx->ifindex", "ctx->len" },
	{ "iter", "bpf_iter__task_file", "BPF_ITER(task_file)", "ctx->fd", "(u32)ctx->meta->session_id" },
	{ "iter", "bpf_iter__task", "BPF_ITER(task)", "(ctx->task ? ctx->task->start_time : 0)", "ctx->meta->session_id" },
}
local BODY = [[
{
	int zero = 0;
	u64 *sum = sums.lookup(&zero);
	struct words *words = own.lookup(&zero);

	if (!sum || !words)
		return 0;
	if (*sum & 1)
		*sum += FIRST;
	else
		*sum += SECOND;
	if (*sum & 2)
		*sum += FIRST;
	else
		*sum += words->WORD;
	if (*sum & 4)
		*sum = words->WORD;
	else
		*sum = SECOND;
	WRITES
	return 0;
}
]]
local WRITES = "if (*sum & 8) FIRST = *sum; else SECOND = *sum; if (*sum & 16) FIRST = 1; else words->WORD = 1;"

for _, program in ipairs(programs) do
	local kind, name, head, first, second, writes = unpack(program)
	local err = ffi.new "lt_error[1]"
	if C.lt_kind_supported(kind, err) < 0 then
		t.skip(ffi.string(err[0].message))
		C.lt_error_clear(err)
	else
		-- the optimiser joins what is of one size only
		for _, word in ipairs { "small[1]", "large[1]" } do
			local body = BODY:gsub("WRITES", writes and WRITES or ""):gsub("FIRST", first):gsub("SECOND", second)
			local ok, why = pcall(function()
				local b = BPF { text = [[
#include <linux/sched.h>
struct words { u32 small[4]; u64 large[4]; };
BPF_ARRAY(sums, u64, 1);
BPF_ARRAY(own, struct words, 1);
]] .. head .. "\n" .. body:gsub("WORD", word) }
				b:load_func(name, kind)
				b:close()
			end)
			t.eq(ok or why, true, name .. " " .. word)
		end
	end
end

-- Copies, more than two, and in a function of its own.
local texts = {
	{ "tracepoint", "tracepoint__sched__sched_switch", [[
TRACEPOINT_PROBE(sched, sched_switch)
{
	int zero = 0;
	struct kept *k = kept.lookup(&zero);

	if (!k)
		return 0;
	if (k->which & 1)
		__builtin_memcpy(k->comm, args->prev_comm, 16);
	else
		__builtin_memcpy(k->comm, args->next_comm, 16);
	if (k->which & 2)
		__builtin_memcpy(k->comm, args->prev_comm, 16);
	else
		__builtin_memcpy(k->comm, k->other, 16);
	return 0;
}]] },
	{ "tracepoint", "tracepoint__sched__sched_process_exec", [[
static __noinline int either(struct tracepoint__sched__sched_process_exec *args, int which)
{
	return which ? args->pid : args->old_pid;
}
TRACEPOINT_PROBE(sched, sched_process_exec)
{
	int zero = 0;
	struct kept *k = kept.lookup(&zero);

	if (k)
		k->which = either(args, k->which & 1);
	return 0;
}]] },
	{ "uprobe", "registers", [[
int registers(struct pt_regs *ctx)
{
	int zero = 0;
	struct kept *k = kept.lookup(&zero);

	if (!k)
		return 0;
	switch (k->which & 3) {
	case 0: k->value = PT_REGS_PARM1(ctx); break;
	case 1: k->value = PT_REGS_PARM2(ctx); break;
	case 2: k->value = PT_REGS_PARM3(ctx); break;
	case 3: k->value = PT_REGS_PARM4(ctx); break;
	}
	return 0;
}]] },
}
for _, text in ipairs(texts) do
	local kind, name, program = unpack(text)
	local ok, why = pcall(function()
		local b = BPF { text = [[
struct kept { u64 which, value; char comm[16], other[16]; };
BPF_ARRAY(kept, struct kept, 1);
]] .. program }
		b:load_func(name, kind)
		b:close()
	end)
	t.eq(ok or why, true, name)
end
t.done()
