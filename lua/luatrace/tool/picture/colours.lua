-- SPDX-License-Identifier: MIT
-- Colours of pictures: as text they are told apart by name, so that two pictures of one thing look the same.
local bit = require "bit"

local M = {}

-- How many shades a kind has.
M.SHADES = 8

---@param hue number degrees
---@param saturation number 0 to 1
---@param lightness number 0 to 1
---@return string colour "#rrggbb"
function M.hsl(hue, saturation, lightness)
	local function channel(n)
		local k = (n + hue / 30) % 12
		local value = lightness - saturation * math.min(lightness, 1 - lightness) * math.max(-1, math.min(k - 3, 9 - k, 1))
		return math.floor(255 * value + 0.5)
	end
	return ("#%02x%02x%02x"):format(channel(0), channel(8), channel(4))
end

-- Of each kind of a flame graph's box: hues from, to; saturation; lightness from, to. Dark text can be read on all.
local KINDS = {
	on = {
		user = { 24, 44, 0.95, 0.68, 0.74 }, kernel = { 348, 366, 0.78, 0.76, 0.82 }, jit = { 88, 112, 0.5, 0.68, 0.76 },
		inlined = { 168, 186, 0.45, 0.68, 0.76 }, process = { 36, 48, 0.2, 0.83, 0.88 }, unknown = { 0, 0, 0, 0.82, 0.88 },
	},
	off = {
		user = { 196, 210, 0.75, 0.74, 0.81 }, kernel = { 226, 242, 0.75, 0.79, 0.86 }, jit = { 158, 172, 0.4, 0.7, 0.78 },
		inlined = { 262, 276, 0.5, 0.8, 0.86 }, process = { 205, 215, 0.18, 0.85, 0.89 }, unknown = { 0, 0, 0, 0.82, 0.88 },
	},
}
-- What their legend calls them, in its order.
M.KINDS = { { "process", "process" }, { "user", "user" }, { "jit", "compiled at run time" }, { "inlined", "inlined" },
	{ "kernel", "kernel" }, { "unknown", "unknown" } }

---The colour of a kind's shade.
---@param palette "on"|"off"
---@param kind string
---@param shade integer from 0
---@return string
function M.of_kind(palette, kind, shade)
	local from, to, saturation, dark, light = unpack(KINDS[palette][kind])
	-- neighbours in hue differ in lightness as well
	local part, other = shade / (M.SHADES - 1), (shade * 3 % M.SHADES) / (M.SHADES - 1)
	return M.hsl((from + (to - from) * part) % 360, saturation, dark + (light - dark) * other)
end

---Which shade a name has.
---@param name string
---@return integer
function M.shade(name)
	local hash = 5381
	for at = 1, math.min(#name, 64) do
		hash = bit.bxor(bit.lshift(hash, 5) + hash, name:byte(at))
	end
	return bit.bxor(hash, bit.rshift(hash, 11), bit.rshift(hash, 19)) % M.SHADES
end

---The colour of a change, grey where there was none.
---@param part number -1, it shrank most, to 1, it grew most
---@return string
function M.change(part)
	return part == 0 and "#efefef" or M.hsl(part > 0 and 8 or 214, 0.9, 0.94 - 0.28 * math.abs(part))
end

---The colour of a share of a heat map, light to dark.
---@param part number 0 to 1
---@return string
function M.heat(part)
	return M.hsl(48 - 48 * part ^ 0.8, 0.92 - 0.1 * part, 0.9 - 0.58 * part)
end

return M
