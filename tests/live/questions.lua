-- SPDX-License-Identifier: MIT
-- What scripts ask about the kernel before they choose what to trace.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"

t.eq(BPF.kernel_struct_has_field("task_struct", "pid"), 1, "a member")
t.eq(BPF.kernel_struct_has_field("sk_buff", "next"), 1, "a member of an unnamed struct in an unnamed union")
t.eq(BPF.kernel_struct_has_field("bpf_attr", "map_type"), 1, "a member of a union")
t.eq(BPF.kernel_struct_has_field("task_struct", "lt_none"), 0, "no member")
t.eq(BPF.kernel_struct_has_field("lt_none", "pid"), -1, "no struct")

local names = BPF.get_kprobe_functions "vfs_(read|write)"
table.sort(names)
t.eq(table.concat(names, " "), "vfs_read vfs_write", "functions by a pattern")
t.eq(#BPF.get_kprobe_functions "vfs_rea", 0, "the pattern is of the whole name")
t.eq(table.concat(BPF.get_kprobe_functions "do_sys_openat\\d$"), "do_sys_openat2", "\\d")
local _, count = sh.run [[grep -Eic ' t vfs_[a-z]+(\s|$)' /proc/kallsyms]]
names = BPF.get_kprobe_functions "vfs_[a-z]+"
t.ok(#names > 5 and #names <= tonumber(count), ("%d of %d"):format(#names, count))
local ok, err = pcall(BPF.get_kprobe_functions, "vfs_(")
t.ok(not ok, "not a regular expression")
t.like(err, "questions%.lua:%d+: get_kprobe_functions: functions 'vfs_%(': not a regular expression: ", "its message")

local prefix = BPF.get_syscall_prefix()
t.ok(tonumber(BPF.ksymname(prefix .. "getppid")) > 0, prefix .. " is what system calls begin with")
t.eq(BPF.get_syscall_fnname "getppid", prefix .. "getppid", "the function of a system call")
t.eq(BPF.tracepoint_exists("syscalls", "sys_enter_getppid"), true, "a tracepoint")
t.eq(BPF.tracepoint_exists("syscalls", "lt_none"), false, "no tracepoint")
t.eq(BPF.support_raw_tracepoint(), true, "raw tracepoints")
for _, name in ipairs { "kfunc", "fmod_ret", "lsm" } do
    t.eq(type(BPF["support_" .. name]()), "boolean", "support_" .. name)
end
t.done()
