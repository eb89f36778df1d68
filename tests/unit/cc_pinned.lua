-- SPDX-License-Identifier: MIT
-- Accesses of contexts and kernel objects, which keep their offsets while the text is optimised: what code they become.
local t = require "tap"
local cc = require "cc"

-- The instructions that access memory, and jumps and labels, in a line.
local function accesses(name, text, kind)
	local status, out, messages = cc.run(text, "--emit=asm" .. (kind and " --type f=" .. kind or ""))
	t.eq(messages .. status, "0", name .. ": it compiles")
	local list = {}
	for line in ((out:match "\nf:\n(.-)\texit" or "") .. "\n"):gmatch "([^\n]*)\n" do
		if line:find("[*]%(u") or line:find "^LBB" or line:find "= %-r" then
			list[#list + 1] = line:gsub("%s+", " "):gsub("^ ", "")
		end
	end
	return table.concat(list, "; ")
end

-- The words that the copy has read when it writes its first one.
local copy = accesses("memmove within a context", [[
int f(struct bpf_sock_ops *ops)
{
	__builtin_memmove(&ops->replylong[1], &ops->replylong[0], 12);
	return 1;
}]], "sock_ops")
local was, wrong = {}, 0
for access in copy:gmatch "[^;]+" do
	local to, from = access:match "(w%d) = %*%(u32 %*%)%(r1 %+ (%d+)%)"
	local at, value = access:match "%*%(u32 %*%)%(r1 %+ (%d+)%) = (w%d)"
	if to then
		wrong = wrong + (was[from] == "written" and 1 or 0)
		was[to] = from
	else
		wrong = wrong + (tonumber(at) == tonumber(was[value]) + 4 and 0 or 1)
		was[at] = "written"
	end
end
t.eq(wrong, 0, "no word is written before it is read: " .. copy)
t.eq(select(2, copy:gsub("u32", "")), 6, "three words")

t.like(accesses("volatile", [[
SEC("tp_btf/sched_switch")
int f(u64 *ctx, bool preempt, struct task_struct *from, struct task_struct *to)
{
	u32 n = 0;

	while (READ_ONCE(to->on_cpu) && n < 100)
		n++;
	return n == 7 ? bpf_get_smp_processor_id() & 1 : 0;
}]]), "LBB[%d_]+:; w%d = %*%(u32 %*%)%(r%d %+ %d+%)", "READ_ONCE in a loop reads each time")
local twice = accesses("volatile, twice", [[
SEC("tp_btf/sched_switch")
int f(u64 *ctx, bool preempt, struct task_struct *from, struct task_struct *to)
{
	u32 one = *(volatile u32 *)&from->flags, other = *(volatile u32 *)&from->flags;

	return one != other;
}]])
t.eq(select(2, twice:gsub("u32", "")), 2, "what is read twice is two reads: " .. twice)

t.eq(accesses("as wide as both sides are aligned", [[
struct key { u32 port; u32 ip[4]; };
BPF_HASH(seen, struct key, u64);
int f(struct bpf_sock_ops *ops)
{
	u64 one = 1;
	struct key key = { 7 };

	__builtin_memcpy(key.ip, ops->remote_ip6, 16);
	seen.update(&key, &one);
	return 0;
}]], "sock_ops"):find "= %*%(u64 %*%)%(r%d %+ 3[0-9]%)", nil, "no two words at once of what the context has one by one")

t.eq(accesses("a number of a program without a target", [[
BPF_ARRAY(sums, u64, 1);
int f(u64 *ctx, struct file *file, char *buf, size_t count)
{
	int zero = 0;
	u64 *sum = sums.lookup(&zero);

	if (sum && count < 8)
		*sum += count * 8;
	return 0;
}]], "fentry"):find "= %-r", nil, "a parameter that is a number is computed with as it is")
t.done()
