-- SPDX-License-Identifier: MIT
-- count(): how often, by key.
local counting = require "luatrace.oneliners.counting"
local keys = require "luatrace.oneliners.keys"

local M = { name = "count", none = { total = 0, lost = 0 } }

local MOST = 10240

---@param text luatrace.oneliners.Text
---@param probe luatrace.oneliners.Probe
---@param opts table
function M.write(text, probe, opts)
	local program = text:program(probe, "lt_count", opts.expressions)
	text:struct("lt_key", "", opts.by)
	counting.write(text, MOST)
	program:begin()
	program:filter(opts.filter)
	program:fill("lt_key", "lt_k", opts.by, program:number())
	text:add("\tlt_add(&lt_k);\n\treturn 0;\n}")
	return { program }
end

---@class luatrace.Counted
---@field total integer
---@field lost integer events of keys that there was no room for
---@field [integer] { key: any[], count: integer } the most frequent first

---@param handle luatrace.OneLiner
---@return luatrace.Counted
function M.read(handle)
	local out = { total = 0, lost = tonumber(handle.b.lt_lost[0]) }
	for key, n in pairs(handle.b.lt_counts) do
		local count = tonumber(n)
		out[#out + 1] = { key = keys.of(key, handle.opts.by, handle.places), count = count }
		out.total = out.total + count
	end
	keys.sort(out, "count")
	return out
end

M.clear = counting.clear

local function header(by, widths)
	local parts = { "     COUNT" }
	for i, e in ipairs(by) do
		parts[#parts + 1] = keys.heading(e):upper() .. (" "):rep(widths[i] - #keys.heading(e))
	end
	return (table.concat(parts, "  "):gsub("%s+$", ""))
end

local function widths_of(by, data, shown)
	local widths = {}
	for i, e in ipairs(by) do
		widths[i] = #keys.heading(e)
		for row = 1, shown do
			widths[i] = math.max(widths[i], #keys.show(data[row].key[i]))
		end
	end
	return widths
end

---@param handle luatrace.OneLiner
---@param data luatrace.Counted
---@return string[]
function M.show(handle, data)
	local by = handle.opts.by
	if #by == 0 then
		return { ("%s: %d"):format(handle.probe, data.total) }
	end
	local shown = math.min(#data, handle.opts.top)
	local widths = widths_of(by, data, shown)
	local lines = { header(by, widths) }
	for i = 1, shown do
		local parts = { ("%10d"):format(data[i].count) }
		for column, value in ipairs(data[i].key) do
			local text = keys.show(value)
			parts[#parts + 1] = text .. (" "):rep(widths[column] - #text)
		end
		lines[#lines + 1] = table.concat(parts, "  "):gsub("%s+$", "")
	end
	counting.add_total(lines, data, shown, "rows", MOST)
	return lines
end

return M
