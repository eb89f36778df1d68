-- SPDX-License-Identifier: MIT
-- One text over HTTP, made anew for each who asks, in the loop.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local loop = require "luatrace.loop"

local M = {}

---@class luatrace.Http
---@field address string where it listens, "127.0.0.1:9435"

---Listens; whoever asks is answered while the script polls. Lives as long as the process.
---@param where string what messages begin with
---@param address string as lt_http_open() takes it
---@param text fun(): string what http://ADDRESS/metrics is
---@return luatrace.Http
function M.listen(where, address, text)
	local out, err = ffi.new("lt_http *[1]"), errors.buffer()
	local rc = C.lt_http_open(address, out, err)
	if rc < 0 then
		errors.raise_c(rc, err, function(message) return ("%s: %s"):format(where, message) end)
	end
	local handle = ffi.gc(out[0], C.lt_http_close)
	loop.add_source {
		wait_ms = function()
			local ms = C.lt_http_wait_ms(handle)
			return ms >= 0 and ms or nil
		end,
		-- after the sweep: the text has what happened before it was asked for
		handle = function()
			if C.lt_http_serve(handle) == 1 then
				local answer = text()
				C.lt_http_answer(handle, answer, #answer)
			end
		end,
	}
	return { address = ffi.string(C.lt_http_address(handle)) }
end

return M
