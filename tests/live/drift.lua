-- SPDX-License-Identifier: MIT
-- Members by the names that older kernels had (all of these are gone since 6.16), against what is known elsewhere.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 17
local held = live.workload("getppid", COUNT)
local _, stat = sh.run("stat -c '%.9Y %n' build/tests/workload")
local seconds, nanoseconds = stat:match "^(%d+)%.(%d+) "

local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
#include <linux/sched.h>
#include <linux/fs.h>
struct record { s64 tv_sec; u32 tv_nsec, state, cpu; char d_iname[16]; };
BPF_HASH(records, u32, struct record);
BPF_HASH(right_cpu, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file *file = task->mm->exe_file;
	struct record r = { .state = task->state, .cpu = task->cpu };
	u32 key = 0;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	r.tv_sec = file->f_inode->i_mtime.tv_sec;
	r.tv_nsec = file->f_inode->i_mtime.tv_nsec;
	bpf_probe_read_kernel_str(r.d_iname, sizeof(r.d_iname), file->f_dentry->d_iname);
	records.update(&key, &r);
	if (task->cpu == bpf_get_smp_processor_id())
		right_cpu.increment(key);
	return 0;
}]] }
held.begin()
t.eq(live.await(held.made), COUNT, "calls made")
local r = b.records[0]
t.eq(tonumber(r.tv_sec), tonumber(seconds), "inode.i_mtime.tv_sec")
t.eq(r.tv_nsec, tonumber(nanoseconds), "inode.i_mtime.tv_nsec")
t.eq(ffi.string(r.d_iname), "workload", "file.f_dentry, dentry.d_iname")
t.eq(r.state, 0, "task_struct.state of what runs")
t.eq(tonumber(b.right_cpu[0]), COUNT, "task_struct.cpu is where it runs, each time")
b:close()

-- A tracepoint that has become part of another: each allocation is one event, in the program of what there is now.
local BOTH = [[
BPF_ARRAY(counts, u64, 2);
TRACEPOINT_PROBE(kmem, kmem_cache_alloc) { counts.atomic_increment(0); return args->bytes_req == 0; }
TRACEPOINT_PROBE(kmem, kmem_cache_alloc_node) { counts.atomic_increment(1); return args->bytes_req == 0; }
]]
if BPF.tracepoint_exists("kmem", "kmem_cache_alloc_node") then
	t.skip("this kernel has kmem:kmem_cache_alloc_node")
else
	b = BPF { text = BOTH }
	sh.run("true")
	t.ok(b.counts[0] > 0, "kmem:kmem_cache_alloc has its events")
	t.eq(tonumber(b.counts[1]), 0, "and kmem:kmem_cache_alloc_node none a second time")
	b:close()
	t.raises(function()
		BPF { text = BOTH:gsub("TRACEPOINT_PROBE%(kmem, kmem_cache_alloc%)[^\n]*\n", "") }
	end, "tracepoint 'kmem:kmem_cache_alloc_node': no such tracepoint in this kernel; 'kmem:kmem_cache_alloc' has its "
		.. "events, and others beside", "alone it would get more than it asks for")
end
t.done()
