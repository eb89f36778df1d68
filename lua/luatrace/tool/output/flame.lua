-- SPDX-License-Identifier: MIT
-- --flame FILE: the stacks of a whole run as a flame graph; --flame-diff: with what grew and shrank since another one.
local errors = require "luatrace.errors"
local flame = require "luatrace.tool.picture.flame"
local folded = require "luatrace.tool.output.folded"
local format = require "luatrace.format"
local picture_file = require "luatrace.tool.picture.file"
local svg = require "luatrace.tool.picture.svg"
local trie = require "luatrace.tool.picture.trie"

local M = {}

---@class luatrace.tool.FlameOutput
local Flame = {}
Flame.__index = Flame

local function read_before(tree, path)
	local file, why = io.open(path, "rb")
	if not file then
		errors.raise(("--flame-diff: %s"):format(format.escape(why)), errors.ENOENT)
	end
	-- a folder opens; lines() would throw its reason alone
	local _, trouble = file:read(0)
	if trouble then
		file:close()
		errors.raise(("--flame-diff: %s: %s"):format(format.escape(path), trouble), errors.EIO)
	end
	local number = 0
	for line in file:lines() do
		number = number + 1
		local stack, count = line:match "^(.+) (%d+%.?%d*)\r?$"
		if not stack then
			file:close()
			errors.raise(("--flame-diff: %s: line %d is no folded stack: names with ';' between two, a blank, a number"):format(
				format.escape(path), number), errors.EINVAL)
		end
		local frames = {}
		for frame in stack:gmatch "[^;]+" do
			frames[#frames + 1] = frame
		end
		tree:add(nil, frames, tonumber(count), true)
	end
	file:close()
	if number == 0 then
		errors.raise(("--flame-diff: %s is empty"):format(format.escape(path)), errors.EINVAL)
	end
end

-- Names as the folded file has them, and what they are shown as.
local function folding(shown)
	return setmetatable({}, { __index = function(known, name)
		local text = folded.frame(name)
		known[name], shown[text] = text, name
		return text
	end })
end

---@param run luatrace.Run
---@return luatrace.tool.FlameOutput
function M.new(run)
	local options, stacks = run.options, run.tool.stacks
	local self = setmetatable({ run = run, trie = trie.new(), shown = {}, processes = {},
		palette = options.flame_colour or stacks.colour or "on" }, Flame)
	if options.flame_diff then
		read_before(self.trie, options.flame_diff)
		self.names = folding(self.shown)
	end
	self.file = picture_file.new("flame", options.flame)
	return self
end

---@param list luatrace.tool.Stack[]
function Flame:stacks(list)
	local tree, names, processes = self.trie, self.names, self.processes
	for _, stack in ipairs(list) do
		local first, frames = stack.comm, stack.frames
		if names then
			first, frames = first and names[first], {}
			for i, name in ipairs(stack.frames) do
				frames[i] = names[name]
			end
		end
		if first then
			processes[first] = true
		end
		tree:add(first, frames, tonumber(stack.count))
	end
end

function Flame:finish()
	local run, file = self.run, self.file
	local about = svg.text(run.tool.summary)
	if self.names then
		about = ("%s · compared with %s"):format(about, svg.text(run.options.flame_diff:match "[^/]*$"))
	end
	about = ("%s · %s"):format(about, svg.time(run))
	file:open()
	file:write(table.concat(flame.svg { trie = self.trie, title = svg.text("luatrace " .. run.tool.name),
		about = about, unit = run.tool.stacks.unit or "samples", palette = self.palette, differs = self.names ~= nil,
		processes = self.processes, shown = self.shown }))
	file:close()
end

return M
