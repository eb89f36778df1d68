-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- Collections of others: where they are found, whose tools are run by name, what is refused.
local t = require "tap"
local live = require "live"
local sh = require "sh"

-- A tool that traces nothing; `says` is an expression.
local function tool(summary, says)
	return ("return { summary = %q, every = function() print(%s) end }\n"):format(summary, says or "'" .. summary .. "'")
end

local function manifest(name, more)
	return ("return { name = %q, version = '1.2', summary = 'of a test'%s }\n"):format(name, more or "")
end

-- A folder with files, named as from sh.dir().
local function plant(folder, files)
	for name, text in pairs(files) do
		local path = ("%s/%s/%s"):format(sh.dir(), folder, name)
		assert(sh.run("mkdir -p " .. sh.quote(path:match "^(.*)/")) == 0)
		sh.write(path, text)
	end
end

-- Runs luatrace where collections are in places of the case's own alone.
local HOME = sh.dir() .. "/home"
local function run(words, path)
	local status, out, err = sh.run(("env -u XDG_DATA_HOME HOME=%s LUATRACE_PATH=%s %s %s"):format(sh.quote(HOME),
		sh.quote((path or ""):gsub("%f[%w]@", sh.dir() .. "/")), live.luatrace, words))
	return ("%d %s"):format(status, out), (err:gsub(sh.dir():gsub("%p", "%%%0"), "DIR"))
end

local function check(words, want, want_err, name, path)
	local out, err = run(words, path)
	t.eq(out .. "|" .. err, want .. "|" .. want_err, name)
end

local USER = "home/.local/share/luatrace/collections/"
plant(USER .. "acme", {
	["collection.lua"] = manifest "acme",
	["greet.lua"] = "local words = require 'words'\n" .. tool("from acme", "words"),
	["lib/words.lua"] = "return 'acme says'\n",
})
plant("others/second", {
	["collection.lua"] = manifest "second",
	["meet.lua"] = "local words = require 'words'\n" .. tool("from second", "words"),
	["lib/words.lua"] = "return 'second says'\n",
	["opensnoop.lua"] = tool "another opensnoop",
})

check("greet", "0 acme says\n", "", "the user's own, with a module of it")
check("greeet", "2 ", "luatrace: 'greeet': no such command or tool; did you mean 'greet'?\n", "a wrong name")
local UNKNOWN = "no such command or tool; 'luatrace --help' lists the commands, 'luatrace list' the tools\n"
check("meet", "2 ", "luatrace: 'meet': " .. UNKNOWN,
	"what is in no place that is looked at")
for _, path in ipairs { "others", "others/second" } do
	check("meet", "0 second says\n", "", "LUATRACE_PATH: " .. path, sh.dir() .. "/" .. path)
end
local others = sh.dir() .. "/others"
check("second:meet", "0 second says\n", "", "by its collection", others)
check("acme:meet", "2 ", "luatrace: 'acme:meet': no such command or tool; did you mean 'acme:greet'?\n",
	"by another's", others)
check("second:opensnoop", "0 another opensnoop\n", "", "luatrace's own keep their names: this is another's", others)
local out = run("opensnoop --help", others)
t.like(out, "^0 usage: luatrace opensnoop %[", "and they by theirs")
t.like(run("second:opensnoop --help", others), "^0 usage: luatrace second:opensnoop %[", "help says what runs it")
t.like(run("info second:opensnoop", others), "^0 usage: luatrace second:opensnoop %[", "and info")
check("second:opensnoop --zz", "2 ", "luatrace second:opensnoop: unknown option '--zz'\n"
	.. "'luatrace second:opensnoop --help' lists its options\n", "and a wrong option", others)
local path = others .. "/second/meet.lua"
t.eq(run(path .. " --help"):match "^[^\n]*", ("0 usage: luatrace %s [options]"):format(path), "run by its path")
t.eq(run("info " .. path):match "^[^\n]*", ("0 usage: luatrace %s [options]"):format(path), "and info")

out = run("list", others)
t.like(out, "\ngreet +from acme %(acme%)\n", "list: with the collection")
t.like(out, "\nmeet +from second %(second%)\n", "each with its own module of one name")
t.like(out, "\nsecond:opensnoop +another opensnoop %(second%)\n", "by the name it is run by")
t.like(run "info greet", "\nCollection:\n +acme 1%.2: of a test\n.*/acme/greet%.lua\n", "info: of which")

check("info second", "0 second 1.2: of a test\n\nTools:\n  meet\n  opensnoop\n\nFolder:\n  " .. others .. "/second\n",
	"", "info: of a collection", others)

plant("more/third", { ["collection.lua"] = manifest "third", ["meet.lua"] = tool "from third" })
local both = others .. ":" .. sh.dir() .. "/more"
check("meet", "1 ", "luatrace: 'meet' is a tool of 2 collections: say 'second:meet' (DIR/others/second/meet.lua) or "
	.. "'third:meet' (DIR/more/third/meet.lua)\n", "two of one name", both)
check("third:meet", "0 from third\n", "", "one of them", both)
check("third:meet", "0 from third\n", "", "a collection reached in two ways is one",
	both .. ":" .. sh.dir() .. "/more/third")

-- Of collections of one name the first counts: what is being written, ahead of what is installed.
plant("copies/acme", { ["collection.lua"] = manifest "acme", ["greet.lua"] = tool "from the copy" })
local copies = sh.dir() .. "/copies"
check("greet", "0 from the copy\n", "", "the first of a name", copies)
check("acme:greet", "0 from the copy\n", "", "with its collection", copies)
plant(USER .. "acme", { ["more.lua"] = tool "of the other", ["not.me.lua"] = tool "x" })
local REFUSED = "DIR/home/.local/share/luatrace/collections/acme: DIR/copies/acme has that name too, and comes first\n"
check("more", "1 ", "luatrace: 'more' is of a collection that is refused: " .. REFUSED, "nothing of another", copies)
t.eq(select(2, run("list greet", copies)), "luatrace list: collection 'acme' is refused: " .. REFUSED, "list says so")
t.eq(select(2, run "list greet"), "luatrace list: DIR/home/.local/share/luatrace/collections/acme/not.me.lua: a tool "
	.. "is called NAME.lua, of letters, digits, '-' and '_'\n", "a file that could be a tool")
sh.run(("rm %s/%sacme/not.me.lua"):format(sh.dir(), USER))
plant("own/own", { ["collection.lua"] = manifest "luatrace", ["mine.lua"] = tool "mine" })
t.like(select(2, run("mine", sh.dir() .. "/own")), "^luatrace: 'mine' is of a collection that is refused: DIR/own/own: "
	.. "[^\n]+ has that name too, and comes first\n$", "luatrace's own name")

-- Places that are none.
local NONE = "LUATRACE_PATH: DIR/%s: there is no collection.lua in it, nor in a folder of it\n"
check("greett", "2 ", "luatrace: " .. NONE:format "nowhere" .. "luatrace: 'greett': no such command or tool; did you "
	.. "mean 'greet'?\n", "a place that is none", sh.dir() .. "/nowhere")
sh.run(("mkdir -p %s/pipes/pipe && mkfifo %s/pipes/pipe/collection.lua"):format(sh.dir(), sh.dir()))
check("list from", run "list from", "luatrace list: " .. NONE:format "pipes", "a manifest that nobody writes",
	sh.dir() .. "/pipes")
plant("odd/odd", { ["shown.lua"] = tool("a\27[2Jb", "1") })
plant("odd/odd", { ["collection.lua"] = manifest "odd", ["lost.lua"] = "require 'nosuch.module'\n" .. tool "lost" })
t.like(run("list lost", sh.dir() .. "/odd"), "^0 lost +%([^\n]*/lost%.lua:1: module 'nosuch%.module' not found%) "
	.. "%(odd%)\n$", "a module that is missing, in a line")

for _, words in ipairs { "list shown", "info shown", "shown --help" } do
	t.like(run(words, sh.dir() .. "/odd"), "^0 [^\27]*a\\e%[2Jb[^\27]*$", "a summary is harmless: " .. words)
end

-- A recording says whose tool it is of; and what a tool requires when it runs is found.
plant("more/third", { ["lib/late.lua"] = "return 'late'\n", ["opensnoop.lua"] = [=[
return {
	summary = "another opensnoop",
	text = [[
struct event { u32 pid; };
BPF_RINGBUF_OUTPUT(events, 8);
TRACEPOINT_PROBE(sched, sched_process_exec)
{
	struct event event = { bpf_get_current_pid_tgid() >> 32 };

	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	columns = { { "PID" }, { "SAYS", value = function() return require "late" end } },
}
]=] })
local recording = sh.dir() .. "/recording"
out = run("-c true third:opensnoop --record " .. recording, both)
t.like(out, "^0 PID +SAYS\n.*%d+ +late\n", "what is required late")
t.eq(run("replay " .. recording, both), out, "a recording of a tool whose name is luatrace's")
t.like(select(2, run("replay " .. recording)),
	"^luatrace: 'third:opensnoop': no such tool; 'luatrace list' has them all\n$",
	"without the collection")

-- Manifests.
local WRONG = {
	{ manifest("x", ", luatrace = '>= 99'"), "it needs luatrace >= 99; this is 0." },
	{ manifest("x", ", luatrace = '>= 0.0.1, < 0.0.9'"), "it needs luatrace >= 0.0.1, < 0.0.9; this is 0." },
	{ manifest("x", ", luatrace = 'new'"), "luatrace= takes a string like \">= 0.1, < 1\"" },
	{ manifest "a/b", "name= takes letters, digits, '-' and '_'" },
	{ "return { name = 'x', version = '1' }", "summary= is missing" },
	{ "return { nmae = 'x', version = '1', summary = 's' }", "nmae= is not known; did you mean 'name'?" },
	{ "return { name = 'x', version = '1', summary = 's', luatrac = '>= 9' }", "luatrac= is not known" },
	{ "return { name = 'x', version = 1.2, summary = 's' }", "version= takes a string, not a number" },
	{ "return require 'x'", "attempt to call global 'require' (a nil value): a manifest sees no functions" },
	{ "return { name = ('x'):rep(1e9) }", "attempt to index" },
	{ "local s = 'x' while true do s = s .. s end", "it takes too much memory" },
	{ "while true do end", "it does not end" },
	{ "return 7", "it returns no table" },
	{ "os.execute 'false'", "attempt to index global 'os' (a nil value)" },
	{ "return {", "unexpected symbol near '<eof>'" },
}
for _, wrong in ipairs(WRONG) do
	plant("wrong/x", { ["collection.lua"] = wrong[1], ["xtool.lua"] = tool "x" })
	local got, err = run("xtool", sh.dir() .. "/wrong")
	t.eq(got, "1 ", wrong[1])
	t.like(err, "^luatrace: 'xtool' is of a collection that is refused: DIR/wrong/x/collection%.lua: ", "refused")
	t.ok(err:find(wrong[2], 1, true), wrong[2])
end
plant("wrong/x", { ["collection.lua"] = manifest("x", ", luatrace = '>= 0.0.9, < 99'"), ["xtool.lua"] = tool "x" })
check("xtool", "0 x\n", "", "a version that fits", sh.dir() .. "/wrong")

-- What others could have changed.
local function refused(change, undo, why)
	sh.run(("cd %s/wrong && %s"):format(sh.dir(), change))
	check("xtool", "1 ", ("luatrace: 'xtool' is of a collection that is refused: %s; 'luatrace --trust' runs it all the "
		.. "same\n"):format(why), change, sh.dir() .. "/wrong")
	check("--trust xtool", "0 x\n", "", "asked for", sh.dir() .. "/wrong")
	sh.run(("cd %s/wrong && %s"):format(sh.dir(), undo))
end
refused("chmod o+w x", "chmod o-w x", "others may change DIR/wrong/x (mode 757); chmod go-w")
refused("chmod o+w x/xtool.lua", "chmod o-w x/xtool.lua",
	"others may change DIR/wrong/x/xtool.lua (mode 646); chmod go-w")
refused("mkdir x/lib; touch x/lib/a.lua; chmod o+w x/lib/a.lua", "rm -r x/lib",
	"others may change DIR/wrong/x/lib/a.lua (mode 646); chmod go-w")
refused("chmod o+w .", "chmod o-w .", "others may change DIR/wrong (mode 757); chmod go-w")
if sh.run "test $(id -u) = 0" == 0 then
	refused("chgrp 65534 x; chmod g+w x", "chgrp 0 x; chmod g-w x", "others may change DIR/wrong/x (mode 775); chmod go-w")
	refused("chown 65534 x", "chown 0 x", "DIR/wrong/x belongs to user 65534")
	refused("mkdir hop && mv x ../apart && ln -s ../../apart hop/y && chown 65534 hop && ln -s hop/y x",
		"rm -r x hop && mv ../apart x", "DIR/wrong/hop belongs to user 65534")
	refused("chown 65534 x/xtool.lua", "chown 0 x/xtool.lua", "DIR/wrong/x/xtool.lua belongs to user 65534")
else
	t.skip "another user's: needs root"
end
sh.run(("ln -s . %s/wrong/x/loop"):format(sh.dir()))
check("xtool", "0 x\n", "", "a link that leads back", sh.dir() .. "/wrong")
sh.run(("chmod o+w %s/wrong/x"):format(sh.dir()))
local _, err = run("list", sh.dir() .. "/wrong")
t.eq(err, "luatrace list: collection 'x' is refused: others may change DIR/wrong/x (mode 757); chmod go-w; 'luatrace "
	.. "--trust' runs it all the same\n", "list says so")
t.done()
