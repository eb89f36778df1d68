-- SPDX-License-Identifier: MIT
-- utils.USDT of bcc-lua's scripts.
local check = require "luatrace.check"
local class = require "luatrace.bcclua.class"
local usdt = require "luatrace.usdt"

local USDT = class "USDT"

USDT.static.open_contexts = {}

---@param args { pid: integer?, path: string? }
function USDT:initialize(args)
	check.named("USDT", args)
	self.context = usdt.new { pid = args.pid, path = args.path }
	table.insert(USDT.open_contexts, self)
end

---@param args { probe: string, fn_name: string }
function USDT:enable_probe(args)
	check.named("enable_probe", args)
	self.context:enable_probe { probe = args.probe, fn_name = args.fn_name }
end

---Forgets all of them; what was attached stays with its BPF object.
function USDT.static.cleanup()
	for i = #USDT.open_contexts, 1, -1 do
		USDT.open_contexts[i] = nil
	end
end

return USDT
