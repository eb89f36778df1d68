-- SPDX-License-Identifier: MIT
-- What is behind a map: its descriptor, the layouts of key and value, and access to one entry. A script holds a handle,
-- an FFI metatype (on plain tables this LuaJIT ignores __pairs and __len); the state, a Lua table, is found by it.
local ffi = require "ffi"
local C = require "luatrace.abi"
local convert = require "luatrace.convert"
local errors = require "luatrace.errors"
local hash_walk = require "luatrace.hash_walk"
local layout = require "luatrace.layout"
local loaded = require "luatrace.loaded"
local map_type = require "luatrace.map_type"
local percpu = require "luatrace.percpu"
local prefix = require "luatrace.prefix"

local M = {}

local bytes_ptr = ffi.typeof("uint8_t *")
local states, last_id = {}, 0

---What scripts hold; map.lua gives it its methods.
M.handle_ct = ffi.typeof("struct { int32_t id; }")
convert.refuse_copies_of(M.handle_ct)

---@class luatrace.MapState
---@field kind luatrace.MapType
local State = {}
State.__index = State

---The state behind a handle.
---@param handle ffi.cdata*
---@return luatrace.MapState
function M.get(handle)
	return states[handle.id]
end

local owner_ct = ffi.typeof("struct { int32_t fd; }")

---A handle for a state. The descriptor of a map that belongs to no object (an inner one, one of a pin) becomes the
---state's: it is closed when neither the handle nor an iterator over the entries is left.
---@param state luatrace.MapState
---@return ffi.cdata*
function M.handle(state)
	last_id = last_id + 1
	local id = last_id
	states[id] = state
	state.owner = not state.bpf and ffi.gc(owner_ct(state.fd), function(owner) C.lt_map_close(owner.fd) end) or nil
	return ffi.gc(M.handle_ct(id), function() states[id] = nil end)
end

---Has a handle that scripts hold stand for another map from now on.
---@param handle ffi.cdata*
---@param other ffi.cdata* a handle of that map
---@return ffi.cdata* handle
function M.exchange(handle, other)
	states[handle.id]:close()
	states[handle.id] = states[other.id]
	return handle
end

---Ends its use.
function State:close()
	hash_walk.close(self)
	if self.owner and not self.closed then
		C.lt_map_close(ffi.gc(self.owner, nil).fd)
	end
	self.closed, self.fd, self.bpf = true, -1, nil
end

---Raises unless the map is open and of a kind that has `trait`.
---@param method string
---@param trait string a field of luatrace.MapType
---@param otherwise string what a map without it is, for the message
function State:check_kind(method, trait, otherwise)
	self:check_open()
	if not self.kind[trait] then
		errors.misuse("%s: map '%s' (%s) %s", method, self.name, self.kind.name, otherwise)
	end
end

function State:check_open()
	if self.closed then
		errors.misuse("map '%s': %s", self.name, self.owner and "it is closed" or "the BPF object it belongs to is closed")
	end
end

---Raises unless entries of this map are there to be used so.
---@param restriction "no_read"|"no_write"|"no_delete"|"no_list"
function State:check_use(restriction)
	self:check_open()
	local kind = self.kind
	if kind.output then
		errors.misuse("map '%s' is an output: read it with t:open_%s_buffer(fn)", self.name, kind.output)
	elseif kind.queue then
		errors.misuse("map '%s' (%s) has no keys: t:push(v), t:pop(), t:peek()", self.name, kind.name)
	elseif kind[restriction] then
		errors.misuse("map '%s' (%s): %s", self.name, kind.name, kind[restriction])
	elseif not self.read_key then
		errors.misuse("map '%s' (%s) has no keys", self.name, kind.name)
	end
end

---Raises what the kernel said.
---@param doing string e.g. "reading"
---@param rc integer
function State:fail(doing, rc)
	local kind = self.kind
	-- A trie that is full says that there is no space.
	if doing == "writing" and rc == -errors.E2BIG and kind.indexed then
		errors.raise(("map '%s': an index is out of range: it has the indexes 0 to %d"):format(self.name,
			self.max_entries - 1), rc)
	elseif doing == "writing" and (rc == -errors.E2BIG or kind.prefixes and rc == -errors.ENOSPC) then
		errors.raise(("map '%s' is full: it holds %d entries"):format(self.name, self.max_entries), rc)
	elseif kind.minds and doing == "writing" then
		errors.raise(("map '%s': the kernel refuses what is put there: %s (errno %d)"):format(self.name, kind.minds, -rc),
			rc)
	end
	errors.raise(("map '%s': %s: %s"):format(self.name, doing, errors.describe(rc)), rc)
end

---Writes a key at `p`, or raises.
---@param p ffi.cdata* uint8_t *
---@param key any
function State:put_key(p, key)
	local index = self.kind.indexed and tonumber(key)
	if index and (index < 0 or index >= self.max_entries) then
		errors.misuse("map '%s': index %s is out of range: it has the indexes 0 to %d", self.name,
			(tostring(key):gsub("U?LL$", "")), self.max_entries - 1)
	end
	local why
	if self.kind.prefixes and type(key) == "string" then
		why = prefix.store(p, self.key_size, key)
	else
		why = convert.store(self.key_layout, p, key)
	end
	if why then
		errors.misuse("map '%s': key: %s", self.name, why)
	end
end

---The descriptor that `value` holds: a map's, that of a function that was loaded; any other value as it is.
---@param value any
---@return any
function M.descriptor(value)
	if ffi.istype(M.handle_ct, value) then
		local inner = states[value.id]
		inner:check_open()
		return inner.fd
	end
	if type(value) == "table" and value.fd == loaded.CLOSED then
		errors.misuse("function '%s': the BPF object it belongs to is closed", value.name)
	end
	return type(value) == "table" and value.fd or value
end

---Writes a value (of a per-CPU map, all of them) at `p`, or raises.
---@param p ffi.cdata* uint8_t *
---@param value any
function State:put_value(p, value)
	if self.kind.descriptors then
		value = M.descriptor(value)
	end
	local why
	if value == nil then
		why = ("expected %s, not nil"):format(self.value_layout.name)
	elseif self.percpu then
		why = percpu.store(self.percpu, p, self.cpus, value)
	else
		why = convert.store(self.value_layout, p, value)
	end
	if why then
		errors.misuse("map '%s': value: %s", self.name, why)
	end
end

---The value of one key, or nil.
---@param key any
---@return any
function State:read(key)
	self:check_use("no_read")
	self:put_key(self.key_bytes, key)
	local rc = C.lt_map_lookup(self.fd, self.key, self.value)
	if rc == 0 then
		return self.read_value(self.value, 0)
	elseif rc ~= -errors.ENOENT then
		self:fail("reading", rc)
	end
	return nil
end

---Deletes the key that lies at `p`.
---@param p ffi.cdata*
---@return boolean existed
function State:delete_at(p)
	local rc = self.kind.blind_delete and C.lt_map_lookup(self.fd, p, self.value) or 0
	if rc == 0 then
		rc = C.lt_map_delete(self.fd, p)
	end
	-- Sockmaps call an empty slot not valid.
	if rc < 0 and rc ~= -errors.ENOENT and not (self.kind.sockets and rc == -errors.EINVAL) then
		self:fail("deleting", rc)
	end
	return rc == 0
end

---@param key any
---@return boolean existed
function State:delete(key)
	self:check_use("no_delete")
	self:put_key(self.key_bytes, key)
	return self:delete_at(self.key)
end

---Writes one entry; nil deletes it.
---@param key any
---@param value any
function State:write(key, value)
	if value == nil then
		self:delete(key)
		return
	elseif self.kind.cgroups and type(value) == "string" then
		self:write_directory(key, value)
		return
	end
	self:check_use("no_write")
	self:put_key(self.key_bytes, key)
	self:put_value(self.value, value)
	local rc = C.lt_map_update(self.fd, self.key, self.value, 0)
	if rc < 0 then
		self:fail("writing", rc)
	end
end

-- The kernel holds the cgroup; its descriptor is needed for the call alone.
function State:write_directory(key, path)
	local err = errors.buffer()
	local fd = C.lt_cgroup_open(path, err)
	if fd < 0 then
		errors.raise_c(fd, err)
	end
	local ok, e = pcall(self.write, self, key, fd)
	C.lt_map_close(fd)
	if not ok then
		error(e, 0)
	end
end

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

local function prepare_values(state)
	state.value_bytes = state.value_size
	if state.kind.percpu then
		state.percpu, state.cpus = percpu.class(state.value_layout), C.lt_cpu_possible()
		state.value_bytes = state.percpu.stride * state.cpus
		state.read_value = function(values, i)
			return percpu.from(state.percpu, ffi.cast(bytes_ptr, values) + i * state.value_bytes, state.cpus)
		end
	else
		local pointer, read = ffi.typeof("$ *", state.value_layout.ct), convert.reader(state.value_layout)
		state.read_value = function(values, i)
			return read(ffi.cast(pointer, values), i)
		end
	end
	state.value = ffi.new("uint8_t[?]", state.value_bytes)
end

local function prepare_keys(state)
	state.keys_ct = ffi.typeof("$[?]", state.key_layout.ct)
	state.key = ffi.new(state.keys_ct, 1)
	state.key_bytes = ffi.cast(bytes_ptr, state.key)
	state.read_key = convert.reader(state.key_layout)
end

local NO_COOKIE = "sockets are read as their cookies, for which its values have no room: make it a "
	.. "BPF_TABLE with values of u64"

local function kind_of(info)
	local kind = map_type.of(info.type)
	if kind.sockets and info.value_size < 8 then
		kind = setmetatable({ no_read = NO_COOKIE, no_list = NO_COOKIE }, { __index = kind })
	end
	return kind
end

---The state of the map that `info` (lt_map_info) describes.
---@param info ffi.cdata*
---@param btf luatrace.Btf? what its type ids are of
---@param fields table { bpf = state of its BPF object } or { name = }; key_layout and value_layout win over BTF
---@return luatrace.MapState
function M.new(info, btf, fields)
	local state = setmetatable(fields, State)
	state.name, state.type, state.kind = state.name or ffi.string(info.name), info.type, kind_of(info)
	state.inner = info.inner ~= nil and ffi.string(info.inner) or nil
	state.pin_path = state.pin_path or info.pin_path ~= nil and ffi.string(info.pin_path) or nil
	state.key_size, state.value_size, state.max_entries = info.key_size, info.value_size, info.max_entries
	state.fd, state.output, state.flags = info.fd, state.kind.output, info.flags
	state.histogram = info.histogram ~= 0
	if state.output or state.value_size == 0 then
		return state
	end
	state.value_layout = state.value_layout or type_of(btf, info.value_type_id, state.value_size)
	prepare_values(state)
	if state.key_size > 0 then
		state.key_layout = state.key_layout or type_of(btf, info.key_type_id, state.key_size)
		prepare_keys(state)
	end
	return state
end

return M
