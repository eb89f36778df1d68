-- SPDX-License-Identifier: MIT
-- Lines that a person edits, while events go on above them.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local history = require "luatrace.repl.history"
local later = require "luatrace.later"
local loop = require "luatrace.loop"
local output = require "luatrace.output"
local paint = require "luatrace.repl.paint"
local session = require "luatrace.repl.session"
---@module "luatrace.repl.complete"
local complete = later "luatrace.repl.complete"
---@module "luatrace.signals"
local signals = later "luatrace.signals"

local M = {}

local PROMPT, CONTINUED = "luatrace> ", "     ...> "
-- Of what is pasted, more than a screen of lines is not shown again.
local SHOWN_LINES, SHOWN_HEAD = 20, 12
-- How often what events print is shown while there are more of them.
local SHOW_NS = 20000000
-- What is entered has the events that came before it handled ahead of it, if that takes no longer.
local PATIENCE_NS = 250000000

local handle
-- What was typed of a chunk before the line at hand.
local pending = ""
-- Set when the line ends: "line", "end", "cancel".
local outcome, line_text
-- Of a search through what was typed: what for, where it is, and the line before it.
local search

-- What is asked in place of the next line, painted.
local question

local function prompt()
	local painted = question or paint("prompt", (pending == "" and PROMPT or CONTINUED):sub(1, -2))
	-- The terminal's own sequences take no room; libedit wants a character behind the last.
	return (painted:gsub("\27%[[%d;]*m", "\1%0\1")) .. " "
end

local number = ffi.new("uint64_t[1]")

---The line, and how many bytes of it are before the cursor.
---@return string text
---@return integer cursor
local function current()
	local text = C.lt_editor_text(handle, number)
	return text ~= nil and ffi.string(text) or "", tonumber(number[0])
end

local function set(text, cursor)
	C.lt_editor_set(handle, text, #text, cursor or #text)
end

local function taken()
	local text = C.lt_editor_taken(handle, number)
	return text ~= nil and ffi.string(text, number[0]) or ""
end

-- What the search is at.
local function found()
	return search.at and history.entries[search.at] or search.before
end

local function show_search()
	C.lt_editor_prompt(handle, ("(search: %s) "):format(search.text))
	set(found())
end

local function end_search(text)
	C.lt_editor_keys(handle, 0)
	search = nil
	C.lt_editor_prompt(handle, prompt())
	set(text)
end

local function find_more(text)
	search.text = search.text .. text
	search.at = history.find(search.text, (search.at or math.huge) + 1) or search.at
	show_search()
end

-- What is pasted waits for Enter, also where lines of it are whole chunks: it may not be what one thinks it is.
local function paste()
	local text, cursor = current()
	local pasted = taken()
	if search and not pasted:find("\n", 1, true) then
		find_more((pasted:gsub("%c", "")))
		return
	elseif search then
		text = found()
		cursor = #text
		end_search(text)
	end
	local head, last = (text:sub(1, cursor) .. pasted):match("^(.*)\n([^\n]*)$")
	local shown, total = {}, 0
	for line in (head .. "\n"):gmatch("([^\n]*)\n") do
		total = total + 1
		shown[total] = line
	end
	set(shown[1])
	C.lt_editor_end(handle)
	for i = 2, total do
		if total <= SHOWN_LINES or i <= SHOWN_HEAD or i == total then
			io.stdout:write(paint("prompt", CONTINUED), format.escape(shown[i]):gsub("\\t", "\t"), "\n")
		elseif i == total - 1 then
			io.stdout:write(paint("dim", ("     ...  (%d lines more)"):format(total - SHOWN_HEAD - 1)), "\n")
		end
	end
	pending = pending .. head .. "\n"
	C.lt_editor_begin(handle, prompt())
	set(last .. text:sub(cursor + 1), #last)
end

local function tab()
	local text, cursor = current()
	local new, place, listing = complete.line(pending, text, cursor)
	if listing then
		C.lt_editor_end(handle)
		io.stdout:write(listing)
		C.lt_editor_begin(handle, prompt())
		set(new, place)
	elseif new ~= text or place ~= cursor then
		set(new, place)
	end
end

local function start_search()
	search = { text = "", before = (current()) }
	C.lt_editor_keys(handle, 1)
	show_search()
end

-- A key while searching. Enter takes what is found and runs it, Ctrl-G goes back, any other key edits what is found.
local function search_key(key)
	if key == "\18" then
		search.at = history.find(search.text, search.at or math.huge) or search.at
		show_search()
	elseif key == "\127" or key == "\8" then
		search.text = search.text:gsub("[^\128-\191]?[\128-\191]*$", "")
		search.at = history.find(search.text, math.huge)
		show_search()
	elseif key == "\7" then
		end_search(search.before)
	elseif key:byte() >= 32 and key ~= "\127" then
		find_more(key)
	else
		local line = found()
		end_search(line)
		if key == "\r" or key == "\n" then
			outcome, line_text = "line", line
		end
	end
end

local function suspend()
	local text, cursor = current()
	C.lt_editor_end(handle)
	C.lt_suspend()
	C.lt_editor_begin(handle, prompt())
	set(text, cursor)
end

-- Deals with the keys that have come, and with Ctrl-C.
local function read_keys()
	if C.lt_interrupted() == errors.SIGINT then
		C.lt_interrupt_clear()
		outcome = "cancel"
	end
	while not outcome do
		local event = C.lt_editor_read(handle)
		if event == C.LT_EDITOR_NOTHING then
			return
		elseif event == C.LT_EDITOR_LINE then
			outcome, line_text = "line", (current())
		elseif event == C.LT_EDITOR_END then
			outcome = "end"
		elseif event == C.LT_EDITOR_COMPLETE then
			tab()
		elseif event == C.LT_EDITOR_SEARCH then
			start_search()
		elseif event == C.LT_EDITOR_PASTE then
			paste()
		elseif event == C.LT_EDITOR_SUSPEND then
			suspend()
		elseif event == C.LT_EDITOR_KEY then
			search_key(taken())
		end
	end
end

-- When what events print was last shown, and when it was first seen that the line has ended.
local shown, ended_at = 0ULL, nil

-- Between slices of a sweep, which may take as long as it likes: a ring holds 100,000 records, and a function of a
-- script may take a millisecond for each. What is printed is shown meanwhile, and what is entered does not wait for it.
local function between()
	read_keys()
	local now = C.lt_now()
	if now - shown >= SHOW_NS then
		shown = now
		io.stdout:flush()
		C.lt_screen_tick()
	end
	ended_at = outcome and (ended_at or now)
	return outcome ~= nil and now - ended_at >= PATIENCE_NS
end

-- What events' functions and timers raise; the same again and again is said once for each line that is typed.
local said = {}
local function report_once(e)
	C.lt_stdout_hold(0)
	if not said[e.message] then
		said[e.message] = true
		session.report(e, "in the background")
	end
end

-- One line. Events are handled meanwhile.
local function read_line()
	outcome, line_text, ended_at = nil, nil, nil
	C.lt_editor_begin(handle, prompt())
	output.between = between
	while not outcome do
		local ok, ended = session.try(loop.pause, -1)
		if not ok and not ended.interrupted then
			report_once(ended)
		end
		local signal = C.lt_interrupted()
		if signal ~= 0 then
			outcome = signal == errors.SIGINT and "cancel" or "end"
		end
		loop.go_on()
	end
	output.between = nil
	if search then
		end_search(line_text or "")
	end
	C.lt_editor_end(handle)
	if package.loaded["luatrace.repl.complete"] then
		complete.forget()
	end
	return outcome, line_text
end

local source = {
	wait_ms = function()
		local keys, screen = C.lt_editor_wait_ms(handle), C.lt_screen_tick()
		if keys < 0 or screen >= 0 and screen < keys then
			keys = screen
		end
		return keys >= 0 and keys or nil
	end,
	look = function()
		if output.between then
			read_keys()
		end
	end,
}

---Whether somebody is there to answer: not while they type something else.
---@return boolean
function M.can_ask()
	return handle ~= nil and not output.between
end

---Asks for a line. Only where there is somebody.
---@param text string painted
---@return string? answer nil: Ctrl-C or Ctrl-D
function M.ask(text)
	question = text
	local how, answer = read_line()
	question = nil
	return how == "line" and answer or nil
end

---Whether there is a terminal to edit lines on.
---@return boolean
function M.open()
	local out = ffi.new("lt_editor *[1]")
	if C.lt_editor_open(out, nil) < 0 then
		return false
	end
	handle = ffi.gc(out[0], C.lt_editor_free)
	history.load()
	for _, entry in ipairs(history.entries) do
		C.lt_editor_remember(handle, entry)
	end
	require("luatrace.input").taken = "standard input is what is typed at the prompt"
	signals.on_signal("WINCH", function() C.lt_editor_resize(handle) end)
	signals.on_signal("CONT", function() C.lt_editor_restore(handle) end)
	loop.add_source(source)
	return true
end

---Reads and runs lines until the session ends.
function M.loop()
	while true do
		local how, text = read_line()
		if how == "end" then
			break
		elseif how == "cancel" then
			pending = ""
		else
			local whole = pending .. text
			if not whole:find("%S") then
				pending = ""
			elseif session.run(whole) then
				pending = ""
				if history.add(whole) then
					C.lt_editor_remember(handle, whole)
				end
			else
				pending = whole .. "\n"
			end
		end
	end
	C.lt_editor_free(ffi.gc(handle, nil))
end

return M
