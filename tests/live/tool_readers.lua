-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- Readers that are slow, gone or stopped, and a full disk under --record, of tools of events, of intervals and of
-- stacks: what was not shown is told of, and no row is in part.
local t = require "tap"
local live = require "live"
local sh = require "sh"

-- A name of its own: others may run the same.
local comm, workload = live.mark, sh.dir() .. "/" .. live.mark
sh.run(("cp build/tests/workload %s"):format(workload))
local MADE = 20000
-- Some at a time, so that there are intervals. It says when it has made half of them.
local half = sh.dir() .. "/half"
local command = live.file(("exec >/dev/null\nfor i in $(seq 20); do %s getppid %d; sleep 0.02; [ $i != 10 ] || : >%s\n"
	.. "done\n"):format(workload, MADE / 20, half), "calls.sh")
local HEAD = [==[
return {
	summary = "calls of getppid", filters = { "comm" }, interval = INTERVAL, stacks = STACKS, columns = COLUMNS,
	every = EVERY,
	text = [[
#include <luatrace/filter.h>
INCLUDE
u32 number;
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	if (wanted()) {
		u32 mine = __sync_fetch_and_add(&number, 1), key = mine % 997;
		PROGRAM
	}
	return 0;
}]],
}
]==]
local function file(name, parts)
	return live.file((HEAD:gsub("%u%u%u%u%u+", function(word)
		return word ~= "BPF_HASH" and (parts[word] or word == "INCLUDE" and "" or HEAD:find("= " .. word, 1, true) and "nil")
			or nil
	end)), name .. ".lua")
end

-- How many calls a table tells of; each row whole.
local function rows_of(pattern)
	return function(out)
		local total, wrong = 0, nil
		for line in out:gmatch "[^\n]*\n?" do
			local count = line:match("^ *" .. pattern .. " *\n$")
			if count then
				total = total + tonumber(count)
			elseif line ~= "" and line ~= "\n" and not line:find "^%u[%u ]+\n$" and not line:find "^%d%d:%d%d:%d%d\n$" then
				wrong = line
			end
		end
		return total, wrong
	end
end
local KINDS = {
	{ name = "events", file = file("events", {
		INCLUDE = "struct event { u32 pid, number; };\nBPF_RINGBUF_OUTPUT(events, 4);",
		PROGRAM = "struct event e = { bpf_get_current_pid_tgid() >> 32, mine };\n(void)key;\n"
			.. "events.ringbuf_output(&e, sizeof(e), 0);", COLUMNS = '{ { "PID", width = 7 }, { "NUMBER" } }' }),
		count = function(out)
			local last, total, wrong = -1, 0, nil
			for line in out:gmatch "[^\n]*\n?" do
				local number = tonumber(line:match "^%d+ +(%d+)\n$")
				if number and number > last then
					last, total = number, total + 1
				elseif line ~= "" and line ~= "PID     NUMBER\n" then
					wrong = line
				end
			end
			return total, wrong
		end },
	{ name = "intervals", file = file("intervals", { INCLUDE = "BPF_HASH(calls, u32, u64, 4096);", INTERVAL = "0.02",
		PROGRAM = "calls.increment(key);", COLUMNS = '{ { "KEY", width = 7 }, { "COUNT" } }', EVERY = [[function(run)
		local rows = {}
		for i, entry in ipairs(run:take "calls") do
			rows[i] = { key = entry.key, count = tonumber(entry.value) }
		end
		run:rows(rows)
	end]] }), count = rows_of "%d+ +(%d+)" },
	{ name = "stacks", filler = 57344, file = file("stacks", { INCLUDE = "#include <luatrace/stacks.h>", INTERVAL = "0.02",
		STACKS = '{ unit = "calls" }', PROGRAM = "(void)key;\ncount_stack(args, 1);" }),
		count = function(out)
			local total, wrong = 0, nil
			for block in out:gmatch "(.-)\n\n" do
				local count = block:match "\n    %-                [^\n]+ %(%d+%)\n        (%d+) calls$"
				if count then
					total = total + count
				elseif #block > 9 then
					wrong = block
				end
			end
			local rest = out:match ".*\n\n(.*)$" or out
			return total, wrong or rest ~= "" and not rest:find "^\n?%d%d:%d%d:%d%d\n$" and rest or nil
		end },
}

-- Runs a command whose output goes to a pipe of a page, which is full soon, and reads it when half of the calls are
-- made: slow, a while later; stop, it has been interrupted then.
local READER = live.file([[
import fcntl, os, signal, subprocess, sys, time
how, half, command = sys.argv[1], sys.argv[2], sys.argv[3:]
there, back = os.pipe()
fcntl.fcntl(back, 1031, 4096)  # F_SETPIPE_SZ
process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=back)
os.close(back)
while not os.path.exists(half):
    time.sleep(0.02)
time.sleep(0.3)
os.remove(half)
if how == "stop":
    process.send_signal(signal.SIGINT)
while True:
    piece = os.read(there, 65536)
    if not piece:
        break
    os.write(1, piece)
sys.exit(process.wait())
]], "reader.py")
local lost_as = { "events: (%d+) records lost %(buffer full; [^\n]+\n",
	"(%d+) records lost; the recording says so too\n", "(%d+) records were lost while this was recorded\n" }
-- What messages say was lost, and what else they say.
local function lost_in(message)
	local total = 0
	for _, pattern in ipairs(lost_as) do
		message = message:gsub("luatrace: " .. pattern, function(count)
			total = total + tonumber(count)
			return ""
		end)
	end
	return total, message
end

for _, kind in ipairs(KINDS) do
	local name = kind.name
	local function run(how, words)
		-- it outlives a tracer whose reader goes
		live.left_running(command)
		return sh.run(("LUATRACE_CACHE=%s/cache python3 %s %s %s %s -c 'sh %s' %s -n %s %s"):format(sh.dir(), READER, how,
			half, live.luatrace, command, kind.file, comm, words or ""))
	end
	local recording = ("%s/%s.recording"):format(sh.dir(), name)
	for _, words in ipairs { "", "--record " .. recording } do
		local status, out, err = run("slow", words)
		local total, wrong = kind.count(out)
		local lost, more = lost_in(err)
		local what = ("%s, a slow reader%s: "):format(name, words ~= "" and ", recorded" or "")
		t.eq(status .. more, "0", what .. "no error")
		t.eq(wrong, nil, what .. "no row in part")
		-- A call that is being counted while its entry is taken from a map is counted nowhere.
		local under_way = name == "events" and 0 or 20
		t.ok(total + lost <= MADE and total + lost >= MADE - under_way,
			("%sall are shown, or told of: %d and %d"):format(what, total, lost))
		t.ok(name ~= "events" or lost > 0, what .. "it was slow")
		if words ~= "" then
			status, more, err = sh.run(("%s replay --tool %s %s"):format(live.luatrace, kind.file, recording))
			t.eq(status .. " " .. lost_in(err), ("0 %d"):format(lost), what .. "the recording says the same")
			-- what was shown has the time when there was room for it
			t.eq((more:gsub("%d%d:%d%d:%d%d", "")), (out:gsub("%d%d:%d%d:%d%d", "")), what .. "and shows the same")
		end
	end
	local status, out, err = run "stop"
	local total, wrong = kind.count(out)
	t.eq(status .. select(2, lost_in(err)), "0", name .. ", interrupted while nobody reads: no error")
	t.ok(not wrong and total > 0, ("%s: no row in part: %s"):format(name, wrong or total))

	-- A reader that goes.
	recording = recording .. "2"
	_, out, err = sh.run(("{ timeout 60 %s -c 'sh %s' %s -n %s --record %s; echo status $? >&2; } | head -1"):format(
		live.luatrace, command, kind.file, comm, recording))
	t.ok(out:find "^[^\n]+\n$" and err:find "^status %d+\n$" and not err:find "124",
		name .. ", a reader that goes: " .. err)
	_, out, err = sh.run(("%s replay --tool %s %s"):format(live.luatrace, kind.file, recording))
	_, wrong = kind.count(out)
	t.ok(not wrong and not err:find "traceback" and select(2, err:gsub("\n", "")) <= 2,
		("%s: what was recorded until then: %s%s"):format(name, wrong or "", err))
end

local place = sh.dir() .. "/full"
if sh.run(("mkdir %s && mount -t tmpfs -o size=64k tmpfs %s"):format(place, place)) ~= 0 then
	t.skip "a full disk: no tmpfs can be mounted here"
	t.done()
	return
end
for _, kind in ipairs(KINDS) do
	live.left_running(command)
	local path = place .. "/" .. kind.name
	sh.run(("head -c %d /dev/zero >%s/filler"):format(kind.filler or 0, place))
	local status, out, err = sh.run(("%s -c 'sh %s' %s -n %s --record %s"):format(live.luatrace, command, kind.file, comm,
		path))
	local total, wrong = kind.count(out)
	local _, message = lost_in(err)
	t.like(status .. message, "^1luatrace: %-%-record: [^\n]*/" .. kind.name .. ": No space left on device; what was "
		.. "recorded until then is in it\n", kind.name .. ", a full disk: it says so")
	t.eq(wrong, nil, kind.name .. ": no row in part")
	local again
	status, again, err = sh.run(("%s replay --tool %s %s"):format(live.luatrace, kind.file, path))
	local kept, damaged = kind.count(again)
	t.like(status .. select(2, lost_in(err)), "^1luatrace: replay: [^\n]*: the recording was cut short\n$",
		kind.name .. ": the recording is cut short")
	t.eq(damaged, nil, kind.name .. ": no row of it is in part")
	t.ok(kept > 0 and kept <= total and total < MADE, ("%s: what is there: %d of %d"):format(kind.name, kept, total))
	sh.run(("rm %s %s/filler"):format(path, place))
end
sh.run("umount " .. place)
t.done()
