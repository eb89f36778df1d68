-- SPDX-License-Identifier: MIT
-- Tools that trace a process of hostile names, and show it in each format that they have: nothing of a name reaches a
-- terminal as it is, a row is a line, independent parsers take what there is, and nothing is executed.
local catalog = require "luatrace.tool.catalog"
local folders = require "luatrace.folders"
local live = require "live"
local options = require "luatrace.tool.options"
local sh = require "sh"
local t = require "tap"
local tool = require "tool"

local M = {}

if sh.run "command -v /usr/bin/python3" ~= 0 then
	t.skip_all("python3 is missing (package python3)")
end
local FORMATS = { "csv", "folded", "top", "heatmap", "prometheus", "flame", "svg", "heatmap-svg", "chrome" }

---Tools that other cases have: those that need words of their command line or a program of their own
---(hostile_probes.lua), and those that need kprobes (hostile_kernel.lua, hostile_kernel_counts.lua, hostile_ext4.lua).
M.probes = { "argdist", "dbslower", "funccount", "funclatency", "funcslower", "mysqld_qslower", "pythoncalls",
	"stackcount", "tplist", "trace" }
M.kernel = { "filelife", "fileslower", "filetop" }
M.kernel_counts = { "cachestat", "vfscount", "vfsstat" }
M.ext4 = { "ext4dist", "ext4slower" }

---Tools of events that have rows of the hostile process: at least so many.
M.shows = { opensnoop = 40, execsnoop = 20, exitsnoop = 20, statsnoop = 40, killsnoop = 19, mountsnoop = 20,
	bindsnoop = 20, solisten = 20, tcpconnect = 20, tcpaccept = 20, gethostlatency = 20, bashreadline = 2 }

---The system's: what another name leads to may take half a minute to begin, in a guest.
M.PYTHON = "/usr/bin/python3"

---Where the hostile process works; empty before and after.
M.work = sh.dir() .. "/work"
local drawn = sh.dir() .. "/drawn"
sh.run(("mkdir %s %s"):format(M.work, drawn))

---@param folder string? where it works
---@return string command of the hostile process
function M.process(folder)
	return ("exec %s -B tests/lib/hostile.py %s"):format(M.PYTHON, folder or M.work)
end

-- Formats that a tool has with these words, as tests/lib/shown.py calls them.
local function formats_of(one, words)
	local has, list = {}, { "terminal", "json" }
	for _, group in ipairs(options.groups(one)) do
		for _, option in ipairs(group[2]) do
			has[option[1]] = true
		end
	end
	if type(one.histograms) == "string" and not (words .. " "):find " %-d " then
		has.svg, has.heatmap, has["heatmap-svg"] = nil, nil, nil
	end
	for _, format in ipairs(FORMATS) do
		list[#list + 1] = has[format] and format or nil
	end
	return list
end

-- How many tools were shown in each.
local seen = {}

---Checks each format that a command shows.
---@param name string the tool's
---@param what string what the tests are called
---@param command string words for the shell, behind which there is room for options
---@param shown string as a table
---@return table<string, integer> rows in each format
function M.show(name, what, command, shown)
	local one, rows = assert(catalog.load(catalog.path(name))), {}
	local list, file = formats_of(one, what), live.file(shown, "shown")
	local _, said, err = sh.run(("cd %s && %s -B %s %s %s %s %s %s"):format(M.work, M.PYTHON,
		sh.quote(M.top .. "/tests/lib/shown.py"), file, drawn, table.concat(list, ","),
		(one.every or one.stacks) and "every" or "records", command))
	t.eq(err, "", what .. ": the parsers")
	for format, verdict in said:gmatch "([%l-]+) ([^\n]*)\n" do
		rows[format] = tonumber(verdict)
		t.ok(rows[format], ("%s: %s: %s"):format(what, format, verdict))
		seen[format] = (seen[format] or 0) + 1
	end
	t.eq(table.concat(folders.list(drawn)) .. table.concat(folders.list(M.work)), "", what .. ": nothing is left, "
		.. "and nothing was executed")
	return rows
end

M.top = io.popen("pwd"):read "*l"

---Runs a tool, and shows it in each of its formats. nil and why, where this machine cannot run it.
---@param words string its name and options
---@param command string of the shell
---@return table<string, integer>? rows in each format
---@return string shown as a table, or a message
function M.try(words, command)
	local name = words:match "^%S+"
	local recording = ("%s/%s.recording"):format(sh.dir(), name)
	local status, out, err = tool.run(("%s --record %s"):format(words, recording), command)
	if status ~= 0 then
		t.ok(select(2, err:gsub("\n", "")) <= 3, ("%s: it says what is missing: %s"):format(name, err))
		os.remove(recording)
		return nil, err
	end
	t.eq(err, "", words)
	local rows = M.show(name, words, ("%s replay %s"):format(live.luatrace, recording), out)
	os.remove(recording)
	return rows, out
end

---As M.try(), of a tool that must run here and show the hostile process.
---@param words string
---@param command string
---@param least integer? so many rows, of any kind
---@return string shown
function M.must(words, command, least)
	local rows, out = M.try(words, command)
	t.ok(rows and rows.json and rows.json >= (least or 1), ("%s: it runs, and shows: %s"):format(words,
		rows and rows.json or out))
	return out
end

---All tools that no other case has.
---@param wanted fun(one: luatrace.Tool): any which of them
---@return fun(): string? names
function M.tools(wanted)
	local elsewhere = {}
	for _, list in ipairs { M.probes, M.kernel, M.kernel_counts, M.ext4 } do
		for _, name in ipairs(list) do
			elsewhere[name] = true
		end
	end
	return coroutine.wrap(function()
		for _, entry in ipairs((catalog.entries())) do
			local name = entry.name
			if not elsewhere[name] and wanted(assert(catalog.load(catalog.path(name)))) then
				coroutine.yield(name)
			end
		end
	end)
end

---The end of a case: the formats that it must have shown.
---@param ... string
function M.done(...)
	for _, format in ipairs { "terminal", "json", "csv", "prometheus", ... } do
		t.ok(seen[format], ("%s: of %d commands"):format(format, seen[format] or 0))
	end
	t.eq(sh.read "lt-ran", nil, "nothing was executed here")
	t.done()
end

return M
