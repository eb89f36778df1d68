-- SPDX-License-Identifier: MIT
-- --record: a source of data that notes all that it gives the tool, so that it can be given again.
local BPF = require "luatrace"
local bpf = require "luatrace.bpf"
local catalog = require "luatrace.tool.catalog"
local convert = require "luatrace.convert"
local ffi = require "ffi"
local C = require "luatrace.abi"
local map_info = require "luatrace.map_info"
local map_state = require "luatrace.map_state"
local pictures = require "luatrace.tool.pictures"
local recording = require "luatrace.tool.recording"

local M = {}

-- So much of a recording is missing when the tracer is killed.
local FLUSH_SECONDS = 1

local head_ct = ffi.typeof "struct { uint16_t output, cpu; uint32_t pad; uint64_t when; }"

---@class luatrace.tool.Recorder
local Recorder = {}
Recorder.__index = Recorder

---@param live luatrace.tool.Live
---@param tool luatrace.Tool
---@param options table
---@param clock luatrace.tool.Clock
---@return luatrace.tool.Recorder
function M.new(live, tool, options, clock)
	local self = setmetatable({ live = live, b = live.b, clock = clock, maps = {}, observed = {}, count = 0, lost = 0,
		state = bpf.state(live.b), writer = recording.create(options.record) }, Recorder)
	local kept = {}
	for name, value in pairs(options) do
		kept[name] = value
	end
	kept.record = nil
	pictures.forget(tool, kept)
	self.writer:put("H", recording.encode { tool = catalog.name_of(tool.name), version = self.b.version, options = kept,
		offset = clock.offset, began = clock.now() })
	self.writer:put("B", self.state:btf() and self.state:btf().raw or "")
	self.writer:flush()
	return self
end

-- Fixed-size numbers as values.
local function values(...)
	return recording.encode { ... }
end

---@param on fun(output: string, layout: luatrace.Layout?): function
function Recorder:open(on)
	BPF.every(FLUSH_SECONDS, function(timer)
		self:flush()
		if not self:is_open() then
			timer:cancel()
		end
	end)
	self.live:open(function(name, layout)
		local fn, writer, clock = on(name, layout), self.writer, self.clock
		self.count = self.count + 1
		writer:put("O", values(self.count, name, C.lt_output_record_type(self.state.handle, name)))
		local head = head_ct(self.count)
		return function(record, cpu, size)
			head.cpu, head.when = cpu, clock.now()
			writer:put("R", ffi.string(head, 16), ffi.string(record, size))
			return fn(record, cpu, size)
		end
	end, function(name, count)
		self.lost = self.lost + count
		self.writer:put("L", values(name, count))
	end)
end

-- A map is told of when it is read first.
local function number_of(self, name)
	local map = self.maps[name]
	if not map then
		local info = map_info.of_object(self.state.handle, name)
		self.count = self.count + 1
		map = { number = self.count, state = map_state.get(self.b:get_table(name)) }
		self.maps[name] = map
		self.writer:put("M", values(map.number, name, info.key_type_id, info.value_type_id, info.key_size, info.value_size))
	end
	return map
end

local function put_entries(self, name, entries)
	local map = number_of(self, name)
	local key_layout, value_layout = map.state.key_layout, map.state.value_layout
	local size = key_layout.size + value_layout.size
	local bytes = ffi.new("uint8_t[?]", #entries * size)
	for i, entry in ipairs(entries) do
		local at = bytes + (i - 1) * size
		local why = convert.store(key_layout, at, entry.key) or convert.store(value_layout, at + key_layout.size, entry.value)
		assert(not why, why)
	end
	self.writer:put("S", ffi.string(ffi.new("uint32_t[1]", map.number), 4), ffi.string(bytes, #entries * size))
	return entries
end

function Recorder:read(name)
	return put_entries(self, name, self.live:read(name))
end

function Recorder:take(name, counted)
	return put_entries(self, name, self.live:take(name, counted))
end

function Recorder:layouts(name)
	return self.live:layouts(name)
end

function Recorder:keep_only(...)
	self.live:keep_only(...)
end

function Recorder:frames(...)
	return self.live:frames(...)
end

---What `observe` gives, noted; what is called the same is asked once an interval.
---@param name string
---@param observe fun(): any
---@return any
function Recorder:observe(name, observe)
	local value = self.observed[name]
	if value == nil then
		value = observe()
		self.observed[name] = value
		self.writer:put("A", values(name, value))
	end
	return value
end

---An interval has ended. What is observed from now on may be otherwise.
function Recorder:interval()
	self.observed = {}	-- a stack's number may be another one's
	self.writer:put("T", values(self.clock.now()))
end

---What was told until now reaches the file.
function Recorder:flush()
	self.writer:flush()
end

function Recorder:run(...)
	self.live:run(...)
end

function Recorder:is_open()
	return self.live:is_open()
end

function Recorder:stop()
	self.live:stop()
end

---Nothing is to be told.
function Recorder:discard()
	self.writer:discard()
end

---All is told.
function Recorder:finish()
	if self.lost > 0 then
		io.stderr:write(("luatrace: %d records lost; the recording says so too\n"):format(self.lost))
	end
	self.writer:put("E", values(self.clock.now()))
	self.writer:close()
end

return M
