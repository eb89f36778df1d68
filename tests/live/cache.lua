-- SPDX-License-Identifier: MIT
-- Texts that were compiled before: what counts as the same text, and what a folder or an entry may be like. Whatever it
-- is, the run is right.
-- Not in guests: it is about files.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local _

local place = sh.dir()
local folder = place .. "/kept"
local cache = ("env LUATRACE_CACHE=%s %%s"):format(folder)
local function must(command, ...)
	local status, out, err = sh.run(command:format(...))
	if status ~= 0 then
		error(("%s: %s"):format(command:format(...), err), 2)
	end
	return out
end
local function fresh()
	must("rm -rf %s", folder)
end
local function entries()
	return select(2, sh.run(("ls %s | grep '\\.entry$'"):format(folder)))
end
local function entry()
	local name = entries():match("^(%S+)\n$")
	return name and folder .. "/" .. name
end

-- What the object says is what the text says: its global is read back.
local SCRIPT = [==[
local BPF = require "luatrace"
local b = BPF { params = { factor = tonumber(arg and arg[1] or 1) }, cflags = { %s }, text = [[
const volatile int factor = 1;
int answer = %d;
int f(struct pt_regs *ctx) { answer *= factor; return 0; }
]] }
print(b.vars.answer)
]==]
local serial = 0

---Runs a script that prints `answer`; whether its text was compiled before, and what was said of that.
local function run(answer, flags, around, luatrace, script)
	serial = serial + 1
	local path = live.file(script or SCRIPT:format(flags or "", answer), ("cache%d.lua"):format(serial))
	local status, out, err = sh.run((around or cache):format(("%s -v %s"):format(luatrace or live.luatrace, path)))
	local said = {}
	for line in err:gmatch("luatrace: cache: ([^\n]*)") do
		said[#said + 1] = line
	end
	local right = status == 0 and out == answer .. "\n" and not err:find("error:")
	return right, err:find("compiled before, as", 1, true) ~= nil, table.concat(said, "\n")
end
local function check(name, hit, pattern, ...)
	local right, was_hit, said = run(...)
	t.ok(right, name .. ": the run is right")
	t.eq(was_hit, hit, name .. (hit and ": taken" or ": compiled"))
	if pattern then
		t.like(said, pattern, name)
	end
end

check("a new text", false, "kept: No such file or directory", 7)
check("the same text", true, "^compiled before, as %x+$", 7)
check("another byte", false, "^not compiled before$", 8)
check("both are kept", true, nil, 7)
check("a flag more", false, "^not compiled before$", 7, '"-DX=1"')
check("another flag", false, "^not compiled before$", 7, '"-DX=2"')
check("the same flag", true, nil, 7, '"-DX=1"')
t.eq(select(2, entries():gsub("\n", "")), 4, "an entry for each")
for factor = 1, 3 do
	local path = live.file(SCRIPT:format("", 7), "params.lua")
	local _, out, err = sh.run(cache:format(("%s -v %s %d"):format(live.luatrace, path, factor)))
	t.ok(out == "7\n" and err:find("compiled before", 1, true), "a parameter is no other text")
end
check("lines of Lua before it", true, nil, 7, nil, nil, nil, "-- a comment\n\n" .. SCRIPT:format("", 7))
t.eq(must("stat -c '%%a %%u' %s", folder), "700 0\n", "the folder is its owner's alone")

-- Headers: their content, and where they are found.
fresh()
must("mkdir -p %s/one %s/two", place, place)
sh.write(place .. "/two/number.h", "#define NUMBER 11\n")
local INCLUDING = ([==[
local b = require "luatrace" { cflags = { "-I", "%s/one", "-I%s/two" }, text = [[
#include "number.h"
int answer = NUMBER;
int f(struct pt_regs *ctx) { return answer; }
]] }
print(b.vars.answer)
]==]):format(place, place)
local function including(name, hit, answer, pattern)
	check(name, hit, pattern, answer, nil, nil, nil, INCLUDING)
end
including("with a header", false, 11)
including("with the same header", true, 11)
sh.write(place .. "/two/number.h", "#define NUMBER 12\n")
including("the header changed", false, 12, "^the answer to 'include 1 number.h' is another one now$")
including("with the changed header", true, 12)
sh.write(place .. "/one/number.h", "#define NUMBER 13\n")
including("a header is found earlier", false, 13, "^the answer to 'include 0 number.h' is another one now$")
including("with that header", true, 13)
must("rm %s/one/number.h", place)
including("it is gone again", false, 12, "is another one now$")

-- Warnings are said again, on the script's own lines.
local WARNS = [==[
local b = require "luatrace" { text = [[
int answer = 5;
int f(struct pt_regs *ctx) { int unused_one; return answer; }
]], cflags = { "-Wall" } }
print(b.vars.answer)
]==]
local first = select(2, pcall(function() return select(3, live.run(WARNS, "", cache)) end))
local again = select(3, live.run("\n" .. WARNS, "", cache))
t.like(first, "lua:3:34: warning: unused variable 'unused_one'", "a warning")
t.like(again, "lua:4:34: warning: unused variable 'unused_one'", "again, two lines further down")

-- Another luatrace-cc, another kernel.
fresh()
must("mkdir %s/bin; cp %s %s/bin/luatrace; cp %s/luatrace-cc %s/bin/", place, live.luatrace, place,
	sh.quote(live.binary:match("^(.*)/")), place)
local other = place .. "/bin/luatrace"
check("by one luatrace-cc", false, nil, 7, nil, nil, other)
check("by the same, elsewhere", true, nil, 7)
local compiler = place .. "/bin/luatrace-cc"
local program = sh.read(compiler)
local at = select(2, program:find("\20\0\0\0\3\0\0\0GNU\0", 1, true))
t.ok(at, "luatrace-cc has a build id")
sh.write(compiler, program:sub(1, at) .. string.char((program:byte(at + 1) + 1) % 256) .. program:sub(at + 2))
check("by another luatrace-cc", false, "^not compiled before$", 7, nil, nil, other)
check("on another kernel", false, "^not compiled before$", 7, nil, "setarch --uname-2.6 " .. cache)

-- Entries that are not what was written.
local function damaged(name, change, pattern)
	fresh()
	check(name .. ", at first", false, nil, 7)
	local path = entry()
	must("cp %s %s/good", path, place)
	local status, _, err = sh.run(change:format(path))
	t.eq(status .. err, "0", name .. ": " .. change)
	check(name, false, pattern, 7)
	check(name .. ", afterwards", true, nil, 7)
end
for _, size in ipairs { 0, 1, 23, 24, 25, 100, 4000 } do
	damaged(("cut off after %d bytes"):format(size), ("truncate -s %d %%s"):format(size), "^the entry is cut off or none$")
end
damaged("a byte more", "printf x >>%s", "^the entry is cut off or none$")
for _, offset in ipairs { 24, 32, 200, 3000 } do
	damaged(("byte %d changed"):format(offset),
		("printf '\\377' | dd of=%%s bs=1 seek=%d conv=notrunc status=none"):format(offset), "^the entry is damaged$")
end
damaged("nonsense", "head -c 5000 /dev/urandom >%s", "^the entry is cut off or none$")
damaged("another user's", "chown nobody %s", "^the entry is not this user's own file$")
damaged("writable for others", "chmod 666 %s", "^the entry is not this user's own file$")
damaged("a link to a good one", "ln -sf " .. place .. "/good %s", "^Too many levels of symbolic links$")
damaged("a pipe", "p=%s; rm $p; mkfifo $p", "^the entry is not this user's own file$")

fresh()
check("in the place of a folder, at first", false, nil, 7)
local path = entry()
must("rm %s; mkdir %s; touch %s/file", path, path, path)
check("in the place of a folder", false, "nothing kept: Is a directory$", 7)
t.eq(must("ls -A %s", folder), path:match("[^/]*$") .. "\n", "nothing half written is left")

fresh()
check("one text", false, nil, 7)
path = entry()
must("mv %s %s/good", path, place)
check("another text", false, nil, 8)
must("cp %s/good %s", place, entry())
check("under the number of the other", false, nil, 8)

-- Folders that are not to be used.
local function unusable(name, prepare, pattern, around)
	must("rm -rf %s %s.real", folder, folder)
	must(prepare:gsub("FOLDER", folder))
	for _ = 1, 2 do
		check(name, false, pattern, 7, nil, around)
	end
end
local ALONE = "kept: not used, for it is not this user's alone %(mode 0700%)"
unusable("open to others", "mkdir -m 755 FOLDER", ALONE)
unusable("another user's", "mkdir -m 700 FOLDER; chown nobody FOLDER", ALONE)
local NONE = "kept: not a folder of its own"
unusable("a link to a good folder", "mkdir -m 700 FOLDER.real; ln -s FOLDER.real FOLDER", NONE)
unusable("a link to nowhere", "ln -s FOLDER.real FOLDER", NONE)
unusable("a file", "touch FOLDER", NONE)
unusable("a pipe", "mkfifo FOLDER", NONE)
unusable("two folders that are not there", "true", "No such file or directory", "env LUATRACE_CACHE=" .. folder
	.. "/a/b/c %s")
unusable("no absolute path", "true", "^LUATRACE_CACHE is neither 'off' nor an absolute path\n",
	"env LUATRACE_CACHE=kept %s")
unusable("off", "true", "^LUATRACE_CACHE is off\nnothing kept: LUATRACE_CACHE is off$",
	"env LUATRACE_CACHE=off %s")
local mounted = "unshare -m sh -c 'mount -t tmpfs -o %s,mode=700 tmpfs " .. folder .. " && { head -c 1M /dev/zero >"
	.. folder .. "/filler; " .. cache .. "; }'"
if sh.run(("mkdir -p %s; " .. mounted):format(folder, "ro", "true")) == 0 then
	unusable("read-only", "mkdir FOLDER", "nothing kept: Read%-only file system$", mounted:format("ro", "%s"))
	unusable("a full disk", "mkdir FOLDER", "nothing kept: No space left on device$", mounted:format("size=64k", "%s"))
else
	t.skip("no tmpfs can be mounted here: the case needs CAP_SYS_ADMIN")
end

-- Many at once: each is right, and one entry is there in the end.
fresh()
local jobs, writer = {}, live.file(SCRIPT:format("", 7), "at-once.lua")
for i = 1, 6 do
	jobs[i] = live.start(cache:format(("%s -v %s"):format(live.luatrace, writer)))
end
for _, job in ipairs(jobs) do
	t.eq(job:wait() .. job:output(), "07\n", "at once with others")
end
t.eq(must("ls -A %s", folder), entries(), "nothing else is left")
check("what they left", true, nil, 7)

-- Room is made: the least recently used go, and what a killed writer left.
fresh()
check("one that is used", false, nil, 7)
must("cd %s; for i in 1 2 3 4 5 6 7; do head -c 15M /dev/zero >000000000000000$i.entry; done", folder)
must("cd %s; for i in 1 2 3 4 5 6 7; do touch -d \"$i days ago\" 000000000000000$i.entry; done", folder)
must("touch -d '2 hours ago' %s/.writing-1-abc; touch %s/.writing-2-abc %s/notes.txt", folder, folder, folder)
must("touch -d '10 days ago' %s", (must("ls %s/*[a-f]*.entry", folder):gsub("\n", "")))
check("one that was used long ago", true, nil, 7)
check("one more", false, nil, 8)
local left = must("ls -A %s", folder)
for i = 1, 7 do
	t.eq(left:find("000000000000000" .. i, 1, true) ~= nil, i <= 4, ("the one of %d days ago"):format(i))
end
t.ok(not left:find(".writing-1-abc", 1, true), "what a writer left behind goes")
t.ok(left:find(".writing-2-abc", 1, true), "what may be being written stays")
t.ok(left:find("notes.txt", 1, true), "what is no entry stays")
check("the used one", true, nil, 7)

-- luatrace cache
local function command(words, around)
	return sh.run((around or cache):format(live.luatrace .. " cache " .. words))
end
local status, out, err = command("")
t.eq(status .. err, "0", "luatrace cache")
t.like(out, "^entry +size +last used +for\n", "its heading")
t.like(out, "\n%x+ +%d+ KiB  %d%d%d%d%-%d%d%-%d%d %d%d:%d%d  [^\n]*cache%d+%.lua\n", "an entry")
t.like(out, "\n0000000000000001  15%.0 MiB  [^\n]*  %(not readable%)\n", "one that is none of ours")
t.like(out, "\n6 entries, 60%.%d MiB, in " .. folder:gsub("%p", "%%%0") .. "\n$", "the sum")
t.eq(select(2, command("list")), out, "list is what it does")
status, out, err = command("clear")
t.eq(status .. err, "0", "clear")
t.like(out, "^removed 6 entries, 60%.%d MiB, from ", "clear says what it did")
t.eq(must("ls -A %s", folder), ".writing-2-abc\nnotes.txt\n", "only entries are removed")
t.eq(select(2, command("")), "0 entries, 0 KiB, in " .. folder .. "\n", "none is left")
fresh()
t.eq(select(2, command("")), "0 entries, 0 KiB, in " .. folder .. "\n", "no folder yet")
t.eq(select(2, command("clear")), "removed 0 entries, 0 KiB, from " .. folder .. "\n", "nor anything to clear")
must("mkdir -m 755 %s", folder)
status, _, err = command("")
t.eq(status, 1, "a folder that is not used: exit status")
t.like(err, "^luatrace: " .. ".*" .. ALONE, "a folder that is not used")
status, _, err = command("", "env LUATRACE_CACHE=off %s")
t.eq(status .. err, "1luatrace: cache: nothing is kept: LUATRACE_CACHE is off\n", "off")
status, _, err = command("empty")
t.eq(status .. err, "2luatrace: cache: 'empty': list or clear is what it can do\n", "an unknown word")
local as_nobody = "setpriv --reuid 65534 --clear-groups env -u LUATRACE_CACHE -u XDG_CACHE_HOME HOME=/nowhere %s"
t.eq(select(2, command("", as_nobody)), "0 entries, 0 KiB, in /nowhere/.cache/luatrace\n", "a user's own")
t.eq(select(2, command("", (as_nobody:gsub("HOME=/nowhere", "XDG_CACHE_HOME=/caches")))),
	"0 entries, 0 KiB, in /caches/luatrace\n", "where the environment says")
t.eq(select(2, command("", "env -u LUATRACE_CACHE %s")):match(" in (.*)\n$"), "/var/cache/luatrace", "root's")
t.done()
