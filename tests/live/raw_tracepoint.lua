-- SPDX-License-Identifier: MIT
-- Raw tracepoints: their own arguments, by name prefix and by attach_raw_tracepoint.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

if jit.arch ~= "x64" then
	t.skip_all("the case knows the numbers of system calls on x86-64 only")
end

local COUNT = 1009
local held = live.workload("openat", COUNT, "/dev/null")
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
struct seen { u64 opens; u64 closes; u64 others; u64 flags; };
BPF_ARRAY(seen, struct seen, 1);
BPF_HASH(exits, u64, u64);

// sys_enter has the arguments (struct pt_regs *regs, long id).
RAW_TRACEPOINT_PROBE(sys_enter)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
	int zero = 0;
	struct seen *s = seen.lookup(&zero);

	if (!s || bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	if (ctx->args[1] == 257) {
		s->opens++;
		s->flags = regs->dx;
	} else if (ctx->args[1] == 3)
		s->closes++;
	else
		s->others++;
	return 0;
}

// (struct pt_regs *regs, long ret)
int on_exit_by_call(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];

	if (bpf_get_current_pid_tgid() >> 32 == PID)
		exits.increment(regs->orig_ax);
	return 0;
}]] }
b:attach_raw_tracepoint { tp = "sys_exit", fn_name = "on_exit_by_call" }
t.eq(live.poll_through(b, held), COUNT, "the workload made its opens")
local seen = b.seen[0]
t.eq(tonumber(seen.opens), COUNT, "each open, by the system call's number")
t.eq(tonumber(seen.closes), COUNT, "and each close")
t.ok(seen.others < 100, "and little else")
t.eq(tonumber(seen.flags), 524288, "registers through the bare pointer: O_RDONLY | O_CLOEXEC")
t.eq(tonumber(b.exits[257]), COUNT, "attached by a call: each return from open")
b:detach_raw_tracepoint { tp = "sys_exit" }
b:close()

-- A run within another of the same program is left out by the kernel, which counts it: here the program makes the
-- event that it traces. (Kernels before 6.1 let it run, so it looks for itself.)
if BPF.tracepoint_exists("exceptions", "page_fault_kernel") then
	b = BPF { text = [[
BPF_PERCPU_ARRAY(busy, u32, 1);
BPF_ARRAY(runs, u64, 2);
RAW_TRACEPOINT_PROBE(page_fault_kernel)
{
	int zero = 0;
	u32 *inside = busy.lookup(&zero);
	u64 nothing;

	if (!inside)
		return 0;
	runs.increment(*inside);
	if (*inside)
		return 0;
	*inside = 1;
	bpf_probe_read_user(&nothing, sizeof(nothing), (void *)4096);
	*inside = 0;
	return 0;
}
RAW_TRACEPOINT_PROBE(sys_enter) { return 0; }]] }
	local missed, nested = live.await(function()
		os.execute "true"	-- a new process makes it
		local count = b:attached()[1].missed
		return (count > 0 or b.runs[1] > 0) and count
	end), tonumber(b.runs[1])
	t.ok((missed > 0) ~= (nested > 0), ("runs within one of the same program: missed %d, made %d"):format(missed, nested))
	t.eq(b:attached()[2].missed, 0, "of another program none")
	b:close()
end

t.raises(function()
	BPF { text = "RAW_TRACEPOINT_PROBE(sys_entre) { return 0; }" }
end, "raw_tracepoint 'sys_entre': no such tracepoint in this kernel; similar: .*sys_enter",
	"an unknown one, with near names")
t.raises(function()
	BPF { text = "RAW_TRACEPOINT_PROBE(sys_enter_openat) { return 0; }" }
end, "one raw tracepoint for all, 'sys_enter'; or use tracepoint 'syscalls:sys_enter_openat'", "a system call's")
t.done()
