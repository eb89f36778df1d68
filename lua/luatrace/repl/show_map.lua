-- SPDX-License-Identifier: MIT
-- Maps: the first rows and how many there are, histograms as such.
local bit = require "bit"
local format = require "luatrace.format"
local hist = require "luatrace.hist"
local layout = require "luatrace.layout"
local map = require "luatrace.map"
local paint = require "luatrace.repl.paint"
local show = require "luatrace.repl.show"
local symbols = require "luatrace.symbols"

local M = {}

local ROWS, STACKS = 20, 3

local function type_text(state)
	local key, value = state.key_layout, state.value_layout
	local types = key and ("%s -> %s"):format(key.name, value.name) or value and value.name
	return ("%s%s, room for %d"):format(state.kind.name, types and ", " .. types or "", state.max_entries)
end

local function cell(value)
	if type(value) == "string" then
		return format.escape(value)
	elseif type(value) == "cdata" and layout.of_value(value) then
		return format.record(layout.of_value(value), value)	-- in one line, however long
	end
	return (show.text(value, 3):gsub("%s*\n%s*", " "))
end

local function compare(column, descending)
	return function(a, b)
		local left, right = show.number(a[column]), show.number(b[column])
		if not (left and right) then
			left, right = tostring(a[column]), tostring(b[column])
		end
		if descending then
			return left > right
		end
		return left < right
	end
end

local SORTS = { key = { 1, false }, ["-key"] = { 1, true }, value = { 2, false }, ["-value"] = { 2, true } }

---@param order string? "key", "value", or either with a minus ahead, for the largest first
function M.check_order(order)
	if order and not SORTS[order] then
		error(("show: order '%s': it is key, value, -key or -value"):format(tostring(order)), 0)
	end
end

-- Entries of a map: of an array those that are not zero, for they are always all there.
local function rows_of(handle, state)
	local rows, total = {}, 0
	for key, value in handle:items() do
		total = total + 1
		if not (state.kind.array and show.number(value) == 0) then
			rows[#rows + 1] = { key, value }
		end
	end
	return rows, total
end

local function list(handle, state, order, most)
	local rows, total = rows_of(handle, state)
	local title = ("map '%s': %s; %d %s"):format(state.name, type_text(state), #rows,
		state.kind.array and ("of %d not zero"):format(total) or #rows == 1 and "entry" or "entries")
	if order then
		table.sort(rows, compare(unpack(SORTS[order])))
	end
	local out, cells, width = { paint("title", title) }, {}, 0
	for i = 1, math.min(most, #rows) do
		cells[i] = { cell(rows[i][1]), cell(rows[i][2]) }
		width = math.min(math.max(width, #cells[i][1]), 48)
	end
	for i, pair in ipairs(cells) do
		out[i + 1] = ("  %s%s  %s"):format(pair[1], (" "):rep(width - #pair[1]), pair[2])
	end
	if #rows > most then
		out[#out + 1] = paint("dim", ("  … %d more (:show %s %d)"):format(#rows - most, state.name, #rows))
	end
	return table.concat(out, "\n")
end

local function histogram(handle, state)
	return table.concat(hist.lines(state, handle:items(), "log2", {}), "\n")
end

-- An address of the kernel by its name; one of a process, which the map does not know, as a number.
local function frame(address)
	if type(address) == "table" then	-- of a BPF_STACK_TRACE_BUILDID
		local id = address.build_id
		return id and ("%s+0x%s"):format(id, bit.tohex(address.offset)) or show.integer(address.ip)
	end
	local name = symbols.ksym(address)
	return name ~= "[unknown]" and name or "0x" .. bit.tohex(address)
end

local function stacks(handle, state, most)
	local out, total = {}, 0
	for id in handle:keys() do
		total = total + 1
		if total <= most then
			out[#out + 1] = ("  stack %s"):format(format.plain(id))
			for name in handle:walk(id, frame) do
				out[#out + 1] = "    " .. name
			end
		end
	end
	table.insert(out, 1, paint("title", ("map '%s': %s; %d %s"):format(state.name, type_text(state), total,
		total == 1 and "stack" or "stacks")))
	if total > most then
		out[#out + 1] = paint("dim", ("  … %d more (:show %s %d; :stacks of the map that counts them has the most frequent)")
			:format(total - most, state.name, total))
	end
	return table.concat(out, "\n")
end

---@param handle ffi.cdata*
---@param order string? see check_order
---@param most integer? rows
---@return string
function M.text(handle, order, most)
	local state = map.state(handle)
	if state.closed then
		return ("map '%s' of a BPF object that is closed"):format(state.name)
	elseif state.kind.output or state.kind.queue or state.kind.no_list or not state.read_key then
		return ("map '%s': %s"):format(state.name, type_text(state))
	elseif state.kind.stacks then
		return stacks(handle, state, most or STACKS)
	elseif state.histogram and state.value_layout.kind == "int" and not order then
		return histogram(handle, state)
	end
	return list(handle, state, order, most or ROWS)
end

return M
