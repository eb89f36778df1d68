-- SPDX-License-Identifier: MIT
-- Not in guests: it is about the terminal, whatever the kernel.
-- Keys that are bound to nothing, bytes that are no text, keys of the user's own, and how the terminal is left behind.
local BPF = require "luatrace"
local t = require "tap"
local sh = require "sh"
local live = require "live"
local terminal = require "terminal"

local PROMPT = "luatrace>\n$"

local function start(args)
	local term = terminal.start(args or {})
	term:await(PROMPT, "a prompt")
	return term
end

local term = start()
term:type("4")
-- F5, F9, Alt-Right, one that no terminal has; Ctrl-V, Alt-x: these would wait for another key
term:key("F5", "F9", "M-Right")
term:bytes("\27[99~\22\27x")
term:gives("2", "luatrace> 42\n42\n", "keys that are bound to nothing leave the line as it is")
term:type("4")
term:key("Left")
term:gives("1", "luatrace> 14\n14\n", "others do what they do")

-- What is no UTF-8
term:key("C-l", "C-r")
term:bytes("\xff")
term:await("%(search: %?%)\n", "a byte that is no UTF-8, in a search")
term:key("BSpace")
term:await("%(search: %) ", "it can be taken back")
term:key("C-g")
term:type("#'")
term:paste("caf\xe9")
term:gives("'", "#'café'\n5\n", "pasted")

-- What is pasted into a search
term:gives("x = 'needle'", PROMPT)
term:key("C-l", "C-r")
term:paste("= 'need")
term:await("%(search: = 'need%) x = 'needle'", "a word that is pasted is searched for")
term:paste("\nprint('pasted ' .. x)\n")
term:gives("", "\npasted needle\n", "lines are not")

-- The terminal while a function runs, and in the end
term:gives("os.execute('stty -a | grep -o \"susp = [^;]*\"')", "\nsusp = %^Z\n",
	"Ctrl-Z is the kernel's while a function runs")
term:close()

for _, line in ipairs { "os.exit(7)", "BPF.every(0.1, function() os.exit(7) end)" } do
	term = start { command = ("sh -c 'stty -a >%s/before; %s; s=$?; stty -a >%s/after; exit $s'"):format(sh.dir(),
		live.luatrace, sh.dir()) }
	term:gives(line, "ended 7\n")
	t.eq(sh.read(sh.dir() .. "/after"), sh.read(sh.dir() .. "/before"), "leaves the terminal as it was")
	term:close()
end

term = start()
term:line("BPF.after(0.1, function() for i = 1, 150 do print(i) end io.write('no end') end)")
BPF.sleep(0.3)
term:key("C-d")
term:await("\n100\n.*\nno end\n%.%.%. 50 lines more .-\nended 0\n", "what was not shown is, or is said, in the end")
term:close()

-- SIGTERM ends the session, whatever runs
for _, line in ipairs { "", "BPF.sleep(60)", "while true do end", "os.execute('sleep 0.5')" } do
	term = start()
	term:line(line)
	BPF.sleep(0.2)
	sh.run("kill " .. term.pid)
	term:await("ended 0\n", "SIGTERM while it runs " .. line)
	term:close()
end

-- Another program may have made the terminal one that does not block
term = start { command = ("perl -MFcntl -e 'fcntl STDOUT, F_SETFL, O_RDWR | O_NONBLOCK; exec @ARGV' %s")
	:format(live.luatrace) }
term:gives("for i = 1, 100000 do print('row', i) end", "row\t?%s*100000\n" .. PROMPT)
local rows, last, gaps = 0, nil, 0
for row in term:all():gmatch("row%s+(%d+)") do
	gaps = gaps + (last and tonumber(row) ~= last + 1 and 1 or 0)
	last, rows = tonumber(row), rows + 1
end
t.ok(rows > 1000 and gaps == 0, ("a terminal that does not block: all rows, %d gaps in %d"):format(gaps, rows))
term:close()

-- The user's own ~/.editrc
local function with_editrc(text)
	sh.run(("mkdir -p %s/home"):format(sh.dir()))
	live.file(text, "home/.editrc")
	return start { env = ("HOME=%s/home"):format(sh.dir()) }
end

term = with_editrc('bind -s "^T" "print(6 * 7)"\n')
term:key("C-t")
term:gives("", "\n42\n", "a key that types")
term:close()
term = with_editrc("edit off\n")
term:gives("6 * 7", "\n42\n", "lines are edited all the same")
term:close()
term = with_editrc("bind -v\n")
term:type("123")
term:key("Escape")
BPF.sleep(0.2)
term:gives("0x", "luatrace> 23\n23\n", "vi: Escape alone; Enter in its command mode")
term:type("9")
term:key("Escape")
BPF.sleep(0.2)
term:key("k")
term:gives("rx", "luatrace> x3\n", "and its other commands")
term:key("Up")
term:await("luatrace> x3\n$", "the arrows")
term:close()
t.done()
