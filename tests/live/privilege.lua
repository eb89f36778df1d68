-- SPDX-License-Identifier: MIT
-- Without privileges: one message that says which are missing, whatever is asked for, and nothing left behind.
local t = require "tap"
local sh = require "sh"
local live = require "live"

local NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
if sh.run(NOBODY .. " true") ~= 0 then
	t.skip_all("setpriv cannot change the user here: the case begins as root")
end

-- A place that anyone can read.
local place = sh.dir() .. "/open"
sh.run(("chmod 755 %s && mkdir %s && cp %s %s/luatrace-cc %s"):format(sh.dir(), place, live.luatrace,
	sh.quote(live.binary:match("^(.*)/")), place))
local function as_nobody(script)
	sh.write(place .. "/script.lua", script)
	return sh.run(("cd / && %s env -u TMPDIR HOME=/nonexistent %s/luatrace %s/script.lua"):format(NOBODY, place, place))
end

local status, out, err = as_nobody("print(1)")
t.eq(status .. out .. err, "01\n", "a script that traces nothing needs none")

local function refused(name, text, more)
	local script = 'local BPF = require "luatrace"\nlocal b = BPF { text = [[%s]] }\n%s\nprint("went on")'
	status, out, err = as_nobody(script:format(text, more or ""))
	t.eq(status, 1, name .. ": exit status")
	t.like(err, "^luatrace: [^\n]*CAP_BPF[^\n]*run as root\n", name)
	t.eq(out, "", name .. ": it ends there")
	t.ok(not err:find("errno", 1, true) and select(2, err:gsub("\n", "")) <= 4, name .. ": one message")
end
refused("a raw tracepoint", "RAW_TRACEPOINT_PROBE(sys_enter) { return 0; }")
refused("a map", "BPF_HASH(counts, u32, u64);\nint f(struct pt_regs *ctx) { counts.increment(1); return 0; }")
refused("a uprobe", "int f(struct pt_regs *ctx) { return 0; }",
	'b:attach_uprobe { name = "c", sym = "getppid", fn_name = "f" }')

-- tracefs is root's own: a tracepoint's layout cannot be read.
status, out, err = as_nobody [==[
require "luatrace" { text = [[TRACEPOINT_PROBE(syscalls, sys_enter_getppid) { return args->__syscall_nr; }]] }
]==]
t.eq(out, "", "a tracepoint: it ends there")
t.eq(status, 1, "a tracepoint: exit status")
t.like(err, "^luatrace: [^\n]*tracepoint 'syscalls:sys_enter_getppid': [^\n]*Permission denied[^\n]*run as root\n",
	"a tracepoint")

-- doctor says so, and does not fail.
sh.write(place .. "/script.lua", "")
status, out,
	err = sh.run(("cd / && %s %s/luatrace doctor"):format(NOBODY, place))
t.like(out .. err, "CAP_BPF", "doctor names what is missing")
t.eq(live.left_running(place), "", "no process is left")
t.done()
