-- SPDX-License-Identifier: MIT
-- Not in guests: it is about the terminal, whatever the kernel.
-- docs/repl.md keeps its word: the tour is typed as it stands there, and shows what it says.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local examples = require "examples"
local terminal = require "terminal"

local FILES = {
	["opens.c"] = "BPF_HASH(counts, u32, u64);\nTRACEPOINT_PROBE(syscalls, sys_enter_openat)\n{\n\tu32 key = KEY;\n"
		.. "\tcounts.increment(key);\n\treturn 0;\n}\n",
}

-- What a line of the document may look like: numbers and times are others each time, "..." is anything, and columns are
-- as wide as what is in them.
local function pattern_of(line)
	local pattern = line:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0")
	pattern = pattern:gsub("%%%.%%%.%%%.", "\1"):gsub("%d[%d:]*", "[%%d:]+"):gsub("%s+", "%%s+"):gsub("\1", ".-")
	return pattern
end

local function expectation(lines)
	local parts = {}
	for i, line in ipairs(lines) do
		parts[i] = line == "..." and "" or pattern_of(line)
	end
	local text, after_dots = "", true
	for i, part in ipairs(parts) do
		if lines[i] == "..." then
			after_dots = true
		else
			text = text .. (after_dots and ".-" or "%s*\n") .. part
			after_dots = false
		end
	end
	return text
end

-- Inputs of a block, each with the lines that it shows.
local function steps_of(text)
	local steps = {}
	for line in text:gmatch("([^\n]*)\n") do
		local input = line:match("^luatrace> (.*)$")
		local more = line:match("^     %.%.%.> (.*)$")
		if input then
			steps[#steps + 1] = { inputs = { input }, shows = {} }
		elseif more then
			table.insert(steps[#steps].inputs, more)
		elseif #steps > 0 then
			table.insert(steps[#steps].shows, line)
		end
	end
	return steps
end

live.file(FILES["opens.c"]:gsub("KEY", "bpf_get_current_pid_tgid() >> 32"), "opens.c")
local busy = live.start("sh -c 'while :; do cat /etc/hostname >/dev/null; sleep 0.02; done'")
local term = terminal.start { columns = 100, rows = 60, folder = sh.dir() }
term:await("luatrace>\n$", "the prompt")

local function take(step, name)
	if step.inputs[1]:find("^:reload") then
		live.file(FILES["opens.c"]:gsub("KEY", "bpf_get_current_uid_gid()"), "opens.c")
	end
	term:key("C-l")
	for _, input in ipairs(step.inputs) do
		term:line(input)
	end
	if step.shows[1] == "^C" then
		require("luatrace").sleep(0.3)
		term:key("C-c")
		table.remove(step.shows, 1)
	end
	local shown = term:await(#step.shows > 0 and expectation(step.shows) or "luatrace>\n$", name)
	require("luatrace").sleep(0.1)	-- something is to happen between two lines
	return shown
end

local typed, going = 0, true
for _, example in ipairs(examples.of("docs/repl.md", sh.read("docs/repl.md"))) do
	for _, step in ipairs(example.language == "" and steps_of(example.text) or {}) do
		typed = typed + 1
		going = going and take(step, ("docs/repl.md:%d %s"):format(example.line, step.inputs[1]))
	end
end
t.ok(going, "one after the other")
t.ok(typed > 20, "it has steps")
t.like(sh.read(sh.dir() .. "/mine.lua"), "o = BPF { src_file = \"opens.c\" }\n", "the saved script")
term:key("C-d")
term:await("ended 0\n", "Ctrl-D")
term:close()
busy:kill("TERM")
busy:wait()
t.done()
