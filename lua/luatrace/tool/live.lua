-- SPDX-License-Identifier: MIT
-- Where a tool's data comes from when it traces: the object of its text.
local BPF = require "luatrace"
local C = require "luatrace.abi"
local bpf = require "luatrace.bpf"
local errors = require "luatrace.errors"
local filters = require "luatrace.tool.filters"
local loop = require "luatrace.loop"
local map_state = require "luatrace.map_state"
local output = require "luatrace.output"
local user_symbols = require "luatrace.user_symbols"

local M = {}

---@class luatrace.tool.Live
---@field b luatrace.BPF
local Live = {}
Live.__index = Live

-- What the variable of an option has when the option has this value.
local function constant_of(option, value)
	if type(value) == "table" then	-- of `many`: an array
		local list = {}
		for i, one in ipairs(value) do
			list[i] = constant_of(option, one)
		end
		return #list > 0 and list or nil
	end
	for number, choice in ipairs(option.choices or {}) do
		if choice == value then
			return number
		end
	end
	if option.times and value ~= nil then
		return math.floor((value == true and 1 or value) * option.times)
	end
	return value
end

-- Who names a variable of the text, for the message that there is none. A text of the options' making need not have
-- all of them.
local function named_by(tool, options)
	local by = {}
	for _, option in ipairs(tool.options) do
		if option.sets and (type(tool.text) == "string" or options[option.key] ~= nil) then
			by[option.sets] = ("%s: option '%s': sets="):format(tool.path, option[1])
		end
	end
	return by
end

---The text and its constants, of a tool with its options.
---@param tool luatrace.Tool
---@param options table
---@return string text
---@return table<string, any> params
---@return string? cgroup
---@return luatrace.oneliners.Text? made text that knows its probes
function M.inputs(tool, options)
	local params, cgroup = filters.params(tool, options)
	if tool.stacks then
		params.lt_stack_user, params.lt_stack_kernel = not options.kernel_stacks, not options.user_stacks
	end
	for _, option in ipairs(tool.options) do
		if option.sets then
			params[option.sets] = constant_of(option, options[option.key])
		end
	end
	for name, value in pairs(tool.params and tool.params(options) or {}) do
		params[name] = value
	end
	local text = tool.text
	if type(text) == "function" then
		text = text(options)
	end
	if type(text) == "table" then
		return text:source(), params, cgroup, text
	end
	return text, params, cgroup
end

-- Room for stacks, as --stack-entries says. The kernel's stack maps have a power of two of entries.
local function sizes(tool, options)
	local entries = options.stack_entries and 2 ^ math.ceil(math.log(options.stack_entries) / math.log(2))
	local of = entries and { lt_stacks = entries, lt_stack_counts = entries } or nil
	for _, map in ipairs(of and tool.stacks.sized or {}) do
		of[map] = entries
	end
	return of
end

---@param tool luatrace.Tool
---@param options table
---@return luatrace.tool.Live
function M.new(tool, options)
	local text, params, cgroup, made = M.inputs(tool, options)
	if tool.filters[1] and not (options.pid or options.tid) then
		local own = C.lt_own_pid()
		params.lt_filter_own = own > 0 and own or nil
	end
	local named = named_by(tool, options)
	local b = made and made:open(params, tool.cflags, sizes(tool, options), named)
		or BPF { text = text, params = params, params_named_by = named, first_of = tool.probes, cflags = tool.cflags,
			max_entries = sizes(tool, options) }
	if cgroup then
		b.lt_filter_cgroups[0] = cgroup
	end
	if made then
		require("luatrace.tool.probed").attach(made, b)
	end
	return setmetatable({ b = b, seen = {}, full = {} }, Live)
end

---Has records handed out.
---@param on fun(output: string, layout: luatrace.Layout?): fun(record: ffi.cdata*, cpu: integer, size: integer)
---@param lost? fun(output: string, count: integer) is told of lost ones, instead of the user
function Live:open(on, lost)
	local outputs = {}
	bpf.state(self.b):each_map(function(name)
		if map_state.get(self.b:get_table(name)).output then
			outputs[#outputs + 1] = name
		end
	end)
	for _, name in ipairs(outputs) do
		local fn = on(name, output.record_layout(map_state.get(self.b:get_table(name))))
		self.b:on(name, function(cpu, record, size) return fn(record, cpu, size) end,
			lost and { lost_cb = function(count) lost(name, count) end })
	end
end

-- What a value is to a tool: of a map with one for each CPU their sum.
local function valuer(map)
	if map_state.get(map).percpu then
		return function(value) return value:sum() end
	end
	return function(value) return value end
end

local function entries_of(map, next_entry)
	local entries, value_of = {}, valuer(map)
	for key, value in next_entry do
		entries[#entries + 1] = { key = key, value = value_of(value) }
	end
	return entries
end

---The entries of a map, those of all CPUs summed up.
---@param name string
---@return { key: any, value: any }[]
function Live:read(name)
	local map = self.b:get_table(name)
	return entries_of(map, map:items())
end

-- What an array counts is read again and again: what was counted since is the difference.
local function since(seen, entries, name)
	local out = {}
	for _, entry in ipairs(entries) do
		local value = tonumber(entry.value)
		if not value then
			errors.misuse("take: map '%s': an array of numbers can be taken from, or a hash", name)
		end
		local new = value - (seen[entry.key] or 0)
		seen[entry.key] = value
		if new ~= 0 then
			out[#out + 1] = { key = entry.key, value = new }
		end
	end
	return out
end

-- What found no room in a hash was not counted, and nothing else tells of it.
local function say_full(self, name, state, count)
	if count < state.max_entries or self.full[name] or state.kind.name:find "lru" then
		return
	end
	self.full[name] = true
	io.stderr:write(("luatrace: map '%s' was full (%d entries): what came after was not counted; a shorter interval or a "
		.. "filter leaves room\n"):format(name, count))
end

---The entries of a map, which has them no more: of an array, how much its numbers grew.
---@param name string
---@param counted boolean? the text counts what it has no room for
---@return { key: any, value: any }[]
function Live:take(name, counted)
	local map = self.b:get_table(name)
	if map_state.get(map).kind.array then
		self.seen[name] = self.seen[name] or {}
		return since(self.seen[name], self:read(name), name)
	end
	local entries = entries_of(map, map:items_lookup_and_delete_batch())
	if not counted then
		say_full(self, name, map_state.get(map), #entries)
	end
	return entries
end

---What keys and values of a map are.
---@param name string
---@return luatrace.Layout key
---@return luatrace.Layout value
function Live:layouts(name)
	local state = map_state.get(self.b:get_table(name))
	return state.key_layout, state.value_layout
end

---Deletes what is in a map but for some of its keys.
---@param name string
---@param which fun(maps: table): table<integer, boolean> tells those keys; called when it is known what there is to
---delete, and reads maps by maps:read(name): what it reads is not what the tool has read
function Live:keep_only(name, which)
	local map, there = self.b:get_table(name), {}
	for key in map:keys() do
		there[#there + 1] = key
	end
	local kept = which(self)
	for _, key in ipairs(there) do
		if not kept[tonumber(key)] then
			map:delete(key)
		end
	end
end

---Names of a stack's functions, innermost first. Those that were compiled at run time end with "_[j]".
---@param name string of the stack trace map
---@param id integer
---@param pid integer? whose addresses these are; nil: the kernel's
---@return string[]
function Live:frames(name, id, pid)
	local map = self.b:get_table(name)
	if pid then
		return map:get(id, function(address) return user_symbols.frame(address, pid) end)
	end
	return map:get(id, function(address) return BPF.ksym(address) end)
end

---What is neither a record nor in a map, e.g. names: a recording has it by the name it is given.
---@param name string
---@param observe fun(): any a string, a number, or a table of them
---@return any
function Live:observe(name, observe)	-- luacheck: ignore 212
	return observe()
end

---Whether its object is there still: at the prompt anybody may close it.
---@return boolean
function Live:is_open()
	return bpf.state(self.b).handle ~= nil
end

---An interval has ended.
function Live:interval()	-- luacheck: ignore 212
end

function Live:flush()	-- luacheck: ignore 212
end

---The run has ended.
function Live:finish()	-- luacheck: ignore 212
end

---Runs until a signal, or so many seconds.
---@param seconds number?
---@param every number? seconds from one interval's end to the next
---@param interval fun(last: boolean)? is called then; last: the run ends with this one
function Live:run(seconds, every, interval)	-- luacheck: ignore 212
	if every then
		local ends = seconds and tonumber(C.lt_now()) + seconds * 1e9
		BPF.every(every, function() interval(ends ~= nil and tonumber(C.lt_now()) >= ends) end)
	end
	BPF.run(seconds)
end

---Ends the run at hand.
function Live:stop()	-- luacheck: ignore 212
	loop.stop()
end

return M
