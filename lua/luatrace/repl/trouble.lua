-- SPDX-License-Identifier: MIT
-- Commands about what went wrong.
local C = require "luatrace.abi"
local session = require "luatrace.repl.session"

local M = {}

local function last()
	return session.last_error or { message = "there was no error yet" }
end

---All about the last error.
function M.trace()
	local e = last()
	local parts = { e.message }
	if e.log and e.log ~= "" then
		parts = e.compiling and { e.log } or { e.message, e.log }
	end
	parts[#parts + 1] = not e.compiling and e.traceback or nil
	local text = table.concat(parts, "\n"):gsub("\n*$", "\n")
	C.lt_message_write(text, #text)
end

---The last log of the verifier.
function M.log()
	local e = session.last_log
	if not e then
		io.stdout:write("the verifier has refused nothing yet\n")
		return
	end
	local text = ("%s\n\n%s\n"):format(e.message, (e.log:gsub("\n*$", "")))
	C.lt_message_write(text, #text)
end

return M
