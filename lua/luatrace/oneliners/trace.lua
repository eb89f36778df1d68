-- SPDX-License-Identifier: MIT
-- trace(): a line for each event, as it comes.
local ffi = require "ffi"
local BPF = require "luatrace"
local keys = require "luatrace.oneliners.keys"

local M = { name = "trace", none = { events = 0, lost = 0 } }

---@param text luatrace.oneliners.Text
---@param probe luatrace.oneliners.Probe
---@param opts table
function M.write(text, probe, opts)
	local program = text:program(probe, "lt_trace", opts.expressions)
	text:struct("lt_event", "\tu64 at;", opts.fields)
	text:add(opts.ring and "BPF_RINGBUF_OUTPUT(lt_events, 64);" or "BPF_PERF_OUTPUT(lt_events);")
	program:begin()
	program:filter(opts.filter)
	program:fill("lt_event", "lt_e", opts.fields, program:number())
	text:add(("\tlt_e.at = bpf_ktime_get_ns();\n\tlt_events.%s;\n\treturn 0;\n}"):format(opts.ring
		and "ringbuf_output(&lt_e, sizeof(lt_e), 0)" or "perf_submit(lt_ctx, &lt_e, sizeof(lt_e))"))
	return { program }
end

local WIDTHS = { comm = 16, probe = 32, func = 32 }

local function columns_of(fields)
	local columns = { { "TIME(s)", width = 10, decimals = 6 } }
	for _, e in ipairs(fields) do
		local name = keys.heading(e):upper()
		columns[#columns + 1] = { name, width = math.max(WIDTHS[e.text] or e.names.str and 24 or 8, #name) }
	end
	return BPF.columns(columns)
end

-- So many of the last events are there in data().
local KEPT = 100

---@param handle luatrace.OneLiner
function M.started(handle)
	local fields, start = handle.opts.fields, BPF.now()
	local rows = columns_of(fields)
	handle.events, handle.kept, handle.lost = 0, {}, 0
	rows:header()
	handle.b:on("lt_events", function(_, event)
		local values = keys.of(event, fields, handle.places)
		local seconds = tonumber(ffi.cast("int64_t", event.at - start)) / 1e9
		rows:row(seconds, unpack(values, 1, #fields))
		handle.events = handle.events + 1
		values.seconds = seconds
		handle.kept[(handle.events - 1) % KEPT + 1] = values
	end, { ordered = true, lost_cb = function(n)
		handle.lost = handle.lost + n
		io.stderr:write(("luatrace: %s: %d events lost (more came than can be printed)\n"):format(handle.probe, n))
	end })
end

---@class luatrace.Traced
---@field events integer
---@field lost integer
---@field [integer] table the last 100 events: values of the fields in order, and `seconds`

-- What is there already belongs to it.
---@param handle luatrace.OneLiner
---@return luatrace.Traced
function M.read(handle)
	handle.b:perf_buffer_consume()
	local out = { events = handle.events, lost = handle.lost }
	local count = math.min(handle.events, KEPT)
	for i = 1, count do
		out[i] = handle.kept[(handle.events - count + i - 1) % KEPT + 1]
	end
	return out
end

function M.clear(handle)
	handle.events, handle.kept, handle.lost = 0, {}, 0
end

function M.show(handle, data)
	return { ("%s: %d events%s"):format(handle.probe, data.events, data.lost > 0 and (", %d lost"):format(data.lost)
		or "") }
end

return M
