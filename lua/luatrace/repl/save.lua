-- SPDX-License-Identifier: MIT
-- The session as a script.
local bpf = require "luatrace.bpf"
local errors = require "luatrace.errors"
local session = require "luatrace.repl.session"

local M = {}

-- Names that only the prompt knows, as far as the text uses them.
local function head(body)
	local out = { "#!/usr/bin/env luatrace", 'local BPF = require "luatrace"' }
	for _, name in ipairs(session.ONE_LINERS) do
		if body:find("%f[%w_.:]" .. name .. "%s*[%({\"]") then
			out[#out + 1] = ('local %s = require("luatrace.oneliners").%s'):format(name, name)
		end
	end
	if body:find("%f[%w_.:]repl%.") then
		out[#out + 1] = 'local repl = require("luatrace.repl.commands").functions'
	end
	return table.concat(out, "\n") .. "\n\n"
end

-- A chunk as statements: an expression that is no call does nothing in a script.
local function statements(text)
	return loadstring(text) and text or nil
end

---@return string
function M.text()
	local parts, runs = {}, false
	for _, done in ipairs(session.done) do
		local text = statements(done.text)
		if text then
			parts[#parts + 1] = text
			runs = runs or text:find("%f[%w]run%s*%(") ~= nil or text:find("_loop%s*%(") ~= nil
		end
	end
	local body = table.concat(parts, "\n") .. "\n"
	if #bpf.objects > 0 and not runs then
		body = body .. "\nBPF.run()\n"
		if package.loaded["luatrace.oneliners.handle"] then
			body = body .. 'for _, one in ipairs(require("luatrace.oneliners").running()) do\n\tone:print()\nend\n'
		end
	end
	return head(body) .. body
end

---Writes it to a file that is not there yet.
---@param path string
function M.write(path)
	-- x: made anew, and not where a link leads
	local file, why, code = io.open(path, "wx")
	if code == errors.EEXIST then
		errors.raise(("save: %s: there is a file of that name already; name another"):format(path))
	end
	local text = M.text()
	local ok = file and file:write(text) and file:close()
	if not ok then
		errors.raise(("save: %s"):format(why or path .. ": cannot be written"))
	end
	io.stdout:write(("%s: %d lines; run it with: luatrace %s\n"):format(path, select(2, text:gsub("\n", "")), path))
end

return M
