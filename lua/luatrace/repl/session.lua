-- SPDX-License-Identifier: MIT
-- A session at the prompt: what was run, with what result.
local chunk = require "luatrace.repl.chunk"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local later = require "luatrace.later"
local loop = require "luatrace.loop"
local paint = require "luatrace.repl.paint"
---@module "luatrace.repl.commands"
local commands = later "luatrace.repl.commands"
---@module "luatrace.repl.show"
local show = later "luatrace.repl.show"

local M = {}

M.world = chunk.world()
---What host/cli/script.c offers without a require.
M.ONE_LINERS = { "count", "hist", "trace", "stacks", "latency" }
---Whether the session has a screen: else errors set the exit status.
M.interactive = false
M.failures = 0
---@type { text: string }[] what was run without an error
M.done = {}
---@type { message: string, log: string?, traceback: string? }?
M.last_error = nil
---The last error that was the verifier's.
M.last_log = nil

---When the line that runs now, or ran last, began: nanoseconds of BPF.now().
M.line_began = 0ULL

local number = 0

-- Positions in what was typed are told without the name that it has for us, and of one line not at all.
local function without_name(message, name, lines)
	local pattern = "^" .. name:gsub("%p", "%%%0") .. ":"
	if lines == 1 then
		message = message:gsub(pattern .. "1: ", "")
	end
	return (message:gsub(pattern, "line "))
end

-- What was raised, as { message, log, traceback }.
local function caught(e)
	local frames = {}
	for line in debug.traceback("", 2):gmatch("[^\n]+") do
		-- what is the runtime's own says nothing to who typed
		if line:find("^\t") and not line:find("^\tluatrace/") and not line:find("^\t%[C%]") then
			frames[#frames + 1] = line
		end
	end
	local traceback = #frames > 0 and "stack traceback:\n" .. table.concat(frames, "\n") or nil
	if errors.is(e) then
		return { message = e.message, log = e.log, traceback = traceback, interrupted = e.interrupted,
			compiling = e.compiling }
	end
	return { message = tostring(e), traceback = traceback }
end

---Says what went wrong: one line.
---@param e { message: string, log: string?, traceback: string? }
---@param doing string? what was being done, where that is not what was typed
function M.report(e, doing)
	C.lt_stdout_hold(0)
	if e.interrupted then
		io.stderr:write(paint("dim", "interrupted"), "\n")
		return
	end
	M.last_error = e
	M.last_log = e.log and not e.compiling and e or M.last_log
	M.failures = M.failures + 1
	local first, rest = e.message:match("^([^\n]*)\n?(.*)$")
	local more = rest ~= "" or e.log and e.log ~= ""
	io.stderr:write(doing and doing .. ": " or "", paint("bad", format.escape(first)),
		M.interactive and more and paint("dim", "  (:trace shows the rest)") or "", "\n")
end

---Runs `fn`; what it raises is reported.
---@param fn function
---@param ... any
---@return boolean ok
---@return any ...
function M.try(fn, ...)
	return xpcall(fn, caught, ...)
end

local function finish(ok, ...)
	-- Ctrl-C ended what ran, or ended nothing: it is done with.
	loop.go_on()
	if not ok then
		M.report((...))
		return false
	end
	if select("#", ...) > 0 then
		M.world.env._ = (...)
		local shown, e = M.try(show.values, ...)
		loop.go_on()
		if not shown then
			M.report(e)
		end
	end
	io.stdout:flush()
	return true
end

---What was run, as Lua, for a script of the session.
---@param text string
---@return { text: string } note
function M.note(text)
	M.done[#M.done + 1] = { text = text }
	return M.done[#M.done]
end

---Remembers the text behind a chunk, for messages about BPF text in it.
---@param name string
---@param text string
local function remember(name, text)
	local chunks = package.loaded["luatrace.chunks"] or {}
	package.loaded["luatrace.chunks"] = chunks
	chunks[name] = text
end

---Runs what was typed.
---@param text string
---@return boolean whole false: there must be more to come
function M.run(text)
	M.line_began = C.lt_now()
	if text:find("^%s*:") then
		finish(M.try(commands.run, text))
		return true
	end
	local name = ("=[%d]"):format(number + 1)
	local fn, err = chunk.compile(text, name, M.world)
	if not fn and not err then
		return false
	end
	number = number + 1
	local _, newlines = text:gsub("\n", "")
	if not fn then
		M.report { message = without_name(err, name:sub(2), newlines + 1) }
		return true
	end
	remember(name, text)
	local function ended(ok, ...)
		local e = not ok and (...)
		if e then
			e.message = without_name(e.message, name:sub(2), newlines + 1)
		end
		if finish(ok, ...) then
			M.note(text)
		end
	end
	ended(M.try(fn))
	return true
end

---Runs a script in the session: its variables stay.
---@param path string
---@param ... string its arguments
---@return string text of it
function M.run_file(path, ...)
	local file, why = io.open(path, "rb")
	local text = file and file:read("*a")
	if file then
		file:close()
	end
	if not text then
		errors.raise(("%s: %s"):format(path, why and why:match(": (.*)$") or "cannot be read"), errors.ENOENT)
	end
	text = text:gsub("^#[^\n]*", "")
	local fn, err = chunk.compile(text, "@" .. path, M.world)
	if not fn then
		error(err or ("%s: it ends in the middle of something"):format(path), 0)
	end
	M.world.env.arg = { [0] = path, ... }
	local result = fn(...)
	if type(result) == "table" and require("luatrace.tool").is(result) then
		require("luatrace.tool").start(result, path, { ... }, "@" .. path)
	end
	return text
end

return M
