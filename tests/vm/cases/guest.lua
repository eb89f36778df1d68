-- SPDX-License-Identifier: MIT
-- What every case in a guest takes for granted.
local t = require "tap"
local sh = require "sh"

local function works(command, name)
    local status, _, err = sh.run(command)
    t.eq(status .. " " .. err, "0 ", name)
end

works("test -s /sys/kernel/btf/vmlinux", "the kernel has BTF")
works("grep -qw do_sys_openat2 /sys/kernel/tracing/available_filter_functions", "tracefs, and functions to trace")
works("echo p:guest do_sys_openat2 >>/sys/kernel/tracing/kprobe_events", "kprobes")
works("test -d /sys/kernel/debug/tracing && test -w /sys/fs/bpf", "debugfs and bpffs")
works("test -e /sys/fs/cgroup/cgroup.controllers", "cgroup2")
works("ip addr show lo | grep -q 127.0.0.1", "loopback is up")
works("touch /tmp/x /run/x /var/tmp/x \"$GUEST_SHARE/x\" && rm \"$GUEST_SHARE/x\"", "places to write")
t.like(select(3, sh.run("touch /usr/x")), "[Rr]ead%-only", "the machine's root is out of reach")
t.eq(sh.workload("getppid", 7):go(), 7, "the workload runs")
t.done()
