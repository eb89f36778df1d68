-- SPDX-License-Identifier: MIT
-- Kernel structs through bare pointers, several members deep, against what /proc tells about the same process.
-- In guests too.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 13
local held = live.workload("getppid", COUNT)
local function from_proc(file, pattern)
	local value = sh.read(("/proc/%d/%s"):format(held.pid, file)):match(pattern)
	return value
end
local function namespace(name)
	local _, out = sh.run(("readlink /proc/%d/ns/%s"):format(held.pid, name))
	return tonumber(out:match("%[(%d+)%]"))
end

local truth = {
	ppid = tonumber(from_proc("status", "PPid:%s*(%d+)")),
	parent = sh.read(("/proc/%s/comm"):format(from_proc("status", "PPid:%s*(%d+)"))):gsub("\n", ""),
	comm = "workload",
	uid = tonumber(from_proc("status", "Uid:%s*(%d+)")),
	mount_ns = namespace("mnt"),
	uts_ns = namespace("uts"),
	release = sh.read("/proc/sys/kernel/osrelease"):gsub("\n", ""),
	nodename = sh.read("/proc/sys/kernel/hostname"):gsub("\n", ""),
	file = "workload",
	arg_start = tonumber(from_proc("stat", "%) " .. ("%S+ "):rep(45) .. "(%d+)")),
	start_stack = tonumber(from_proc("stat", "%) " .. ("%S+ "):rep(25) .. "(%d+)")),
	fd_0 = tonumber((select(2, sh.run(("stat -L -c %%i /proc/%d/fd/0"):format(held.pid))))),
	thread_pid = held.pid,
}

-- One record with all of it, filled alike from both programs.
local TEXT = [[
#include <linux/sched.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/mm_types.h>
#include <linux/utsname.h>
struct record {
	u32 how, ppid, uid, mount_ns, uts_ns, thread_pid;
	u64 arg_start, start_stack, fd_0;
	char comm[TASK_COMM_LEN], parent[TASK_COMM_LEN], release[65], nodename[65], file[16];
};
BPF_PERF_OUTPUT(records);
static int fill(void *ctx, int how)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct record r = { .how = how };
	struct file **fds;

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	r.ppid = task->real_parent->tgid;
	r.uid = task->cred->uid.val;
	r.mount_ns = task->nsproxy->mnt_ns->ns.inum;
	r.uts_ns = task->nsproxy->uts_ns->ns.inum;
	r.thread_pid = task->group_leader->pid;
	r.arg_start = task->mm->arg_start;
	r.start_stack = task->mm->start_stack;
	fds = task->files->fdt->fd;
	r.fd_0 = fds[0]->f_inode->i_ino;
	bpf_probe_read_kernel_str(r.comm, sizeof(r.comm), task->comm);
	bpf_probe_read_kernel_str(r.parent, sizeof(r.parent), task->real_parent->comm);
	bpf_probe_read_kernel_str(r.release, sizeof(r.release), task->nsproxy->uts_ns->name.release);
	__builtin_memcpy(r.nodename, task->nsproxy->uts_ns->name.nodename, sizeof(r.nodename));
	bpf_probe_read_kernel_str(r.file, sizeof(r.file), task->mm->exe_file->f_path.dentry->d_name.name);
	records.perf_submit(ctx, &r, sizeof(r));
	return 0;
}
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	return fill(args, 1);
}
RAW_TRACEPOINT_PROBE(sys_exit)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];

	return regs->orig_ax == 110 ? fill(ctx, 2) : 0;
}
]]
local b = BPF { text = TEXT, cflags = { "-DPID=" .. held.pid } }
local seen, wrong = {}, {}
b.records:open_perf_buffer(function(_, r)
	seen[r.how] = (seen[r.how] or 0) + 1
	for name, want in pairs(truth) do
		local got = r[name]
		if type(want) == "string" then
			got = ffi.string(got)
		else
			got = tonumber(got)
		end
		if got ~= want then
			wrong[name] = ("%s instead of %s"):format(tostring(got), tostring(want))
		end
	end
end)
t.eq(live.poll_through(b, held), COUNT, "the workload made its calls")
t.eq(seen[1], COUNT, "from a tracepoint")
if jit.arch == "x64" then
	t.eq(seen[2], COUNT, "from a raw tracepoint")
else
	t.skip("the case knows the numbers of system calls on x86-64 only")
end
for name, want in pairs(truth) do
	t.eq(wrong[name] or want, want, name)
end
b:close()
t.done()
