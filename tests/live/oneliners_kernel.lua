-- SPDX-License-Identifier: MIT
-- One-liners at functions of the kernel: parameters by their names, results by their types, patterns, and where calls
-- begin and end.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local one = require "luatrace.oneliners"

live.needs "kprobe"
local COUNT, PATH = 101, "/nonexistent/of-oneliners"

local function traced(name, probe, opts, mode, ...)
	local held = live.workload(mode, COUNT, ...)
	opts.filter = (opts.filter and opts.filter .. " && " or "") .. "pid == " .. held.pid
	local h = one[name](probe, opts)
	held:begin()
	t.eq(live.await(function() return held:made() end), COUNT, "the workload made its calls")
	local out = {}
	for i, row in ipairs(h:data()) do
		out[i] = table.concat(row.key, ",") .. "=" .. row.count
	end
	h:stop()
	return table.concat(out, " "), h
end

-- A compile takes seconds in a guest: each of these shows several things.
local OPENS = 'streq(%s, "' .. PATH .. '")'
t.eq((traced("count", "do_sys_openat2", { by = "str(filename), dfd, (int)arg0", filter = OPENS:format "filename" },
	"openat",
	PATH)), PATH .. ",-100,-100=101", "a function's name alone: its parameters by name and by number")
t.eq((traced("count", "kretprobe:do_sys_openat2", { by = "retval", filter = "retval == -2" }, "openat", PATH)),
	"-2=101", "kretprobe: the result")
t.eq((traced("count", "kprobe:" .. BPF.get_syscall_fnname("openat"), { by = "(int)arg0", filter = OPENS:format "arg1" },
	"openat", PATH)), "-100=101", "the function of a system call: its own arguments")
t.eq((traced("count", "kprobe:do_sys_openat*", { by = "func, comm", filter = OPENS:format "arg1" }, "openat", PATH)),
	"do_sys_openat2,workload=101", "a pattern: names, and arguments by number")
t.eq((traced("latency", "kretprobe:__x64_sys_getpp*", { by = "func, retval > 0" }, "getppid")),
	"__x64_sys_getppid,1=101",
	"latency, of a pattern")
local _, h = traced("stacks", "kprobe:__x64_sys_getppid", { user = false }, "getppid")
t.like(h:folded(), "^workload;.*__x64_sys_getppid 101$", "stacks")
t.raises(function() one.count("kprobe:do_sys_openat2", "filname") end, "undeclared identifier 'filname'; did you mean "
	.. "'filename'%?", "a parameter's name mistyped")
t.raises(function() one.count("kprobe:vfs_red") end,
	"count: kprobe 'vfs_red': no such function in this kernel; similar: "
	.. "vfs_read", "a function that is not there")

if require("luatrace.abi").lt_kind_supported("fexit", nil) == 0 then
	t.eq((traced("count", "fexit:do_sys_openat2", { by = "dfd, retval", filter = OPENS:format "filename" }, "openat",
		PATH)),
		"-100,-2=101", "fexit: parameters and result")
	t.eq((traced("latency", "fentry:do_sys_openat2", { by = "(int)arg0", filter = "retval == -2" }, "openat", PATH)),
		"-100=101", "latency by fentry and fexit")
else
	t.skip("this kernel has no fexit")
end
t.done()
