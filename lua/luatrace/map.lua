-- SPDX-License-Identifier: MIT
-- Maps as scripts see them: t[k], t[k] = v, pairs(t), #t and methods.
local ffi = require "ffi"
local entries = require "luatrace.entries"
local errors = require "luatrace.errors"
local later = require "luatrace.later"
local map_state = require "luatrace.map_state"
local output = require "luatrace.output"
---@module "luatrace.batch"
local batch = later "luatrace.batch"
---@module "luatrace.c_type"
local c_type = later "luatrace.c_type"
---@module "luatrace.folded"
local folded = later "luatrace.folded"
---@module "luatrace.hist"
local hist = later "luatrace.hist"
---@module "luatrace.inner"
local inner = later "luatrace.inner"
---@module "luatrace.perf_counter"
local perf_counter = later "luatrace.perf_counter"
---@module "luatrace.pinned"
local pinned = later "luatrace.pinned"
---@module "luatrace.queue"
local queue = later "luatrace.queue"
---@module "luatrace.stack"
local stack = later "luatrace.stack"

local M = {}

local handle_ct = map_state.handle_ct

local function state_of(handle, method)
	if not ffi.istype(handle_ct, handle) then
		errors.misuse("%s: call it on a map, with a colon: t:%s(…)", method, method)
	end
	return map_state.get(handle)
end

local function each(map)
	map:check_use("no_list")
	return entries.each(map)
end

local function read(map, key, ...)
	if map.kind.stacks then
		map:check_open()
		return stack.get(map, key, ...)
	end
	return map:read(key)
end

---What a map can do. `t` stands for `b.NAME`.
---@class luatrace.Map
local Map = {}
M.methods = Map

---The value of `key`, or nil. For a stack trace map: the addresses of stack `key`.
---@param key any
---@param ... any of a stack: `resolve`, see walk
---@return any
function Map:get(key, ...)
	return read(state_of(self, "get"), key, ...)
end

---Writes one entry; nil deletes it.
---@param key any
---@param value any
function Map:set(key, value)
	state_of(self, "set"):write(key, value)
end

---Deletes one entry.
---@param key any
---@return boolean existed
function Map:delete(key)
	return state_of(self, "delete"):delete(key)
end

---All entries: `for k, v in t:items() do`. The same as pairs(t). Entries may be deleted meanwhile.
---@return fun(): any, any
function Map:items()
	return each(state_of(self, "items"))
end
Map.items_lookup_batch = Map.items

---All keys.
---@return fun(): any
function Map:keys()
	local next_entry = each(state_of(self, "keys"))
	return function()
		local key = next_entry()
		return key
	end
end

---All values. Of a queue or stack they are taken out.
---@return fun(): any
function Map:values()
	local map = state_of(self, "values")
	if map.kind.queue then
		return queue.values(map)
	end
	local next_entry = each(map)
	return function()
		local _, value = next_entry()
		return value
	end
end

---Deletes all entries; of an array: sets all values to zero.
function Map:clear()
	local map = state_of(self, "clear")
	map:check_use("no_list")
	if map.kind.array then
		entries.zero(map)
	else
		map:check_use("no_delete")
		entries.clear(map)
	end
end

---Sets all values to zero and keeps the keys.
function Map:zero()
	local map = state_of(self, "zero")
	map:check_use("no_list")
	map:check_use("no_write")
	if map.kind.descriptors then
		errors.misuse("zero: map '%s' (%s) holds no numbers: t:clear() empties it", map.name, map.kind.name)
	end
	entries.zero(map)
end

---Deletes all entries and gives an iterator over what they were.
---@return fun(): any, any
function Map:items_lookup_and_delete_batch()
	local map = state_of(self, "items_lookup_and_delete_batch")
	map:check_use("no_list")
	map:check_use("no_delete")
	return entries.drain(map)
end

---Writes values[i] to keys[i], in one call of the kernel where it has one for this type of map. When one of them cannot
---be written, those before it are.
---@param keys any[]|ffi.cdata* a table from 1, or an array of C
---@param values any[]|ffi.cdata*
function Map:items_update_batch(keys, values)
	batch.update(state_of(self, "items_update_batch"), keys, values)
end

---Deletes these keys, or all.
---@param keys any[]|ffi.cdata*|nil
---@return integer? deleted how many of the keys were there
function Map:items_delete_batch(keys)
	local map = state_of(self, "items_delete_batch")
	map:check_use("no_delete")
	if keys ~= nil then
		return batch.delete(map, keys)
	end
	self:clear()
	return nil
end

local function per_cpu(map, method, key)
	map:check_kind(method, "percpu", "has no value for each CPU")
	return map:read(key)
end

---The values of `key`, one for each CPU; nil when it is not there. The same as t[key].
---@param key any
---@return luatrace.PerCpu?
function Map:getvalue(key)
	return per_cpu(state_of(self, "getvalue"), "getvalue", key)
end

---The sum over all CPUs of the value of `key`; nil when it is not there.
---@param key any
---@return number|ffi.cdata*|nil
function Map:sum(key)
	local values = per_cpu(state_of(self, "sum"), "sum", key)
	return values and values:sum()
end

---The largest of them.
---@param key any
---@return number|ffi.cdata*|nil
function Map:max(key)
	local values = per_cpu(state_of(self, "max"), "max", key)
	return values and values:max()
end

---The sum divided by the number of CPUs.
---@param key any
---@return number?
function Map:average(key)
	local values = per_cpu(state_of(self, "average"), "average", key)
	return values and values:average()
end

---Adds a value to a queue or stack.
---@param value any
---@param flags integer? 2 (BPF_EXIST): when it is full, the oldest makes room
function Map:push(value, flags)
	queue.push(state_of(self, "push"), value, flags)
end

---Takes the next value out of a queue or stack; nil when it is empty.
---@return any
function Map:pop()
	return queue.pop(state_of(self, "pop"))
end

---The next value of a queue or stack, which stays; nil when it is empty.
---@return any
function Map:peek()
	return queue.peek(state_of(self, "peek"))
end

---The map in slot `key` of a map of maps, or nil. It lives until it is closed or collected, whatever becomes of the
---slot.
---@param key any
---@return luatrace.Map?
function Map:inner(key)
	return inner.get(state_of(self, "inner"), key)
end

---A new, empty map like those that a map of maps takes.
---@return luatrace.Map
function Map:new_inner()
	return inner.make(state_of(self, "new_inner"))
end

---Pins the map: it stays beyond its object, as long as the path is there. Missing directories are made.
---@param path string below a BPF file system (/sys/fs/bpf)
function Map:pin(path)
	pinned.pin(state_of(self, "pin"), path)
end

---Removes a pin of this map.
---@param path string? nil: where t:pin() or the text pinned it
function Map:unpin(path)
	pinned.unpin(state_of(self, "unpin"), path)
end

---Ends the use of a map that belongs to no BPF object: of open_pinned, inner and new_inner. Twice is harmless.
function Map:close()
	local map = state_of(self, "close")
	if not map.owner then
		errors.misuse("close: map '%s' is closed with its BPF object", map.name)
	end
	map:close()
end

---Prints the map as a histogram of powers of two. Positional, or one table with these names.
---@param val_type string|table|nil what the values are, e.g. "usecs" (default "value")
---@param section_header string? for keys of { bucket, slot }: what the buckets are (default "Bucket ptr")
---@param section_print_fn? fun(bucket: any): any
---@param bucket_fn? fun(bucket: any): any
---@param strip_leading_zero boolean? leave out the rows before the first count
---@param bucket_sort_fn? fun(buckets: any[]): any[]
function Map:print_log2_hist(val_type, section_header, section_print_fn, bucket_fn, strip_leading_zero, bucket_sort_fn)
	local map = state_of(self, "print_log2_hist")
	hist.print(map, each(map), "log2", val_type, section_header, section_print_fn, bucket_fn, strip_leading_zero,
		bucket_sort_fn)
end

---Prints the map as a linear histogram. Arguments as for print_log2_hist.
function Map:print_linear_hist(val_type, section_header, section_print_fn, bucket_fn, strip_leading_zero, sort_fn)
	local map = state_of(self, "print_linear_hist")
	hist.print(map, each(map), "linear", val_type, section_header, section_print_fn, bucket_fn, strip_leading_zero,
		sort_fn)
end

---Prints the map as JSON, a line for each histogram of powers of two. Arguments as for print_log2_hist.
function Map:print_json_hist(val_type, section_header, section_print_fn, bucket_fn, bucket_sort_fn)
	local map = state_of(self, "print_json_hist")
	hist.print(map, each(map), "json", val_type, section_header, section_print_fn, bucket_fn, nil, bucket_sort_fn)
end

---Opens a BPF_PERF_OUTPUT. Polling calls `fn(cpu, data, size)` for each record; `data` is valid until it returns.
---@param fn fun(cpu: integer, data: ffi.cdata*, size: integer)
---@param opts table|integer|nil { page_cnt=, lost_cb=, wakeup_events=, latency= (ms) }, or page_cnt
---@param lost_cb? fun(lost: integer)
function Map:open_perf_buffer(fn, opts, lost_cb)
	output.open(state_of(self, "open_perf_buffer"), "perf", "open_perf_buffer", fn, opts, lost_cb)
	return self
end

---Opens a BPF_RINGBUF_OUTPUT. As open_perf_buffer; `cpu` is -1.
---@param fn fun(cpu: integer, data: ffi.cdata*, size: integer)
---@param opts table? { lost_cb=, wakeup_events=, latency= (ms) }
function Map:open_ring_buffer(fn, opts)
	output.open(state_of(self, "open_ring_buffer"), "ring", "open_ring_buffer", fn, opts)
	return self
end

---Opens an event of perf_event_open(2) on each online CPU, which programs then read as t.perf_read(cpu).
---@param ev_type integer BPF.PerfType
---@param ev_config integer e.g. of BPF.PerfSWConfig
---@param pid integer? -1 (the default): what all processes do
function Map:open_perf_event(ev_type, ev_config, pid)
	perf_counter.open(state_of(self, "open_perf_event"), ev_type, ev_config, pid)
	return self
end

---Closes what open_perf_event opened.
function Map:close_perf_event()
	perf_counter.close(state_of(self, "close_perf_event"))
end

---`data` as a pointer to the struct that the text submits to this output.
---@param data ffi.cdata*
---@return ffi.cdata*
function Map:event(data)
	return output.event(state_of(self, "event"), data)
end

---A copy of a record that stays valid beyond the callback.
---@param data ffi.cdata*
---@param size integer? bytes, for records without a type
---@return ffi.cdata*
function Map:copy(data, size)
	return output.copy(state_of(self, "copy"), data, size)
end

---The addresses of stack `id` of a BPF_STACK_TRACE, from the innermost; none for an id that is not there. Of a
---BPF_STACK_TRACE_BUILDID: luatrace.Frame instead of addresses.
---@param id integer
---@param resolve? fun(address: ffi.cdata*|luatrace.Frame): any applied to each address
---@return fun(): any
function Map:walk(id, resolve)
	local map = state_of(self, "walk")
	map:check_open()
	return stack.walk(map, id, resolve)
end

---A line for flame graphs: the functions of a stack from the outermost on, with semicolons between, and a count.
---@param args luatrace.FoldedArgs
---@return string
function Map:folded(args)
	local map = state_of(self, "folded")
	map:check_open()
	return folded.line(map, args)
end

ffi.metatype(handle_ct, {
	__index = function(handle, key)
		local method = Map[key]
		if method then
			return method
		end
		return read(map_state.get(handle), key)
	end,
	__newindex = function(handle, key, value)
		map_state.get(handle):write(key, value)
	end,
	__len = function(handle)
		local map = map_state.get(handle)
		map:check_use("no_list")
		return map.kind.array and map.max_entries or entries.count(map)
	end,
	__pairs = function(handle)
		return each(map_state.get(handle))
	end,
	__tostring = function(handle)
		return ("map '%s'"):format(map_state.get(handle).name)
	end,
})

---The map that `info` (lt_map_info) describes.
---@param bpf table the BPF object that holds it
---@param info ffi.cdata*
---@return ffi.cdata* map
function M.new(bpf, info)
	return map_state.handle(map_state.new(info, bpf:btf(), { bpf = bpf }))
end

---The same map with types that a script names in C.
---@param bpf table the BPF object that holds it
---@param info ffi.cdata*
---@param key_type string
---@param leaf_type string
---@return ffi.cdata* map
function M.typed(bpf, info, key_type, leaf_type)
	return map_state.handle(map_state.new(info, bpf:btf(), {
		bpf = bpf,
		key_layout = c_type.layout("get_table", "key_type", key_type, info.key_size),
		value_layout = c_type.layout("get_table", "leaf_type", leaf_type, info.value_size),
	}))
end

---Marks a map as belonging to a closed object: using it is an error from now on.
---@param handle ffi.cdata*
function M.close(handle)
	map_state.get(handle):close()
end

---What is known of a map, for the layer that reads maps in bcc-lua's way.
---@param handle ffi.cdata*
---@return luatrace.MapState
function M.state(handle)
	return map_state.get(handle)
end

---Whether `value` is a map.
---@param value any
---@return boolean
function M.is(value)
	-- to LuaJIT a type is of that type too; alone of both it is a number
	return ffi.istype(handle_ct, value) and not tonumber(value)
end

---Opens an output of either kind, as b:on() does.
---@param handle ffi.cdata*
---@param fn fun(cpu: integer, data: ffi.cdata*, size: integer)
---@param opts table?
function M.on(handle, fn, opts)
	output.open(state_of(handle, "on"), nil, "on", fn, opts)
end

return M
