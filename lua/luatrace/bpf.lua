-- SPDX-License-Identifier: MIT
-- The BPF object: a text compiled, loaded and attached, its maps, and its methods.
local ffi = require "ffi"
local C = require "luatrace.abi"
local attach = require "luatrace.attach"
local attach_methods = require "luatrace.attach_methods"
local check = require "luatrace.check"
local compile = require "luatrace.compile"
local errors = require "luatrace.errors"
local later = require "luatrace.later"
local loaded = require "luatrace.loaded"
local loop = require "luatrace.loop"
local map = require "luatrace.map"
local map_info = require "luatrace.map_info"
local near = require "luatrace.near"
local output = require "luatrace.output"
local poll_methods = require "luatrace.poll_methods"
local sharing = require "luatrace.sharing"
local source = require "luatrace.source"
local spec = require "luatrace.spec"
---@module "luatrace.btf"
local btf = later "luatrace.btf"
---@module "luatrace.iter"
local iter = later "luatrace.iter"
---@module "luatrace.trace"
local trace = later "luatrace.trace"
---@module "luatrace.usdt"
local usdt = later "luatrace.usdt"
---@module "luatrace.vars"
local vars = later "luatrace.vars"

local M = {}

---@class luatrace.BPF
---@field vars luatrace.Vars global variables of the text, by name
---@field [string] luatrace.Map maps of the text, by name
local BPF = {}
M.methods = BPF

-- Names that mean something of an object, before its maps. Statics, which the class has besides, give way to maps.
---@type table<string, boolean>
M.is_method = {}

-- Objects live until they are closed: a script that lets go of one goes on tracing.
---@type luatrace.BPF[]
M.objects = {}

-- Fields of an object are kept apart from it, so that no map name meets one of them.
local states = setmetatable({}, { __mode = "k" })

local function state_of(self, method)
	local state = type(self) == "table" and states[self]
	if not state and method:find(".", 1, true) then	-- a module's function
		errors.misuse("%s: takes a BPF object, not %s", method, check.given(self))
	elseif not state then
		errors.misuse("%s: call it on a BPF object, with a colon: b:%s(…)", method, method)
	elseif not state.handle then
		errors.misuse("%s: this BPF object is closed", method)
	end
	return state
end

M.state_of = state_of	-- for the layer of bcc-lua

local State = {}
State.__index = State

---The object's BTF, or nil if it has none.
---@return luatrace.Btf?
function State:btf()
	if self.parsed_btf == nil then
		local size = ffi.new("uint64_t[1]")
		local data = C.lt_object_btf(self.handle, size)
		self.parsed_btf = data ~= nil and btf.parse(data, tonumber(size[0])) or false
	end
	return self.parsed_btf or nil
end

---What is behind a BPF object, open or closed.
---@param object luatrace.BPF
---@return table
function M.state(object)
	return states[object]
end

---Whether `value` is a BPF object.
---@param value any
---@return boolean
function M.is(value)
	return states[value] ~= nil
end

---Calls `fn` for each map of the text.
---@param fn fun(name: string, info: ffi.cdata*)
function State:each_map(fn)
	local info = ffi.new("lt_map_info")
	for i = 0, C.lt_object_map_count(self.handle) - 1 do
		if C.lt_object_map(self.handle, i, info) == 0 and info.internal == 0 then
			fn(ffi.string(info.name), info)
		end
	end
end

local RULES = { text = "text?", src_file = "string?", cflags = "strings?", debug = "address?", params = "table?",
	params_named_by = "table?", usdt = "table?", usdt_contexts = "table?", first_of = "table?", auto_attach = "boolean?",
	max_entries = "table?" }

local function end_variables(state)
	if state.vars_state then
		vars.close(state.vars_state)
	end
end

-- Descriptors and memory now, not when the collector comes by.
local function free(state)
	end_variables(state)
	C.lt_object_free(ffi.gc(state.handle, nil))
	state.handle = nil
end

local function find_public(name)
	for i = #M.objects, 1, -1 do
		local exports = states[M.objects[i]].exports
		if exports[name] then
			return states[M.objects[i]], exports[name]
		end
	end
end

local warned = {}
local function warn_clash(name)
	if not warned[name] then
		warned[name] = true
		io.stderr:write(("luatrace: map '%s' has the name of a method: b.%s is the method, b:get_table(\"%s\") the map\n")
			:format(name, name, name))
	end
end

local function collect_maps(state)
	state:each_map(function(name, info)
		state.maps[name] = map.new(state, info)
		if info.exported ~= 0 then
			state.exports[name] = info.fd
		end
		if BPF[name] or name == "vars" then
			warn_clash(name)
		end
	end)
end

-- b.vars, made when it is first asked for.
local function variables(state)
	if not state.vars then
		state.vars, state.vars_state = vars.open(state)
	end
	return state.vars
end

local metatable = {
	__index = function(self, name)
		if M.is_method[name] then
			return BPF[name]
		elseif name == "vars" then
			return variables(state_of(self, "vars"))
		end
		return states[self].maps[name] or BPF[name]
	end,
	__newindex = function(_, name)
		errors.misuse("b.%s cannot be set: entries of a map are, as b.NAME[key] = value", tostring(name))
	end,
	__tostring = function(self)
		local state = states[self]
		return ("BPF object of %s:%d%s"):format(state.source.name, state.source.line, state.handle and "" or " (closed)")
	end,
}

-- What the USDT objects given want attached.
local function enabled_usdt(args)
	local all = args.usdt and usdt.enabled(args.usdt, "usdt") or {}
	for _, probe in ipairs(args.usdt_contexts and usdt.enabled(args.usdt_contexts, "usdt_contexts") or {}) do
		all[#all + 1] = probe
	end
	return all
end

-- Functions that are not inlined have room for locals of their own, so it is the maps of it that are looked at.
local function report_dropped(state)
	local info = ffi.new("lt_map_info")
	for i = 0, C.lt_object_map_count(state.handle) - 1 do
		local rc = C.lt_object_map(state.handle, i, info)
		local name = rc == 0 and ffi.string(info.name):match("^__lt_scratch_(.*)$")
		local dropped = name and C.lt_program_dropped(state.handle, name) or 0
		if dropped > 0 then
			io.stderr:write(("luatrace: function '%s': %d runs dropped: it was interrupted by itself, on one CPU, more often "
				.. "than there is room for its locals; smaller ones would stay on the stack\n"):format(name, tonumber(dropped)))
		end
	end
end

local function open(state, elf)
	local out, err = ffi.new("lt_object *[1]"), errors.buffer()
	local rc = C.lt_object_open(elf[0].data, elf[0].size, out, err)
	if rc < 0 then
		errors.raise_c(rc, err, state.source:mapper())
	end
	state.handle = ffi.gc(out[0], C.lt_object_free)
	C.lt_blob_free(ffi.gc(elf, nil))
end

---Called with each new object's state before it is loaded, when it has its maps still to make.
---@type fun(state: table)?
M.before_load = nil

-- Pins come last: an object that fails leaves none behind.
local function start(state, args, probes)
	local err, debug_bits = errors.buffer(), args.debug or 0
	local alternatives = spec.declare(state, args.first_of or {})
	if args.auto_attach == false then
		C.lt_object_hold(state.handle, nil)
	end
	if args.params then
		vars.set_params(state, args.params, args.params_named_by or {})
	end
	for name, entries in pairs(args.max_entries or {}) do
		check.value("BPF", "max_entries." .. tostring(name), entries, "count")
		if C.lt_object_resize_map(state.handle, name, entries) < 0 then
			errors.misuse("BPF: max_entries: the text has no map '%s'", tostring(name))
		end
	end
	sharing.take(state, find_public)
	if M.before_load then
		M.before_load(state)
	end
	local rc = C.lt_object_load(state.handle, err)
	compile.show_object(state.handle, debug_bits, state.source)
	if rc < 0 then
		errors.raise_c(rc, err, state.source:mapper())
	end
	collect_maps(state)
	rc = C.lt_object_auto_attach(state.handle, err)
	if rc < 0 then
		errors.raise_c(rc, err, state.source:mapper())
	end
	spec.attach_declared(state, alternatives)
	for _, probe in ipairs(probes) do
		attach.attach(state, "usdt", probe)
	end
	sharing.pin(state)
end

---Compiles a BPF text, loads it and attaches what its names ask for: the state of an object.
---@param args table as BPF { … } has them
---@param text string
---@param where table where it stands
---@return table
function M.make(args, text, where)
	local probes = enabled_usdt(args)
	local state = setmetatable({ source = where, text = text, args = args, maps = {}, typed = {}, attached = {},
		exports = {}, to_pin = {}, functions = setmetatable({}, { __mode = "k" }) }, State)
	open(state, compile.object(text, args.cflags or {}, args.debug or 0, where))
	local ok, e = pcall(start, state, args, probes)
	if not ok then
		free(state)
		error(e, 0)
	end
	-- A script that ends without closing still hears what was lost.
	ffi.gc(state.handle, function(handle)
		pcall(output.report_at_exit, state)
		pcall(report_dropped, state)
		end_variables(state)
		C.lt_object_free(handle)
	end)
	return state
end

---Has an object be what `state` is, from now on.
---@param object luatrace.BPF
---@param state table
function M.exchange(object, state)
	states[object] = state
end

---A new object.
---@param args { text: string?, src_file: string?, cflags: string[]?, debug: integer?, params: table<string, any>?,
---params_named_by: table<string, string>?, usdt: luatrace.USDT?, usdt_contexts: luatrace.USDT[]?,
---first_of: table[]?, auto_attach: boolean?, max_entries: table<string, integer>? }
---@return luatrace.BPF
function M.new(args)
	check.arguments("BPF", args, RULES)
	local self = setmetatable({}, metatable)
	states[self] = M.make(args, source.of_arguments(args))
	M.objects[#M.objects + 1] = self
	return self
end

-- bcc's names of program types, besides our own names of kinds: BPF.KPROBE, or "BPF_PROG_TYPE_KPROBE".
local KIND_OF_TYPE = {
	KPROBE = "kprobe", SOCKET_FILTER = "socket", SCHED_CLS = "tc", TRACEPOINT = "tracepoint", XDP = "xdp",
	PERF_EVENT = "perf_event", SOCK_OPS = "sock_ops", SK_MSG = "sk_msg", SK_SKB = "sk_skb", CGROUP_SOCK = "cgroup_sock",
	CGROUP_SKB = "cgroup_skb", RAW_TRACEPOINT = "raw_tracepoint", LSM = "lsm",
	SCHED_ACT = "tc", CGROUP_SOCK_ADDR = "cgroup_sock_addr", CGROUP_SOCKOPT = "cgroup_sockopt",
	CGROUP_DEVICE = "cgroup_device", LWT_IN = "lwt_in", LWT_OUT = "lwt_out", LWT_XMIT = "lwt_xmit",
}
for name, kind in pairs(KIND_OF_TYPE) do
	BPF[name] = kind
end

---Loads a function of the text without attaching it, for a BPF_PROG_ARRAY: `b.programs[3] = b:load_func("f")`.
---@param fn_name string
---@param kind string? e.g. "kprobe", BPF.KPROBE or bcc's "BPF_PROG_TYPE_KPROBE"; nil: what its name and parameter tell
---@return luatrace.Function fn
function BPF:load_func(fn_name, kind)
	local state = state_of(self, "load_func")
	check.value("load_func", "fn_name", fn_name, "string")
	check.value("load_func", "kind", kind, "string?")
	local err = errors.buffer()
	local own = kind and KIND_OF_TYPE[kind:match("^BPF_PROG_TYPE_(.+)$")] or kind
	local fd = C.lt_program_load(state.handle, fn_name, own, nil, err)
	if fd < 0 then
		errors.raise_c(fd, err, state.source:mapper())
	end
	return loaded.new(self, fn_name, fd, state.functions)
end

---Runs an iterator (BPF_ITER, SEC("iter/...")) and gives the text that it writes. It is attached only meanwhile.
---@param fn_name string the program, or what BPF_ITER() names
---@param opts { map: luatrace.Map?, pid: integer?, tid: integer?, cgroup: string?, order: string? }?
---@return string
function BPF:read_iter(fn_name, opts)
	local state = state_of(self, "read_iter")
	check.value("read_iter", "fn_name", fn_name, "string")
	return iter.text(state, fn_name, opts)
end

---Runs an iterator and gives what it writes by bpf_seq_write(), record by record: `for r in b:iter_records("task") do`.
---@param fn_name string the program, or what BPF_ITER() names
---@param opts { type: string?, map: luatrace.Map?, pid: integer?, tid: integer?, cgroup: string?, order: string? }?
---@return fun(): ffi.cdata*? next a record of its own each
function BPF:iter_records(fn_name, opts)
	local state = state_of(self, "iter_records")
	check.value("iter_records", "fn_name", fn_name, "string")
	return iter.records(state, fn_name, opts)
end

---The instructions of a function of the text, as compiled: maps and functions are not filled in yet.
---@param fn_name string
---@return string bytes 8 of each instruction
function BPF:dump_func(fn_name)
	return compile.bytecode(state_of(self, "dump_func").handle, fn_name)
end

local function map_named(state, where, name)
	check.value(where, "name", name, "string")
	if not state.maps[name] then
		local names = {}
		for known in pairs(state.maps) do
			names[#names + 1] = known
		end
		errors.misuse("%s: the text has no map '%s'%s", where, name, near.hint(name, names))
	end
	return state.maps[name]
end

---A map of the text by name. An unknown name is an error (b.NAME gives nil).
---@param name string
---@param key_type string? C types to use instead of those of the text, e.g. "uint32_t"; both or none
---@param leaf_type string?
---@return luatrace.Map
function BPF:get_table(name, key_type, leaf_type)
	local state = state_of(self, "get_table")
	local found = map_named(state, "get_table", name)
	if key_type == nil and leaf_type == nil then
		return found
	end
	check.value("get_table", "key_type", key_type, "string")
	check.value("get_table", "leaf_type", leaf_type, "string")
	local id = ("%s\0%s\0%s"):format(name, key_type, leaf_type)
	state.typed[id] = state.typed[id] or map.typed(state, map_info.of_object(state.handle, name), key_type, leaf_type)
	return state.typed[id]
end

---Opens the perf or ring buffer `name`; see open_perf_buffer of maps.
---@param name string
---@param fn fun(cpu: integer, data: ffi.cdata*, size: integer)
---@param opts table?
---@return luatrace.BPF
function BPF:on(name, fn, opts)
	map.on(map_named(state_of(self, "on"), "on", name), fn, opts)
	return self
end

---Runs of a function of the text that were dropped: it was interrupted by itself, on one CPU, more often than there is
---room for locals that do not fit on the stack. Such runs are also told of when the object is closed.
---@param fn_name string
---@return integer
function BPF:dropped_runs(fn_name)
	local state = state_of(self, "dropped_runs")
	check.value("dropped_runs", "fn_name", fn_name, "string")
	return tonumber(C.lt_program_dropped(state.handle, fn_name))
end

local function forget(self)
	for i, other in ipairs(M.objects) do
		if other == self then
			table.remove(M.objects, i)
			return
		end
	end
end

---Outputs first: they tell what was lost.
---@param state table
---@param after fun()? called when it is done: within the function of an output that is when that returns
function M.close_state(state, after)
	if not state.handle then
		return
	end
	if not output.close_all(state) then
		loop.after_sweep(function() M.close_state(state, after) end)
		return
	end
	for _, handles in ipairs { state.maps, state.typed } do
		for _, handle in pairs(handles) do
			map.close(handle)
		end
	end
	report_dropped(state)
	free(state)
	for _, attached in pairs(state.attached) do
		attach.forget(attached)
	end
	state.attached = {}
	loaded.forget(state.functions)
	if after then
		after()
	end
end

---Detaches and frees everything; closing twice is harmless. Within the function of an output it takes place when
---that returns.
function BPF:close()
	local state = type(self) == "table" and states[self]
	if not state then
		errors.misuse("close: call it on a BPF object, with a colon: b:close()")
	end
	M.close_state(state, function() forget(self) end)
end

---Closes the object; called as BPF.cleanup(), all objects.
function BPF.cleanup(self)
	if self ~= nil and states[self] then
		BPF.close(self)
		return
	end
	while M.objects[1] do
		BPF.close(M.objects[1])
	end
	if package.loaded["luatrace.trace"] then
		trace.close()
	end
end

attach_methods.install(BPF, state_of, function()
	local all = {}
	for i, self in ipairs(M.objects) do
		all[i] = states[self]
	end
	return all
end)
poll_methods.install(BPF, state_of)
for name in pairs(BPF) do
	M.is_method[name] = true
end

return M
