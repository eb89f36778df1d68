-- SPDX-License-Identifier: MIT
-- Names of addresses, in the kernel and in processes.
local ffi = require "ffi"
local bit = require "bit"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

local UNKNOWN = "[unknown]"
local symbol = ffi.new("lt_symbol")

local OPTIONS = { show_offset = "boolean?", show_module = "boolean?" }

-- The address may come as a Lua number, a 64-bit cdata, or a pointer.
local function address_of(where, address)
	if type(address) == "cdata" and tonumber(address) == nil then
		local ok, value = pcall(ffi.cast, "uintptr_t", address)
		if ok then
			return ffi.cast("uint64_t", value)
		end
	elseif type(address) == "number" and address >= 0 and address % 1 == 0 or type(address) == "cdata" then
		return ffi.cast("uint64_t", address)
	end
	errors.misuse("%s: expected an address, not %s (call it with a dot: BPF.%s(address))", where,
		check.given(address), where)
end

-- What the names of one call look like; `found` tells whether `symbol` holds one.
local function show(found, opts)
	local name, suffix = UNKNOWN, ""
	if found then
		name = ffi.string(symbol.name)
		if opts.show_offset then
			name = ("%s+0x%s"):format(name, (bit.tohex(symbol.offset):gsub("^0+(.)", "%1")))
		end
		if opts.show_module and symbol.module ~= nil then
			suffix = (" [%s]"):format(ffi.string(symbol.module):match("[^/]+$") or "")
		end
	end
	return name .. suffix
end

local warned, ksym_error = false, errors.buffer()

-- Addresses that the kernel hides are unknown ones; that is said once.
local function kernel_symbol(address)
	local rc = C.lt_ksym(address, symbol, ksym_error)
	if rc == -errors.EPERM and not warned then
		warned = true
		io.stderr:write("luatrace: ", ffi.string(ksym_error[0].message), "\n")
	end
	return rc == 0
end

---The kernel symbol that covers an address, or "[unknown]".
---@param address integer|ffi.cdata*
---@param opts { show_offset: boolean?, show_module: boolean? }?
---@return string
function M.ksym(address, opts)
	address = address_of("ksym", address)
	opts = opts or {}
	check.arguments("ksym", opts, OPTIONS)
	return show(kernel_symbol(address), opts)
end

---The address of a kernel symbol, or -1 if there is none of that name (as in bcc).
---@param name string
---@return ffi.cdata*|integer
function M.ksymname(name)
	check.value("ksymname", "name", name, "string")
	local address = ffi.new("uint64_t[1]")
	if C.lt_ksym_address(name, address, nil) == 0 then
		return address[0]
	end
	return -1
end

local MAX_PROCESSES = 256
local REFRESH_NS = 100 * 1000 * 1000
local processes, process_count = {}, 0

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
---@param opts { show_offset: boolean?, show_module: boolean? }?
---@return string
function M.sym(address, pid, opts)
	address = address_of("sym", address)
	check.value("sym", "pid", pid, "id")
	opts = opts or {}
	check.arguments("sym", opts, OPTIONS)
	if pid < 0 then
		return show(kernel_symbol(address), opts)
	end
	return show(process_symbol(pid, address), opts)
end

-- How kernels name the entry of a system call, by architecture.
local SYSCALL_PREFIXES = { "__x64_sys_", "__arm64_sys_", "__riscv_sys_", "__s390x_sys_", "__s390_sys_", "sys_" }
local syscall_prefix

---What this kernel puts before a system call's name to name its function, e.g. "__x64_sys_".
---@return string
function M.get_syscall_prefix()
	if not syscall_prefix then
		local address = ffi.new("uint64_t[1]")
		for _, prefix in ipairs(SYSCALL_PREFIXES) do
			if C.lt_ksym_address(prefix .. "getpid", address, nil) == 0 then
				syscall_prefix = prefix
				break
			end
		end
		-- Symbols that cannot be read leave the commonest form.
		syscall_prefix = syscall_prefix or SYSCALL_PREFIXES[jit.arch == "arm64" and 2 or 1]
	end
	return syscall_prefix
end

---The kernel function behind a system call, e.g. "__x64_sys_clone" for "clone".
---@param name string
---@return string
function M.get_syscall_fnname(name)
	check.value("get_syscall_fnname", "name", name, "string")
	return M.get_syscall_prefix() .. name
end

-- Names that a C call writes into a blob, a line each.
local function names_of(where, call, pattern, form)
	check.value(where, "pattern", pattern, "string")
	local out, err = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free), errors.buffer()
	local rc = call(pattern, form, out, err)
	if rc == -errors.EINVAL then
		errors.misuse("%s: %s", where, ffi.string(err[0].message))
	elseif rc < 0 then
		errors.raise_c(rc, err)
	end
	local names = {}
	if rc > 0 then
		for name in ffi.string(out[0].data, out[0].size):gmatch "[^\n]+" do
			names[#names + 1] = name
		end
	end
	return names
end

---The kernel functions that a regular expression matches, those only that ftrace can trace where it lists them.
---@param pattern string POSIX extended, with Python's \d, \w, \s; it has to match the whole name
---@return string[]
function M.get_kprobe_functions(pattern)
	return names_of("get_kprobe_functions", C.lt_kernel_functions, pattern, C.LT_PATTERN_REGEX)
end

---The tracepoints ("category:event") that a regular expression matches from their start.
---@param pattern string
---@return string[]
function M.get_tracepoints(pattern)
	return names_of("get_tracepoints", C.lt_tracepoints, pattern, C.LT_PATTERN_START)
end

---Whether a struct of the kernel's types has a member: 1, 0, or -1 where there is no such struct (as in bcc).
---@param struct_name string
---@param field_name string
---@return integer
function M.kernel_struct_has_field(struct_name, field_name)
	check.value("kernel_struct_has_field", "struct_name", struct_name, "string")
	check.value("kernel_struct_has_field", "field_name", field_name, "string")
	local rc = C.lt_kernel_has_field(struct_name, field_name)
	return rc < 0 and -1 or rc
end

-- support_kfunc() and so on: whether this kernel takes probes of a kind.
for name, kind in pairs { kfunc = "fentry", fmod_ret = "fmod_ret", lsm = "lsm", raw_tracepoint = "raw_tracepoint" } do
	M["support_" .. name] = function()
		return C.lt_kind_supported(kind, nil) == 0
	end
end

---Whether this kernel has a tracepoint.
---@param category string
---@param event string
---@return boolean
function M.tracepoint_exists(category, event)
	check.value("tracepoint_exists", "category", category, "string")
	check.value("tracepoint_exists", "event", event, "string")
	local err = errors.buffer()
	local tracefs = C.lt_tracefs(err)
	if tracefs == nil then
		errors.raise_c(-errors.ENOENT, err)
	end
	if (category .. event):find("/", 1, true) then
		return false
	end
	local file = io.open(("%s/events/%s/%s/format"):format(ffi.string(tracefs), category, event))
	if file then
		file:close()
	end
	return file ~= nil
end

return M
