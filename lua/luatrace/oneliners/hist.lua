-- SPDX-License-Identifier: MIT
-- hist(): how a value is distributed.
local distribution = require "luatrace.oneliners.distribution"
local keys = require "luatrace.oneliners.keys"

local M = { name = "hist", none = { lost = 0 } }

---@param text luatrace.oneliners.Text
---@param probe luatrace.oneliners.Probe
---@param opts table
function M.write(text, probe, opts)
	local program = text:program(probe, "lt_hist", opts.expressions)
	text:struct("lt_key", "", opts.by)
	distribution.write(text)
	program:begin()
	program:filter(opts.filter)
	program:locals { opts.value }
	text:add_expression("\t__auto_type lt_v = (", opts.value, "\t) + 0;")
	program:fill("lt_key", "lt_k", opts.by, program:number())
	text:add("\tlt_add(&lt_k, (u64)lt_v, (u64)lt_v, lt_v < 0);\n\treturn 0;\n}")
	return { program }
end

M.read, M.clear = distribution.read, distribution.clear

function M.show(handle, data)
	return distribution.show(handle, data, keys.heading(handle.opts.value), 1, "")
end

return M
