-- SPDX-License-Identifier: MIT
-- Not in guests: it is about the terminal, whatever the kernel.
-- The prompt as a person uses it: lines, history, what is pasted, Ctrl-C in each state, terminals of several kinds.
local BPF = require "luatrace"
local t = require "tap"
local sh = require "sh"
local live = require "live"
local terminal = require "terminal"

-- At the prompt, with nothing typed.
local PROMPT = "luatrace>\n$"
local term = terminal.start { columns = 80 }
term:await("^luatrace %d.-:help.-\n" .. PROMPT, "a greeting of one line, and the prompt")
term:gives("6 * 7", "\n42\n", "an expression's value is shown")
term:gives("_ + 1", "\n43\n", "_ is the last value")
term:gives("x = 5", "x = 5\n" .. PROMPT, "a statement shows nothing")
term:gives("nil", "\nnil\n")
term:gives("local y = x * 2", "x %* 2\n" .. PROMPT)
term:gives("y = y + 1", "y %+ 1\n" .. PROMPT)
term:gives("y", "\n11\n", "a local of a line stays for the next, and can be set there")
term:gives("function add() y = y + 100 end", "\n" .. PROMPT)
term:gives("add() return y", "\n111\n", "functions see the same variable")

-- Several lines
term:line("for i = 1, 2 do")
term:await("\n     %.%.%.>\n$", "a chunk that is not whole goes on")
term:line("  print('round ' .. i)")
term:gives("end", "\nround 1\nround 2\n", "and runs when it is")
term:line("text = [[")
term:line("C text; }}")
term:gives("]] return #text", "\n11\n", "a long string too")
term:gives("{ 1, 'two', key = { deep = true } }", '{ 1, "two", key = { deep = true } }', "a table")

-- Values that a walk through them could end us by
for line, pattern in pairs { ["t = {}; t[t] = 1; return t"] = "{ %[{…}%] = 1 }\n", ["_G"] = "}\n", ["package"] = "}\n",
	["ffi.typeof('int')"] = "\nctype<int>\n", ["ffi.new('int', 7)"] = "\n7\n" } do
	term:key("C-l")
	term:gives(line, pattern .. PROMPT)
end
-- Names that the prompt itself uses
for _, name in ipairs { "io", "unpack", "select", "debug", "type", "table", "next", "require", "_G", "tostring" } do
	term:line(name .. " = 5")
end
term:key("C-l")
term:gives("{ 1, 1 + 1, type }", "\n{ 1, 2, 5 }\n", "variables of any name are the user's alone")
term:gives("nosuch.x", "attempt to index global 'nosuch'")
for _, name in ipairs { "io", "unpack", "select", "debug", "type", "table", "next", "require", "_G", "tostring" } do
	term:line(name .. " = nil")
end

-- Errors
term:key("C-l")
term:gives("nosuch.field", "attempt to index global 'nosuch' %(a nil value%)\nluatrace", "an error is one line")
term:gives("1 +* 2", "\nunexpected symbol near '%*'\n", "a mistake in the text")
term:gives("error('first\\nsecond')", "first  %(:trace shows the rest%)\n")
term:gives(":trace", "first\nsecond\n", ":trace shows the rest")
term:gives("error('a' .. string.char(27) .. '[2Jb')", "\na\\e%[2Jb\n", "control characters in an error are shown")

-- Editing
term:type("12 + 30")
term:key("Home")
term:type("100 + ")
term:key("End")
term:type("0")
term:gives("", "\n412\n", "Home and End")
term:type("'äöü€' .. 'b'")
term:key("BSpace", "BSpace", "BSpace")
term:gives("'c'", '\n"äöü€c"\n', "characters of several bytes")
term:key("Up", "Up")
term:await("luatrace> 100 %+ 12 %+ 300\n", "the arrow up goes through what was typed")
term:key("Down", "Down")
term:key("Up")
term:gives(" .. '!'", '"äöü€c!"')
term:key("C-c")
term:type("for")
term:key("PPage")
term:await("luatrace> for i = 1, 2 do\n  print%('round ' %.%. i%)\nend\n",
	"Page Up: what begins so; a chunk of several lines is one")
term:key("C-c")
term:key("C-r")
term:type("* 7")
term:await("%(search: %* 7%) 6 %* 7\n", "Ctrl-R searches")
term:gives("", "\n42\n", "and Enter runs what is found")
term:key("C-r")
term:type("nosuch")
term:key("C-g")
term:gives("1 + 1", "\n2\n", "Ctrl-G leaves a search")

-- Ctrl-C
term:type("something half")
term:key("C-c")
term:await("something half\n" .. PROMPT, "Ctrl-C drops the line")
term:line("for i = 1, 3 do")
term:key("C-c")
term:gives("40 + 4", "\n44\n", "Ctrl-C drops a chunk that is not whole")
for _, loop in ipairs { "while true do end", "while true do pcall(error) end", "repeat add() until false",
	"for i = 1, 1e12 do ffi.new('int[4]') end", "BPF.sleep(60)", "BPF.run()",
	"os.execute('sleep 60')" } do
	term:line(loop)
	BPF.sleep(0.2)
	term:key("C-c")
	term:gives("'after ' .. #_G.string.rep('x', 9)", '"after 9"', "Ctrl-C stops " .. loop)
	term:gives(("_ = %q"):format("x"), "\n" .. PROMPT)
	term:key("C-l")
end
term:key("C-c", "C-c", "C-c")
term:gives("7 * 11", "\n77\n", "many Ctrl-C at the prompt")

-- What is pasted
local lines = { "local total = 0" }
for i = 1, 298 do
	lines[i + 1] = ("total = total + %d -- line %d"):format(i, i)
end
lines[300] = "print('sum', total)\n"
term:paste(table.concat(lines, "\n"))
term:await("lines more%).-print%('sum', total%)\n     %.%.%.>\n$", "300 lines are pasted, and shown in short")
term:gives("", "\nsum\t?%s*44551\n", "they run with Enter")
term:gives("total", "\n44551\n", "the script's variables stay")
term:type("print('')")
term:key("Left", "Left")
term:paste("one piece")
term:gives("", "\none piece\n", "a part of a line is inserted")
term:paste("print('a')\nprint('b')")
term:await("luatrace> print%('a'%)\n     %.%.%.> print%('b'%)\n$", "lines that are pasted wait for Enter")
term:gives("", "\na\nb\n")
term:paste("x = [[\27[31mred\7]] return #x")
term:key("C-c")

-- Leaving
term:key("C-d")
term:await("ended 0\n", "Ctrl-D leaves")
term:close()
local history = sh.dir() .. "/state/luatrace/history"
t.like(sh.read(history), "6 %* 7\n_ %+ 1\n", "what was typed is kept")
t.like(select(2, sh.run("stat -c %a " .. history .. " " .. sh.dir() .. "/state/luatrace")), "^600\n700\n",
	"for this user alone")

-- Another run
term = terminal.start { columns = 200, rows = 50 }
term:await(PROMPT, "at 200 columns")
term:key("Up")
term:await("luatrace> print%('a'%)\nprint%('b'%)\n$", "what was typed in an earlier run is there")
term:key("C-c")
term:type(("'%s' .. '"):format(("0123456789"):rep(18)))
term:await("0123456789' %.%. '\n$", "a line of nearly all columns")
term:resize(80, 24)
term:type("end'")
term:await("\n[%d' .]+end'\n$", "a resize folds it")
term:gives("", '9end"\nluatrace>\n$', "and it is whole")
t.like(term:all(), "0123456789end\"\n", "with its end")
term:resize(132, 30)
term:gives("#'resized'", "\n7\n", "wider again")
term:line("os.exit(3)")
term:await("ended 3\n", "os.exit")
term:close()

-- A history that is not ours is not used
sh.run(("rm -rf %s/state; mkdir -p %s/state/luatrace; ln -s %s/elsewhere %s/state/luatrace/history"):format(sh.dir(),
	sh.dir(), sh.dir(), sh.dir()))
term = terminal.start {}
term:await("history is not kept: .-not used, for it is a link", "a link in the history's place")
term:gives("1 + 1", "\n2\n")
term:key("C-d")
term:await("ended 0\n", "and the session is as usual")
term:close()
t.eq(sh.read(sh.dir() .. "/elsewhere"), nil, "nothing is written through it")

-- Terminals that can do less
term = terminal.start { env = "TERM=dumb" }
term:await(PROMPT, "a dumb terminal")
term:line("for i = 1, 2 do print(i)")
term:gives("end", "%.%.%.> end\n1\n2\n" .. PROMPT)
term:line("while true do end")
require("luatrace").sleep(0.2)
term:key("C-c")
term:gives("3 + 3", "\n6\n", "Ctrl-C stops what runs there too")
term:key("C-d")
term:await("ended 0\n", "Ctrl-D leaves")
t.ok(not term:colours():find("\27[", 1, true), "no colours there")
term:close()
term = terminal.start { env = "NO_COLOR=1" }
term:gives("nosuch.x", "attempt to index")
t.ok(not term:colours():find("\27[", 1, true), "none with NO_COLOR")
term:key("C-d")
term:close()
term = terminal.start {}
term:gives("nosuch.x", "attempt to index")
t.ok(term:colours():find("\27[31mattempt", 1, true), "colours else")
term:key("C-d")
term:close()

-- Under a shell: Ctrl-Z and back, at a line that is half typed and while something runs
term = terminal.start { command = "bash --norc -i" }
term:gives("PS1='shell: '", "shell:\n$")
term:gives(live.luatrace, PROMPT)
term:type("half a")
term:await("half a\n$", "typed")
term:key("C-z")
term:await("Stopped.-\nshell:\n$", "Ctrl-Z at a line")
term:gives("echo back", "\nback\nshell:\n$", "the shell's terminal is as it was")
term:gives("fg", "\nluatrace> half a\n$", "the line is there again")
term:type(" line")
term:await("> half a line\n$", "and goes on")
term:key("C-c")
term:line("while true do end")
require("luatrace").sleep(0.2)
term:key("C-z")
term:await("Stopped.-\nshell:\n$", "Ctrl-Z while something runs")
term:line("fg")
require("luatrace").sleep(0.2)
term:key("C-c")
term:await("interrupted\n" .. PROMPT, "which goes on then")
term:type("stopped by others")
term:await("others\n$", "typed")
local prompt_pid = select(2, sh.run("pgrep -P " .. term.pid)):match("%d+")
sh.run("kill -STOP " .. prompt_pid)
term:await("Stopped.-\nshell:\n$", "a SIGSTOP")
term:gives("fg", "\nluatrace> stopped by others\n$", "the line is there after it, too")
term:key("C-c", "C-d")
term:await("shell:\n$", "Ctrl-D")
term:close()

-- From a pipe
local function piped(text, words)
	live.file(text, "input")
	return sh.run(("%s repl %s <%s/input"):format(live.luatrace, words or "", sh.dir()))
end
local status, out, err = piped("1 + 1\nfor i = 1, 2 do\n  print(i)\nend\n'x'")
t.eq(("%d|%s|%s"):format(status, out, err), '0|2\n1\n2\n"x"\n|', "a pipe: no prompts, and a last line without its end")
status, out, err = piped("nosuch.x\n1 + 1\n")
t.eq(status, 1, "an error sets the exit status")
t.like(out .. err, "^2\nattempt to index global 'nosuch'", "and the next lines run")
status, out, err = piped("print(1)\nfor i = 1, 2 do\n")
t.eq(status .. out, "11\n", "lines that are not whole are an error")
t.like(err, "they end in the middle of something")
live.file("script_ran = ...\nlocal own = 'local'", "first.lua")
status, out = piped("script_ran\nown\narg[1]\n", sh.dir() .. "/first.lua word")
t.eq(status .. out, '0"word"\n"local"\n"word"\n', "a script first, with its arguments and its variables")
status, out, err = piped("1 + 1", "/nonexistent.lua")
t.eq(status .. out, "12\n", "a script that is not there")
t.like(err, "^/nonexistent%.lua: No such file", "is named")
t.eq(sh.run(live.luatrace .. " </dev/null"), 2, "luatrace alone is a prompt on a terminal only")
t.like(select(2, sh.run(live.luatrace .. " repl --help")), "^usage: luatrace repl", "help")
status, out, err = sh.run(live.luatrace .. " repl --nosuch")
t.eq(status .. out, "2", "an option that there is not")
t.like(err, "'%-%-nosuch'")
t.done()
