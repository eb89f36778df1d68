-- SPDX-License-Identifier: MIT
-- A machine on which tracefs is not mounted: luatrace mounts it. In a mount namespace, so that ours stays.
local t = require "tap"
local sh = require "sh"
local live = require "live"

local text = sh.dir() .. "/text.c"
sh.write(text, "TRACEPOINT_PROBE(syscalls, sys_enter_openat) { return args->dfd; }\n")
local status, out, err = sh.run(([[unshare --mount --propagation private sh -c '
	umount -l /sys/kernel/debug/tracing /sys/kernel/debug /sys/kernel/tracing
	ls /sys/kernel/tracing | wc -l
	exec %s cc --load %s' 2>&1]]):format(live.binary, text))
t.like(out, "^.-0\ntracepoint__syscalls__sys_enter_openat tracepoint loaded\n$", "compiled and loaded")
t.eq(status .. err, "0", "without a word")
t.done()
