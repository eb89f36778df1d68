-- SPDX-License-Identifier: MIT
-- Not in guests: how names are shown is not the kernel's, and it starts each tool.
-- Each tool that comes with luatrace, traced once while a process of hostile names does all that tools show, and shown
-- in each format: nothing of a name reaches the terminal as it is, a row is a line, and independent parsers take what
-- there is.
local t = require "tap"
local catalog = require "luatrace.tool.catalog"
local folders = require "luatrace.folders"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

local WORKLOAD = live.file([==[
import ctypes, os, signal, socket, sys
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
NAMES = [b"\x1b[2J\x1b]0;x\x07", b"two\nrows", b'"quo\'ted",b', b"=cmd|' /C x'!A0", b"\xff\xfe\x80",
         b"$(touch lt-ran)`id`", b"exactly16bytes!!", b"</script>", b"a;b c\td", b"\xe2\x80\xaertl"]
def attempt(fn, *args):
    try:
        return fn(*args)
    except OSError:
        pass
for name in NAMES:
    libc.prctl(15, ctypes.c_char_p(name))
    path = name.replace(b"/", b"_")
    long = b"/".join([path] + [b"d" * 200] * 20)
    for each in (path, long, path + b"-none"):
        attempt(os.stat, each)
        attempt(os.open, each, os.O_RDONLY)
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o755)
    os.write(fd, b"#!/bin/sh\nexit 3\n")
    os.close(fd)
    pid = os.fork()
    if pid == 0:
        attempt(os.execv, os.path.abspath(path), [path, name, name * 20])
        os._exit(1)
    os.waitpid(pid, 0)
    attempt(os.kill, os.getpid(), 0)
    libc.mount(path, path, b"lt-none", 0, ctypes.c_char_p(name))
    libc.umount2(path, 0)
    os.unlink(path)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    client = socket.socket()
    client.connect(listener.getsockname())
    listener.accept()[0].close()
    client.close()
    listener.close()
]==], "hostile.py")
-- For each file in the folder, NAME.FORMAT, how many rows it has, or what is wrong with it.
local PARSE = live.file([==[
import csv, json, os, sys
def rows_of(kind, path):
    text = open(path, "rb").read().decode("utf-8")
    for c in text:
        if c != "\n" and (ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or 0x202a <= ord(c) <= 0x202e):
            raise ValueError("control character %r" % c)
    if kind == "json":
        rows = [json.loads(line) for line in text.split("\n")[:-1]]
        if not all(isinstance(row, dict) for row in rows):
            raise ValueError("no object")
    elif kind == "csv":
        rows = list(csv.reader(open(path, encoding="utf-8", newline="")))
        if len({len(row) for row in rows}) > 1:
            raise ValueError("rows of several widths")
    else:
        rows = text.split("\n")[:-1]
    return len(rows)
for name in sorted(os.listdir(sys.argv[1])):
    try:
        print(name, rows_of(name.rsplit(".", 1)[1], os.path.join(sys.argv[1], name)))
    except ValueError as error:
        print(name, "wrong:", error)
]==], "parse.py")

local work, shown = sh.dir() .. "/work", sh.dir() .. "/shown"
sh.run(("mkdir %s %s"):format(work, shown))
local command = ("exec python3 %s %s"):format(WORKLOAD, work)

local function needs_arguments(one)
	for _, option in ipairs(one.options) do
		if option.required then
			return true
		end
	end
end

-- What is shown in a format, kept for the parser.
local function show(name, recording, kind)
	local status, out, err = sh.run(("%s replay %s %s"):format(live.luatrace, recording,
		kind ~= "table" and "--" .. kind or ""))
	t.eq(status .. err, "0", ("%s: %s"):format(name, kind))
	sh.write(("%s/%s.%s"):format(shown, name, kind), out)
	return out
end

local absent, shows_it = {}, {}
for _, name in ipairs(catalog.names()) do
	local one = catalog.load(catalog.path(name))
	local recording = ("%s/%s.recording"):format(sh.dir(), name)
	local status = 1
	if one and not needs_arguments(one) then
		local _, err
		status, _, err = tool.run(("%s --record %s"):format(name, recording), command)
		t.ok(status == 0 or select(2, err:gsub("\n", "")) <= 3,
			("%s: it runs, or says what is missing: %s"):format(name, err))
	end
	if status ~= 0 then
		absent[#absent + 1] = name
	else
		show(name, recording, "json")
		shows_it[name] = show(name, recording, "table"):find "\\e%[2J" ~= nil
		if one.columns and not one.every and not one.stacks then
			show(name, recording, "csv")
		end
		os.remove(recording)
	end
	t.eq(table.concat(folders.list(work)), "", name .. ": nothing was executed, nothing is left")
end

local rows = {}
local status, out, err = sh.run(("python3 %s %s"):format(PARSE, shown))
t.eq(status .. err, "0", "the parsers")
for name, kind, said in out:gmatch "([^\n]+)%.(%l+) ([^\n]*)\n" do
	t.ok(tonumber(said), ("%s: %s: %s"):format(name, kind, said))
	rows[name] = rows[name] or {}
	rows[name][kind] = tonumber(said)
end
for name, of in pairs(rows) do
	if of.csv then
		t.ok(of.csv == of.json + 1 and of.table == of.json + 1, name .. ": a line each in all of them")
	end
end
for _, name in ipairs { "opensnoop", "execsnoop", "exitsnoop", "statsnoop", "killsnoop", "mountsnoop", "bindsnoop" } do
	t.ok(shows_it[name] and rows[name].json >= 10, name .. ": it shows the hostile process")
end
t.skip(("not here: %s"):format(table.concat(absent, ", ")))
t.done()
