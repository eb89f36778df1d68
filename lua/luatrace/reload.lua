-- SPDX-License-Identifier: MIT
-- BPF objects that take the place of others, and keep their maps where they are alike. The new one is attached before
-- the old one is detached, so that no event is missed; for that moment both see the same events. When the new one
-- fails, the old one stays as it is.
local C = require "luatrace.abi"
local attach = require "luatrace.attach"
local bpf = require "luatrace.bpf"
local errors = require "luatrace.errors"
local layout = require "luatrace.layout"
local loop = require "luatrace.loop"
local map = require "luatrace.map"
local map_state = require "luatrace.map_state"
local output = require "luatrace.output"
local source = require "luatrace.source"

local M = {}

local function signature(btf, id)
	local l = id ~= 0 and btf and layout.of(btf, id)
	return l and l.signature
end

-- Why an old map can't be the new one, or nil.
local function difference(old, state, info)
	local btf = state:btf()
	if old.type ~= info.type then
		return "it is of another type now"
	elseif old.key_size ~= info.key_size or old.key_layout
		and old.key_layout.signature ~= (signature(btf, info.key_type_id) or old.key_layout.signature) then
		return "its key is another now"
	elseif old.value_size ~= info.value_size or old.value_layout
		and old.value_layout.signature ~= (signature(btf, info.value_type_id) or old.value_layout.signature) then
		return "its value is another now"
	elseif old.max_entries ~= info.max_entries then
		return ("it has room for %d now, not %d"):format(info.max_entries, old.max_entries)
	elseif old.flags ~= info.flags then
		return "its flags are others now"
	end
	return nil
end

-- Before a new object is loaded: gives it the maps of the old one.
local function keep_maps(state, old_maps, kept)
	state:each_map(function(name, info)
		local old = old_maps[name] and map.state(old_maps[name])
		if not old or old.output or info.pin_path ~= nil or info.external ~= 0 then
			return
		end
		local why = difference(old, state, info)
		local err = errors.buffer()
		if not why and C.lt_object_share_map(state.handle, name, old.fd, "the map before", err) < 0 then
			why = errors.from_c(-1, err).message
		end
		kept[#kept + 1] = why and ("map '%s': new and empty: %s"):format(name, why)
			or ("map '%s': kept with its entries"):format(name)
		old_maps[name] = nil
	end)
end

local function copy(t)
	local out = {}
	for key, value in pairs(t) do
		out[key] = value
	end
	return out
end

local function say_gone(old_maps, kept)
	for name, handle in pairs(old_maps) do
		if not map.state(handle).output then
			kept[#kept + 1] = ("map '%s': gone: the text has none so named"):format(name)
		end
	end
end

local function ended(ok, ...)
	bpf.before_load = nil
	if not ok then
		error((...), 0)
	end
	return ...
end

---Runs `fn`, in which the n-th new object keeps the maps of the n-th of `old`.
---@param old luatrace.BPF[]
---@param kept string[] what was kept, and why not, is added
---@param fn function
---@param ... any its arguments
---@return any ... what it gives
function M.keeping(old, kept, fn, ...)
	local number = 0
	bpf.before_load = function(state)
		number = number + 1
		local before = old[number] and bpf.state(old[number])
		if before and before.handle then
			local maps = copy(before.maps)
			keep_maps(state, maps, kept)
			say_gone(maps, kept)
		end
	end
	return ended(pcall(fn, ...))
end

-- What the script attached itself, attached by the new object as well.
local function attach_again(state, old)
	for i = 0, C.lt_object_link_count(old.handle) - 1 do
		local link = C.lt_object_link(old.handle, i)
		local attached = old.attached[attach.key_of(link)]
		if attached then
			attach.attach(state, attached.method, attached.args)
		end
	end
end

local function open_outputs(state, old, kept)
	for _, out in ipairs(copy(output.all)) do
		if out.bpf == old then
			local handle = state.maps[out.name]
			if handle and map.state(handle).output == out.kind then
				output.open(map.state(handle), out.kind, "reload", out.fn, out.opts)
			else
				kept[#kept + 1] = ("output '%s': closed: the text has none so named"):format(out.name)
			end
		end
	end
end

local function text_of(old, path)
	if not path then
		path = old.args.src_file and old.source.name
	end
	if not path then
		errors.raise("reload: its text stands in what was typed: name a file that has the new one, :reload OBJECT FILE")
	end
	local text = source.read_file(path)
	if not text then
		errors.raise(("reload: %s: cannot be read"):format(path), errors.ENOENT)
	end
	return text, source.new(path, 1, 0)
end

---Compiles an object's text anew and puts it in its place: it and its maps are the new ones from now on.
---@param b luatrace.BPF
---@param path string? a file that has the C text; nil: that of src_file=
---@return string[] kept a line for each map: kept, or why not
function M.object(b, path)
	local old, kept = bpf.state(b), {}
	if not old.handle then
		errors.raise("reload: this BPF object is closed")
	end
	local text, where = text_of(old, path)
	local args = copy(old.args)
	args.text, args.src_file = nil, where.name
	local state = M.keeping({ b }, kept, bpf.make, args, text, where)
	local ok, e = pcall(function()
		attach_again(state, old)
		open_outputs(state, old, kept)
	end)
	if not ok then
		bpf.close_state(state)
		error(e, 0)
	end
	attach.detach_all(old)
	loop.consume()
	for name, handle in pairs(state.maps) do
		if old.maps[name] then
			state.maps[name] = map_state.exchange(old.maps[name], handle)
		end
		old.maps[name] = nil
	end
	bpf.close_state(old)
	bpf.exchange(b, state)
	return kept
end

return M
