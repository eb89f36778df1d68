-- SPDX-License-Identifier: MIT
-- What the SVG pictures share: text in them, numbers, the frame around them.
local format = require "luatrace.format"

local M = {}

M.SANS = 'system-ui,"Segoe UI","Helvetica Neue","DejaVu Sans",Arial,sans-serif'
M.MONO = 'ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace'

local ENTITIES = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;", ["'"] = "&#39;" }

---Anyone's text without control characters, bytes that are no UTF-8, and the two characters that XML does not know.
---@param text string
---@return string
function M.escape(text)
	text = format.escape(text)
	if text:find("\239\191", 1, true) then
		text = text:gsub("\239\191([\190\191])", function(last) return last == "\190" and "\\ufffe" or "\\uffff" end)
	end
	return text
end

---What M.escape() gave, as it is within elements and attributes.
---@param text string
---@return string
function M.entities(text)
	return (text:gsub("[<>&\"']", ENTITIES))
end

---Anyone's text as XML.
---@param text string
---@return string
function M.text(text)
	return M.entities(M.escape(text))
end

---A whole number's digits with their thousands parted.
---@param text string
---@return string
function M.digits(text)
	local first = #text % 3
	local head, tail = text:sub(1, first), text:sub(first + 1):gsub("%d%d%d", ",%0")
	return head == "" and tail:sub(2) or head .. tail
end

---A whole number with its thousands parted; others with what digits they need.
---@param value number
---@return string
function M.number(value)
	if value % 1 ~= 0 then
		return ("%.6g"):format(value)
	end
	return M.digits(("%.0f"):format(value))
end

---A coordinate, no longer than need be.
---@param value number
---@return string
function M.at(value)
	return ("%.7g"):format(value)
end

-- A character's columns where letters are equally wide; those beyond Latin, Greek and Cyrillic may take two.
local function columns_of(lead)
	return lead >= 0xe1 and 2 or 1
end

---As much of what M.escape() gave as fits into so many columns, with a mark where it was cut.
---@param text string
---@param columns integer
---@return string
function M.fit(text, columns)
	if #text <= columns then
		return text
	end
	local used, cut = 0, 0
	for at = 1, #text do
		local byte = text:byte(at)
		if byte < 0x80 or byte >= 0xc0 then
			if used < columns then
				cut = at - 1
			end
			used = used + columns_of(byte)
			if used > columns then
				return columns >= 3 and text:sub(1, cut) .. "…" or ""
			end
		end
	end
	return text
end

---The element that a picture is in.
---@param width number
---@param height number
---@param style string CSS
---@return string
function M.head(width, height, style)
	return ('<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="%d" '
		.. 'height="%d" viewBox="0 0 %d %d">\n<style>%s</style>\n<rect width="100%%" height="100%%" fill="#fff"/>\n')
		:format(width, height, width, height, style)
end

---A text.
---@param class string of the style
---@param x number
---@param y number
---@param xml string
---@return string
function M.label(class, x, y, xml)
	return ('<text class="%s" x="%s" y="%d">%s</text>'):format(class, M.at(x), y, xml)
end

---A box, without its end.
---@param class string
---@param x number
---@param y number
---@param width number
---@param height number
---@return string
function M.box(class, x, y, width, height)
	return ('<rect class="%s" x="%s" y="%d" width="%s" height="%d"'):format(class, M.at(x), y, M.at(width), height)
end

---What is said below panels: that there are none, or that there are more.
---@param shown integer
---@param more integer
---@param x number
---@param y number
---@return string? xml
function M.rest(shown, more, x, y)
	if shown > 0 and more == 0 then
		return nil
	end
	return M.label("sans", x, y, shown == 0 and "nothing was counted"
		or ("and %s more, which counted less"):format(M.number(more))) .. "\n"
end

---When what a picture shows ended.
---@param run luatrace.Run
---@return string
function M.time(run)
	return (run.clock.date_and_time():sub(1, 19):gsub("T", " ")) .. " UTC"
end

---A picture's heading: the tool, what it shows, and when that was.
---@param run luatrace.Run
---@param x integer
---@return string
function M.title(run, x)
	return ("%s\n%s\n"):format(M.label("title", x, 36, M.text("luatrace " .. run.tool.name)),
		M.label("sans", x, 56, M.text(run.tool.summary) .. " · " .. M.time(run)))
end

return M
