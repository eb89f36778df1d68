-- SPDX-License-Identifier: MIT
-- Units that tools show, in Prometheus' base units.
local M = {}

local UNITS = {
	ns = { "seconds", 1e-9 }, us = { "seconds", 1e-6 }, ms = { "seconds", 1e-3 }, s = { "seconds", 1 },
	["%"] = { "ratio", 1e-2 }, hz = { "hertz", 1 }, khz = { "hertz", 1e3 }, mhz = { "hertz", 1e6 },
	b = { "bytes", 1 }, kib = { "bytes", 2 ^ 10 }, mib = { "bytes", 2 ^ 20 }, gib = { "bytes", 2 ^ 30 },
	-- as tools of Linux show memory and files
	kb = { "bytes", 2 ^ 10 }, mb = { "bytes", 2 ^ 20 }, gb = { "bytes", 2 ^ 30 },
}
for long, short in pairs { nsecs = "ns", usecs = "us", msecs = "ms", secs = "s", sec = "s", seconds = "s",
	nanoseconds = "ns", microseconds = "us", milliseconds = "ms", byte = "b", bytes = "b", kbytes = "kb",
	mbytes = "mb", percent = "%" } do
	UNITS[long] = UNITS[short]
end

---@param unit string
---@return string base "seconds", "bytes"; of an unknown unit itself
---@return number scale what a value is multiplied by
function M.base(unit)
	local of, per = unit:lower():match "^(.-)/s$", "_per_second"
	local known = UNITS[(of or unit):lower()]
	local base = known and known[1] or (of or unit):lower():gsub("[^%w]+", "_")
	return of and base .. per or base, known and known[2] or 1
end

return M
