-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- One-liners in chunks of -e: there without a require, run until Ctrl-C, the end of a command or their seconds, shown
-- then.
local t = require "tap"
local live = require "live"
local sh = require "sh"

local COUNT = 307
local GETPPID = "tracepoint:syscalls:sys_enter_getppid"

local function run(chunk, options)
	return sh.run(("timeout 60 %s %s -e %s"):format(live.luatrace, options or "", sh.quote(chunk)))
end

local WORKLOAD = ("-c 'build/tests/workload getppid %d'"):format(COUNT)
local status, out, err = run('count("' .. GETPPID .. '", { filter = "pid == target" })', WORKLOAD)
t.eq(status .. err, "0", "-c: until the command has ended")
t.like(out, "done 307\n" .. GETPPID .. ": 307\n$", "the result is printed then")

status, out = run(('h = hist("tracepoint:syscalls:sys_exit_getppid", "retval > 0", { filter = "pid == target" }) '
	.. 'count("%s", { filter = "pid == target", by = "comm" })'):format(GETPPID), WORKLOAD)
t.eq(status, 0, "two of them")
t.like(out, "\ncount 307, average 1, max 1\n\n     COUNT  COMM\n       307  workload\n       307  total\n$",
	"both are shown, in the order of their start")

-- Ctrl-C
local job = live.start(("%s -e %s"):format(live.luatrace,
	sh.quote(('count("%s", "comm", { filter = "streq(comm, \\"workload\\")" }) '
	.. 'io.stderr:write "on\\n"'):format(GETPPID))))
t.ok(live.await(function() return job:errors():find "on\n" end), "a chunk that ends, with one on")
sh.run("build/tests/workload getppid 211")
job:kill("INT")
t.eq(job:wait(), 0, "Ctrl-C ends it well")
t.eq(job:output(), "     COUNT  COMM\n       211  workload\n       211  total\n", "and it shows its result")

job = live.start(("%s -e %s"):format(live.luatrace,
	sh.quote('trace("uprobe:build/tests/workload:workload_call", "arg0")')))
t.ok(live.await(function() return #live.in_kernel("lt_trace") > 0 end), "trace: it is on")
t.ok(live.await(function()
	sh.run("build/tests/workload call 3")
	return job:output():find "\n[%d.]+ +2\n"
end), "lines come meanwhile")
job:kill("INT")
t.eq(job:wait(), 0, "and end with Ctrl-C")

status, out, err = run('count("' .. GETPPID .. '", { seconds = 0.05 })')
t.eq(status .. err, "0", "seconds: it ends by itself")
t.like(out, "^" .. GETPPID .. ": %d+\n$", "with its result")

-- Names come in one order, for a text that differs is compiled anew.
local many = 'count("tracepoint:sched:sched_switch", "pid, tid, uid, gid, cpu, comm, ts", { seconds = 0.01 })'
local cached = ("LUATRACE_CACHE=%s/cache timeout 60 %s -v -e %s"):format(sh.dir(), live.luatrace, sh.quote(many))
sh.run(cached)
for _ = 1, 3 do
	err = select(3, sh.run(cached))
	t.like(err, "cache: compiled before", "the next run has the same text")
end

-- What a chunk does itself is not done again, and names stay its own.
status, out, err = run('local c = count("' .. GETPPID .. '") c:print() print "end"')
t.eq(status .. out .. err, "0" .. GETPPID .. ": 0\nend\n", "a chunk that prints the result itself ends there")
status, out = run('local c = count("' .. GETPPID .. '") c:stop() print "end"')
t.eq(status .. out, "0end\n", "one that stops it too")
status, out = run "count = 5 hist = false print(count, hist, rawget(_G, 'latency'), type(latency), nothing)"
t.eq(status .. out, "05\tfalse\tnil\tfunction\tnil\n", "a global that the chunk sets is its own")
status, out = sh.run(("%s -e 'x = 1' -e 'print(x, package.loaded[\"luatrace.oneliners\"])'"):format(live.luatrace))
t.eq(status .. out, "01\tnil\n", "nothing is loaded for who does not use them")
status, out = live.run("print(count, trace)")
t.eq(status .. out, "0nil\tnil\n", "scripts require them")

status, out, err = run('count("kprob:vfs_read")')
t.eq(status .. out, "1", "an error")
t.like(err, "^luatrace: %(command line%):1: count: 'kprob:vfs_read': no such kind of probe as 'kprob'",
	"names the chunk's line")
status, out, err = run('count("' .. GETPPID .. '", { filter = "pid = 3" })')
t.like(status .. out .. err, "^1luatrace: %(command line%):1: count: filter: 'pid = 3': '=' assigns",
	"and the expression")
status, out, err = run('count("' .. GETPPID .. '", { filter = "no > 3" })')
t.like(status .. out .. err, "^1luatrace: count: filter: 'no > 3': use of undeclared identifier 'no'",
	"or the compiler's word of it")
-- Those of the guide run.
local section = sh.read("docs/guide.md"):match "\n## One%-liners\n(.-)\n## "
local PROGRAMS = { count = "lt_count", hist = "lt_hist", trace = "lt_trace", latency = "lt_exit", stacks = "lt_stack" }
local tried = 0
for command in section:gmatch "\nluatrace ([^\n]+)" do
	local program = PROGRAMS[command:match "%-e '(%l+)%("]
	live.left_in_kernel(program)
	job = live.start("sh -c " .. sh.quote("exec " .. live.luatrace .. " " .. command .. " >/dev/null"))
	live.await(function() return #live.in_kernel(program) > 0 or sh.read(job.status) end)
	job:kill("INT")
	t.eq(job:wait() .. job:errors():gsub("tar: [^\n]*\n", ""), "0", "the guide's: " .. command)
	tried = tried + 1
end
t.ok(tried >= 5, "there are some")
t.eq(live.left_in_kernel("lt_count"), "", "nothing is left in the kernel")
t.done()
