-- SPDX-License-Identifier: MIT
-- Names in processes: of addresses, and the functions of their files.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local symbols = require "luatrace.symbols"
local text = require "luatrace.symbol_text"

local M = {}

local MAX_PROCESSES = 512
local REFRESH_NS = 100 * 1000 * 1000
local symbol = ffi.new("lt_symbol")

-- What was read of processes, by pid, and those pids from the oldest on: where there are too many, that one goes.
local processes, order = {}, {}

-- Counts what was read of them: a build id that no file had may be that of a new one.
local reading = 0

local function forget(pid)
	local process = processes[pid]
	C.lt_process_free(ffi.gc(process.handle, nil))
	process.handle, processes[pid] = nil, nil
	for i, other in ipairs(order) do
		if other == pid then
			table.remove(order, i)
			return
		end
	end
end

local function read(pid, err)
	local out = ffi.new("lt_process *[1]")
	local rc = C.lt_process_open(pid, out, err)
	if rc < 0 then
		return nil, rc
	end
	local handle = ffi.gc(out[0], C.lt_process_free)
	if processes[pid] then
		forget(pid)
	elseif #order >= MAX_PROCESSES then
		forget(order[1])
	end
	local process = { handle = handle, refreshed = C.lt_now() }
	processes[pid], order[#order + 1], reading = process, pid, reading + 1
	return process
end

-- It may have mapped a library, or compiled code, since; or another process has its number by now. Addresses that stay
-- unknown must not make each look-up read the process's maps again.
local function refreshed(pid)
	local process, now = processes[pid], C.lt_now()
	if now - process.refreshed < REFRESH_NS then
		return nil
	end
	process.refreshed, reading = now, reading + 1
	if C.lt_process_refresh(process.handle) == -errors.ESTALE then
		return read(pid)
	end
	return process
end

local function process_symbol(pid, address)
	local process = processes[pid] or read(pid)
	if not process then
		return false
	end
	local rc = C.lt_process_symbol(process.handle, address, symbol)
	if rc ~= -errors.ERANGE then
		return rc == 0, rc
	end
	process = refreshed(pid)
	rc = process and C.lt_process_symbol(process.handle, address, symbol)
	return rc == 0, rc
end

-- The files that add_module() named, as a process that has no more than files.
local modules

-- Who has the file of a build id, by its 40 digits; and where nobody has, at which reading that was.
local holders, nobody = {}, {}
local id_bytes = ffi.new("uint8_t[20]")

-- Looks for a build id in one process: true, false (in a file of its, but no symbol covers it), or nil.
local function symbol_in(process, digits, offset)
	local rc = C.lt_process_build_id_symbol(process.handle, id_bytes, offset, symbol)
	if rc == -errors.ERANGE then
		return nil
	end
	holders[digits] = process
	return rc == 0
end

local function build_id_symbol(pid, digits, offset)
	for i = 0, 19 do
		id_bytes[i] = tonumber(digits:sub(2 * i + 1, 2 * i + 2), 16)
	end
	local holder = holders[digits]
	if holder and holder.handle then
		return symbol_in(holder, digits, offset)
	end
	local own = pid >= 0 and (processes[pid] or read(pid))
	if nobody[digits] == reading then
		return false
	end
	local found
	if own then
		found = symbol_in(own, digits, offset)
	end
	if found == nil and modules then
		found = symbol_in(modules, digits, offset)
	end
	for _, process in pairs(processes) do
		if found == nil then
			found = symbol_in(process, digits, offset)
		end
	end
	nobody[digits] = found == nil and reading or nil
	return found or false
end

local function frame_symbol(frame, pid)
	local digits = frame.build_id
	if not digits then
		return pid >= 0 and process_symbol(pid, text.address("sym", frame.ip))
	elseif type(digits) ~= "string" or not digits:find("^%x+$") or #digits ~= 40 then
		errors.misuse("sym: build_id= of a frame takes 40 hexadecimal digits, not %s", check.given(digits))
	end
	return build_id_symbol(pid, digits, text.address("sym", frame.offset))
end

---The symbol that covers an address of a process, or "[unknown]". A pid below 0 means the kernel; for the frame of a
---BPF_STACK_TRACE_BUILDID, that the process is not known.
---@param address integer|ffi.cdata*|luatrace.Frame
---@param pid integer
---@param opts luatrace.SymbolOptions|boolean|nil options, or show_module
---@param show_offset boolean?
---@param demangle boolean?
---@return string
function M.sym(address, pid, opts, show_offset, demangle)
	if type(pid) ~= "number" or math.floor(pid) ~= pid or pid < -1 or pid > 0x7fffffff then
		check.value("sym", "pid", pid, "id")
	end
	local found
	if type(address) == "table" and (address.build_id or address.ip) then
		found = frame_symbol(address, pid)
	elseif pid < 0 then
		return symbols.ksym(address, opts, show_offset)
	else
		found = process_symbol(pid, text.address("sym", address))
	end
	local show_module, offset, readable = text.options("sym", opts, show_offset, demangle)
	return found and text.show(symbol, show_module, offset, readable) or text.UNKNOWN
end

---What a frame of a stack is called: as sym() has it, marked "_[j]", as scripts of perf do it, if the process compiled
---it itself and told of it in a perf map; where no symbol covers it, the file that is mapped there: "[libfoo.so]".
---@param address integer|ffi.cdata*|luatrace.Frame
---@param pid integer
---@param show_module boolean?
---@return string
function M.frame(address, pid, show_module)
	if type(address) == "table" then
		return M.sym(address, pid, show_module)
	end
	local found, rc = process_symbol(pid, text.address("sym", address))
	if found then
		local compiled = symbol.module ~= nil and ffi.string(symbol.module):find "/perf%-%d+%.map$"
		return text.show(symbol, show_module and not compiled, false, true) .. (compiled and "_[j]" or "")
	end
	return rc == -errors.ENOENT and symbol.module ~= nil and text.file(symbol) or text.UNKNOWN
end

---Reads the maps of a process now, so that its addresses have names also when it has ended. The 512 processes that were
---read last are kept.
---@param pid integer
---@return boolean known false: there is no such process any more, and it was not read while it lived
function M.remember(pid)
	check.value("remember", "pid", pid, "count")
	local process, err, rc = processes[pid], errors.buffer(), 0
	-- It may be another process by now, with the number of the one that was read.
	if not process or C.lt_process_refresh(process.handle) == -errors.ESTALE then
		process, rc = read(pid, err)
	end
	if process then
		C.lt_process_keep(process.handle)
	elseif rc ~= -errors.ESRCH then
		errors.raise_c(rc, err)
	end
	return process ~= nil
end

---Called with each record of <luatrace/processes.h>.
---@param record ffi.cdata*
function M.see(record)
	M.remember(tonumber(ffi.cast("const uint32_t *", record)[0]))
end

---Makes a file known by its build id, for frames of a BPF_STACK_TRACE_BUILDID whose process is not read.
---@param path string
function M.add_module(path)
	check.value("add_module", "path", path, "string")
	if not modules then
		local out = ffi.new("lt_process *[1]")
		C.lt_process_open(0, out, nil)
		modules = { handle = ffi.gc(out[0], C.lt_process_free) }
	end
	local err = errors.buffer()
	local rc = C.lt_process_add_file(modules.handle, path, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	reading = reading + 1
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
