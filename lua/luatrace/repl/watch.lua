-- SPDX-License-Identifier: MIT
-- Commands that run an expression: again and again, or with a clock.
local C = require "luatrace.abi"
local chunk = require "luatrace.repl.chunk"
local errors = require "luatrace.errors"
local loop = require "luatrace.loop"
local paint = require "luatrace.repl.paint"
local session = require "luatrace.repl.session"
local show = require "luatrace.repl.show"

local M = {}

local function compile(text, where)
	if type(text) ~= "string" then
		errors.raise(("%s: takes an expression, as text"):format(where))
	end
	local fn, err = chunk.compile(text, "=" .. where, session.world)
	if not fn then
		errors.raise(("%s: %s"):format(where, err or "the expression is not whole"))
	end
	return fn
end

-- As much of a text as fits on the screen, each line cut to its width.
local function cut(text)
	local columns, rows = show.screen()
	local out, total = {}, 0
	for line in (text .. "\n"):gmatch("([^\n]*)\n") do
		total = total + 1
		if total <= rows - 3 then
			local shown = line:sub(1, columns - 1 + select(2, line:gsub("[\128-\191]", "")))
			out[total] = #shown < #line and shown:find("\27", 1, true) and shown .. "\27[0m" or shown
		end
	end
	if total > #out then
		out[#out] = paint("dim", ("… %d lines more"):format(total - #out + 1))
	end
	return table.concat(out, "\n")
end

---Shows a value again and again until Ctrl-C; events go on, and print above it.
---@param text string|fun(): any an expression, with seconds behind it if it is text
---@param seconds number?
function M.watch(text, seconds)
	if type(text) ~= "string" and type(text) ~= "function" then
		errors.raise("watch: takes an expression as text, or a function")
	elseif not session.interactive then
		errors.raise("watch: takes a terminal, to show a value in its place")
	end
	local fn, title = text, "watch"
	if type(text) == "string" then
		local body, number = text:match("^(.-)%s+([%d.]+)$")
		if body and tonumber(number) and chunk.compile(body, "=watch", session.world) then
			text, seconds = body, tonumber(number)
		end
		if not text:find("%S") then
			errors.raise("watch: takes an expression, e.g. :watch b.counts 2 (:help watch)")
		end
		fn, title = compile(text, "watch"), text
	end
	seconds = seconds or 1
	if type(seconds) ~= "number" or seconds < 0.05 then
		errors.raise("watch: the seconds between two looks are 0.05 or more")
	end
	local head = paint("dim", ("%s  every %g s, Ctrl-C ends"):format(title, seconds))
	local text_of_value
	local ok, e = pcall(function()
		repeat
			text_of_value = show.text((fn()))
			local block = cut(head .. "\n" .. text_of_value)
			C.lt_screen_block(block, #block)
		until not loop.run(seconds)
	end)
	C.lt_screen_block(nil, 0)
	if not ok then
		error(e, 0)
	end
	io.stdout:write(text_of_value, "\n")
end

local function tell_time(start, ...)
	local ms = tonumber(C.lt_now() - start) / 1e6
	io.stdout:write(paint("dim", ms < 1 and ("%.1f us"):format(ms * 1e3) or ms < 1000 and ("%.1f ms"):format(ms)
		or ("%.2f s"):format(ms / 1e3)), "\n")
	return ...
end

---How long an expression takes.
---@param text string
---@return any ... its values
function M.time(text)
	local fn = compile(text, "time")
	return tell_time(C.lt_now(), fn())
end

return M
