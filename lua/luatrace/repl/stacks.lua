-- SPDX-License-Identifier: MIT
-- Stacks that a map counts, the most frequent first, with the names of their functions.
local ffi = require "ffi"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local map = require "luatrace.map"
local paint = require "luatrace.repl.paint"
local show = require "luatrace.repl.show"
local symbols = require "luatrace.symbols"
local user_symbols = require "luatrace.user_symbols"

local M = {}

local ROWS = 5

-- The stack trace map of the same object.
local function stack_map(state)
	local found
	for _, handle in pairs(state.bpf and state.bpf.maps or {}) do
		if map.state(handle).kind.stacks then
			found = found and errors.raise(("stacks: the object of map '%s' has several stack trace maps"):format(state.name))
				or handle
		end
	end
	return found
		or errors.raise(("stacks: the object of map '%s' has no stack trace map (BPF_STACK_TRACE)"):format(state.name))
end

-- Which members of a key are what: by their names.
local function parts_of(state)
	local key = state.key_layout
	if key.kind == "int" then
		return { id = true }
	end
	local parts = {}
	for _, m in ipairs(key.members or {}) do
		local name = (m.name or ""):lower()
		if name == "pid" or name == "tgid" then
			parts.pid = m.name
		elseif name == "comm" or name == "name" then
			parts.comm = m.name
		elseif name:find("stack", 1, true) then
			parts[name:find("^u", 1) and "user" or name:find("user", 1, true) and "user" or "kernel"] = m.name
		end
	end
	if not (parts.user or parts.kernel) then
		errors.raise(("stacks: map '%s': its key (%s) is no stack's id, and has no member with \"stack\" in its name")
			:format(state.name, key.name))
	end
	return parts
end

local function add_frames(out, stacks, id, resolve)
	id = tonumber(id)
	if not id or id < 0 or id >= 2 ^ 31 then
		return
	end
	for name in stacks:walk(id, resolve) do
		out[#out + 1] = "    " .. name
	end
end

local function comm_of(key, name)
	return format.escape(ffi.string(key[name]))
end

---@param handle ffi.cdata* the map that counts, or the stack trace map
---@param most integer? stacks
---@return string
function M.text(handle, most)
	local state = map.state(handle)
	state:check_open()
	if state.kind.stacks then
		errors.raise(("stacks: map '%s' holds the stacks; take the map that counts them by their ids"):format(state.name))
	end
	local stacks, parts, rows, total = stack_map(state), parts_of(state), {}, 0
	for key, value in handle:items() do
		local count = show.number(value)
		rows[#rows + 1] = { key = key, count = count }
		total = total + count
	end
	table.sort(rows, function(a, b) return a.count > b.count end)
	most = most or ROWS
	local out = {}
	for i = 1, math.min(most, #rows) do
		local key, count = rows[i].key, rows[i].count
		local pid = parts.pid and tonumber(key[parts.pid])
		local who = (parts.comm and " " .. comm_of(key, parts.comm) or "") .. (pid and (" pid %d"):format(pid) or "")
		out[#out + 1] = paint("title", ("%d  (%.1f %%)%s"):format(count, 100 * count / total, who))
		local before = #out
		add_frames(out, stacks, parts.id and key or parts.kernel and key[parts.kernel],
			function(address) return symbols.ksym(address) end)
		if parts.id and #out == before then
			out[#out + 1] = "    (there is no stack of that number)"
		end
		if parts.user and pid then
			add_frames(out, stacks, key[parts.user], function(address) return user_symbols.sym(address, pid) end)
		end
	end
	if #rows > most then
		out[#out + 1] = paint("dim", ("… %d more stacks (:stacks %s %d)"):format(#rows - most, state.name, #rows))
	end
	return #out > 0 and table.concat(out, "\n") or ("map '%s' is empty"):format(state.name)
end

return M
