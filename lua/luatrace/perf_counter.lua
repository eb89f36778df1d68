-- SPDX-License-Identifier: MIT
-- Counters of perf events in a BPF_PERF_ARRAY.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local output = require "luatrace.output"

local M = {}

local PERF_EVENT_ARRAY = 4

local function check_map(method, map)
	map:check_open()
	if map.type ~= PERF_EVENT_ARRAY then
		errors.misuse("%s: map '%s' is no BPF_PERF_ARRAY", method, map.name)
	elseif map.owner then
		errors.misuse("%s: map '%s' was opened without its text, and counters are those of the object of its text", method,
			map.name)
	elseif output.is_open(map) then
		errors.misuse("%s: map '%s' is open as a perf buffer: counters take a BPF_PERF_ARRAY of their own", method, map.name)
	end
end

---@param map table the map's state
---@param ev_type integer
---@param ev_config integer
---@param pid integer?
function M.open(map, ev_type, ev_config, pid)
	check_map("open_perf_event", map)
	check.value("open_perf_event", "ev_type", ev_type, "u32")
	check.value("open_perf_event", "ev_config", ev_config, "address")
	check.value("open_perf_event", "pid", pid, "id?")
	local err = errors.buffer()
	local rc = C.lt_map_open_counters(map.bpf.handle, map.name, ev_type, ev_config, pid or -1, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
end

---@param map table the map's state
function M.close(map)
	check_map("close_perf_event", map)
	local cpu = ffi.new("uint32_t[1]")
	for i = 0, map.max_entries - 1 do
		cpu[0] = i
		C.lt_map_delete(map.fd, cpu)
	end
end

return M
