-- SPDX-License-Identifier: MIT
-- Cases have their texts compiled outside of the guest (tests/vm/relay.c), for emulated it takes seconds; here one is
-- compiled inside, by a compiler confined with what this kernel has.
local t = require "tap"
local live = require "live"
local sh = require "sh"

local compiler = live.binary:match "^(.*)/" .. "/luatrace-cc"
local script = sh.dir() .. "/script.lua"
sh.write(script, [[
local BPF = require "luatrace"
local b = BPF { text = 'TRACEPOINT_PROBE(syscalls, sys_enter_getppid) { bpf_trace_printk("x"); return 0; }' }
print(#b:attached() .. " attached")
]])
local inside = ([[LUATRACE_CACHE=off unshare --mount sh -c '
	umount "$0" && stat -c %%s "$0" && exec "$1" "$2"' %s %s %s]])
	:format(sh.quote(compiler), live.luatrace, sh.quote(script))
local status, out, err = sh.run(inside)
t.eq(err, "", "nothing to complain of")
t.eq(status, 0, "it ends well")
local size, said = out:match "^(%d+)\n(.*)$"
t.ok(tonumber(size) > 10e6, "the compiler is the whole one")
t.eq(said, "1 attached\n", "what it made loads")
t.done()
