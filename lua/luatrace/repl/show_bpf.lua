-- SPDX-License-Identifier: MIT
-- BPF objects: their programs with what they are attached to, and their maps.
local ffi = require "ffi"
local C = require "luatrace.abi"
local attach = require "luatrace.attach"
local bpf = require "luatrace.bpf"
local format = require "luatrace.format"
local later = require "luatrace.later"
local map = require "luatrace.map"
local output = require "luatrace.output"
local paint = require "luatrace.repl.paint"
local show = require "luatrace.repl.show"

---@module "luatrace.disasm"
local disasm = later "luatrace.disasm"

local M = {}

-- Rows of cells as lines, each column as wide as its widest cell.
---@param rows string[][]
---@param indent string
---@return string[]
function M.aligned(rows, indent)
	local widths = {}
	for _, row in ipairs(rows) do
		for i, cell in ipairs(row) do
			widths[i] = math.max(widths[i] or 0, #cell)
		end
	end
	local out = {}
	for i, row in ipairs(rows) do
		local parts = {}
		for j, cell in ipairs(row) do
			parts[j] = j == #row and cell or cell .. (" "):rep(widths[j] - #cell)
		end
		out[i] = indent .. table.concat(parts, "  ")
	end
	return out
end

local info = ffi.new("lt_program_info")

local function places_of(link)
	local more = link.count > 1 and (" (%d places)"):format(link.count) or ""
	return ("%s:%s%s"):format(link.kind, format.escape(link.target), more)
end

-- "1,234 runs, 310 ns" once runs are counted.
local function runs_of(b, name)
	local runs, ns = disasm.runs(b, name)
	if not runs or runs == 0 then
		return "no run yet"
	end
	return ("%d %s, %.0f ns"):format(runs, runs == 1 and "run" or "runs", ns / runs)
end

local function program_rows(b, state, counted)
	local places, rows = {}, {}
	for _, link in ipairs(attach.list(state)) do
		places[link.fn_name] = places[link.fn_name] or {}
		table.insert(places[link.fn_name], places_of(link))
	end
	for i = 0, C.lt_object_program_count(state.handle) - 1 do
		if C.lt_object_program(state.handle, i, info) == 0 then
			local name = ffi.string(info.name)
			local where = places[name] and table.concat(places[name], ", ")
				or info.refused ~= nil and "refused by the verifier" or info.fd < 0 and "not loaded" or "not attached"
			local row = { name, info.fd >= 0 and ("%d instructions"):format(info.insn_count) or "" }
			if counted then
				row[#row + 1] = info.fd >= 0 and runs_of(b, name) or ""
			end
			row[#row + 1] = where
			rows[#rows + 1] = row
		end
	end
	return rows
end

local function fill_of(handle, state)
	if state.output then
		return output.is_open(state) and "open" or "not open"
	elseif state.kind.array or state.kind.queue or state.kind.no_list or not state.read_key then
		return ("room for %d"):format(state.max_entries)
	end
	return ("%d of %d"):format(#handle, state.max_entries)
end

local function map_rows(state)
	local rows, names = {}, {}
	for name in pairs(state.maps) do
		names[#names + 1] = name
	end
	table.sort(names)
	for i, name in ipairs(names) do
		local handle = state.maps[name]
		local one = map.state(handle)
		local key, value = one.key_layout, one.value_layout
		rows[i] = { name, one.histogram and "histogram" or one.kind.name,
			key and value and ("%s -> %s"):format(key.name, value.name) or "", fill_of(handle, one) }
	end
	return rows
end

local function too_wide(lines)
	for _, line in ipairs(lines) do
		if #line >= (show.screen()) then
			return true
		end
	end
	return false
end

-- A line for each row, or two where that is too much for the screen.
local function add(out, title, rows)
	if #rows == 0 then
		return
	end
	out[#out + 1] = paint("dim", title)
	local lines = M.aligned(rows, "  ")
	if too_wide(lines) then
		lines = {}
		for _, row in ipairs(rows) do
			lines[#lines + 1] = "  " .. row[1]
			lines[#lines + 1] = "      " .. table.concat(row, "  ", 2)
		end
	end
	for _, line in ipairs(lines) do
		out[#out + 1] = line
	end
end

---@param b luatrace.BPF
---@param counted boolean? with how often programs ran
---@return string
function M.text(b, counted)
	local out = { paint("title", tostring(b)) }
	local state = bpf.state(b)
	if state.handle then
		add(out, "programs", program_rows(b, state, counted))
		add(out, "maps", map_rows(state))
	end
	return table.concat(out, "\n")
end

return M
