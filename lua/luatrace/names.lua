-- SPDX-License-Identifier: MIT
-- Numbers of the kernel's interfaces by their names.
local bit = require "bit"
local ffi = require "ffi"
local C = require "luatrace.abi"

local M = {}

---The name of an error, e.g. "ENOENT" for 2 and -2; nil when there is none of that number.
---@param number integer
---@return string?
function M.errno(number)
	local name = C.lt_errno_name(math.abs(tonumber(number)))
	return name ~= nil and ffi.string(name) or nil
end

---The name of a signal, e.g. "SIGKILL" for 9; its number as text when it has none.
---@param number integer
---@return string
function M.signal(number)
	local name = C.lt_signal_name(tonumber(number))
	return name ~= nil and "SIG" .. ffi.string(name) or tostring(number)
end

---What ended a process, by the status that its parent's wait() gets: "SIGKILL", with a core dump "SIGSEGV+core"; nil
---when it ended by itself.
---@param status integer
---@return string?
function M.ending(status)
	local number = bit.band(status, 0x7f)
	return number ~= 0 and M.signal(number) .. (bit.band(status, 0x80) ~= 0 and "+core" or "") or nil
end

---The number of a signal that a user named: "15", "term", "SIGTERM". As `convert` of an option takes it.
---@param text string
---@return integer?
---@return string? message
function M.signal_number(text)
	local name = "SIG" .. text:upper():gsub("^SIG", "")
	for number = 1, 64 do
		if text == tostring(number) or M.signal(number) == name then
			return number
		end
	end
	return nil, ("'%s' is no signal's name or number"):format(text)
end

---The name of a system call of this machine, as its tracepoint has it, e.g. "openat"; its number as text when
---it has none.
---@param number integer
---@return string
function M.syscall(number)
	local name = C.lt_syscall_name(tonumber(number))
	return name ~= nil and ffi.string(name) or tostring(number)
end

-- <linux/capability.h>
local CAPABILITIES = { [0] = "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
	"SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
	"SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
	"SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
	"MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
	"CHECKPOINT_RESTORE" }

---The name of a capability, without "CAP_", e.g. "SYS_ADMIN" for 21; its number as text when it has none.
---@param number integer
---@return string
function M.capability(number)
	return CAPABILITIES[number] or tostring(number)
end

---The number of a capability that a user named: "21", "sys_admin", "CAP_SYS_ADMIN". As `convert` of an option takes
---it.
---@param text string
---@return integer?
---@return string? message
function M.capability_number(text)
	local name = text:upper():gsub("^CAP_", "")
	for number = 0, #CAPABILITIES do
		if text == tostring(number) or name == CAPABILITIES[number] then
			return number
		end
	end
	return nil, ("'%s' is no capability's name or number"):format(text)
end

-- include/net/tcp_states.h
local TCP_STATES = { "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
	"CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV", "BOUND_INACTIVE" }

---The name of a TCP socket's state, e.g. "LISTEN" for 10; its number as text when it has none.
---@param number integer
---@return string
function M.tcp_state(number)
	return TCP_STATES[number] or tostring(number)
end

return M
