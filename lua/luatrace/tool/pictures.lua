-- SPDX-License-Identifier: MIT
-- Pictures, which a tool makes beside what it shows: their options, and who draws them.
local errors = require "luatrace.errors"
local later = require "luatrace.later"
---@module "luatrace.tool.picture.file"
local picture_file = later "luatrace.tool.picture.file"

local M = {}

-- Whether a tool shows histograms: it says so, or shows nothing else.
local function has_histograms(tool)
	if tool.histograms ~= nil then
		return tool.histograms
	end
	return (tool.every or tool.finish) and not tool.columns and not tool.stacks
end

local function add_flame(out)
	out[#out + 1] = { "flame", type = "string", metavar = "FILE",
		help = "write a flame graph of all stacks to FILE, as SVG" }
	out[#out + 1] = { "flame-colour", choices = { "on", "off" }, type = "string",
		help = "its colours: on, of what runs; off, of what waits" }
	out[#out + 1] = { "flame-diff", type = "string", metavar = "BEFORE",
		help = "colour it by what changed since BEFORE, a file of what --folded showed" }
end

---What a tool takes for its pictures, as options.lua has options.
---@param tool luatrace.Tool
---@return table[]
function M.options(tool)
	local out = {}
	if tool.stacks then
		add_flame(out)
	end
	if has_histograms(tool) then
		out[#out + 1] = { "svg", type = "string", metavar = "FILE", help = "write the histograms of the whole run to FILE" }
		if tool.every then
			out[#out + 1] = { "heatmap", type = "flag", format = true,
				help = "a line an interval (default: 1 second), shaded by how many there were" }
			out[#out + 1] = { "heatmap-svg", type = "string", metavar = "FILE",
				help = "write such a heat map to FILE, as SVG" }
		end
	end
	if tool.span then
		out[#out + 1] = { "chrome", type = "string", metavar = "FILE",
			help = "write rows to FILE as spans of time, for ui.perfetto.dev or chrome://tracing" }
	end
	return out
end

---What the options call an option of M.options().
---@param option table
---@return string
function M.key(option)
	return (option[1]:gsub("-", "_"))
end

---Takes them out of a recording's options. A replay writes no file that it was not asked for, whoever recorded it.
---@param tool luatrace.Tool
---@param options table<string, any>
function M.forget(tool, options)
	for _, option in ipairs(M.options(tool)) do
		options[M.key(option)] = nil
	end
end

-- Heat maps have time on one side: what came of one interval is no picture of it.
local INTERVAL = 1

---What is meant by asking for a picture: an interval, the tool's option that has it show histograms.
---@param tool luatrace.Tool
---@param options table
function M.imply(tool, options)
	local over_time = options.heatmap or options.heatmap_svg
	options.interval = options.interval or over_time and INTERVAL or nil
	if type(tool.histograms) == "string" and (over_time or options.svg) then
		options[M.key { tool.histograms }] = true
	end
end

---Whether histograms are asked for of a recording that was made without the option that has the tool show them.
---@param tool luatrace.Tool
---@param options table
---@param before table those that it was recorded with
---@return boolean
function M.missing(tool, options, before)
	local key = type(tool.histograms) == "string" and M.key { tool.histograms }
	return key and options[key] ~= nil and before[key] == nil
end

-- Options whose value is a picture's file, and the output that draws it.
local FILES = { { "flame", "flame" }, { "svg", "histograms" }, { "heatmap_svg", "heatmap_svg" },
	{ "chrome", "chrome" } }

---Says what is wrong with them before a tool traces.
---@param options table
function M.check(options)
	if (options.flame_diff or options.flame_colour) and not options.flame then
		errors.raise(("--%s is of a flame graph: give --flame FILE too"):format(options.flame_diff and "flame-diff"
			or "flame-colour"), errors.EINVAL)
	end
	for _, file in ipairs(FILES) do
		if options[file[1]] then
			picture_file.new((file[1]:gsub("_", "-")), options[file[1]]):check()
		end
	end
end

---Adds the pictures that are asked for to a run's outputs.
---@param run luatrace.Run
---@param outputs table[]
function M.add(run, outputs)
	for _, file in ipairs(FILES) do
		if run.options[file[1]] then
			outputs[#outputs + 1] = require("luatrace.tool.output." .. file[2]).new(run)
		end
	end
end

return M
