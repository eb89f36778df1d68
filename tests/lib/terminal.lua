-- SPDX-License-Identifier: MIT
-- A terminal that a case types at and looks at: tmux's, which is a whole one. One server a case, of its own name.
local sh = require "sh"
local t = require "tap"
local live = require "live"

local M = {}

---@class luatrace.test.Terminal
---@field pid integer of the command
local Terminal = {}
Terminal.__index = Terminal

local number = 0

local function tmux(self, words)
	local status, out, err = sh.run(("tmux -u -L %s -f /dev/null %s"):format(self.name, words))
	if status ~= 0 and not words:find("kill", 1, true) then
		error(("tmux %s: %s"):format(words, err), 3)
	end
	return out
end

---Starts a command in a terminal; when it ends, the screen says "ended STATUS".
---@param args { command: string?, columns: integer?, rows: integer?, env: string?, folder: string? } env: words for
---env(1); folder: where it runs
---@return luatrace.test.Terminal
function M.start(args)
	if sh.run("command -v tmux") ~= 0 then
		t.skip_all("tmux is missing (package tmux)")
	end
	number = number + 1
	local self = setmetatable({ name = ("luatrace-test-%d-%d"):format(live.pid, number) }, Terminal)
	local pid_file = ("%s/terminal%d.pid"):format(sh.dir(), number)
	local script = live.file(("echo $$ >%s; cd %s; exec env LC_ALL=C.UTF-8 XDG_STATE_HOME=%s/state %s %s"):format(pid_file,
		args.folder or ".", sh.dir(), args.env or "", args.command or live.luatrace), ("terminal%d.sh"):format(number))
	tmux(self, ("new-session -d -x %d -y %d 'sh %s; echo ended $?; exec sleep 300'"):format(args.columns or 80,
		args.rows or 24, script))
	self.pid = live.await(function() return tonumber((sh.read(pid_file) or ""):match("^(%d+)\n")) end)
	return self
end

---What is on the screen, without blanks at the ends of lines and blank lines at its end.
---@return string
function Terminal:screen()
	return (tmux(self, "capture-pane -p"):gsub(" *\n", "\n"):gsub("\n+$", "\n"))
end

---The same with colours, as escape sequences.
---@return string
function Terminal:colours()
	return tmux(self, "capture-pane -p -e")
end

---All that was on it, also what has scrolled away.
---@return string
function Terminal:all()
	return tmux(self, "capture-pane -p -S -")
end

-- Seconds that a screen may take; these cases are none for guests.
local PATIENCE = 15

---Waits until the screen matches.
---@param pattern string
---@param name string of the test
---@return string? match
function Terminal:await(pattern, name)
	local deadline = live.seconds() + PATIENCE
	local match
	repeat
		match = self:screen():match(pattern)
	until match or live.seconds() > deadline
	if not t.ok(match, name) then
		t.diag(self:screen())
	end
	return match
end

---Types text as it is.
---@param text string
function Terminal:type(text)
	-- tmux takes a semicolon at the end for its own
	tmux(self, "send-keys -l -- " .. sh.quote((text:gsub(";$", "\\;"))))
end

---Presses keys by tmux's names: "Enter", "C-c", "Up", …
---@param ... string
function Terminal:key(...)
	tmux(self, "send-keys " .. table.concat({ ... }, " "))
end

---Types bytes that need not be text.
---@param bytes string
function Terminal:bytes(bytes)
	tmux(self, "send-keys -H " .. bytes:gsub(".", function(byte) return (" %02x"):format(byte:byte()) end))
end

---Types a line, and Enter.
---@param text string
function Terminal:line(text)
	self:type(text)
	self:key("Enter")
end

---Types a line, and waits for what it shows.
---@param text string
---@param pattern string
---@param name string?
function Terminal:gives(text, pattern, name)
	self:line(text)
	return self:await(pattern, name or text)
end

---Pastes text, in brackets if the program asked for that.
---@param text string
function Terminal:paste(text)
	local path = live.file(text, "pasted")
	tmux(self, "load-buffer -b pasted " .. path)
	tmux(self, "paste-buffer -p -b pasted")
end

---@param columns integer
---@param rows integer
function Terminal:resize(columns, rows)
	tmux(self, ("resize-window -x %d -y %d"):format(columns, rows))
end

---Ends it and all that runs in it.
function Terminal:close()
	tmux(self, "kill-server")
	live.left_running(self.name)
end

return M
