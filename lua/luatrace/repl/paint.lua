-- SPDX-License-Identifier: MIT
-- Colours, where the terminal has them and nobody asked for none (NO_COLOR).
local C = require "luatrace.abi"

local COLOURS = { prompt = "1;32", dim = "2", bad = "31", name = "36", title = "1" }

local term = os.getenv("TERM") or "dumb"
local no_color = os.getenv("NO_COLOR")
local on = C.lt_is_terminal(1) == 1 and term ~= "dumb" and term ~= "" and not (no_color and no_color ~= "")

---@param colour string
---@param text string
---@return string
return function(colour, text)
	return on and text ~= "" and ("\27[%sm%s\27[0m"):format(COLOURS[colour], text) or text
end
