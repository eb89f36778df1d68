-- SPDX-License-Identifier: MIT
-- A function of a text that load_func loaded: what program arrays and attach calls take, and of a socket filter the
-- packets that it lets through.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

---@class luatrace.Function
---@field bpf luatrace.BPF
---@field name string
---@field fd integer the object's, CLOSED when that is closed
---@field sock integer? the packet socket, while attach_raw_socket { fn = ... } has it attached
local Function = {}
Function.__index = Function

M.CLOSED = -1

local ROOM = 65536
local buffer

---The next packet that the function lets through, as bytes; nil when none came in time.
---@param timeout_ms number? -1 (the default): waits for one; 0: does not wait
---@return string?
function Function:read_packet(timeout_ms)
	check.value("read_packet", "timeout_ms", timeout_ms, "id?")
	if not self.sock then
		errors.misuse("read_packet: '%s' is not attached to a packet socket: b:attach_raw_socket { fn = ..., dev = ... }",
			self.name)
	end
	buffer = buffer or ffi.new("uint8_t[?]", ROOM)
	local err = errors.buffer()
	local length = C.lt_socket_read(self.sock, buffer, ROOM, timeout_ms or -1, err)
	if length == -errors.EINTR then
		errors.interrupt()
	elseif length < 0 then
		errors.raise_c(length, err)
	end
	return length > 0 and ffi.string(buffer, math.min(length, ROOM)) or nil
end

---@param bpf luatrace.BPF
---@param name string
---@param fd integer
---@param functions table<luatrace.Function, boolean> those of the object, for `forget`; weak
---@return luatrace.Function
function M.new(bpf, name, fd, functions)
	local fn = setmetatable({ bpf = bpf, name = name, fd = fd }, Function)
	functions[fn] = true
	return fn
end

---Their object is closed: the number may soon be another descriptor's.
---@param functions table<luatrace.Function, boolean>
function M.forget(functions)
	for fn in pairs(functions) do
		fn.fd = M.CLOSED
	end
end

return M
