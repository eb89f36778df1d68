-- SPDX-License-Identifier: MIT
-- --chrome FILE: rows as spans of time, in the JSON that ui.perfetto.dev and chrome://tracing read. After each batch
-- the file is whole: what was written is there when luatrace is killed, under the name of picture/file.lua.
local ffi = require "ffi"
local format = require "luatrace.format"
local picture_file = require "luatrace.tool.picture.file"
local rows = require "luatrace.tool.rows"

local M = {}

local TAIL = "\n]}\n"
local BATCH = 1000

---@class luatrace.tool.Chrome
local Chrome = {}
Chrome.__index = Chrome

-- Members as format.json() takes them.
local function plain(value)
	if type(value) == "cdata" and not tonumber(value) and tostring(ffi.typeof(value)):find "^ctype<[%w ]*char %(&%)%[" then
		return format.chars(ffi.cast("uint8_t *", value), ffi.sizeof(value))
	end
	return value
end

-- The function that gives a row's columns as the members of a JSON object.
local function arguments_of(run)
	local columns = {}
	for _, column in ipairs(run.tool.columns and rows.shown(run) or {}) do
		columns[#columns + 1] = { name = format.json(column.key) .. ":", field = column.field, value = column.value }
	end
	return function(record)
		local out = {}
		for _, column in ipairs(columns) do
			local value
			if column.value then
				value = column.value(record, run)
			else
				value = record[column.field]
			end
			if value ~= nil then
				out[#out + 1] = column.name .. format.json(plain(value))
			end
		end
		return table.concat(out, ",")
	end
end

---@param run luatrace.Run
---@return luatrace.tool.Chrome
function M.new(run)
	local self = setmetatable({ run = run, span = run.tool.span, arguments = arguments_of(run), waiting = {}, threads = {},
		file = picture_file.new("chrome", run.options.chrome) }, Chrome)
	self.row = function(record) self:add(record) end
	return self
end

function Chrome:begin()
	self.file:open()
	self.file:write(('{"displayTimeUnit":"ns","otherData":{"tool":%s,"began":%s},"traceEvents":['):format(
		format.json("luatrace " .. self.run.tool.name), format.json(self.run.clock.date_and_time())), TAIL)
	self.file:rewind(#TAIL)
end

local function put(self, text)
	self.waiting[#self.waiting + 1] = text
	if #self.waiting == BATCH then
		self:flush()
	end
end

---Has what is waiting reach the file.
function Chrome:flush()
	if #self.waiting > 0 then
		self.file:write(self.any and ",\n" or "\n", table.concat(self.waiting, ",\n"), TAIL)
		self.file:rewind(#TAIL)
		self.any, self.waiting = true, {}
	end
end

-- A process's own name, while it lives; its first thread's otherwise.
local function process_name(run, pid)
	return run:observe(("name of process %d"):format(pid), function()
		local file = io.open(("/proc/%d/comm"):format(pid), "rb")
		local name = file and file:read "*l"
		if file then
			file:close()
		end
		return name
	end)
end

local function name_threads(self, pid, tid, comm)
	local threads, known = self.threads, self.threads[pid]
	if not known then
		known = {}
		threads[pid] = known
		local name = process_name(self.run, pid) or comm
		if name then
			put(self, ('{"name":"process_name","ph":"M","pid":%d,"args":{"name":%s}}'):format(pid, format.json(name)))
		end
	end
	-- exec and prctl give a thread another name: the last one holds
	if comm and known[tid] ~= comm then
		known[tid] = comm
		put(self, ('{"name":"thread_name","ph":"M","pid":%d,"tid":%d,"args":{"name":%s}}'):format(pid, tid,
			format.json(comm)))
	end
end

local function microseconds(ns)
	return ("%.3f"):format(tonumber(ns) / 1000)
end

---@param record any
function Chrome:add(record)
	local start, duration, name, pid, tid, comm = self.span(record, self.run)
	if start == nil then
		return
	end
	pid, tid, name, comm = tonumber(pid), tonumber(tid or pid), plain(name), plain(comm)
	name_threads(self, pid, tid, comm)
	put(self, ('{"name":%s,"ph":"X","ts":%s,"dur":%s,"pid":%d,"tid":%d,"args":{%s}}'):format(format.json(tostring(name)),
		microseconds(start), microseconds(duration), pid, tid, self.arguments(record)))
end

---An interval has ended: who looks at the file sees what there was until then.
function Chrome:interval()
	self:flush()
end

function Chrome:finish()
	self:flush()
	self.file:write(TAIL)
	self.file:close()
end

return M
