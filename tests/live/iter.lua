-- SPDX-License-Identifier: MIT
-- Iterators: what a program writes for each task, map element or cgroup, as text and as typed records.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs "iter"
local cgroup = require "own_cgroup"

local COUNT = 10007 -- more than a read brings at once

local b = BPF { text = [[
struct task { u32 tid, tgid; char comm[TASK_COMM_LEN]; };
struct entry { u64 value; u32 key; u32 check; };
struct large { u32 key; u8 bytes[700]; };
BPF_HASH(entries, u32, u64, 16384);
BPF_ARRAY(slots, u64, 7);
BPF_ITER(task)
{
	struct task_struct *task = ctx->task;
	struct task record = {};

	if (!task)
		return 0;
	record.tid = task->pid;
	record.tgid = task->tgid;
	bpf_probe_read_kernel_str(&record.comm, sizeof(record.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
SEC("iter/task")
int lines(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d is %s\n", task->tgid, task->comm);
	return 0;
}
SEC("iter/bpf_map_elem")
int elements(struct bpf_iter__bpf_map_elem *ctx)
{
	u32 *key = ctx->key;
	u64 *value = ctx->value;
	struct entry entry;

	if (!key || !value)
		return 0;
	entry.key = *key;
	entry.value = *value;
	entry.check = *key ^ 0x5a5a5a5a;
	bpf_seq_write(ctx->meta->seq, &entry, sizeof(entry));
	return 0;
}
static void write_large(struct seq_file *seq, u32 key)
{
	struct large large = { key };

	large.bytes[699] = key;
	bpf_seq_write(seq, &large, sizeof(large));
}
SEC("iter/bpf_map_elem")
int larges(struct bpf_iter__bpf_map_elem *ctx)
{
	u32 *key = ctx->key;

	if (key)
		write_large(ctx->meta->seq, *key);
	return 0;
}
SEC("iter/bpf_map_elem")
int mixed(struct bpf_iter__bpf_map_elem *ctx)
{
	struct entry entry = {};
	u8 one = 1;

	bpf_seq_write(ctx->meta->seq, &entry, sizeof(entry));
	bpf_seq_write(ctx->meta->seq, &one, sizeof(one));
	return 0;
}]] }
local before = live.holdings()

-- ---- tasks ----

local held = live.workload("getppid", 1)
local found = 0
for r in b:iter_records("task") do
	if r.tgid == held.pid and r.tid == held.pid and ffi.string(r.comm) == "workload" then
		found = found + 1
	end
end
t.eq(found, 1, "records: the workload is among the tasks, once")
t.like(b:read_iter("lines"), ("\n%d is workload\n"):format(held.pid), "text: as well")
if BPF.kernel_struct_has_field("bpf_iter_aux_info", "task") == 1 then
	t.eq(b:read_iter("lines", { pid = held.pid }), held.pid .. " is workload\n", "pid=: of that process alone")
	t.eq(b:read_iter("lines", { tid = held.pid }), held.pid .. " is workload\n", "tid=: of that thread alone")
	t.eq(b:read_iter("lines", { tid = 4194304 }), "", "nothing of a thread that is not there")
else
	t.skip "this kernel's task iterators take no process (6.1)"
end
held:begin()

-- ---- map elements ----

-- Some kernels let nobody go through maps so.
local has_elements, why = pcall(function() return b:iter_records("elements", { map = b.slots })() end)
if has_elements then
	for i = 1, COUNT do
		b.entries[i] = i * 3
	end
	local count, sum, wrong, kept = 0, 0, 0, nil
	for r in b:iter_records("elements", { map = b.entries }) do
		count, sum = count + 1, sum + tonumber(r.value)
		wrong = wrong + (bit.bxor(r.key, 0x5a5a5a5a) == bit.tobit(r.check) and 0 or 1)
		kept = kept or r
	end
	t.eq(count, COUNT, "records: each element, over many reads")
	t.eq(sum, 3 * COUNT * (COUNT + 1) / 2, "with its value")
	t.eq(wrong, 0, "each whole")
	t.eq(tonumber(kept.value), kept.key * 3, "a record stays as it is")
	count = 0
	for _ in b:iter_records("elements", { map = b.slots }) do
		count = count + 1
	end
	t.eq(count, 7, "the same program, another map")
	count, wrong = 0, 0
	for r in b:iter_records("larges", { map = b.entries, type = "struct large" }) do
		count = count + 1
		wrong = wrong + (r.bytes[699] == r.key % 256 and 0 or 1)
	end
	t.eq(count, COUNT, "type=: records that a helper writes")
	t.eq(wrong, 0, "larger than the stack, whole")
else
	t.skip(tostring(why))
end

-- ---- cgroups ----

if BPF.kernel_struct_has_field("bpf_iter__cgroup", "cgroup") == 1 then
	local c = BPF { text = [[
BPF_ITER(cgroup)
{
	struct cgroup *cgroup = ctx->cgroup;

	if (cgroup)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%s %d\n", cgroup->kn->name, cgroup->level);
	return 0;
}]] }
	t.like(c:read_iter("cgroup", { cgroup = cgroup.path, order = "self" }), "^" .. live.mark .. " %d+\n$", "one cgroup")
	t.like(c:read_iter("cgroup", { cgroup = cgroup.path, order = "ancestors_up" }), "^" .. live.mark .. " .*\n 0\n$",
		"up to the root")
	t.like(c:read_iter("cgroup"), "\n" .. live.mark .. " %d+\n", "all of them")
	t.raises(function() c:read_iter("cgroup", { cgroup = "/proc" }) end, "iter '/proc': this directory is no cgroup",
		"no cgroup")
	c:close()
else
	t.skip "this kernel has no cgroup iterators (6.1)"
end

-- ---- what goes wrong ----

t.raises(function() b:read_iter("elements") end, has_elements and
	"iter 'bpf_map_elem': it goes through the elements of one map" or "iter 'bpf_map_elem'", "no map")
t.raises(function() b:read_iter("tasks") end, "program 'tasks': the text has no such function", "no such program")
t.raises(function() b:read_iter("lines", { pid = 1, tid = 1 }) end,
	"read_iter: takes one of map=, pid=, tid= and cgroup=", "two restrictions")
t.raises(function() b:read_iter("lines", { order = "self" }) end, "iter 'task': only 'cgroup' begins at a cgroup",
	"an order of tasks")
t.raises(function() b:read_iter("lines", { order = "down" }) end, 'read_iter: order= takes "self", .*, not "down"',
	"an unknown order")
t.raises(function() b:iter_records("larges", { map = b.entries }) end,
	"iter_records: 'larges' itself passes no struct, or several different ones, to bpf_seq_write: type=",
	"an unknown type")
t.raises(function() b:iter_records("larges", { map = b.entries, type = "struct larges" }) end,
	"iter_records: type='struct larges': the text writes no such struct", "no such type")
if has_elements then
	local whole = 0
	t.raises(function()
		for _ in b:iter_records("mixed", { map = b.slots, type = "struct entry" }) do whole = whole + 1 end
	end, "iter_records: 'mixed': what it wrote ends within a record of 16 bytes", "records of another size")
	t.ok(whole > 0, "told at the end, after those that are whole")
end
t.raises(function() BPF { text = "BPF_ITER(tusk) { return 0; }" }:read_iter("tusk") end,
	"iter 'tusk': nothing of this kernel goes by that name", "an unknown target")

-- One that is not read to its end is closed with the rest that nobody has any more.
b:iter_records("task")()
live.collect()
t.eq(live.holdings(), before, "no descriptor is left")
b:close()
cgroup.remove()
t.done()
