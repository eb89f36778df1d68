-- SPDX-License-Identifier: MIT
-- Names in processes: of addresses, and the functions of their files.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local symbols = require "luatrace.symbols"
local text = require "luatrace.symbol_text"

local M = {}

local MAX_PROCESSES = 256
local REFRESH_NS = 100 * 1000 * 1000
local processes, process_count = {}, 0
local symbol = ffi.new("lt_symbol")

-- false when the process cannot be looked into.
local function process_of(pid)
	local process = processes[pid]
	if process ~= nil then
		return process
	end
	if process_count >= MAX_PROCESSES then
		processes, process_count = {}, 0
	end
	local out = ffi.new("lt_process *[1]")
	if C.lt_process_open(pid, out, nil) < 0 then
		return false
	end
	process = { handle = ffi.gc(out[0], C.lt_process_free), refreshed = C.lt_now() }
	processes[pid], process_count = process, process_count + 1
	return process
end

local function process_symbol(pid, address)
	local process = process_of(pid)
	if not process then
		return false
	end
	if C.lt_process_symbol(process.handle, address, symbol) == 0 then
		return true
	end
	-- It may have mapped a library since. Addresses of no file at all (JIT code) must not make each look-up read the
	-- process's maps again.
	local now = C.lt_now()
	if now - process.refreshed < REFRESH_NS then
		return false
	end
	process.refreshed = now
	return C.lt_process_refresh(process.handle) == 0 and C.lt_process_symbol(process.handle, address, symbol) == 0
end

---The symbol that covers an address of a process, or "[unknown]". A pid below 0 means the kernel.
---@param address integer|ffi.cdata*
---@param pid integer
---@param opts luatrace.SymbolOptions|boolean|nil options, or show_module
---@param show_offset boolean?
---@param demangle boolean?
---@return string
function M.sym(address, pid, opts, show_offset, demangle)
	if type(pid) ~= "number" or math.floor(pid) ~= pid or pid < -1 or pid > 0x7fffffff then
		check.value("sym", "pid", pid, "id")
	end
	if pid < 0 then
		return symbols.ksym(address, opts, show_offset)
	end
	address = text.address("sym", address)
	local show_module, offset, readable = text.options("sym", opts, show_offset, demangle)
	return process_symbol(pid, address) and text.show(symbol, show_module, offset, readable) or text.UNKNOWN
end

local function functions(where, name, pattern, pid)
	check.value(where, "name", name, "string")
	check.value(where, "pattern", pattern, "string")
	check.value(where, "pid", pid, "id?")
	local out, err = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free), errors.buffer()
	local rc = C.lt_user_functions(name, pid or -1, pattern, out, err)
	if rc == -errors.EINVAL then
		errors.misuse("%s: %s", where, ffi.string(err[0].message))
	elseif rc < 0 then
		errors.raise_c(rc, err)
	end
	local list = {}
	if rc > 0 then
		for address, function_name in ffi.string(out[0].data, out[0].size):gmatch "(%x+) (%Z*)%z" do
			list[#list + 1] = { function_name, 0ULL + tonumber(address, 16) }
		end
	end
	return list
end

---The functions of a program or library whose names a regular expression matches, with their addresses.
---@param name string path, or short name
---@param pattern string POSIX extended; \d is a digit; it has to match from the start of a name, not to its end
---@param pid integer? the name means what it means to that process; -1 (the default): to this one
---@return { [1]: string, [2]: ffi.cdata* }[] each { name, address }, in the order of the addresses
function M.get_user_functions_and_addresses(name, pattern, pid)
	return functions("get_user_functions_and_addresses", name, pattern, pid)
end

---The names of those functions, each once.
---@param name string
---@param pattern string
---@param pid integer?
---@return string[]
function M.get_user_functions(name, pattern, pid)
	local names, seen = {}, {}
	for _, pair in ipairs(functions("get_user_functions", name, pattern, pid)) do
		if not seen[pair[1]] then
			seen[pair[1]] = true
			names[#names + 1] = pair[1]
		end
	end
	return names
end

---The addresses of those functions, as in the file's symbol table, each once: for attach_uprobe { addr = }.
---@param name string
---@param pattern string
---@param pid integer?
---@return ffi.cdata*[] uint64_t
function M.get_user_addresses(name, pattern, pid)
	local addresses = {}
	for _, pair in ipairs(functions("get_user_addresses", name, pattern, pid)) do
		-- They come in order.
		if addresses[#addresses] ~= pair[2] then
			addresses[#addresses + 1] = pair[2]
		end
	end
	return addresses
end

return M
