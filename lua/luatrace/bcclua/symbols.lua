-- SPDX-License-Identifier: MIT
-- BPF.SymbolCache of bcc-lua's scripts.
local BPF = require "luatrace"
local class = require "luatrace.bcclua.class"

local SymbolCache = class "SymbolCache"

function SymbolCache:initialize(pid)
	self.pid = pid or -1
	if pid then
		BPF.sym(0, pid)	-- what it has mapped is known from now on, also when it has ended
	end
end

---The name of the symbol that covers an address, and how far it lies in it; "[unknown]" and 0 where there is none.
---@param address integer|ffi.cdata*
---@return string name
---@return integer offset
function SymbolCache:resolve(address)
	local name, offset = BPF.sym(address, self.pid, { show_offset = true }):match("^(.*)%+0x(%x+)$")
	if not name then
		return "[unknown]", 0
	end
	return name, tonumber(offset, 16)
end

---There is nothing to do: what a process has mapped meanwhile is looked for when an address is unknown.
function SymbolCache.refresh() end

return SymbolCache
