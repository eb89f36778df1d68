-- SPDX-License-Identifier: MIT
-- A flame graph: boxes as wide as what was counted in a function and in what it called, above the one that called it.
local colours = require "luatrace.tool.picture.colours"
local script = require "luatrace.tool.picture.flame_script"
local svg = require "luatrace.tool.picture.svg"

local M = {}

local WIDTH, MARGIN, ROW, TOP, BOTTOM, CHAR = 1200, 10, 18, 82, 40, 7.23
-- Boxes below a tenth of a pixel are drawn together; of more boxes than these a browser would be slow.
local SHARE, MOST = 0.1 / (WIDTH - 2 * MARGIN), 20000
local CHANGES = 6
-- So narrow a box, in pixels, has no line around it: it would be all line.
local THIN = 3

local STYLE = ([[text{font:12px MONO;fill:#1a1a1a}
.sans{font:12px SANS;fill:#555}.title{font:600 18px SANS;fill:#111}.end{text-anchor:end}
#boxes rect{stroke:#fff;stroke-width:.6}#boxes .t rect{stroke-width:0}
#boxes g{cursor:pointer}#boxes text{pointer-events:none}
#boxes g:hover rect,#boxes .focus rect{stroke:#111;stroke-width:1.4}
#boxes .above{opacity:.55}#boxes .hit rect{fill:#d63af9}#boxes .hit text{fill:#fff}
.button{cursor:pointer;fill:#0b57a4}.button:hover{text-decoration:underline}
input{box-sizing:border-box;width:290px;height:30px;padding:0 8px;font:13px SANS}
input{border:1px solid #888;border-radius:4px}
]]):gsub("MONO", svg.MONO):gsub("SANS", svg.SANS)

-- They do nothing without a script, which shows them. They are where the outermost functions are: the rest may be out
-- of the window.
local BUTTONS = [[
<g class="live" style="display:none">
<text class="sans button end" id="search" x="100%%" dx="-10" y="%d">Search (/)</text>
<text class="sans button end" id="reset" x="100%%" dx="-90" y="%d">Reset zoom (Esc)</text>
</g>
]]

-- What a frame's name says of its kind, and the name without it.
local MARKS = { k = "kernel", j = "jit", i = "inlined" }
local function kind_of(name, is_process)
	local plain, mark = name:match "^(.+)_%[([kji])%]$"
	plain = plain or name
	local kind = is_process and "process" or MARKS[mark] or "user"
	if plain:find "^%[[^%]]+%]$" then	-- no name, or that of a file
		kind = "unknown"
	end
	return kind, plain
end

local LETTERS = { user = "u", kernel = "k", jit = "j", inlined = "i", process = "p", unknown = "n" }

-- CSS of the classes that boxes have.
local function palette_of(picture)
	local out = { ".all rect{fill:#e4e4e4}.thin rect{fill:#d0d0d0}" }
	if picture.differs then
		for step = -CHANGES, CHANGES do
			out[#out + 1] = (".%s%d rect{fill:%s}"):format(step < 0 and "s" or "g", math.abs(step),
				colours.change(step / CHANGES))
		end
		return table.concat(out)
	end
	for kind, letter in pairs(LETTERS) do
		if picture.kinds[kind] then
			for shade = 0, colours.SHADES - 1 do
				out[#out + 1] = (".%s%d rect{fill:%s}"):format(letter, shade, colours.of_kind(picture.palette, kind, shade))
			end
		end
	end
	table.sort(out)
	return table.concat(out)
end

-- Of a name what does not depend on where its box is.
local function face_of(picture, id, is_process)
	local key = is_process and -id or id
	local face = picture.faces[key]
	if not face then
		local kind, plain = kind_of(picture.shown[picture.trie.names[id]] or picture.trie.names[id], is_process)
		face = { plain = svg.escape(plain), xml = svg.text(plain), kind = kind,
			class = LETTERS[kind] .. colours.shade(plain) }
		picture.faces[key] = face
	end
	return face
end

local function share_of(part, whole)
	return whole > 0 and 100 * part / whole or 0
end

-- How much larger a box's share is than it was, in percent of all.
local function change_of(trie, node)
	local one = trie.nodes[node]
	return share_of(one.now, trie.total) - share_of(one.before, trie.total_before)
end

local function most_changed(trie, boxes)
	local most = 1e-9
	for _, node in ipairs(boxes.list) do
		if node > 0 then
			most = math.max(most, math.abs(change_of(trie, node)))
		end
	end
	return most
end

-- A box's class, its name as text and as XML, what it counted, and what else is said of it.
local function content(picture, node)
	local trie, boxes = picture.trie, picture.boxes
	if node == 0 then
		return "all", "all", "all", trie.total, ""
	elseif node < 0 then
		local parent = -node - 1
		local text = ("%s functions, each too thin to draw"):format(svg.number(boxes.thin[parent]))
		return "thin", text, text, boxes.sum[parent], ""
	end
	local one = trie.nodes[node]
	local face = face_of(picture, one.name, boxes.depth[node] == 1 and picture.processes[trie.names[one.name]])
	picture.kinds[face.kind] = true
	if not picture.differs then
		return face.class, face.plain, face.xml, one.now, ""
	end
	local change = change_of(trie, node)
	local step = change / picture.most
	step = (step < 0 and math.ceil or math.floor)(step * CHANGES + (step < 0 and -0.5 or 0.5))
	return (change < 0 and step ~= 0 and "s" or "g") .. math.abs(step), face.plain, face.xml, one.now,
		("; before %.2f%%, %+.2f"):format(share_of(one.before, trie.total_before), change)
end

local BOX = '<g class="%s"><title>%s (%s %s, %.2f%%%s)</title><rect x="%s%%" y="%d" width="%s%%" height="%d"/>'

local function put_boxes(picture, out)
	local trie, boxes = picture.trie, picture.boxes
	local scale = trie.total > 0 and 100 / trie.total or 0
	for _, node in ipairs(boxes.list) do
		local class, name, xml, value, more = content(picture, node)
		local x, width = svg.at(boxes.at[node] * scale), node == 0 and 100 or value * scale
		local y = (boxes.deepest - boxes.depth[node]) * ROW
		local pixels = width / 100 * (WIDTH - 2 * MARGIN)
		out[#out + 1] = BOX:format(pixels < THIN and class .. " t" or class, xml, svg.number(value), picture.unit,
			value * scale, more, x, y, svg.at(width), ROW - 1)
		local label = svg.fit(name, math.floor((pixels - 6) / CHAR))
		if label ~= "" then
			out[#out + 1] = ('<text x="%s%%" dx="4" y="%d">%s</text>'):format(x, y + ROW - 5, label == name and xml
				or svg.entities(label))
		end
		out[#out + 1] = "</g>\n"
	end
end

local function put_legend(picture, out, y)
	local x = MARGIN
	local function put(colour, text)
		out[#out + 1] = ('%s rx="2" fill="%s"/>%s\n'):format(svg.box("legend", x, y - 10, 11, 11), colour,
			svg.label("sans", x + 16, y, text))
		x = x + 36 + 6.3 * #text
	end
	if picture.differs then
		put(colours.change(1), ("grew, by up to %.2f %% of all"):format(picture.most))
		put(colours.change(-1), "shrank")
		return
	end
	for _, kind in ipairs(colours.KINDS) do
		if picture.kinds[kind[1]] then
			put(colours.of_kind(picture.palette, kind[1], 3), kind[2])
		end
	end
end

-- What there is no box of.
local function missing(picture)
	local trie, out = picture.trie, {}
	if picture.boxes.hidden > 0 then
		out[1] = ("%s functions too thin for boxes of their own"):format(svg.number(picture.boxes.hidden))
	end
	if picture.differs then
		local gone = 0
		for node = 1, trie.count do
			local one = trie.nodes[node]
			-- the outermost ones: what they called is in them
			if one.now == 0 and one.before > 0 and (one.parent == 0 or trie.nodes[one.parent].now > 0) then
				gone = gone + one.before
			end
		end
		out[#out + 1] = gone > 0 and ("%.2f%% of before was in functions that are gone"):format(share_of(gone,
			trie.total_before)) or nil
	end
	return table.concat(out, " · ")
end

---@class luatrace.tool.Flame
---@field trie luatrace.tool.Trie
---@field title string XML
---@field about string XML: what it shows
---@field unit string what is counted
---@field palette "on"|"off"
---@field differs boolean it is compared with what was before
---@field processes table<string, boolean> outermost frames that are no function but a process
---@field shown table<string, string> names as they are shown, where that is not what they are in the trie

---The picture as text, in pieces.
---@param picture luatrace.tool.Flame
---@return string[]
function M.svg(picture)
	local trie = picture.trie
	local boxes = trie:layout(SHARE, MOST)
	picture.boxes, picture.kinds, picture.faces = boxes, {}, {}
	picture.unit = svg.text(picture.unit)
	picture.most = picture.differs and most_changed(trie, boxes)
	local drawn = {}
	put_boxes(picture, drawn)
	local high = (boxes.deepest + 1) * ROW
	local height = TOP + high + BOTTOM
	local out = { svg.head(WIDTH, height, STYLE .. palette_of(picture)) }
	out[#out + 1] = svg.label("title", MARGIN, 28, picture.title) .. "\n"
	out[#out + 1] = svg.label("sans", MARGIN, 48, ("%s · %s %s in all"):format(picture.about, svg.number(trie.total),
		picture.unit)) .. "\n"
	put_legend(picture, out, 69)
	out[#out + 1] = ('<svg id="boxes" x="%d" y="%d" width="%d" height="%d">\n'):format(MARGIN, TOP, WIDTH - 2 * MARGIN,
		high)
	for i = 1, #drawn do
		out[#out + 1] = drawn[i]
	end
	out[#out + 1] = ('</svg>\n<text id="details" x="%d" y="%d"/>'):format(MARGIN, TOP + high + 16)
	out[#out + 1] = ('<text id="matched" class="end" x="100%%" dx="-10" y="%d"/>\n'):format(TOP + high + 16)
	out[#out + 1] = svg.label("sans", MARGIN, TOP + high + 33, missing(picture)) .. "\n"
	out[#out + 1] = BUTTONS:format(TOP + high + 33, TOP + high + 33)
	out[#out + 1] = ("<script><![CDATA[\nvar ROW = %d, THIN = %d;\n%s]]></script>\n</svg>\n"):format(ROW, THIN, script)
	return out
end

return M
