-- SPDX-License-Identifier: MIT
-- Names in the kernel: of addresses, functions, system calls, and what else of it has a name. Those of processes are in
-- user_symbols.lua.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local text = require "luatrace.symbol_text"

local M = {}

local symbol = ffi.new("lt_symbol")

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
---@param opts luatrace.SymbolOptions|boolean|nil options, or show_module
---@param show_offset boolean?
---@return string
function M.ksym(address, opts, show_offset)
	address = text.address("ksym", address)
	local show_module, offset, demangle = text.options("ksym", opts, show_offset)
	return kernel_symbol(address) and text.show(symbol, show_module, offset, demangle) or text.UNKNOWN
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
