-- SPDX-License-Identifier: MIT
-- `luatrace probes` of kernel functions, and that what it lists can be attached to.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

local function probes(words)
	return select(2, sh.run(live.luatrace .. " probes " .. words))
end

t.eq(probes "-v kprobe:do_sys_openat2 fexit:do_sys_openat2", [[
kprobe:do_sys_openat2
    int dfd
    const char *filename
    struct open_how *how
fexit:do_sys_openat2
    int dfd
    const char *filename
    struct open_how *how
    returns long int
]], "a function with its parameters, and its result")
t.like(probes "'kprobe:__*_sys_getppid'", "kprobe:" .. BPF.get_syscall_prefix() .. "getppid\n",
	"by each name that it has")
local list, b = {}, BPF { text = "int f(struct pt_regs *ctx) { return 0; }" }
for name in probes "'kprobe:vfs_r*'":gmatch "kprobe:([^\n]+)" do
	list[#list + 1] = name
	b:attach_kprobe { event = name, fn_name = "f" }
end
t.ok(#list > 3, "functions")
t.eq(#b:attached(), #list, "each can be attached to")
b:close()
if BPF.support_lsm() then
	t.like(probes "-v lsm:file_open", "^lsm:file_open\n    struct file %*file\n    returns int\n$", "a hook")
end
t.done()
