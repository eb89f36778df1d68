-- SPDX-License-Identifier: MIT
-- Tables of bcc-lua's scripts: b:get_table(name). Keys and values go through arrays of one, c_key and c_leaf. What
-- bcc-lua's tables have not, t[k], pairs(t), t:clear(), histograms, is that of luatrace's own maps.
local ffi = require "ffi"
local C = require "luatrace.abi"
local convert = require "luatrace.convert"
local entries = require "luatrace.entries"
local errors = require "luatrace.errors"
local map = require "luatrace.map"
local text_form = require "luatrace.bcclua.text_form"

local M = {}

local bytes_ptr = ffi.typeof("uint8_t *")
-- An FFI metatype, for pairs(t) and #t, with its state beside it.
local handle_ct = ffi.typeof("struct { int32_t id; }")
local states, last_id = {}, 0

-- enum bpf_map_type
local HASH, ARRAY, PERF_EVENT_ARRAY, STACK_TRACE = 1, 2, 4, 7

-- A function that reads element `i` as a value of its own: of structs and arrays a copy, not a reference that the
-- collector does not know of.
local function reader(ct)
	local element = ffi.new(ffi.typeof("$[1]", ct))[0]
	if type(element) ~= "cdata" or not tostring(ffi.typeof(element)):find("&") then
		return function(array, i) return array[i] end
	end
	local size = ffi.sizeof(ct)
	return function(array, i)
		local copy = ffi.new(ct)
		ffi.copy(copy, ffi.cast(bytes_ptr, array) + i * size, size)
		return copy
	end
end

-- A table initialises the array of one, { { pid = 1 } }; the outer braces may be left out.
local function unwrap(layout, value)
	local inner = type(value) == "table" and (value[0] or value[1])
	local is_plain = layout.kind ~= "struct" and layout.kind ~= "union" and layout.kind ~= "array"
	return inner ~= nil and (is_plain or type(inner) == "table" and #value <= 1) and inner or value
end

-- An array of one that holds `value`: by the layout that the text gives it, or as LuaJIT converts it to a type declared
-- by the script. `what` is "key" or "leaf".
local function box(t, what, value)
	local ct, layout = t["c_" .. what], t.layouts[what]
	local boxed, why = ct(), "expected a value, not nil"
	if layout and value ~= nil and type(value) ~= "number" then
		why = convert.store(layout, ffi.cast(bytes_ptr, boxed), unwrap(layout, value))
	elseif value ~= nil then
		local ok, result = pcall(ct, value)
		boxed, why = result, not ok and result
	end
	if why then
		errors.misuse("table '%s': %s: %s", t.name, what, why)
	end
	return boxed
end

local function key_of(t, key)
	t.map:check_open()
	if t.type == ARRAY then
		local index = tonumber(key) or errors.misuse("table '%s': expected an index, not %s", t.name, tostring(key))
		if index < 0 then
			index = index + t.max_entries
		end
		if index < 0 or index >= t.max_entries then
			errors.misuse("table '%s': index %s is out of range: it has the indexes 0 to %d", t.name, tostring(key),
				t.max_entries - 1)
		end
		key = index
	end
	return box(t, "key", key)
end

local function check(t, what, rc)
	if rc < 0 and rc ~= -errors.ENOENT then
		errors.raise(("table '%s': %s: %s"):format(t.name, what, errors.describe(rc)), rc)
	end
	return rc == 0
end

local methods = {}

---The value of `key`, or nil.
function methods.get(t, key)
	local leaf = t.c_leaf()
	if check(t, "reading", C.lt_map_lookup(t.map_fd, key_of(t, key), leaf)) then
		return t.read_leaf(leaf, 0)
	end
	return nil
end

function methods.set(t, key, value)
	check(t, "writing", C.lt_map_update(t.map_fd, key_of(t, key), box(t, "leaf", value), 0))
end

---@return boolean existed
function methods.delete(t, key)
	if t.type == ARRAY then
		errors.misuse("table '%s' is an array, whose entries cannot be deleted", t.name)
	end
	return check(t, "deleting", C.lt_map_delete(t.map_fd, key_of(t, key)))
end

local function each(t)
	t.map:check_open()
	return entries.each(t.view)
end

function methods.keys(t)
	local next_entry = each(t)
	return function()
		local key = next_entry()
		return key
	end
end

---Key and value; of an array the value alone, or its place, from 1, and the value.
function methods.items(t, with_index)
	local next_entry = each(t)
	if t.type ~= ARRAY then
		return next_entry
	end
	return function()
		local index, value = next_entry()
		if index ~= nil and with_index then
			return tonumber(index) + 1, value
		end
		return value
	end
end

---How many entries there are.
function methods.size(t)
	t.map:check_open()
	return entries.count(t.view)
end

local function sprintf(t, what, layout, value)
	return text_form.write(layout, ffi.cast(bytes_ptr, box(t, what, value)))
end

local function scanf(t, what, layout, text)
	local boxed = t["c_" .. what]()
	local ok, why = pcall(text_form.read, layout, ffi.cast(bytes_ptr, boxed), { text = text, at = 1 })
	if not ok then
		errors.misuse("table '%s': %s_scanf: %s", t.name, what, why)
	end
	return t["read_" .. what](boxed, 0)
end

---Key or value as libbcc writes them, and back.
function methods.key_sprintf(t, key) return sprintf(t, "key", t.map.key_layout, key) end
function methods.leaf_sprintf(t, leaf) return sprintf(t, "leaf", t.map.value_layout, leaf) end
function methods.key_scanf(t, text) return scanf(t, "key", t.map.key_layout, text) end
function methods.leaf_scanf(t, text) return scanf(t, "leaf", t.map.value_layout, text) end

-- What a table of each type has, as functions of its handle.
local function by_handle(functions)
	local out = {}
	for name, fn in pairs(functions) do
		out[name] = type(fn) == "function" and function(handle, ...) return fn(states[handle.id], ...) end or fn
	end
	return out
end

local common = { __index = by_handle(methods) }
local of_type = {
	[HASH] = setmetatable({}, common),
	[ARRAY] = setmetatable({}, common),
	[PERF_EVENT_ARRAY] = by_handle(require "luatrace.bcclua.perf_events"),
	[STACK_TRACE] = setmetatable(by_handle {
		MAX_STACK = 127,
		get = function(t, id, resolve) return t.own:get(id, resolve) end,
		walk = function(t, id) return t.own:walk(id) end,
	}, common),
}

-- Methods of luatrace's own maps, called on a handle of ours.
local passed_on = setmetatable({}, { __index = function(all, name)
	all[name] = function(handle, ...)
		local own = states[handle.id].own
		return own[name](own, ...)
	end
	return all[name]
end })

local function index(handle, name)
	local t = states[handle.id]
	local found = of_type[t.type][name]
	if found == nil then
		found = t.public[name]
	end
	if found ~= nil then
		return found
	end
	local own = t.own[name]	-- a method, or an entry
	return type(own) == "function" and passed_on[name] or own
end

ffi.metatype(handle_ct, {
	__index = index,
	__newindex = function(handle, key, value)
		states[handle.id].own[key] = value
	end,
	__len = function(handle) return #states[handle.id].own end,
	__pairs = function(handle) return pairs(states[handle.id].own) end,
	__tostring = function(handle) return ("table '%s'"):format(states[handle.id].name) end,
})

local function ctype(what, declaration)
	local ok, ct = pcall(ffi.typeof, declaration)
	if not ok then
		errors.misuse("get_table: %s '%s': %s", what, tostring(declaration), ct)
	end
	return ct
end

local function prepare_entries(t, key_type, leaf_type)
	local key_ct = key_type and ctype("key_type", key_type) or t.map.key_layout.ct
	local leaf_ct = leaf_type and ctype("leaf_type", leaf_type) or t.map.value_layout.ct
	for what, pair in pairs { key_type = { key_ct, t.map.key_size }, leaf_type = { leaf_ct, t.map.value_size } } do
		if ffi.sizeof(pair[1]) ~= pair[2] then
			errors.misuse("get_table: %s has %d bytes, that of table '%s' %d", what, ffi.sizeof(pair[1]), t.name, pair[2])
		end
	end
	t.layouts = { key = not key_type and t.map.key_layout or nil, leaf = not leaf_type and t.map.value_layout or nil }
	t.c_key, t.c_leaf = ffi.typeof("$[1]", key_ct), ffi.typeof("$[1]", leaf_ct)
	t.read_key, t.read_leaf = reader(key_ct), reader(leaf_ct)
	local pointer, read = ffi.typeof("$ *", leaf_ct), t.read_leaf
	t.view = setmetatable({
		keys_ct = ffi.typeof("$[?]", key_ct), read_key = t.read_key,
		read_value = function(values, i) return read(ffi.cast(pointer, values), i) end,
	}, { __index = t.map, __newindex = t.map })
end

---The table of bcc-lua's that a map is, or the map itself where bcc-lua knows no such type.
---@param bpf table the script's BPF object
---@param own ffi.cdata* luatrace's map
---@param id integer
---@param key_type any?
---@param leaf_type any? C declarations, or ctypes, instead of those of the text
function M.new(bpf, own, id, key_type, leaf_type)
	local state = map.state(own)
	if not of_type[state.type] then
		return own
	end
	local t = {
		own = own, map = state, name = state.name, type = state.type, max_entries = state.max_entries, map_fd = state.fd,
	}
	if state.key_layout then
		prepare_entries(t, key_type, leaf_type)
	end
	t.public = {
		t_type = t.type, bpf = bpf, map_id = id, map_fd = t.map_fd, max_entries = t.max_entries, c_key = t.c_key,
		c_leaf = t.c_leaf,
	}
	last_id = last_id + 1
	states[last_id] = t	-- for as long as the process: its BPF object remembers it, and is remembered by it
	return handle_ct(last_id)
end

return M
