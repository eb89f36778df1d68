-- SPDX-License-Identifier: MIT
-- Arguments of system calls, by each way that texts have to name them: the kernel's function gets one argument, the
-- caller's registers, and the fourth argument is in another register than a function's.
-- In guests too.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "kprobe"
ffi.cdef "long syscall(long number, ...);"
local OPENAT, PATH, FLAGS, MODE = 257, "/no/such/directory/file", 0x80041, 416	-- O_CREAT | O_WRONLY | O_CLOEXEC, 0640
local COUNT = 13

local b = BPF { cflags = { "-DPID=" .. live.pid, "-DFLAGS=" .. FLAGS }, text = [[
struct seen { u64 runs; int dfd, flags, mode; char path[64]; };
BPF_ARRAY(seen, struct seen, 4);
static void keep(int slot, int dfd, const char *path, int flags, int mode)
{
	struct seen *s = seen.lookup(&slot);

	/* this process opens other files too, to attach */
	if (!s || bpf_get_current_pid_tgid() >> 32 != PID || flags != FLAGS)
		return;
	s->runs++;
	s->dfd = dfd;
	s->flags = flags;
	s->mode = mode;
	bpf_probe_read_user_str(&s->path, sizeof(s->path), path);
}
int syscall__openat(struct pt_regs *ctx, int dfd, const char *path, int flags, int mode)
{
	keep(0, dfd, path, flags, mode);
	return 0;
}
int kprobe__sys_openat(struct pt_regs *ctx, int dfd, const char __user *path, int flags, int mode)
{
	keep(1, dfd, path, flags, mode);
	return 0;
}
int kprobe____x64_sys_openat(struct pt_regs *ctx, int dfd, const char *path, int flags, umode_t mode)
{
	keep(2, dfd, path, flags, mode);
	return 0;
}
int by_registers(struct pt_regs *ctx)
{
	struct pt_regs *regs = PT_REGS_SYSCALL_CTX(ctx);

	keep(3, PT_REGS_PARM1_SYSCALL(regs), (const char *)PT_REGS_PARM2_SYSCALL(regs), PT_REGS_PARM3_SYSCALL(regs),
		PT_REGS_PARM4_SYSCALL(regs));
	return 0;
}]] }
local event = BPF.get_syscall_fnname("openat")
b:attach_kprobe { event = event, fn_name = "syscall__openat" }
b:attach_kprobe { event = event, fn_name = "by_registers" }
for _ = 1, COUNT do
	ffi.C.syscall(OPENAT, ffi.cast("int", -100), PATH, ffi.cast("int", FLAGS), ffi.cast("int", MODE))
end
for i, way in ipairs { "syscall__NAME", "kprobe__sys_NAME", "kprobe____x64_sys_NAME", "PT_REGS_SYSCALL_CTX" } do
	local s = b.seen[i - 1]
	t.eq(("%d runs: %d %s 0x%x %d"):format(tonumber(s.runs), s.dfd, ffi.string(s.path), s.flags, s.mode),
		("%d runs: -100 %s 0x%x %d"):format(COUNT, PATH, FLAGS, MODE), way)
end
b:close()
t.done()
