-- SPDX-License-Identifier: MIT
-- What b:pipe() of bcc-lua's scripts returns: the kernel's trace pipe.
local class = require "luatrace.bcclua.class"
local trace = require "luatrace.trace"

local TracerPipe = class "TracerPipe"

TracerPipe.static.TRACEFS = "/sys/kernel/debug/tracing"

---@param nonblocking boolean? reading returns nil when there is no line
function TracerPipe:initialize(nonblocking)
	self.nonblocking = nonblocking or false
end

function TracerPipe.open()
	trace.open()
end

function TracerPipe.close()
	trace.close()
end

---@return string?
function TracerPipe:readline()
	return trace.readline(self.nonblocking)
end

---task, pid, cpu, flags, ts, msg of the next line that a program printed.
function TracerPipe:trace_fields()
	return trace.fields(self.nonblocking)
end

return TracerPipe
