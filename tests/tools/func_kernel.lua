-- SPDX-License-Identifier: MIT
-- funccount, funclatency, funcslower, stackcount, trace at functions of the kernel.
local t = require "tap"
local live = require "live"
local switches = require "switches"
local tool = require "tool"

live.needs "kprobe"

local COUNT = 97
local calls = ("build/tests/workload getppid %d"):format(COUNT)
local arch = jit.arch == "x64" and "__x64" or "__arm64"

local rows = tool.rows(("funccount '%s_sys_getpp*' -n workload"):format(arch), calls)
t.eq(#rows .. rows[1].probe .. rows[1].count, ("1%s_sys_getppid%d"):format(arch, COUNT), "funccount, of a pattern")
rows = tool.rows(("funclatency '%s_sys_getppid' -n workload"):format(arch), calls)
t.eq(switches.total(rows), COUNT, "funclatency")
rows = tool.rows(("stackcount '%s_sys_getppid' -n workload"):format(arch), calls)
t.eq(#rows .. rows[1].stack[#rows[1].stack] .. rows[1].count, ("1%s_sys_getppid_[k]%d"):format(arch, COUNT),
	"stackcount")
rows = tool.rows("funcslower do_sys_openat2 -m 0 -n workload",
	("build/tests/workload openat %d /nonexistent"):format(COUNT))
local failed = 0
for _, row in ipairs(rows) do
	failed = failed + (row.result == -2 and 1 or 0)
end
t.eq(failed, COUNT, "funcslower: a result is as its type says")
-- Names of a kernel function's parameters are for who compiles on a kernel that has that kind of probe.
if tool.bundle then
	t.done()
	return
end
rows = tool.rows([[funclatency fentry:vfs_open -n workload -e 'streq(path->dentry->d_name.name, "workload")']],
	("build/tests/workload openat %d build/tests/workload"):format(COUNT))
t.eq(switches.total(rows), COUNT, "funclatency, by fentry, with a filter")
rows = tool.rows("funcslower vfs_open 'str(path->dentry->d_name.name)' -m 0 -n workload",
	("build/tests/workload openat %d build/tests/workload"):format(COUNT))
local named = 0
for _, row in ipairs(rows) do
	named = named + (row.path_dentry_d_name_name == "workload" and row.result == 0 and 1 or 0)
end
t.eq(named, COUNT, "funcslower, with an argument of the kernel")
t.done()
