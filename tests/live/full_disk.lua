-- SPDX-License-Identifier: MIT
-- No room under the temporary directory, the home and the working directory: tracing goes on, or one clear message.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local _

local place = sh.dir() .. "/full"
if sh.run(("mkdir %s && mount -t tmpfs -o size=64k tmpfs %s"):format(place, place)) ~= 0 then
	t.skip_all("no tmpfs can be mounted here: the case needs CAP_SYS_ADMIN")
end
local function unmount()
	return sh.run("umount " .. place)
end
local ok, err = xpcall(function()
	local status = sh.run(("head -c 100000 /dev/zero >%s/filler"):format(place))
	t.ok(status ~= 0, "the disk is full")
	local before = select(2, sh.run("ls -A " .. place))
	local around = ("cd %s && TMPDIR=%s HOME=%s XDG_CACHE_HOME=%s/cache %%s"):format(place, place, place, place)

	local status2, out, message = live.run(([==[
local BPF = require "luatrace"
ffi.cdef "int getppid(void);"
local b = BPF { cflags = { "-DPID=" .. io.open("/proc/self/stat"):read("*n") }, text = [[
BPF_HASH(%s, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	if (bpf_get_current_pid_tgid() >> 32 == PID)
		%s.increment(1);
	return 0;
}]] }
for _ = 1, 13 do ffi.C.getppid() end
print(b["%s"][1])
]==]):format(live.mark, live.mark, live.mark), "", around)
	t.eq(status2 .. message, "0", "compiling and tracing need no disk")
	t.eq(out, "13ULL\n", "all is seen")
	t.eq(select(2, sh.run("ls -A " .. place)), before, "nothing is left there")

	status2, _, message = live.run([[
local BPF = require "luatrace"
for i = 1, 10000 do print("a line of output", i) end
]], "", around .. " >" .. place .. "/output")
	t.eq(status2, 1, "output to the full disk: exit status")
	t.like(message, "^luatrace: standard output: No space left on device\n$", "output to the full disk")

	status2, _, message = sh.run(around:format(("%s cc %s -o %s/out.o"):format(live.luatrace,
		live.file("int f(struct pt_regs *ctx) { return 0; }", "program.c"), place)))
	t.eq(status2, 1, "cc -o on the full disk: exit status")
	t.like(message, "No space left on device", "cc -o on the full disk")
	t.eq(select(2, sh.run("ls -A " .. place)), before .. "output\n", "cc -o leaves no half of a file")
end, debug.traceback)
t.eq(unmount(), 0, "nothing there is in use")
t.eq(live.left_in_kernel(live.mark), "", "nothing is left in the kernel")
t.ok(ok, "no error in the case itself")
if not ok then
	t.diag(err)
end
t.done()
