-- SPDX-License-Identifier: MIT
-- The values that a per-CPU map holds for one key: an array indexed by CPU number, from 0.
local ffi = require "ffi"
local convert = require "luatrace.convert"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

---@class luatrace.PerCpu
local PerCpu = {}

-- The kernel rounds each CPU's value up to 8 bytes.
---@param size integer
---@return integer
function M.stride(size)
	return math.floor((size + 7) / 8) * 8
end

local SUMMABLE = { int = true, bool = true, float = true, ptr = true }

local function numbers(class, values, method)
	if not class.summable then
		errors.misuse("%s: the per-CPU values are %s, not numbers: take the member you mean from each", method,
			class.layout.name)
	end
	local out = {}
	for cpu = 0, values.cpus - 1 do
		local v = class.read(values, cpu)
		out[cpu] = type(v) == "boolean" and (v and 1 or 0) or v
	end
	return out
end

---The sum over all CPUs: a number, for 64-bit values a 64-bit cdata.
function PerCpu.sum(class, values)
	local all = numbers(class, values, "sum")
	local sum = class.wide and ffi.new(class.layout.ct) or 0
	for cpu = 0, values.cpus - 1 do
		sum = sum + all[cpu]
	end
	return sum
end

---The largest value.
function PerCpu.max(class, values)
	local all = numbers(class, values, "max")
	local max = all[0]
	for cpu = 1, values.cpus - 1 do
		if all[cpu] > max then
			max = all[cpu]
		end
	end
	return max
end

---The sum divided by the number of CPUs, as a Lua number.
function PerCpu.average(class, values)
	return tonumber(PerCpu.sum(class, values)) / values.cpus
end

local function metatype(class)
	local methods = {}
	for name, method in pairs(PerCpu) do
		methods[name] = function(values)
			return method(class, values)
		end
	end
	local function index(values, key)
		if type(key) == "number" and key >= 0 and key < values.cpus and key % 1 == 0 then
			return class.read(values, key)
		end
		return methods[key]
	end
	return {
		__index = index,
		__len = function(values) return values.cpus end,
		__pairs = function(values)
			local cpu = -1
			return function()
				cpu = cpu + 1
				if cpu < values.cpus then
					return cpu, class.read(values, cpu)
				end
			end
		end,
		__tostring = function(values)
			local out = {}
			for cpu = 0, values.cpus - 1 do
				out[cpu + 1] = format.memory(class.layout, class.at(values, cpu))
			end
			return "[" .. table.concat(out, ", ") .. "]"
		end,
	}
end

local shared = {}

---What per-CPU values of one layout have in common.
---@param layout luatrace.Layout
---@return table class
function M.class(layout)
	local class = shared[layout.signature]
	if class then
		return class
	end
	local stride = M.stride(layout.size)
	local read = convert.reader(layout)
	local pointer = ffi.typeof("$ *", layout.ct)
	class = { layout = layout, stride = stride, summable = SUMMABLE[layout.kind] }
	class.wide = class.summable and layout.size == 8 and layout.kind ~= "float"
	class.ct = ffi.typeof("struct { uint32_t cpus, bytes; uint8_t data[?]; }")
	function class.at(values, cpu)
		return values.data + cpu * stride
	end
	function class.read(values, cpu)
		return read(ffi.cast(pointer, values.data + cpu * stride), 0)
	end
	ffi.metatype(class.ct, metatype(class))
	shared[layout.signature] = class
	return class
end

---The values that lie at `p`.
---@param class table
---@param p ffi.cdata* uint8_t *
---@param cpus integer
---@return luatrace.PerCpu
function M.from(class, p, cpus)
	local bytes = class.stride * cpus
	local values = class.ct(bytes)
	values.cpus, values.bytes = cpus, bytes
	ffi.copy(values.data, p, bytes)
	return values
end

---Writes what a script gave for all CPUs at `p`: values read before, a table by CPU number from 0 (CPUs left out are
---zero), or one value for every CPU. Returns why not, if it cannot.
---@param class table
---@param p ffi.cdata* uint8_t *
---@param cpus integer
---@param value any
---@return string? err
function M.store(class, p, cpus, value)
	ffi.fill(p, class.stride * cpus)
	if ffi.istype(class.ct, value) then
		ffi.copy(p, value.data, math.min(value.bytes, class.stride * cpus))
		return nil
	end
	local by_cpu = type(value) == "table" and value[0] ~= nil
	if type(value) == "table" and not by_cpu and class.summable then
		return "a table of values for each CPU begins with [0]"
	end
	for cpu in pairs(by_cpu and value or {}) do
		if type(cpu) ~= "number" or cpu % 1 ~= 0 or cpu < 0 or cpu >= cpus then
			return ("there is no CPU [%s], they are 0 to %d"):format(tostring(cpu), cpus - 1)
		end
	end
	for cpu = 0, cpus - 1 do
		local item = value
		if by_cpu then
			item = value[cpu]
		end
		local why = item ~= nil and convert.store(class.layout, p + cpu * class.stride, item)
		if why then
			return by_cpu and ("[%d]: %s"):format(cpu, why) or why
		end
	end
	return nil
end

return M
