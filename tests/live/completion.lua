-- SPDX-License-Identifier: MIT
-- Completion in texts of tracepoints and kernel functions; and a compiler that is killed, hangs, or talks nonsense
-- when it is asked: an error, the next request works, and nothing is left behind.
-- Not in guests: it is about luatrace-cc, of which each of its requests is a run, and waits for one that hangs.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local completion = require "luatrace.completion"

local function complete(text)
	local found, err = completion.complete(text, #text)
	return assert(found, tostring(err))
end
local function find(found, insert)
	for _, candidate in ipairs(found.candidates) do
		if candidate.insert == insert then
			return ("%s %s"):format(candidate.kind, candidate.display)
		end
	end
end

complete("int f")	-- whatever is loaded for the first one
local before = live.holdings()
local PROBE = "TRACEPOINT_PROBE(sched, sched_process_fork)\n{\n\t"
t.eq(find(complete(PROBE .. "return args->"), "child_pid"), "member int child_pid", "a tracepoint's field")
t.eq(find(complete(PROBE .. "return args->chi"), "child_pid"), "member int child_pid", "by its beginning")
t.eq(find(complete("BPF_HASH(h, u32);\n" .. PROBE .. "h.increment(args->"), "child_pid"), "member int child_pid",
	"in an argument")
t.eq(#complete("TRACEPOINT_PROBE(sched, no_such)\n{\n\treturn args->").candidates, 0, "a tracepoint that is not there")
t.eq(find(complete("TRACEPOINT_PROBE(sch"), "sched"), "tracepoint sched", "a category")
t.eq(find(complete("TRACEPOINT_PROBE("), "sched"), "tracepoint sched", "a category, of all")
t.eq(find(complete("TRACEPOINT_PROBE(sched, sched_process_f"), "sched_process_fork"),
	"tracepoint sched:sched_process_fork", "an event")
t.eq(complete("TRACEPOINT_PROBE(sched, sched_process_f").prefix, "sched_process_f", "what it replaces")
t.eq(find(complete("#include <linux/sched.h>\nRAW_TRACEPOINT_PROBE(sched_process_f"), "sched_process_fork"),
	"tracepoint sched:sched_process_fork", "an event alone")
t.eq(find(complete("KFUNC_PROBE(vfs_rea"), "vfs_read"), "function vfs_read", "a function of the kernel")
t.eq(find(complete("int kprobe__vfs_rea"), "kprobe__vfs_read"), "function vfs_read", "in a program's name")
t.eq(find(complete("int kretprobe__vfs_rea"), "kretprobe__vfs_read"), "function vfs_read", "of a kretprobe")
t.eq(find(complete("KFUNC_PROBE(vfs_read, struct file *file)\n{\n\tfile->f_p"), "f_path"), "member struct path f_path",
	"a parameter of a function's program")
for _ = 1, 20 do
	complete(PROBE .. "return args->")
end
t.eq(live.holdings(), before, "nothing is left of dozens of requests")

-- The program with another compiler beside it, which is the real one once it is told so.
local place = sh.dir() .. "/bin"
sh.run(("mkdir %s && cp %s %s/luatrace && cp %s %s/real"):format(place, live.luatrace, place,
	sh.quote(live.binary:match("^(.*)/") .. "/luatrace-cc"), place))
local SCRIPT = live.file([==[
local completion = require "luatrace.completion"
local C = require "luatrace.abi"
local live = require "live"
local function ask()
	local found, err = completion.complete("struct task_st", 14)
	if not found then
		return ("%d %s"):format(err.errno, err)
	end
	return ("%s %d %d"):format(found.prefix, found.count, #found.candidates), found
end
local before = live.holdings()
local said, found = ask()
print(said)
for _, candidate in ipairs(found and found.candidates or {}) do
	print(candidate.kind, candidate.insert, candidate.display, candidate.doc)
end
print(live.holdings() == before and "nothing left" or "left: " .. live.holdings() .. "\nbefore: " .. before)
C.lt_interrupt_clear()
os.rename(arg[1] .. "/real", arg[1] .. "/luatrace-cc")
print((ask():gsub("%d+ %d+$", "N")))
os.rename(arg[1] .. "/luatrace-cc", arg[1] .. "/real")
]==])
local function compiler(text)
	os.remove(place .. "/luatrace-cc")
	sh.write(place .. "/luatrace-cc", "#!/bin/sh\n" .. text)
	sh.run(("chmod 755 %s/luatrace-cc"):format(place))
end
local COMMAND = ("env LUA_PATH='tests/lib/?.lua;;' %s/luatrace %s %s"):format(place, SCRIPT, place)
local function says(name, text, wanted)
	compiler(text)
	local status, out, err = sh.run(COMMAND)
	t.eq(err, "", name .. ": no word")
	t.eq(status, 0, name .. ": status")
	t.like(out, "^" .. wanted .. "nothing left\ntask_st N\n$", name .. ", and the next one answers")
	t.eq(live.left_running(place .. "/luatrace"), "", name .. ": no process is left")
end
says("killed", "kill -KILL $$", "5 luatrace%-cc was ended by signal 9 %(Killed%)\n")
says("crashing", "kill -SEGV $$", "5 luatrace%-cc was ended by signal 11[^\n]*\n")
says("failing", "exit 3", "5 luatrace%-cc failed with status 3\n")
says("without an answer", "exit 0", " 0 0\n")
-- now and then there is a line among it that could be one
says("nonsense", "head -c 100000 /dev/urandom", "[^\n]* %d+ %d+\n.-")
says("a word longer than the text", "printf '99\\t1\\ntype\\ttask_struct\\tx\\t\\n'", "struct task_st 1 0\n")
says("other words", "printf '7\\t9\\ntype\\tmm_struct\\tx\\t\\nType\\ttask_st1\\tx\\t\\ntype\\ttask_st2\\n'",
	"task_st 9 0\n")
says("control characters", "printf '7\\t1\\ntype\\ttask_st\\033[2J\\tx\\033y\\t\\001z\\n'",
	"task_st 1 1\ntype\ttask_st %[2J\tx y\t z\n")
says("too many", "printf '7\\t1\\n'; yes \"$(printf 'type\\ttask_st\\tx\\t')\" | head -1200",
	"task_st 1000 1000\n" .. ("type\ttask_st\tx\tnil\n"):rep(1000))
says("too long", "printf '7\\t1\\ntype\\ttask_st\\t'; head -c 3000000 /dev/zero | tr '\\0' a; printf '\\t\\n'",
	"task_st 1 0\n")
says("hanging", "exec sleep 321", "110 the text takes more than 5 seconds to complete, which is the limit; "
	.. "is there a macro or an #include that never ends%?\n")

compiler("trap '' INT TERM\nexec sleep 321")
local job = live.start(COMMAND)
t.ok(live.await(function()
	return sh.run(("grep -qs '^PPid:[[:space:]]*%d$' /proc/[0-9]*/status"):format(job.pid)) == 0
end), "a compiler that hangs")
job:kill("INT")
t.eq(job:wait(), 0, "SIGINT ends the wait for it")
t.like(job:output(), "^4 interrupted while compiling\nnothing left\ntask_st N\n$", "and the next one answers")
t.eq(job:errors(), "", "without a word")
t.eq(live.left_running(place .. "/luatrace"), "", "no process is left")
t.done()
