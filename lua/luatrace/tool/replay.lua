-- SPDX-License-Identifier: MIT
-- luatrace replay FILE: what a tool was given once is given to it again, without root and without the kernel.
local ffi = require "ffi"
local btf = require "luatrace.btf"
local bundle = require "luatrace.bundle"
local catalog = require "luatrace.tool.catalog"
local clock = require "luatrace.tool.clock"
local convert = require "luatrace.convert"
local definition = require "luatrace.tool.definition"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local layout = require "luatrace.layout"
local options = require "luatrace.tool.options"
local pictures = require "luatrace.tool.pictures"
local recording = require "luatrace.tool.recording"
local run = require "luatrace.tool.run"

local M = {}

local USAGE = [[
usage: luatrace replay [--tool FILE] RECORDING [options of the tool]

Shows again what a tool recorded with --record. No root is needed, and nothing
is traced. The options that it was recorded with hold, unless others are given:
--json, --csv and so on show it in another way. Those that say what is traced
(--pid, --duration) had their effect then.

  --tool FILE   give it to this tool instead of the one of the name that
                recorded it; of a bundle (FILE.ltb), to its tool of that name
]]

local head_ptr = ffi.typeof "const struct { uint16_t output, cpu; uint32_t pad; uint64_t when; } *"
local HEAD_SIZE = 16

---@class luatrace.tool.Replay
local Replay = {}
Replay.__index = Replay

local function damaged(self, what)
	errors.raise(("replay: %s: %s"):format(format.escape(self.path), what), errors.EINVAL)
end

local function values_of(self, bytes)
	local ok, values = pcall(recording.decode, bytes)
	if not ok or type(values) ~= "table" then
		damaged(self, ok and "its values are damaged" or values)
	end
	return values
end

local function layout_of(self, id, size)
	local found = type(id) == "number" and id > 0 and self.btf and layout.of(self.btf, id)
	if found and found.size == size then
		return found
	elseif size == 1 or size == 2 or size == 4 or size == 8 then
		return layout.unsigned(size)
	end
	return layout.bytes(size)
end

---@param path string
---@return luatrace.tool.Replay
function M.new(path)
	local self = setmetatable({ path = path, pieces = recording.open(path), outputs = {}, maps = {}, observed = {},
		entries = {}, lost = 0, now = 0 }, Replay)
	local kind, bytes = self.pieces()
	if kind ~= "H" then
		damaged(self, "it does not begin with what was run")
	end
	self.head = values_of(self, bytes)
	if type(self.head.tool) ~= "string" or type(self.head.options) ~= "table" or type(self.head.offset) ~= "number" then
		damaged(self, "it does not say what was run")
	end
	return self
end

---The clock of the recording.
---@return { offset: number, now: fun(): number }
function Replay:clock()
	return { offset = self.head.offset, now = function() return self.now end }
end

local take_piece = {}

function take_piece.B(self, bytes)
	self.btf = #bytes > 0 and btf.parse(bytes, #bytes) or nil
end

function take_piece.O(self, bytes)
	local number, name, id = unpack(values_of(self, bytes))
	local found = type(id) == "number" and id > 0 and self.btf and layout.of(self.btf, id)
	if type(number) ~= "number" or type(name) ~= "string" then
		damaged(self, "an output is damaged")
	end
	local size = found and found.size or 0
	self.outputs[number] = { fn = self.on(name, found or nil), size = size,
		room = ffi.new("uint8_t[?]", math.max(size, 1)),
		pointer = found and (found.pointer or ffi.typeof("$ *", found.ct)) or ffi.typeof "const uint8_t *" }
end

function take_piece.M(self, bytes)
	local number, name, key, value, key_size, value_size = unpack(values_of(self, bytes))
	if type(number) ~= "number" or type(name) ~= "string" or not (tonumber(key_size) and tonumber(value_size)) then
		damaged(self, "a map is damaged")
	end
	self.maps[number] = { name = name, key = layout_of(self, key, key_size), value = layout_of(self, value, value_size) }
end

local function reader(of)
	local pointer, read = ffi.typeof("$ *", of.ct), convert.reader(of)
	return function(p) return read(ffi.cast(pointer, p), 0) end
end

function take_piece.S(self, bytes)
	local map = #bytes >= 4 and self.maps[ffi.cast("const uint32_t *", bytes)[0]]
	if not map then
		damaged(self, "entries of a map that it does not tell of")
	end
	local key_of, value_of, list = reader(map.key), reader(map.value), {}
	local size, p = map.key.size + map.value.size, ffi.cast("const uint8_t *", bytes) + 4
	if size == 0 then
		damaged(self, "a map whose entries have no size")
	end
	for i = 0, math.floor((#bytes - 4) / size) - 1 do
		list[i + 1] = { key = key_of(p + i * size), value = value_of(p + i * size + map.key.size) }
	end
	self.entries[map.name] = list
end

function take_piece.A(self, bytes)
	local name, value = unpack(values_of(self, bytes), 1, 2)
	if name ~= nil then
		self.observed[name] = value
	end
end

function take_piece.L(self, bytes)
	local _, count = unpack(values_of(self, bytes), 1, 2)
	self.lost = self.lost + (tonumber(count) or 0)
end

local function give_record(self, bytes)
	local head = ffi.cast(head_ptr, bytes)
	local output = #bytes >= HEAD_SIZE and self.outputs[head.output]
	if not output then
		damaged(self, "a record of an output that it does not tell of")
	end
	self.now = tonumber(head.when)
	local data, size = ffi.cast("const uint8_t *", bytes) + HEAD_SIZE, #bytes - HEAD_SIZE
	if size < output.size then
		ffi.fill(output.room, output.size)
		ffi.copy(output.room, data, size)
		data = output.room
	end
	output.fn(ffi.cast(output.pointer, data), head.cpu, size)
end

---@param on fun(output: string, layout: luatrace.Layout?): function
function Replay:open(on)
	self.on = on
end

-- What was read and asked for stands behind what it was for.
local function absorb(self)
	local kind, bytes = self.pieces()
	while kind and take_piece[kind] do
		take_piece[kind](self, bytes)
		kind, bytes = self.pieces()
	end
	return kind, bytes
end

---Goes through the recording.
---@param interval fun(last: boolean)? nil of a tool that shows nothing at intervals: not always the one that recorded
function Replay:run(_, _, interval)
	local kind, bytes = absorb(self)
	while kind and not self.stopped do
		local this, of_this = kind, bytes
		kind, bytes = absorb(self)
		if this == "R" then
			give_record(self, of_this)
		elseif this == "T" then
			self.now = tonumber(values_of(self, of_this)[1]) or self.now
			if interval then
				interval(kind == "E")
			end
		elseif this == "E" then
			self.complete = true
			self.now = tonumber(values_of(self, of_this)[1]) or self.now
		else
			damaged(self, "it has a piece that this version of luatrace does not know")
		end
	end
end

-- After so many outputs as the tool was asked for.
function Replay:stop()
	self.stopped, self.complete = true, true
end

---@param name string
---@return { key: any, value: any }[]
function Replay:read(name)
	local entries = self.entries[name] or {}
	self.entries[name] = nil
	return entries
end
Replay.take = Replay.read

---@param name string
---@return luatrace.Layout? key nil: it has no entries
---@return luatrace.Layout? value
function Replay:layouts(name)
	for _, map in pairs(self.maps) do
		if map.name == name then
			return map.key, map.value
		end
	end
end

function Replay:keep_only()	-- luacheck: ignore 212
end

---@param name string
---@return any
function Replay:observe(name)
	return self.observed[name]
end

function Replay:interval()	-- luacheck: ignore 212
end

function Replay:flush()	-- luacheck: ignore 212
end

function Replay:finish()
	if self.lost > 0 then
		io.stderr:write(("luatrace: %d records were lost while this was recorded\n"):format(self.lost))
	end
	if not self.complete then
		io.stdout:flush()
		io.stderr:write(("luatrace: replay: %s: the recording was cut short\n"):format(format.escape(self.path)))
		os.exit(1)
	end
end

local function arguments(...)
	local words, path, tool = { ... }, nil, nil
	while words[1] and not path do
		local word = table.remove(words, 1)
		if word == "--help" or word == "-h" then
			io.write(USAGE)
			os.exit(0)
		elseif word == "--tool" then
			tool = table.remove(words, 1)
		elseif word:find "^%-." then
			io.stderr:write(("luatrace replay: unknown option '%s'; a tool's options stand behind the recording\n"):format(
				format.escape(word)))
			os.exit(2)
		else
			path = word
		end
	end
	if not path then
		io.stderr:write(USAGE)
		os.exit(2)
	end
	return path, tool, words
end

-- A mistake of a tool that is given the recording of another one may be none.
local function go(self, tool, of_tool)
	local recorded = self.head.tool:match "[^:]*$"
	local mine = recorded == tool.name
	self.origin = ("replay: %s: the recording is of '%s'%s: "):format(format.escape(self.path), format.escape(recorded),
		mine and " as it was then" or (", not '%s'"):format(tool.name))
	if mine then
		return of_tool:go()
	end
	local ok, e = pcall(of_tool.go, of_tool)
	if not ok and type(e) == "string" then
		errors.raise(self.origin .. e, errors.EINVAL)
	elseif not ok then
		error(e, 0)
	end
end

---The tool that a recording is given to.
---@param tool_path string? of --tool
---@return luatrace.Tool
function Replay:tool(tool_path)
	if not tool_path and not self.head.tool:find "^[%w_-]*:?%w[%w_-]*$" then
		damaged(self, "it names no tool")
	end
	local tool, why
	if tool_path and tool_path:find "%.ltb$" then
		tool, why = bundle.look_into(tool_path):tool(self.head.tool:match "[^:]*$")
	else
		bundle.refuse_others "replay"
		local file, collection = catalog.path(tool_path or self.head.tool)
		tool, why = catalog.load(file, collection, true)
	end
	if not tool then
		errors.raise(why, errors.EINVAL)
	end
	return tool
end

---@param ... string arguments
---@return integer status
function M.main(...)
	local path, tool_path, words = arguments(...)
	local self = M.new(path)
	local tool = self:tool(tool_path)
	tool.words = ("replay %s%s"):format(tool_path and "--tool " .. tool_path .. " " or "", path)
	pictures.forget(tool, self.head.options)
	local chosen, status = options.parse(tool, words, self.head.options)
	if not chosen then
		return status
	end
	local settled, unsettled = definition.settle(tool, chosen)
	if not settled and chosen.sort == self.head.options.sort then	-- a column of another tool, or of this one as it was
		chosen.sort = tool.sort
		settled, unsettled = definition.settle(tool, chosen)
	end
	if not settled then
		return select(2, options.refuse(tool, unsettled))
	end
	pictures.check(chosen)
	go(self, tool, run.new(tool, chosen, self, clock.new(tool.clock, self:clock())))
	return 0
end

return M
