-- SPDX-License-Identifier: MIT
-- Not in guests: tests/vm/cases/probes.lua is there.
-- `luatrace probes`: what can be attached to, with arguments.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

local function probes(words)
	return sh.run(live.luatrace .. " probes " .. words)
end

local status, out = probes "-v tracepoint:syscalls:sys_enter_openat"
t.eq(status .. "\n" .. out, [[
0
tracepoint:syscalls:sys_enter_openat
    int __syscall_nr
    int dfd
    const char * filename
    int flags
    umode_t mode
]], "a tracepoint and its fields")
status, out = probes "-v 'tp_btf:sched_process_exi?' raw_tracepoint:sched_process_exit"
t.eq(status, 0, "several patterns")
t.like(out, "^tp_btf:sched_process_exit\n    struct task_struct %*p\n", "a BTF tracepoint and its arguments")
t.like(out, "\nraw_tracepoint:sched_process_exit\n    struct task_struct %*p\n", "a raw tracepoint")
t.eq(select(2, probes "-v iter:bpf_map"), "iter:bpf_map\n    struct bpf_map *map\n", "an iterator and what it gives")
t.like(select(2, probes "process_exi"), "tracepoint:sched:sched_process_exit\n", "a part of a name, of any kind")
t.eq(select(2, probes "sched:sched_process_exit"), "tracepoint:sched:sched_process_exit\n",
	"a part of a name that holds a colon, which no kind stands before")
t.eq(select(2, probes "'trace*:sched:sched_process_exit'"), "tracepoint:sched:sched_process_exit\n",
	"a pattern of kinds")
t.eq(select(2, probes "-v usdt:build/tests/usdt:lttest:memor*"):match "^(.-memory\n.-\n.-)\n", [[
usdt:build/tests/usdt:lttest:memory
    int8_t arg1
    uint8_t arg2]], "USDT probes of a file")
t.eq(select(2, probes "usdt:build/tests/usdt:memory"), "usdt:build/tests/usdt:lttest:memory\n", "without the provider")

local _, perf = probes "'perf_event:*'"
for name in perf:gmatch "SOFTWARE:([%u_]+)" do
	t.ok(BPF.PerfSWConfig[name], "a software event by its name in BPF.PerfSWConfig: " .. name)
end
t.like(perf, "perf_event:SOFTWARE:CPU_CLOCK\n", "the clock among them")

-- As many as tracefs has.
local _, all = probes "'tracepoint:*'"
t.eq(select(2, all:gsub("\n", "")), #BPF.get_tracepoints ".", "all tracepoints")

local err
status, out, err = probes "no_such_thing"
t.eq(status .. out, "1", "nothing")
t.like(err, "'no_such_thing': nothing here can be attached to by that name", "is said")
status, _, err = probes "usdt:/no/such/file"
t.eq(status, 1, "no such file")
t.like(err, "/no/such/file", "which is named")
status, _, err = probes "--details"
t.eq(status, 2, "an unknown option")
t.like(err, "unknown option '%-%-details'", "is named")

if BPF.ksymname "register_kprobe" == -1 then
	status, _, err = probes "kprobe:vfs_read"
	t.eq(status, 1, "without kprobes")
	t.like(err, "kprobe: this kernel has no kprobes", "that is said, when they are asked for")
end
t.done()
