-- SPDX-License-Identifier: MIT
-- Perf buffers of bcc-lua's scripts: the record's type is declared in Lua.
local ffi = require "ffi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

local function pointer_to(declaration, parameters)
	parameters = type(parameters) == "table" and parameters or { parameters }
	local ok, ct = pcall(ffi.typeof, declaration, unpack(parameters))
	local size = ok and ffi.sizeof(ct)
	if not size then
		errors.misuse("open_perf_buffer: the record's type, '%s': %s", tostring(declaration),
			ok and "it has no size" or ct)
	end
	return ffi.typeof("$ *", ct), size
end

---Opens the buffer. Polling calls callback(cpu, event), `event` a reference to the record, which is valid until the
---callback returns.
---@param t table
---@param callback fun(cpu: integer, event: ffi.cdata*)
---@param declaration string? the record's type in C, "struct { uint64_t pid; char comm[$]; }"; nil: as the text has it
---@param parameters any? for each $ in it; one, or a list
---@param page_cnt integer? pages of each CPU's buffer, a power of two
---@param lost_cb? fun(cookie: nil, lost: integer)
function M.open_perf_buffer(t, callback, declaration, parameters, page_cnt, lost_cb)
	check.value("open_perf_buffer", "callback", callback, "function")
	check.value("open_perf_buffer", "lost_cb", lost_cb, "function?")
	local opts = { page_cnt = page_cnt, lost_cb = lost_cb and function(lost) lost_cb(nil, lost) end }
	if declaration == nil then
		t.own:open_perf_buffer(callback, opts)
		return
	end
	local pointer, size = pointer_to(declaration, parameters)
	local whole = ffi.new("uint8_t[?]", math.max(size, 1))
	t.own:open_perf_buffer(function(cpu, data, length)
		if length < size then	-- what the record has not reads as zero
			ffi.fill(whole, size)
			ffi.copy(whole, data, length)
			data = whole
		end
		callback(cpu, ffi.cast(pointer, data)[0])
	end, opts)
end

return M
