-- SPDX-License-Identifier: MIT
-- Maps as scripts see them: t[k], t[k] = v, pairs(t), #t and methods. A map is an FFI metatype (on plain tables this
-- LuaJIT ignores __pairs and __len) with its state, a Lua table, beside it.
local ffi = require "ffi"
local C = require "luatrace.abi"
local convert = require "luatrace.convert"
local entries = require "luatrace.entries"
local errors = require "luatrace.errors"
local hist = require "luatrace.hist"
local layout = require "luatrace.layout"
local output = require "luatrace.output"
local percpu = require "luatrace.percpu"
local perf_counter = require "luatrace.perf_counter"
local stack = require "luatrace.stack"

local M = {}

-- enum bpf_map_type, as far as it matters here.
local PROG_ARRAY, CGROUP_ARRAY, ARRAY_OF_MAPS, HASH_OF_MAPS = 3, 8, 12, 13
local DEVMAP, SOCKMAP, CPUMAP, XSKMAP = 14, 15, 16, 17
local ARRAY, PERF_EVENT_ARRAY, PERCPU_HASH, PERCPU_ARRAY, STACK_TRACE = 2, 4, 5, 6, 7
local LRU_PERCPU_HASH, PERCPU_CGROUP_STORAGE, RINGBUF = 10, 21, 27

local bytes_ptr = ffi.typeof("uint8_t *")
local handle_ct = ffi.typeof("struct { int32_t id; }")
local states, last_id = {}, 0

---@class luatrace.MapState
local State = {}
State.__index = State

function State:check_open()
	if self.closed then
		errors.misuse("map '%s': the BPF object it belongs to is closed", self.name)
	end
end

-- What t[k] means for maps that have no values of their own to read.
local function check_readable(map)
	map:check_open()
	if map.output then
		errors.misuse("map '%s' is an output: read it with t:open_%s_buffer(fn)", map.name, map.output)
	elseif not map.read_key then
		errors.misuse("map '%s' has no keys", map.name)
	end
end

local function store_key(map, key)
	check_readable(map)
	if key == nil then
		errors.misuse("map '%s': key: expected %s, not nil", map.name, map.key_layout.name)
	end
	local index = map.is_indexed and tonumber(key)
	if index and (index < 0 or index >= map.max_entries) then
		errors.misuse("map '%s': index %s is out of range: it has the indexes 0 to %d", map.name,
			(tostring(key):gsub("U?LL$", "")), map.max_entries - 1)
	end
	local why = convert.store(map.key_layout, map.key_bytes, key)
	if why then
		errors.misuse("map '%s': key: %s", map.name, why)
	end
end

local function get(map, key)
	store_key(map, key)
	local rc = C.lt_map_lookup(map.fd, map.key, map.value)
	if rc == 0 then
		return map.read_value(map.value, 0)
	elseif rc ~= -errors.ENOENT then
		errors.raise(("map '%s': reading: %s"):format(map.name, errors.describe(rc)), rc)
	end
	return nil
end

local function delete(map, key)
	store_key(map, key)
	if map.is_array then
		errors.misuse("map '%s' is an array, whose entries cannot be deleted: set them to zero, or t:clear()", map.name)
	end
	local rc = C.lt_map_delete(map.fd, map.key)
	if rc < 0 and rc ~= -errors.ENOENT then
		errors.raise(("map '%s': deleting: %s"):format(map.name, errors.describe(rc)), rc)
	end
	return rc == 0
end

-- Maps of descriptors take what holds one: a function that was loaded, a map. And why the kernel minds one.
local MUST_BE_LIKE = "a map there is like the inner map that the text names: type, flags, sizes of key and value, and "
	.. "of an array the number of entries"
local TAKES_DESCRIPTORS = {
	[PROG_ARRAY] = "its programs are all of one kind, which the first that is put there, or calls it, decides",
	[ARRAY_OF_MAPS] = MUST_BE_LIKE, [HASH_OF_MAPS] = MUST_BE_LIKE,
}
local function descriptor_of(value)
	if ffi.istype(handle_ct, value) then
		states[value.id]:check_open()
		return states[value.id].fd
	end
	return type(value) == "table" and value.fd or value
end

local function set(map, key, value)
	if TAKES_DESCRIPTORS[map.type] then
		value = descriptor_of(value)
	end
	if value == nil then
		delete(map, key)
		return
	end
	store_key(map, key)
	local why
	if map.percpu then
		why = percpu.store(map.percpu, map.value, map.cpus, value)
	else
		why = convert.store(map.value_layout, map.value, value)
	end
	if why then
		errors.misuse("map '%s': value: %s", map.name, why)
	end
	local rc = C.lt_map_update(map.fd, map.key, map.value, 0)
	if rc == -errors.E2BIG then
		errors.raise(("map '%s' is full: it holds %d entries"):format(map.name, map.max_entries), rc)
	elseif rc == -errors.EINVAL and TAKES_DESCRIPTORS[map.type] then
		errors.raise(("map '%s': the kernel refuses what is put there: %s"):format(map.name,
			TAKES_DESCRIPTORS[map.type]), rc)
	elseif rc < 0 then
		errors.raise(("map '%s': writing: %s"):format(map.name, errors.describe(rc)), rc)
	end
end

-- A cgroup by its directory.
local function set_cgroup(map, key, path)
	local err = errors.buffer()
	local fd = C.lt_cgroup_open(path, err)
	if fd < 0 then
		errors.raise_c(fd, err)
	end
	local ok, e = pcall(set, map, key, fd)
	C.lt_map_close(fd)	-- the map holds the cgroup
	if not ok then
		error(e, 0)
	end
end

local function assign(map, key, value)
	if map.type == CGROUP_ARRAY and type(value) == "string" then
		set_cgroup(map, key, value)
	else
		set(map, key, value)
	end
end

local function state_of(handle, method)
	if not ffi.istype(handle_ct, handle) then
		errors.misuse("%s: call it on a map, with a colon: t:%s(…)", method, method)
	end
	return states[handle.id]
end

local function each(map)
	check_readable(map)
	return entries.each(map)
end

---What a map can do. `t` stands for `b.NAME`.
---@class luatrace.Map
local Map = {}

---The value of `key`, or nil. For a stack trace map: the addresses of stack `key`.
---@param key any
---@return any
function Map:get(key, ...)
	local map = state_of(self, "get")
	if map.type == STACK_TRACE then
		map:check_open()
		return stack.get(map, key, ...)
	end
	return get(map, key)
end

---Writes one entry; nil deletes it.
---@param key any
---@param value any
function Map:set(key, value)
	assign(state_of(self, "set"), key, value)
end

---Deletes one entry.
---@param key any
---@return boolean existed
function Map:delete(key)
	return delete(state_of(self, "delete"), key)
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

---All values.
---@return fun(): any
function Map:values()
	local next_entry = each(state_of(self, "values"))
	return function()
		local _, value = next_entry()
		return value
	end
end

---Deletes all entries; of an array: sets all values to zero.
function Map:clear()
	local map = state_of(self, "clear")
	check_readable(map)
	if map.is_array then
		entries.zero(map)
	else
		entries.clear(map)
	end
end

---Sets all values to zero and keeps the keys.
function Map:zero()
	local map = state_of(self, "zero")
	check_readable(map)
	entries.zero(map)
end

---Deletes all entries and gives an iterator over what they were.
---@return fun(): any, any
function Map:items_lookup_and_delete_batch()
	local map = state_of(self, "items_lookup_and_delete_batch")
	check_readable(map)
	if map.is_array then
		errors.misuse("map '%s' is an array, whose entries cannot be deleted", map.name)
	end
	return entries.drain(map)
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

---Opens a BPF_PERF_OUTPUT. Polling calls `fn(cpu, data, size)` for each record; `data` is valid until it returns.
---@param fn fun(cpu: integer, data: ffi.cdata*, size: integer)
---@param opts table|integer|nil { page_cnt=, lost_cb=, wakeup_events=, latency= (ms) }, or page_cnt
---@param lost_cb? fun(lost: integer)
function Map:open_perf_buffer(fn, opts, lost_cb)
	output.open(state_of(self, "open_perf_buffer"), "perf", fn, opts, lost_cb)
	return self
end

---Opens a BPF_RINGBUF_OUTPUT. As open_perf_buffer; `cpu` is -1.
---@param fn fun(cpu: integer, data: ffi.cdata*, size: integer)
---@param opts table? { lost_cb=, wakeup_events=, latency= (ms) }
function Map:open_ring_buffer(fn, opts)
	output.open(state_of(self, "open_ring_buffer"), "ring", fn, opts)
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

---The addresses of stack `id` of a BPF_STACK_TRACE, from the innermost; none for an id that is not there.
---@param id integer
---@param resolve? fun(address: ffi.cdata*): any applied to each address
---@return fun(): any
function Map:walk(id, resolve)
	local map = state_of(self, "walk")
	map:check_open()
	return stack.walk(map, id, resolve)
end

ffi.metatype(handle_ct, {
	__index = function(handle, key)
		local method = Map[key]
		if method then
			return method
		end
		local map = states[handle.id]
		if map.type == STACK_TRACE then
			map:check_open()
			return stack.get(map, key)
		end
		return get(map, key)
	end,
	__newindex = function(handle, key, value)
		assign(states[handle.id], key, value)
	end,
	__len = function(handle)
		local map = states[handle.id]
		check_readable(map)
		return map.is_array and map.max_entries or entries.count(map)
	end,
	__pairs = function(handle)
		return each(states[handle.id])
	end,
	__tostring = function(handle)
		return ("map '%s'"):format(states[handle.id].name)
	end,
})

local function type_of(btf, id, size)
	local l = id ~= 0 and btf and layout.of(btf, id)
	if l and l.size == size then
		return l
	end
	if size == 1 or size == 2 or size == 4 or size == 8 then
		return layout.unsigned(size)
	end
	return layout.bytes(size)
end

local function prepare_values(map)
	map.value_bytes = map.value_size
	if map.percpu then
		map.value_bytes = map.percpu.stride * map.cpus
		map.read_value = function(values, i)
			return percpu.from(map.percpu, ffi.cast(bytes_ptr, values) + i * map.value_bytes, map.cpus)
		end
	else
		local pointer, read = ffi.typeof("$ *", map.value_layout.ct), convert.reader(map.value_layout)
		map.read_value = function(values, i)
			return read(ffi.cast(pointer, values), i)
		end
	end
	map.value = ffi.new("uint8_t[?]", map.value_bytes)
end

local PER_CPU = {
	[PERCPU_HASH] = true, [PERCPU_ARRAY] = true, [LRU_PERCPU_HASH] = true, [PERCPU_CGROUP_STORAGE] = true,
}
-- Of those, arrays have all their entries from the start; the others' are there or not.
local INDEXED = {
	[ARRAY] = true, [PERCPU_ARRAY] = true, [PROG_ARRAY] = true, [CGROUP_ARRAY] = true, [ARRAY_OF_MAPS] = true,
	[DEVMAP] = true, [SOCKMAP] = true, [CPUMAP] = true, [XSKMAP] = true,
}
local OUTPUT = { [PERF_EVENT_ARRAY] = "perf", [RINGBUF] = "ring" }

local function prepare_keys(map, info, btf)
	map.key_layout = type_of(btf, info.key_type_id, map.key_size)
	map.value_layout = type_of(btf, info.value_type_id, map.value_size)
	map.keys_ct = ffi.typeof("$[?]", map.key_layout.ct)
	map.key = ffi.new(map.keys_ct, 1)
	map.key_bytes = ffi.cast(bytes_ptr, map.key)
	map.read_key = convert.reader(map.key_layout)
	if PER_CPU[map.type] then
		map.percpu, map.cpus = percpu.class(map.value_layout), C.lt_cpu_possible()
	end
	prepare_values(map)
end

---The map that `info` (lt_map_info) describes.
---@param bpf table the BPF object that holds it
---@param info ffi.cdata*
---@return ffi.cdata* map
function M.new(bpf, info)
	local map = setmetatable({
		bpf = bpf,
		name = ffi.string(info.name),
		type = info.type,
		key_size = info.key_size,
		value_size = info.value_size,
		max_entries = info.max_entries,
		fd = info.fd,
		output = OUTPUT[info.type],
		is_indexed = INDEXED[info.type],
		is_array = info.type == ARRAY or info.type == PERCPU_ARRAY,
	}, State)
	if not map.output and map.key_size > 0 and map.value_size > 0 then
		prepare_keys(map, info, bpf:btf())
	end
	last_id = last_id + 1
	local id = last_id
	states[id] = map
	return ffi.gc(handle_ct(id), function() states[id] = nil end)
end

---Marks a map as belonging to a closed object: using it is an error from now on.
---@param handle ffi.cdata*
function M.close(handle)
	local map = states[handle.id]
	map.closed, map.fd, map.bpf = true, -1, nil
end

---The descriptor that `value` holds: a map's, that of a function that was loaded; any other value as it is.
---@param value any
---@return any
M.descriptor = descriptor_of

---Whether `value` is a map.
---@param value any
---@return boolean
function M.is(value)
	return ffi.istype(handle_ct, value)
end

---"perf" or "ring" for an output, else nil.
---@param handle ffi.cdata*
---@return string?
function M.kind(handle)
	return states[handle.id].output
end

return M
