-- SPDX-License-Identifier: MIT
-- luatrace-cc missing, crashing, talking nonsense, killed: one clear message, and nothing left behind.
-- Not in guests: it waits for compilers that hang.
local t = require "tap"
local sh = require "sh"
local live = require "live"

local place = sh.dir() .. "/bin"
sh.run(("mkdir %s && cp %s %s/luatrace"):format(place, live.luatrace, place))
local SCRIPT = live.file(([==[
local BPF = require "luatrace"
local before = #arg
local ok, err = pcall(BPF, { text = "int f(struct pt_regs *ctx) { return 0; }", cflags = { "-D%s" } })
if not ok and arg[1] then print("caught", err.errno) end
if not ok then error(err, 0) end
print("compiled")
]==]):format(live.mark))

local function compiler(text)
	os.remove(place .. "/luatrace-cc")
	if text then
		sh.write(place .. "/luatrace-cc", "#!/bin/sh\n" .. text)
		sh.run(("chmod 755 %s/luatrace-cc"):format(place))
	end
end
local function run()
	return sh.run(("%s/luatrace %s caught"):format(place, SCRIPT))
end
local function fails(name, text, pattern)
	compiler(text)
	local status, out, err = run()
	t.eq(status, 1, name .. ": exit status")
	t.like(err, "^luatrace: " .. pattern, name)
	t.like(out, "^caught\t%d+\n$", name .. ": a script can catch it")
	t.eq(live.left_running(place .. "/luatrace"), "", name .. ": no process is left")
end

fails("missing", nil, "luatrace%-cc: the compiler is not installed %(looked for [^\n]*/bin/luatrace%-cc")
compiler("exit 0")
sh.run(("chmod 644 %s/luatrace-cc"):format(place))
local status, _, err = run()
t.eq(status, 1, "not executable: exit status")
t.like(err, "luatrace%-cc", "not executable")
fails("crashing", "kill -SEGV $$", "luatrace%-cc was ended by signal 11 %(Segmentation fault%)")
fails("killed", "kill -KILL $$", "luatrace%-cc was ended by signal 9 %(Killed%)")
fails("aborting with a word", "echo 'LLVM ERROR: planted' >&2; kill -ABRT $$",
	"luatrace%-cc was ended by signal 6 %(Aborted%): LLVM ERROR: planted\n")
fails("failing without a word", "exit 3", "luatrace%-cc failed with status 3")
fails("refusing without a word", "exit 1", "the text does not compile")
fails("succeeding with nothing", "exit 0", "object: [^\n]+\n")
fails("succeeding with nonsense", "head -c 5000 /dev/urandom", "object: not a BPF object")

-- One that never ends: the first signal ends it all.
compiler("trap '' INT TERM\nexec sleep 321")
for _, signal in ipairs { "INT", "TERM" } do
	local job = live.start(("%s/luatrace %s"):format(place, SCRIPT))
	t.ok(live.await(function()
		return sh.run(("grep -qs '^PPid:[[:space:]]*%d$' /proc/[0-9]*/status"):format(job.pid)) == 0
	end), "a compiler that hangs")
	local start = live.seconds()
	job:kill(signal)
	t.eq(job:wait(), 0, "SIG" .. signal .. " ends the wait for it")
	t.ok(live.seconds() - start < 3, "at once")
	t.eq(job:errors(), "", "without a word")
	t.eq(live.left_running(place .. "/luatrace"), "", "and ends the compiler")
end

sh.run(("rm %s/luatrace-cc; cp %s %s/luatrace-cc"):format(place,
	sh.quote(live.binary:match("^(.*)/") .. "/luatrace-cc"), place))
status, _, err = run()
t.eq(status .. err, "0", "the real one, from a copied tree")
t.done()
