-- SPDX-License-Identifier: MIT
-- What tools of block I/O share: disks by name, and the flags of <luatrace/block.h> as text.
local bit = require "bit"
local errors = require "luatrace.errors"
local folders = require "luatrace.folders"
local format = require "luatrace.format"
local near = require "luatrace.near"

local M = {}

-- The values of LT_IO_…, by the kernel's letters and by words.
local OPERATIONS = { [0] = "R", "W", "F", "D", "Z", "N" }
local WORDS = { [0] = "Read", "Write", "Flush", "Discard", "WriteZeroes", "Other" }
local FLAGS = { { 8, "S", "Sync" }, { 16, "A", "ReadAhead" }, { 32, "M", "Metadata" }, { 64, "P", "Priority" },
	{ 128, "F", "ForcedUnitAccess" }, { 256, nil, "Preflush" }, { 512, "B", "Background" } }
local OPERATION_MASK, PREFLUSH = 7, 256

local function new_cache(make)
	return setmetatable({}, { __index = function(cache, key)
		local text = make(key)
		cache[key] = text
		return text
	end })
end

local types = new_cache(function(flags)
	local out = { bit.band(flags, PREFLUSH) ~= 0 and "F" or "", OPERATIONS[bit.band(flags, OPERATION_MASK)] }
	for _, flag in ipairs(FLAGS) do
		out[#out + 1] = bit.band(flags, flag[1]) ~= 0 and flag[2] or nil
	end
	return table.concat(out)
end)

---What was asked of a disk, in letters: "R", "WS", "FWFS".
---@param flags integer of struct lt_io
---@return string
function M.type(flags)
	return types[flags]
end

---The operation alone, by its letter.
---@param flags integer
---@return string
function M.operation(flags)
	return OPERATIONS[bit.band(flags, OPERATION_MASK)]
end

---The same in words: "Sync-Write".
---@param flags integer
---@return string
function M.words(flags)
	local out = {}
	for _, flag in ipairs(FLAGS) do
		out[#out + 1] = bit.band(flags, flag[1]) ~= 0 and flag[3] or nil
	end
	out[#out + 1] = WORDS[bit.band(flags, OPERATION_MASK)]
	return table.concat(out, "-")
end

local DISKS = "/sys/block"

M.disk_option = { "disk", "d", type = "string", metavar = "DISK", help = "only this disk, e.g. sda" }

---The constants of --disk.
---@param options table
---@return table<string, any> params
function M.params(options)
	local name = options.disk
	if not name then
		return {}
	end
	local names = {}
	for i, entry in ipairs(folders.list(DISKS)) do
		names[i] = entry:gsub("/$", ""):gsub("!", "/")	-- as the kernel writes a "/" of a name there
		if names[i] == name:gsub("^/dev/", "") then
			local file = assert(io.open(("%s/%s/dev"):format(DISKS, entry)))
			local major, minor = file:read("*l"):match "^(%d+):(%d+)$"
			file:close()
			return { lt_block_major = tonumber(major), lt_block_minor = tonumber(minor) }
		end
	end
	errors.raise(("--disk: '%s' is no disk%s; %s has them all"):format(format.escape(name), near.hint(name, names), DISKS),
		errors.ENOENT)
end

---For `finish`: says how many requests were not seen because too many were on their way at once.
---@param run luatrace.Run
function M.say_lost(run)
	run:say_lost("lt_io_lost", "requests")
end

return M
