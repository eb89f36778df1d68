-- SPDX-License-Identifier: MIT
-- Where a text stands in the script, and how messages are moved there.
local t = require "tap"
local sh = require "sh"
local source = require "luatrace.source"

local function here()
	return debug.getinfo(2, "l").currentline
end

local text, line = [[
int first;
int second;
]], here()
local s = source.locate(text)
t.like(s.name, "source%.lua$", "the script's file")
t.eq(s.line, line - 2, "a long string's newline after [[ is no part of it")
t.eq(s:map("program.c:2:5: error: no"), ("%s:%d:5: error: no"):format(s.name, line - 1), "line and column")

local inline, inline_line = source.locate [[int inline; int b;]], here()
t.eq(inline.line, inline_line, "a text within a line")
local before = #"local inline, inline_line = source.locate [["
t.eq(inline:map("program.c:1:5: x"), ("%s:%d:%d: x"):format(inline.name, inline_line, 5 + before),
	"columns of its first line")

t.eq(source.locate("int made " .. "up;").name, "<text>", "a text that stands nowhere")
t.eq(source.locate("int made " .. "up;"):map("program.c:3:1: x"), "<text>:3:1: x", "its lines are the text's")

-- A wrapper in another file gets the text: it is looked for in all running functions.
local function wrapper(what)
	return (source.locate(what))
end
t.eq(wrapper([[int wrapped;]]).line, here(), "through a function")

local chunk = assert(loadstring("local source = ...\nreturn (source.locate[[int of_chunk;]])"))
t.eq(chunk(source).line, 2, "a chunk given as text")

local dir = sh.dir()
sh.write(dir .. "/crlf.lua", "local s = ...\r\nreturn s.locate [[\r\nint a;\r\nint b;\r\n]], 1\r\n")
t.eq(assert(loadfile(dir .. "/crlf.lua"))(source).line, 3, "CRLF line ends")

sh.write(dir .. "/twice.lua", "local s = ...\nlocal a = s.locate [[int x;]]\n"
	.. "local b = s.locate [[int x;]]\nreturn a.line, b.line\n")
local a, b = assert(loadfile(dir .. "/twice.lua"))(source)
t.ok(a == 2 and b == 3, "the same text twice: the one that is being used")

local at = source.new("x%1.lua", 100, 0)
t.eq(at:map("program.c:3:10: error: undeclared 'b'\n    3 |   return b;\n      |          ^\nprogram.c:7: note\n"),
	"x%1.lua:102:10: error: undeclared 'b'\n  102 |   return b;\n      |          ^\nx%1.lua:106: note\n",
	"line numbers beside excerpts")
t.eq(source.new("x.lua", 100000, 0):map("program.c:1:1: e\n    1 | a\n      | ^\n 2 | not an excerpt's own\n"
	.. "more\n    5 | free"),
	"x.lua:100000:1: e\n100000 | a\n       | ^\n100001 | not an excerpt's own\nmore\n    5 | free",
	"wider numbers move their excerpt")
t.eq(at:map("refused (line 4: x = *p): R1; at program.c:4"), "refused (x%1.lua:103: x = *p): R1; at x%1.lua:103",
	"verifier messages")
t.eq(at:map("; return *p; @ program.c:12"), "; return *p; @ x%1.lua:111", "verifier logs")
t.eq(at:map("no line at all"), "no line at all", "nothing to map")
t.eq(at:map("in my_program.c:3"), "in my_program.c:3", "another file whose name ends alike")
t.done()
