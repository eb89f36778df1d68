-- SPDX-License-Identifier: MIT
-- perf_event_raw: a perf event by the fields of its perf_event_attr.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

local ATTR = {
	type = "u32", config = "address?", config1 = "address?", config2 = "address?", sample_period = "address?",
	sample_freq = "address?", bp_type = "u32?", bp_addr = "address?", bp_len = "address?", precise_ip = "precision?",
	exclude_user = "boolean?", exclude_kernel = "boolean?", exclude_hv = "boolean?", exclude_idle = "boolean?",
	exclude_host = "boolean?", exclude_guest = "boolean?", inherit = "boolean?", pinned = "boolean?",
}

local function integer(value)
	return value and ffi.cast("uint64_t", value) or 0
end

local function fill(args, where)
	local attr, flags = args.attr, 0
	check.arguments(where .. ": attr", attr, ATTR)
	if (integer(attr.sample_period) == 0) == (integer(attr.sample_freq) == 0) then
		errors.misuse("%s: attr takes one of sample_period and sample_freq", where)
	end
	for name in pairs(ATTR) do
		if attr[name] == true then
			flags = flags + C["LT_PERF_" .. name:upper()]
		end
	end
	return {
		perf_type = attr.type, perf_config = integer(attr.config), perf_flags = flags,
		perf_config1 = integer(attr.bp_addr or attr.config1), perf_config2 = integer(attr.bp_len or attr.config2),
		perf_bp_type = attr.bp_type, perf_precise_ip = attr.precise_ip,
		sample_period = integer(attr.sample_period), sample_freq = integer(attr.sample_freq), pid = args.pid, cpu = args.cpu,
	}
end

---Adds the kind to attach.probes.
---@param probes table<string, luatrace.Probe>
function M.add(probes)
	probes.perf_event_raw = {
		kind = "perf_event", fill = fill,
		rules = { attr = "table", fn_name = "string", pid = "id?", cpu = "id?" },
	}
end

return M
