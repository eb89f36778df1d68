-- SPDX-License-Identifier: MIT
-- USDT probes of a program or a process, by bcc's class: what there is, and which functions of a text shall run there.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

---@class luatrace.USDT
local USDT = {}
M.class = USDT

local states = setmetatable({}, { __mode = "k" })

local function state_of(self, method)
	local state = type(self) == "table" and states[self]
	if not state then
		errors.misuse("%s: call it on a USDT object, with a colon: u:%s{ … }", method, method)
	end
	return state
end

local metatable = {
	__index = USDT,
	__tostring = function(self)
		local state = states[self]
		return "USDT probes of " .. (state.path or ("process %d"):format(state.pid))
	end,
}

---Opens the probes of a program or library (`path`: a path, or a short name), or of all files that a process runs code
---of; with both, of that process's file.
---@param args { path: string?, pid: integer? }
---@return luatrace.USDT
function M.new(args)
	check.arguments("USDT", args, { path = "string?", pid = "id?" })
	local pid = args.pid and args.pid >= 0 and args.pid or nil
	if not args.path and not pid then
		errors.misuse("USDT: takes path= (a program or library) or pid=, and neither was given")
	end
	local out, err = ffi.new("lt_usdt *[1]"), errors.buffer()
	local rc = C.lt_usdt_open(args.path, pid or -1, out, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	local self = setmetatable({}, metatable)
	states[self] = { handle = ffi.gc(out[0], C.lt_usdt_free), path = args.path, pid = pid, enabled = {} }
	return self
end

-- "provider:name" or "name", in its halves.
local function split(probe)
	local provider, name = probe:match("^([^:]*):(.*)$")
	if provider == "" then
		provider = nil
	end
	return provider, name or probe
end

-- The provider and the name of the one probe that is meant.
local function find(state, probe)
	local provider, name = split(probe)
	local err = errors.buffer()
	local rc = C.lt_usdt_find(state.handle, provider, name, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	local location = ffi.new("lt_usdt_location")
	C.lt_usdt_get(state.handle, rc, location)
	return ffi.string(location.provider), name
end

local ENABLE = { probe = "string", fn_name = "string" }

local function enable(self, method, args)
	local state = state_of(self, method)
	check.arguments(method, args, ENABLE)
	local provider, name = find(state, args.probe)
	state.enabled[#state.enabled + 1] = {
		name = state.path, pid = state.pid, provider = provider, probe = name, fn_name = args.fn_name,
	}
end

---Has a function of the text run at a probe, once the object is made with `usdt = u`. That the probe is there is
---checked now.
---@param args { probe: string, fn_name: string } probe is "provider:name", or "name" where one provider has it
function USDT:enable_probe(args)
	enable(self, "enable_probe", args)
end

---The same: an error ends a script that does not catch it.
---@param args { probe: string, fn_name: string }
function USDT:enable_probe_or_bail(args)
	enable(self, "enable_probe_or_bail", args)
end

-- A note's operands, blanks within brackets being part of one.
local function operands(text)
	local list = {}
	text = text:gsub("%b[]", function(s) return (s:gsub(" ", "\1")) end)
	text = text:gsub("%b()", function(s) return (s:gsub(" ", "\1")) end)
	for word in text:gmatch("%S+") do
		list[#list + 1] = (word:gsub("\1", " "))
	end
	return list
end

local function add_location(probe, location)
	local arguments = operands(ffi.string(location.arguments))
	probe.num_locations = probe.num_locations + 1
	probe.num_arguments = math.max(probe.num_arguments, #arguments)
	probe.locations[probe.num_locations] = {
		address = location.address, bin_path = ffi.string(location.path), arguments = arguments,
	}
end

---All probes, in the order of their first places. `arguments` are the operands as the file has them.
---@return { provider: string, name: string, bin_path: string, semaphore: integer|ffi.cdata*, num_locations: integer,
---num_arguments: integer, locations: { address: ffi.cdata*, bin_path: string, arguments: string[] }[] }[]
function USDT:enumerate_probes()
	local state = state_of(self, "enumerate_probes")
	local list, known, location = {}, {}, ffi.new("lt_usdt_location")
	for i = 0, C.lt_usdt_count(state.handle) - 1 do
		C.lt_usdt_get(state.handle, i, location)
		local provider, name = ffi.string(location.provider), ffi.string(location.name)
		local key = provider .. ":" .. name
		local probe = known[key]
		if not probe then
			probe = {
				provider = provider, name = name, bin_path = ffi.string(location.path), semaphore = location.semaphore,
				num_locations = 0, num_arguments = 0, locations = {},
			}
			known[key], list[#list + 1] = probe, probe
		end
		add_location(probe, location)
	end
	return list
end

-- C's name of an operand's type, by its size: "-4@%eax" is an int32_t.
local function ctype(operand)
	local sign, bytes, float = operand:match("^(%-?)(%d+)(f?)@")
	local bits = tonumber(bytes or ffi.sizeof("void *")) * 8
	if float == "f" then
		return bits == 32 and "float" or "double"
	end
	return ("%sint%d_t"):format(sign == "-" and "" or "u", bits)
end

---The type of a probe's argument in C: the largest where it differs from place to place.
---@param probe string "provider:name", or "name"
---@param number integer from 1
---@return string
function USDT:get_probe_arg_ctype(probe, number)
	local state = state_of(self, "get_probe_arg_ctype")
	check.value("get_probe_arg_ctype", "probe", probe, "string")
	check.value("get_probe_arg_ctype", "number", number, "count")
	local provider, name = find(state, probe)
	local best, most
	for _, each in ipairs(self:enumerate_probes()) do
		for _, location in ipairs(each.provider == provider and each.name == name and each.locations or {}) do
			local operand = location.arguments[number]
			local bytes = operand and tonumber(operand:match("^%-?(%d+)")) or 0
			if operand and (not most or bytes > most) then
				best, most = ctype(operand), bytes
			end
		end
	end
	if not best then
		errors.misuse("get_probe_arg_ctype: probe '%s' has no argument %d", probe, number)
	end
	return best
end

---What has to stand ahead of the text for these probes: nothing. It is there for bcc's scripts.
---@return string
function USDT:get_text()
	state_of(self, "get_text")
	return ""
end

---What was enabled, as arguments of attach_usdt. `where` is the argument that `value` was given as.
---@param value any a USDT object or an array of them
---@param where string
---@return table[]
function M.enabled(value, where)
	local list = states[value] and { value } or value
	local all = {}
	for _, u in ipairs(list) do
		if not states[u] then
			errors.misuse("BPF: %s= takes USDT objects, not %s", where, check.given(u))
		end
		for _, args in ipairs(states[u].enabled) do
			all[#all + 1] = args
		end
	end
	if #list == 0 and next(list) ~= nil then
		errors.misuse("BPF: %s= takes a USDT object or an array of them, not %s", where, check.given(value))
	end
	return all
end

-- USDT{ … }, and bcc-lua's USDT:new{ … }.
function USDT.new(_, args)
	return M.new(args)
end
setmetatable(USDT, { __call = function(_, args) return M.new(args) end })

return M
