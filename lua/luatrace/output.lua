-- SPDX-License-Identifier: MIT
-- Perf and ring buffers: opened with the script's function, drained in batches. Lua pulls; C never calls back.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local layout = require "luatrace.layout"

local M = {}

local bytes_ptr = ffi.typeof("const uint8_t *")

-- Open outputs of all objects, in the order of opening. They and their functions live until they are closed.
---@type table[]
M.all = {}

---Called between slices of the records, where something else (keys) is not to wait until all of them are handled. True:
---the sweep ends here, and its rest is handled in the next one.
---@type (fun(): boolean)?
M.between = nil
-- How long a slice is to take, and how many records the first one has: it is not known yet how long one takes.
local SLICE_NS, FIRST_SLICE = 4000000, 16

-- The hot loop. It has no upvalues: each output runs a copy of its own (see `own_copy`). The batch itself says how far
-- it was read, so that an error in the script's function, or a coroutine that yields in it, loses no record.
local function drain(out, pull, batch, fn, cast, pointer, size, short)
	local handled = 0
	repeat
		while batch.next < batch.count do
			local i = batch.next
			batch.next = i + 1
			local record = batch.records[i]
			local length = record.size
			handled = handled + 1
			if length >= size then
				fn(record.cpu, cast(pointer, record.data), length)
			else
				fn(record.cpu, short(out, record.data, length), length)
			end
		end
	until pull(out) <= 0
	return handled
end

-- LuaJIT gives up on a loop by its bytecode: with one shared loop, a script's function that cannot be compiled (one
-- that prints) would slow down the loops of all other outputs.
local drain_code = string.dump(drain)
local function own_copy()
	return assert(loadstring(drain_code, "@luatrace/output.lua"))
end

-- Has the drain loop go on with a slice of the batch, of so many records as take SLICE_NS if they take as long as those
-- of the last one. Returns how many that are.
local function take_slice(out)
	local batch, now = out.batch, tonumber(C.lt_now())
	if out.slice_began then
		local fitting = math.floor(SLICE_NS * out.slice_size / math.max(now - out.slice_began, 1))
		out.slice = math.max(1, math.min(fitting, 2 * out.slice, C.LT_BATCH_RECORDS))
	end
	batch.count = batch.next
	if M.between() or out.closing then
		return 0
	end
	out.slice_began = tonumber(C.lt_now())
	out.slice_size = math.min(out.slice, out.fetched - batch.next)
	batch.count = batch.next + out.slice_size
	return out.slice_size
end

-- Fetches the next batch, unless there is more of the last one. The script's function may have closed the output: then
-- there is none.
local function pull(out)
	local batch = out.batch
	if out.closing or out.handle == nil then
		return 0
	end
	if batch.next >= out.fetched then
		batch.next, batch.count, out.fetched = 0, 0, 0
		local count = C.lt_output_next(out.handle, batch, out.take_all)
		if count < 0 then
			errors.raise(("%s: reading: %s"):format(out.name, errors.describe(count)), count)
		end
		out.fetched = count
	end
	if M.between and out.fetched > 0 then
		return take_slice(out)
	end
	batch.count = out.fetched
	return out.fetched - batch.next
end

-- A record shorter than its struct: what is missing reads as zero.
local function short_record(out, data, size)
	local whole = out.scratch
	ffi.fill(whole, out.layout.size)
	ffi.copy(whole, data, size)
	return ffi.cast(out.pointer, whole)
end

-- Whether `out` is being drained further up on this stack. The mark alone does not tell: an error in the script's
-- function leaves it behind.
local function is_running(out)
	if not out.busy then
		return false
	end
	local level = 2
	while true do
		local info = debug.getinfo(level, "f")
		if not info then
			return false
		elseif info.func == out.drain then
			return true
		end
		level = level + 1
	end
end

---What an output's records are; nil when the text submits no struct, or several different ones.
---@param map table the map's state
---@return luatrace.Layout?
function M.record_layout(map)
	if map.record == nil then
		local bpf = map.bpf
		local id = bpf and C.lt_output_record_type(bpf.handle, map.name) or 0	-- a pin's map has no text
		local btf = id ~= 0 and bpf:btf()
		map.record = btf and layout.of(btf, id) or false
		if map.record and not map.record.pointer then
			map.record.pointer = ffi.typeof("$ *", map.record.ct)
		end
	end
	return map.record or nil
end

local MACROS = { perf = "BPF_PERF_OUTPUT", ring = "BPF_RINGBUF_OUTPUT" }

-- `kind` is nil where either will do.
local function check_output(map, kind, method)
	map:check_open()
	if map.output and map.owner then
		errors.misuse("%s: map '%s' was opened without its text, and an output is read through the object of its text",
			method, map.name)
	elseif map.output and (not kind or map.output == kind) then
		return
	elseif map.output then
		errors.misuse("map '%s' is a %s buffer: open it with t:open_%s_buffer(fn)", map.name, map.output, map.output)
	end
	errors.misuse("%s: map '%s' is no output: it is not a %s", method, map.name,
		MACROS[kind] or "BPF_PERF_OUTPUT or BPF_RINGBUF_OUTPUT")
end

local function options(method, kind, fn, opts, lost_cb)
	if type(fn) ~= "function" then
		errors.misuse("%s: takes a function (cpu, data, size) first, not %s", method, check.given(fn))
	end
	if type(opts) ~= "table" then
		opts = { page_cnt = opts, lost_cb = lost_cb }
	end
	local rules = { lost_cb = "function?", wakeup_events = "count?", latency = "count?" }
	if kind == "perf" then
		rules.page_cnt, rules.ordered = "count?", "boolean?"
	elseif opts.ordered ~= nil then
		errors.misuse("%s: records of a ring buffer are in order as they are: leave ordered= out", method)
	elseif opts.page_cnt ~= nil then
		errors.misuse("%s: the size of a ring buffer stands in the text: BPF_RINGBUF_OUTPUT(name, pages)", method)
	end
	check.arguments(method, opts, rules)
	return opts
end

---Opens the output `map`.
---@param map table the map's state
---@param kind "perf"|"ring"|nil nil: either
---@param method string the call that errors name
---@param fn function
---@param opts any
---@param lost_cb function?
function M.open(map, kind, method, fn, opts, lost_cb)
	check_output(map, kind, method)
	kind = map.output
	opts = options(method, kind, fn, opts, lost_cb)
	local raw = ffi.new("lt_output_opts", {
		page_count = opts.page_cnt or 0, wakeup_events = opts.wakeup_events or 0, latency_ms = opts.latency or 0,
		ordered = opts.ordered and 1 or 0,
	})
	local record = M.record_layout(map)
	local handle, err = ffi.new("lt_output *[1]"), errors.buffer()
	local rc = C.lt_output_open(map.bpf.handle, map.name, raw, handle, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	M.all[#M.all + 1] = {
		name = map.name, map = map, kind = kind, bpf = map.bpf,
		handle = handle[0],	-- the object owns it
		batch = ffi.new("lt_batch"), take_all = 0,
		fetched = 0,	-- records of the batch; its own count ends the slice
		slice = FIRST_SLICE, slice_size = 0, slice_began = nil,
		fn = fn, opts = opts, lost_cb = opts.lost_cb, lost_seen = 0, lost_pending = 0,
		layout = record, pointer = record and record.pointer or bytes_ptr, size = record and record.size or 0,
		scratch = record and ffi.new("uint8_t[?]", math.max(record.size, 1)),
		drain = own_copy(),
	}
end

local LOST_INTERVAL_NS = 1000000000	-- host/trace/wait.c sleeps no earlier

local function say_lost(out, at_end)
	if out.lost_pending == 0 then
		return
	end
	local now = C.lt_now()
	if at_end or not out.lost_said or now - out.lost_said >= LOST_INTERVAL_NS then
		io.stdout:flush()	-- in order with what the script printed
		io.stderr:write(("luatrace: %s: %d records lost (buffer full; %s)\n"):format(out.name, out.lost_pending,
			out.kind == "perf" and "page_cnt= makes it larger" or "the pages of BPF_RINGBUF_OUTPUT make it larger"))
		out.lost_said, out.lost_pending = now, 0
	end
end

-- Records lost since this was last asked.
local function new_lost(out)
	local lost = tonumber(C.lt_output_lost(out.handle))
	local new = lost - out.lost_seen
	out.lost_seen = lost
	return new
end

-- Tells about records that could not be delivered: to the script's function, or at most once a second on stderr.
local function report_lost(out, at_end)
	local new = new_lost(out)
	if not out.lost_cb then
		out.lost_pending = out.lost_pending + new
		say_lost(out, at_end)
	elseif new > 0 then
		out.lost_cb(new)
	end
end

---Says what was lost when the program ends with outputs still open. The script's functions are not called any more.
---@param bpf table
function M.report_at_exit(bpf)
	for _, out in ipairs(M.all) do
		if out.bpf == bpf and not out.lost_cb then
			report_lost(out, true)
		end
	end
end

local function remove(out)
	for i, other in ipairs(M.all) do
		if other == out then
			table.remove(M.all, i)
			return
		end
	end
end

---Handles what lies in one output. Returns how many records that were.
---@param out table
---@param all boolean? of an ordered output also what may not be in order yet
---@param at_end boolean? say now what was lost, without waiting for the second to pass
---@return integer
function M.sweep(out, all, at_end)
	if is_running(out) then
		errors.misuse("map '%s': polled from within its own function: collect there, and poll outside", out.name)
	end
	out.busy = true
	out.take_all = all and 1 or 0
	out.slice_began = nil
	local handled = out.drain(out, pull, out.batch, out.fn, ffi.cast, out.pointer, out.size, short_record)
	out.busy = false
	if not out.closing then
		report_lost(out, at_end)
	end
	return handled
end

---Whether records that were fetched still wait: an error in the script's function, or M.between, ended the sweep.
---@param out table
---@return boolean
function M.has_leftover(out)
	return out.batch.next < out.fetched
end

---Whether a map is open as an output.
---@param map table the map's state
---@return boolean
function M.is_open(map)
	for _, out in ipairs(M.all) do
		if out.map == map then
			return true
		end
	end
	return false
end

---Closes all outputs of an object, or asks for that when this is called from the function of one of them: the record
---it was given must stay until it returns. Returns whether they are closed.
---@param bpf table
---@return boolean
function M.close_all(bpf)
	local mine, running = {}, false
	for _, out in ipairs(M.all) do
		if out.bpf == bpf then
			mine[#mine + 1] = out
			running = running or is_running(out)
		end
	end
	for _, out in ipairs(mine) do
		out.closing = true
		out.batch.next, out.batch.count, out.fetched = 0, 0, 0
	end
	if running then
		return false
	end
	for _, out in ipairs(mine) do
		remove(out)
		out.closing = false
		local ok, err = pcall(report_lost, out, true)
		C.lt_output_close(out.handle)
		out.handle = nil
		if not ok then
			io.stderr:write(("luatrace: %s: lost_cb: %s\n"):format(out.name, tostring(err)))
		end
	end
	return true
end

---@param map table the map's state
---@param data ffi.cdata*
---@return ffi.cdata*
function M.event(map, data)
	map:check_open()
	if not map.output then
		errors.misuse("event: map '%s' is no output", map.name)
	end
	local record = M.record_layout(map)
	if not record then
		errors.misuse("event: the text submits no struct to '%s', or several different ones: "
			.. "use ffi.cast(\"struct mine *\", data) with a cdef of your own", map.name)
	end
	if type(data) ~= "cdata" then
		errors.misuse("event: expected the data of a record, not %s", check.given(data))
	end
	return ffi.cast(record.pointer, data)
end

---@param map table the map's state
---@param data ffi.cdata*
---@param size integer?
---@return ffi.cdata*
function M.copy(map, data, size)
	map:check_open()
	local record = map.output and M.record_layout(map)
	if type(data) ~= "cdata" then
		errors.misuse("copy: expected the data of a record, not %s", check.given(data))
	end
	local copy
	if size == nil and record then
		copy, size = ffi.new(record.ct), record.size
	elseif type(size) == "number" and size >= 0 then
		copy = record and size <= record.size and ffi.new(record.ct) or ffi.new("uint8_t[?]", size)
	else
		errors.misuse("copy: the records of '%s' have no one type: give the size too, t:copy(data, size)", map.name)
	end
	ffi.copy(copy, ffi.cast(bytes_ptr, data), size)
	return copy
end

return M
