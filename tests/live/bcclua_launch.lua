-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- How bcc-lua's scripts are started and end: by luatrace and as bcc-lua, their world, errors, signals, modules.
local t = require "tap"
local sh = require "sh"
local live = require "live"

local BCC_LUA = sh.quote((live.binary:gsub("[^/]+$", "bcc-lua")))

-- Runs a script as bcc-lua.
local function run_as_bcc_lua(text, options, args)
	local path = live.file(text)
	return sh.run(("%s %s %s %s"):format(BCC_LUA, options or "", path, args or ""))
end

-- Its world, at the top level of the script and in its function.
local WORLD = [[
local ok, said = pcall(function() return undeclared end)
print("%s %d" % { "top", 7 }, ok, said:match("'undeclared' is not declared"), type(log.info), type(class), arg[1])
return function(BPF, utils)
  print(("abc"):starts("ab"), table.count { 1 }, type(utils.argparse), type(utils.posix.sleep), BPF.name,
    utils.USDT.name)
  print(BPF.SCRIPT_ROOT, arg[0], #arg, BCC_STANDALONE)
end]]
local status, out, err, path, _
status, out, err, path = live.run(WORLD, nil, "%s word")
t.eq(err, "", "luatrace runs a script of bcc-lua's")
t.eq(out, "top 7\tfalse\t'undeclared' is not declared\tfunction\tfunction\tword\n"
	.. "true\t1\ttable\tfunction\tBPF\tUSDT\n" .. path:match("^.*/") .. "\t" .. path .. "\t1\tbcc-lua\n", "in its world")
t.eq(status, 0, "which ends well")
_, out, err = run_as_bcc_lua(WORLD, "--", "word")
t.eq(err, "", "as bcc-lua")
t.like(out, "^top 7\tfalse.*\tword\n.*\tnil\t1\tbcc%-lua\n$", "arg holds the script's words alone")

-- An ordinary script finds Lua as it is.
_, out, err = live.run [[
local x = function(BPF) return "return function(BPF, utils) end" end
new_global = x() ~= nil
print(log, class, string.starts, table.count, os.spawn, undeclared, pcall(function() return "%d" % 1 end))
]]
t.like(err .. out, "^nil\tnil\tnil\tnil\tnil\tnil\tfalse\t", "ordinary scripts have none of it")
-- One whose statement is not seen beforehand.
_, out = live.run "local f = { function(BPF) print(BPF.name, '%d' % 5) end } print(log) return f[1]"
t.eq(out, "nil\nBPF\t5\n", "a function that comes from elsewhere is called in bcc-lua's world too")

-- Errors.
status, _, err, path = live.run 'return function()\n  error("oh")\nend'
t.eq(status, 1, "an error in the function: exit status 1")
t.like(err, "^%[ERROR%] " .. path:gsub("%p", "%%%0") .. ":2: oh\nstack traceback:\n\t[^\n]*:2: ",
	"is told as bcc-lua does")
status, _, err = live.run 'assert(arg[1], "usage: x PID")\nreturn function() end'
t.ok(status == 1 and err:find("^luatrace: .*usage: x PID"), "an error before it")
status, _, err = run_as_bcc_lua 'return function(BPF) BPF:new { text = "int f(void *ctx) { if (); }" } end'
t.ok(status == 1 and err:find("error: expected expression.*%[ERROR%] failed to compile BPF module\n"),
	"a text that does not compile")
status, _, err = run_as_bcc_lua "print(1)"
t.ok(status == 1 and err:find("a script of bcc%-lua returns a function%(BPF, utils%); this one returned nothing"),
	"as bcc-lua, a script that returns none")
status, _, err = run_as_bcc_lua "return 5"
t.ok(status == 1 and err:find("this one returned a number"), "or something else")
status, _, err = sh.run(BCC_LUA .. " /nonexistent.lua")
t.ok(status == 1 and err:find("/nonexistent.lua", 1, true), "no such file")

-- Options.
status, out = sh.run(BCC_LUA .. " -v")
t.ok(status == 0 and out:find("^bcc%-lua .*Running on LuaJIT"), "-v is the version")
t.eq(select(2, sh.run(BCC_LUA .. " --version")), out, "so is --version")
for _, words in ipairs { "", "--unknown x.lua", "-x", "--" } do
	status, _, err = sh.run(BCC_LUA .. " " .. words)
	t.ok(status == 1 and err:find("^usage: bcc%-lua "), ("'%s': usage"):format(words))
end
status, out = run_as_bcc_lua("return function() print(LIBBCC_LLVM_DEBUG, arg[1]) end", "-V --llvm-debug", "-v")
t.ok(status == 0 and out == "1\t-v\n", "options end at the script")
local LOUD = [[return function(BPF)
  BPF { text = "int f(struct pt_regs *ctx) { return 0; }" }:attach_uprobe { name = "c", sym = "free", fn_name = "f" }
end]]
_, _, err = run_as_bcc_lua(LOUD)
t.eq(err, "", "quiet unless asked")
_, _, err = run_as_bcc_lua(LOUD, "-V")
t.like(err, "free", "-V tells what is attached")
_, _, err = run_as_bcc_lua(LOUD, "--llvm-debug")
t.like(err, "define ", "--llvm-debug shows LLVM's IR")
status, _, err = sh.run("setpriv --reuid 65534 " .. BCC_LUA .. " " .. live.file "return function() end")
t.ok(status == 1 and err == "bcc-lua must be ran as root\n", "only root may")

-- The text beside the script, from another folder.
live.file("int f(void *ctx) { return 0; }", "beside.c")
local script = live.file [[
return function(BPF)
  print(BPF:new { src_file = "beside.c" }:load_func("f", "BPF_PROG_TYPE_KPROBE").name)
  BPF:new { src_file = "nothing.c" }
end]]
for _, command in ipairs { BCC_LUA, live.luatrace } do
	status, out, err = sh.run(("cd / && %s %s"):format(command, script))
	t.ok(out == "f\n" and status == 1 and err:find("src_file='nothing.c': cannot be read", 1, true), "src_file")
end

sh.run("mkdir " .. sh.dir() .. "/here")
live.file("int g(void *ctx) { return 0; }", "here/beside.c")
_, out = sh.run(("cd %s/here && %s %s"):format(sh.dir(), BCC_LUA, live.file [[return function(BPF)
  print(BPF:new { src_file = "beside.c" }:load_func("g", "BPF_PROG_TYPE_KPROBE").name)
end]]))
t.eq(out, "g\n", "src_file in the current folder comes first")

-- What is left when the function has returned is closed; what log.info says.
_, out, err = live.run [[return function(BPF)
  BPF.static.cleanup = function() print "closed" end
  log.info("%d is %s", 5, "five")
  log.enabled = false
  log.info("silence")
end]]
t.eq(out, "closed\n", "everything is closed at the end")
t.like(err, "^%[%d%d:%d%d:%d%d%] [^\n]*:3: 5 is five\n$", "log.info")

-- Signals end it well: in a poll, in a sleep, in a read of the pipe; what it catches, it may go on after.
local LOOPS = {
	["perf_buffer_poll_loop"] = [[
  b:get_table("events"):open_perf_buffer(print, "uint64_t")
  print "ready" io.stdout:flush()
  print(b:perf_buffer_poll_loop())]],
	["a sleep"] = 'print "ready" io.stdout:flush() while true do utils.posix.sleep(99) end',
	["a sleep that is caught"] = 'print "ready" io.stdout:flush() pcall(utils.posix.sleep, 99) print "after"',
	["the pipe"] = 'local p = b:pipe() p:open() print "ready" io.stdout:flush() while true do p:trace_fields() end',
}
local EXPECTED = { perf_buffer_poll_loop = "false\tinterrupted!\n", ["a sleep that is caught"] = "after\n" }
for name, body in pairs(LOOPS) do
	local job = live.start(("%s %s"):format(BCC_LUA, live.file(([[
return function(BPF, utils)
  local b = BPF { text = "BPF_PERF_OUTPUT(events); int f(void *ctx) { return 0; }" }
  %s
end]]):format(body))))
	job:await("ready")
	job:kill("INT")
	t.eq(job:wait(), 0, "Ctrl-C in " .. name .. ": exit status 0")
	t.eq(job:output() .. job:errors(), "ready\n" .. (EXPECTED[name] or ""), "and nothing of an error")
end
status, _, err = live.run [[
return function(BPF)
  local b = BPF { text = "BPF_PERF_OUTPUT(events); TRACEPOINT_PROBE(raw_syscalls, sys_enter) { u64 x = 1;"
    .. " events.perf_submit(args, &x, sizeof(x)); return 0; }" }
  b:attach_tracepoint { tp = "raw_syscalls:sys_enter", fn_name = "tracepoint__raw_syscalls__sys_enter" }
  b:get_table("events"):open_perf_buffer(function() error "in the callback" end, "uint64_t")
  b:perf_buffer_poll_loop()
end]]
t.ok(status == 1 and err:find("^%[ERROR%] .*in the callback"), "an error in a callback ends the loop, and is told")

-- Modules.
_, out, err = live.run [[
local bcc = require "bcc"
print(bcc.BPF == require("bcc.bpf"), require("bcc.init").BPF == bcc.BPF, "%d" % 3,
  require("bcc.sym").create_cache(1).pid)
print(type(require "bcc.vendor.argparse"), type(require "bcc.vendor.posix"), type(require "bcc.vendor.middleclass"),
  require("bcc.usdt").name, require("bcc.tracerpipe").name, (require "bcc.vendor.helpers"))
]]
t.eq(err .. out, "true\ttrue\t3\t1\ntable\ttable\tfunction\tUSDT\tTracerPipe\ttrue\n", "what a script can require")
_, out, err = live.run [[
local outside = getfenv(require("luatrace.errors").misuse)
return function() print(log ~= nil, rawget(outside, "log"), string.starts("ab", "a")) end
]]
t.eq(err .. out, "true\tnil\ttrue\n", "the world is an environment of the script's own")
-- bcc's own tests, whose runner is a module that is loaded before.
live.file("return function(name) return rawget(_G, name) end", "runner.lua")
_, out, err = live.run [[
local global = require "runner"
rawset(_G, "BCC", require "bcc.init")
rawset(_G, "after", 7)
print(BCC.BPF.name, global "BCC" == BCC, global "after", global "log" == log)
]]
t.eq(err .. out, "BPF\ttrue\t7\ttrue\n", "globals are the same for modules that were loaded before")
_, _, err = live.run 'require "bcc.libbcc"'
t.like(err, ":1: module 'bcc.libbcc' is an inner part of bcc%-lua", "and what it cannot")
for _, module in ipairs { "bpf", "bpf.cdef", "syscall" } do
	for _, command in ipairs { BCC_LUA, live.luatrace } do
		status, _, err = sh.run(("%s %s"):format(command, live.file(('local x = require "%s"'):format(module))))
		t.ok(status == 1 and err:find((":1: module '%s' is of bcc-lua's compiler from Lua to BPF"):format(module), 1, true)
			and err:find("docs/from.md", 1, true), module .. ": the other half of bcc-lua")
	end
end
live.file("return 'mine'", "bpf.lua")
t.eq(select(2, live.run 'print(require "bpf")'), "mine\n", "a module of the script's own may be called bpf")
t.done()
