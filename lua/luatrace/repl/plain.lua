-- SPDX-License-Identifier: MIT
-- Lines from a pipe, a file, or a terminal that can't move its cursor.
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local input = require "luatrace.input"
local loop = require "luatrace.loop"
local session = require "luatrace.repl.session"

local M = {}

---Reads and runs lines until their end.
function M.loop()
	local prompts = C.lt_is_terminal(0) == 1 and C.lt_is_terminal(1) == 1
	local lines, first, last, ended = {}, 1, 0, false
	input.on_input(function(line)
		if line then
			last = last + 1
			lines[last] = line
		else
			ended = true
		end
	end)
	local pending = ""
	local function say_prompt()
		if prompts then
			io.stdout:write(pending == "" and "luatrace> " or "     ...> ")
			io.stdout:flush()
		end
	end
	say_prompt()
	while true do
		while not lines[first] and not ended do
			local ok, e = session.try(loop.pause, -1)
			if not ok and not e.interrupted then
				session.report(e, "in the background")
				ended = ended or not input.is_open()
			end
			local signal = C.lt_interrupted()
			loop.go_on()
			if signal ~= 0 and (signal ~= errors.SIGINT or not prompts) then
				return
			elseif signal ~= 0 then
				pending = ""
				io.stdout:write("\n")
				say_prompt()
			end
		end
		local line = lines[first]
		if not line then
			break
		end
		lines[first] = nil
		first = first + 1
		local whole = pending .. line
		pending = whole:find("%S") and not session.run(whole) and whole .. "\n" or ""
		-- what ended no more than that line is done with
		if C.lt_interrupted() ~= 0 then
			return
		end
		say_prompt()
	end
	if pending ~= "" then
		session.report { message = "the last lines are not whole: they end in the middle of something" }
	end
end

return M
