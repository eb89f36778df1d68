-- SPDX-License-Identifier: MIT
-- Global variables of a text: b.vars.NAME, read and written in the memory that the program uses, without a system call.
-- A struct or an array is a reference, whose every access looks at whether the object is still open: a script never
-- holds a pointer into memory that may be gone. References are FFI metatypes, so that # and pairs work on them.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local convert = require "luatrace.convert"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local layout = require "luatrace.layout"
local near = require "luatrace.near"

local M = {}

local bytes_ptr = ffi.typeof("uint8_t *")
local ref_ct = ffi.typeof("struct { int32_t id; }")
convert.refuse_copies_of(ref_ct)
local refs, last_id = {}, 0

---@class luatrace.Vars
---@field [string] any

-- A state is { root =, of =, key =, layout =, p =, read_only =, parts =, children = }: `of` is the state it is a part
-- of, by `key`; `parts` the states of members met, `children` handles of structs and arrays in it. That of b.vars is
-- `root`: no layout, its parts the variables.
local function handle(state)
	last_id = last_id + 1
	local id = last_id
	refs[id] = state
	state.parts, state.children = state.parts or {}, setmetatable({}, { __mode = "v" })
	return ffi.gc(ref_ct(id), function() refs[id] = nil end)
end

-- "b.vars.stats.slots[3]"
local function name_of(state)
	if not state.of then
		return "b.vars"
	end
	local in_array = state.of.layout and state.of.layout.kind == "array"
	return name_of(state.of) .. (in_array and "[%d]" or ".%s"):format(state.key)
end

local function check_open(ref)
	if ref.root.closed then
		errors.misuse("%s: the BPF object it belongs to is closed", name_of(ref))
	end
end

local function element(ref, key)
	local l = ref.layout
	if type(key) ~= "number" or key % 1 ~= 0 or key < 0 or key >= l.count then
		errors.misuse("%s: it has the indexes 0 to %d, not %s", name_of(ref), l.count - 1, check.given(key))
	end
	return { root = ref.root, of = ref, key = key, read_only = ref.read_only, layout = l.element,
		p = ref.p + key * l.element.size }
end

local function member(ref, key)
	local l = ref.layout
	local m = l.by_name[key]
	if not m then
		errors.misuse("%s: %s has no member '%s'%s", name_of(ref), l.name, tostring(key),
			near.hint(key, near.names(l.by_name)))
	end
	return { root = ref.root, of = ref, key = key, read_only = ref.read_only, layout = m.layout, p = ref.p + m.offset,
		bits = m.width and m or nil }
end

-- The state of a part of `ref`: of b.vars a variable, else a member (or a bit-field of `ref`), or an element.
local function part(ref, key)
	if ref.layout and ref.layout.kind == "array" then
		return element(ref, key)
	end
	local known = ref.parts[key]
	if not known and ref.layout then
		known = member(ref, key)
		ref.parts[key] = known
	elseif not known then
		errors.misuse("b.vars: the text has no variable '%s'%s", tostring(key), near.hint(key, near.names(ref.parts)))
	end
	return known
end

-- How a value of a layout is read: made once, for both are beyond LuaJIT's compiler.
local accesses = setmetatable({}, { __mode = "k" })
local function access_of(l)
	local access = accesses[l]
	if not access then
		access = { pointer = ffi.typeof("$ *", l.ct), read = convert.reader(l) }
		accesses[l] = access
	end
	return access
end

local IS_REFERENCE = { struct = true, union = true, array = true }

-- Programs write meanwhile, which LuaJIT's compiler does not know: it would read once, ahead of a loop. Behind a copy
-- it reads again (of `volatile` it takes no notice).
local byte = ffi.new("uint8_t[1]")
local function forget_loads()
	ffi.copy(byte, byte, 1)
end

local function read(state)
	forget_loads()
	if state.bits then
		return state.of.layout.getters[state.key](state.of.p)
	end
	local access = access_of(state.layout)
	return access.read(ffi.cast(access.pointer, state.p), 0)
end

local function index(ref, key)
	check_open(ref)
	local child = ref.children[key]
	if child then
		return child
	end
	local state = part(ref, key)
	if not IS_REFERENCE[state.layout.kind] or state.bits then
		return read(state)
	end
	child = handle(state)
	ref.children[key] = child
	return child
end

-- The value is made beside the memory first: a program sees no half of it, and none of one that does not fit.
local function write(state, value)
	local l, why = state.layout, nil
	if state.bits then
		why = convert.store_bits(state.of.layout, state.of.p, state.key, state.bits, value)
	elseif ffi.istype(ref_ct, value) then
		local from = refs[value.id]
		if not from.layout or from.layout.signature ~= l.signature then
			why = ("expected %s, not %s"):format(l.name, name_of(from))
		else
			check_open(from)
			ffi.copy(state.p, from.p, l.size)
		end
	elseif IS_REFERENCE[l.kind] or convert.is_copied(l) or l.kind == "chars" then
		local beside = ffi.new("uint8_t[?]", l.size)
		why = convert.store(l, beside, value)
		if not why then
			ffi.copy(state.p, beside, l.size)
		end
	else
		why = convert.store(l, state.p, value)
	end
	if why then
		errors.misuse("%s: %s", name_of(state), why)
	end
end

local function newindex(ref, key, value)
	check_open(ref)
	local state = part(ref, key)
	if state.read_only then
		errors.misuse("%s is a constant: a const volatile one is set before the text is loaded, BPF { params = { … } }",
			name_of(state))
	end
	write(state, value)
end

-- Keys in order: of b.vars and of structs by name, of arrays from 0.
local function keys_of(ref)
	local keys = {}
	if ref.layout and ref.layout.kind == "array" then
		for i = 1, ref.layout.count do
			keys[i] = i - 1
		end
		return keys
	end
	keys = near.names(ref.layout and ref.layout.by_name or ref.parts)
	table.sort(keys)
	return keys
end

ffi.metatype(ref_ct, {
	__index = function(self, key)
		return index(refs[self.id], key)
	end,
	__newindex = function(self, key, value)
		newindex(refs[self.id], key, value)
	end,
	__len = function(self)
		local ref = refs[self.id]
		check_open(ref)
		if not ref.layout or ref.layout.kind ~= "array" then
			errors.misuse("%s is no array", name_of(ref))
		end
		return ref.layout.count
	end,
	__pairs = function(self)
		local ref = refs[self.id]
		check_open(ref)
		local keys, at = keys_of(ref), 0
		return function()
			at = at + 1
			if keys[at] ~= nil then
				return keys[at], index(ref, keys[at])
			end
		end
	end,
	-- A copy: cdata, as a map's values are.
	__call = function(self)
		local ref = refs[self.id]
		check_open(ref)
		if not ref.layout then
			errors.misuse("b.vars cannot be called")
		end
		return read(ref)
	end,
	__tostring = function(self)
		local ref = refs[self.id]
		if not ref.layout or ref.root.closed then
			return name_of(ref)
		end
		return ref.layout.kind == "array" and format.memory(ref.layout, ref.p) or format.record(ref.layout, ref.p)
	end,
})

local function is_global(section)
	return section:find("^%.data") or section:find("^%.bss") or section:find("^%.rodata")
end

-- Calls fn(name, section, variable of BTF, { offset =, size = }) for each global variable of the text.
local function each_variable(btf, fn)
	for _, section in ipairs(btf and btf:all("datasec") or {}) do
		for _, entry in ipairs(is_global(section.name) and section.entries or {}) do
			local variable = btf:type(entry.type)
			if variable.kind == "var" and not variable.name:find("^__lt_") then
				fn(variable.name, section.name, variable, entry)
			end
		end
	end
end

---b.vars of a loaded object, and its state.
---@param bpf table the object's state
---@return luatrace.Vars
---@return table
function M.open(bpf)
	local btf, memory, err = bpf:btf(), {}, errors.buffer()
	local root = { parts = {} }
	root.root = root
	each_variable(btf, function(name, section, variable, entry)
		local l = layout.of(btf, variable.type)
		if not l then
			return
		end
		memory[section] = memory[section] or C.lt_object_section(bpf.handle, section, err)
		if memory[section] == nil then
			errors.raise_c(err[0].code, err)
		end
		root.parts[name] = {
			root = root, of = root, key = name, layout = l, p = ffi.cast(bytes_ptr, memory[section]) + entry.offset,
			read_only = section:find("^%.rodata") ~= nil,
		}
	end)
	return handle(root), root
end

---Ends the use of b.vars and of every reference into it.
---@param root table its state: at the script's end its handle may be gone before references are
function M.close(root)
	root.closed = true
end

-- Whether the type is const and volatile; of an array, whether its elements are.
local function is_parameter(btf, id)
	local const, volatile = false, false
	local t = btf:type(id)
	while t and (t.kind == "const" or t.kind == "volatile" or t.kind == "typedef" or t.kind == "array") do
		const, volatile = const or t.kind == "const", volatile or t.kind == "volatile"
		t = btf:type(t.element or t.type)
	end
	return const and volatile
end

---Sets the text's `const volatile` variables, before it is loaded.
---@param bpf table the object's state
---@param params table<string, any>
---@param named_by table<string, string> who names some that the text has to have: "x.lua: option 'min-ms': sets="
function M.set_params(bpf, params, named_by)
	local btf, known, others = bpf:btf(), {}, {}
	each_variable(btf, function(name, section, variable, entry)
		if section:find("^%.rodata") and is_parameter(btf, variable.type) then
			known[name] = { section = section, offset = entry.offset, layout = layout.of(btf, variable.type) }
		else
			others[name] = true
		end
	end)
	for name, who in pairs(named_by) do
		if others[name] then
			errors.raise(("%s names '%s', which is not const volatile in the text"):format(who, name), errors.EINVAL)
		elseif not known[name] then
			errors.raise(("%s names '%s', but the text has no const volatile variable of that name%s"):format(who, name,
				near.hint(name, near.names(known))), errors.EINVAL)
		end
	end
	for name, value in pairs(params) do
		local param = known[name]
		if others[name] then
			errors.misuse("params: '%s' is not const volatile in the text: declare it so, or set b.vars.%s once it is loaded",
				name, name)
		elseif not param then
			errors.misuse("params: the text has no 'const volatile' variable '%s'%s", tostring(name),
				near.hint(name, near.names(known)))
		end
		local bytes, err = ffi.new("uint8_t[?]", param.layout.size), errors.buffer()
		local why = convert.store(param.layout, bytes, value)
		if why then
			errors.misuse("params: %s: %s", name, why)
		end
		local rc = C.lt_object_set_constant(bpf.handle, param.section, param.offset, bytes, param.layout.size, err)
		if rc < 0 then
			errors.raise_c(rc, err)
		end
	end
end

return M
