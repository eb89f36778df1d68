-- SPDX-License-Identifier: MIT
-- The BPF object: a text compiled, loaded and attached, its maps, and its methods.
local ffi = require "ffi"
local C = require "luatrace.abi"
local attach = require "luatrace.attach"
local btf = require "luatrace.btf"
local check = require "luatrace.check"
local compile = require "luatrace.compile"
local errors = require "luatrace.errors"
local iter = require "luatrace.iter"
local loaded = require "luatrace.loaded"
local loop = require "luatrace.loop"
local map = require "luatrace.map"
local map_info = require "luatrace.map_info"
local near = require "luatrace.near"
local output = require "luatrace.output"
local sharing = require "luatrace.sharing"
local source = require "luatrace.source"
local spec = require "luatrace.spec"
local trace = require "luatrace.trace"
local usdt = require "luatrace.usdt"
local vars = require "luatrace.vars"

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
	if not state then
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
	usdt = "table?", usdt_contexts = "table?", first_of = "table?", auto_attach = "boolean?" }

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
		local method = BPF[name]
		if method then
			return method
		elseif name == "vars" then
			return variables(state_of(self, "vars"))
		end
		return states[self].maps[name]
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

-- Pins come last: an object that fails leaves none behind.
local function start(state, args, probes)
	local err, debug_bits = errors.buffer(), args.debug or 0
	local alternatives = spec.declare(state, args.first_of or {})
	if args.auto_attach == false then
		C.lt_object_hold(state.handle, nil)
	end
	vars.set_params(state, args.params or {})
	sharing.take(state, find_public)
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

---Compiles a BPF text, loads it and attaches what its names ask for.
---@param args { text: string?, src_file: string?, cflags: string[]?, debug: integer?, params: table<string, any>?,
---usdt: luatrace.USDT?, usdt_contexts: luatrace.USDT[]?,
---first_of: table[]?, auto_attach: boolean? }
---@return luatrace.BPF
function M.new(args)
	check.arguments("BPF", args, RULES)
	local probes = enabled_usdt(args)
	local text, where = source.of_arguments(args)
	local state = setmetatable({ source = where, maps = {}, typed = {}, attached = {}, exports = {}, to_pin = {} }, State)
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
	local self = setmetatable({}, metatable)
	states[self] = state
	M.objects[#M.objects + 1] = self
	return self
end

-- attach_kprobe{…}, detach_kprobe{…} and so on, one pair for each entry of attach.probes. They return the object, so
-- that calls chain. A detach call takes any of the arguments it was attached with.
---@class luatrace.KprobeArgs
---@field event string? kernel function, or a shell pattern of several ("vfs_*"); this, event_re or addr
---@field event_re string? regular expression that matches whole names
---@field addr integer|ffi.cdata*|nil address in the kernel
---@field fn_name string function of the text
---@field event_off integer? bytes into the kernel function; fn_offset is the same
---@field retprobe boolean? attach to the function's return
---@field maxactive integer? of returns: how many calls may be under way at once, at most 4096
---@class luatrace.UprobeArgs
---@field name string path, or short name of a library
---@field sym string? symbol; this, sym_re or addr
---@field sym_re string? regular expression that matches from the start of symbols
---@field addr integer? address as in the ELF file's symbol table
---@field sym_off integer? bytes into the symbol
---@field fn_name string function of the text
---@field pid integer? -1 (the default): any process
---@field retprobe boolean? attach to the function's return
---@class luatrace.UsdtArgs
---@field name string? path, or short name of a library or program; this or pid, or both
---@field provider string?
---@field probe string "name", or "provider:name"
---@field fn_name string function of the text
---@field pid integer? -1 (the default): any process
---@class luatrace.TracepointArgs
---@field tp string? "category:event" or a shell pattern of it; of a raw tracepoint "event"
---@field tp_re string? regular expression that matches from the start of "category:event"; not of raw tracepoints
---@field fn_name string function of the text
---@class luatrace.PerfEventArgs
---@field ev_type integer BPF.PerfType
---@field ev_config integer e.g. of BPF.PerfSWConfig
---@field fn_name string function of the text
---@field sample_period integer? one record in so many events; this or sample_freq
---@field sample_freq integer? Hz
---@field pid integer? -1 (the default): any process
---@field cpu integer? -1 (the default): every online CPU
---@class luatrace.SocketArgs
---@field fn_name string function of the text
---@field dev string? network interface; none or "": all of them
---@class luatrace.FunctionArgs
---@field event string "function" or "module:function"
---@field fn_name string function of the text
---@class luatrace.XdpArgs
---@field dev string network interface
---@field fn_name string function of the text
---@field flags integer? of BPF.XDPFlags
---@class luatrace.TcArgs
---@field dev string network interface
---@field direction "ingress"|"egress"
---@field fn_name string function of the text
---@class luatrace.CgroupArgs
---@field path string directory of a cgroup of version 2
---@field fn_name string function of the text
---@field attach_type integer? of BPF.BPFAttachType; nil: as SEC() says, or the first of its kind
---@class luatrace.FuncArgs
---@field fn_name string function of the text
---@field fd integer|luatrace.Map descriptor of a cgroup or a map
---@field attach_type integer of BPF.BPFAttachType
---@field flags integer?
---@class luatrace.PerfRawArgs
---@field attr table fields of perf_event_attr
---@field fn_name string function of the text
---@field pid integer? -1 (the default): any process
---@field cpu integer? -1 (the default): every online CPU
---@class luatrace.BPF
---@field attach_fentry fun(self, args: luatrace.FunctionArgs): luatrace.BPF
---@field attach_fexit fun(self, args: luatrace.FunctionArgs): luatrace.BPF
---@field detach_fentry fun(self, args: table): luatrace.BPF
---@field detach_fexit fun(self, args: table): luatrace.BPF
---@field attach_kprobe fun(self, args: luatrace.KprobeArgs): luatrace.BPF
---@field attach_kretprobe fun(self, args: luatrace.KprobeArgs): luatrace.BPF
---@field attach_uprobe fun(self, args: luatrace.UprobeArgs): luatrace.BPF
---@field attach_uretprobe fun(self, args: luatrace.UprobeArgs): luatrace.BPF
---@field attach_usdt fun(self, args: luatrace.UsdtArgs): luatrace.BPF
---@field attach_tracepoint fun(self, args: luatrace.TracepointArgs): luatrace.BPF
---@field attach_raw_tracepoint fun(self, args: luatrace.TracepointArgs): luatrace.BPF
---@field attach_kfunc fun(self, args: { fn_name: string }): luatrace.BPF
---@field attach_kretfunc fun(self, args: { fn_name: string }): luatrace.BPF
---@field attach_perf_event fun(self, args: luatrace.PerfEventArgs): luatrace.BPF
---@field attach_raw_socket fun(self, args: luatrace.SocketArgs): luatrace.BPF
---@field attach_fmod_ret fun(self, args: { fn_name: string }): luatrace.BPF
---@field attach_lsm fun(self, args: { fn_name: string }): luatrace.BPF
---@field attach_perf_event_raw fun(self, args: luatrace.PerfRawArgs): luatrace.BPF
---@field attach_xdp fun(self, args: luatrace.XdpArgs): luatrace.BPF
---@field attach_tc fun(self, args: luatrace.TcArgs): luatrace.BPF
---@field attach_cgroup fun(self, args: luatrace.CgroupArgs): luatrace.BPF
---@field attach_func fun(self, args: luatrace.FuncArgs): luatrace.BPF
---@field detach_kprobe fun(self, args: table): luatrace.BPF
---@field detach_kretprobe fun(self, args: table): luatrace.BPF
---@field detach_uprobe fun(self, args: table): luatrace.BPF
---@field detach_uretprobe fun(self, args: table): luatrace.BPF
---@field detach_usdt fun(self, args: table): luatrace.BPF
---@field detach_tracepoint fun(self, args: table): luatrace.BPF
---@field detach_raw_tracepoint fun(self, args: table): luatrace.BPF
---@field detach_kfunc fun(self, args: table): luatrace.BPF
---@field detach_kretfunc fun(self, args: table): luatrace.BPF
---@field detach_perf_event fun(self, args: table): luatrace.BPF
---@field detach_raw_socket fun(self, args: table): luatrace.BPF
---@field detach_fmod_ret fun(self, args: table): luatrace.BPF
---@field detach_lsm fun(self, args: table): luatrace.BPF
---@field detach_perf_event_raw fun(self, args: table): luatrace.BPF
---@field detach_xdp fun(self, args: table): luatrace.BPF
---@field detach_tc fun(self, args: table): luatrace.BPF
---@field detach_cgroup fun(self, args: table): luatrace.BPF
---@field detach_func fun(self, args: table): luatrace.BPF
for method in pairs(attach.probes) do
	BPF["attach_" .. method] = function(self, args)
		attach.attach(state_of(self, "attach_" .. method), method, args)
		return self
	end
	BPF["detach_" .. method] = function(self, args)
		attach.detach(state_of(self, "detach_" .. method), method, args)
		return self
	end
end

---bcc's name of detach_xdp.
---@type fun(self, args: table): luatrace.BPF
BPF.remove_xdp = BPF.detach_xdp

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
	return loaded.new(self, fn_name, fd)
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

---A map of the text by name. An unknown name is an error (b.NAME gives nil).
---@param name string
---@param key_type string? C types to use instead of those of the text, e.g. "uint32_t"; both or none
---@param leaf_type string?
---@return luatrace.Map
function BPF:get_table(name, key_type, leaf_type)
	local state = state_of(self, "get_table")
	check.value("get_table", "name", name, "string")
	if not state.maps[name] then
		local names = {}
		for known in pairs(state.maps) do
			names[#names + 1] = known
		end
		errors.misuse("get_table: the text has no map '%s'%s", name, near.hint(name, names))
	elseif key_type == nil and leaf_type == nil then
		return state.maps[name]
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
	local t = BPF.get_table(self, name)
	if map.kind(t) == "ring" then
		t:open_ring_buffer(fn, opts)
	else
		t:open_perf_buffer(fn, opts)
	end
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

---Waits for records of all open outputs, of all objects, and hands them to their functions.
---@param timeout_ms number? -1 (the default): until at least one record was handled
---@return integer handled
function BPF:perf_buffer_poll(timeout_ms)
	state_of(self, "perf_buffer_poll")
	return loop.poll("perf_buffer_poll", timeout_ms)
end

---The same as perf_buffer_poll: all outputs are polled together.
---@param timeout_ms number?
---@return integer handled
function BPF:ring_buffer_poll(timeout_ms)
	state_of(self, "ring_buffer_poll")
	return loop.poll("ring_buffer_poll", timeout_ms)
end

---bcc's old name of perf_buffer_poll.
---@param timeout_ms number?
---@return integer handled
function BPF:kprobe_poll(timeout_ms)
	state_of(self, "kprobe_poll")
	return loop.poll("kprobe_poll", timeout_ms)
end

---Polls until a signal ends the program.
function BPF:perf_buffer_poll_loop()
	state_of(self, "perf_buffer_poll_loop")
	while true do
		loop.poll("perf_buffer_poll_loop")
	end
end
BPF.kprobe_poll_loop = BPF.perf_buffer_poll_loop

---Attaches to one probe, or to the first of several that this kernel has and takes.
---@param args { probe: string?, first_of: table?, fn_name: string? } probes are strings "KIND:TARGET", in first_of also
---{ probe =, fn_name = }; without fn_name the function that is for the probe by its name
---@return string probe the one it is attached to
function BPF:attach(args)
	return spec.attach(state_of(self, "attach"), args)
end

---Detaches what attach, or a call of its kind, attached.
---@param args { probe: string, fn_name: string? }
---@return luatrace.BPF
function BPF:detach(args)
	spec.detach(state_of(self, "detach"), args)
	return self
end

---@class luatrace.Attached
---@field kind string e.g. "kprobe"
---@field target string what it is attached to, as found; of a pattern the pattern
---@field fn_name string function of the text
---@field mechanism string the kernel's interface that carries it, e.g. "kprobe.multi"
---@field count integer places
---@field refused integer places that a pattern matched and the kernel refused
---@field places string[] of a pattern, all that it covers; else the target

---What is attached, in the order of attaching.
---@return luatrace.Attached[]
function BPF:attached()
	return attach.list(state_of(self, "attached"))
end

---Handles what lies in all outputs now, without waiting.
---@return integer handled
function BPF:perf_buffer_consume()
	state_of(self, "perf_buffer_consume")
	return loop.consume()
end
BPF.ring_buffer_consume = BPF.perf_buffer_consume

---Prints what bpf_trace_printk() writes, until a signal comes.
---@param fmt string? "{0}" to "{5}" stand for task, pid, cpu, flags, ts, msg; nil: the lines as they are
function BPF:trace_print(fmt)
	state_of(self, "trace_print")
	trace.print(fmt)
end

---The parts of the next line of bpf_trace_printk().
---@param nonblocking boolean?
---@return string? task
---@return integer? pid
---@return integer? cpu
---@return string? flags
---@return number? ts seconds
---@return string? msg
function BPF:trace_fields(nonblocking)
	state_of(self, "trace_fields")
	return trace.fields(nonblocking)
end

---The next line of trace_pipe.
---@param nonblocking boolean?
---@return string?
function BPF:trace_readline(nonblocking)
	state_of(self, "trace_readline")
	return trace.readline(nonblocking)
end

---Opens trace_pipe, so that nothing is missed before the first read.
---@return luatrace.TracePipe
function BPF:trace_open()
	state_of(self, "trace_open")
	return trace.open()
end

local function forget(self)
	for i, other in ipairs(M.objects) do
		if other == self then
			table.remove(M.objects, i)
			return
		end
	end
end

-- Outputs first: they tell what was lost.
local function close(self, state)
	if not state.handle then
		return
	end
	if not output.close_all(state) then
		loop.after_sweep(function() close(self, state) end)
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
	forget(self)
end

---Detaches and frees everything; closing twice is harmless. Within the function of an output it takes place when
---that returns.
function BPF:close()
	local state = type(self) == "table" and states[self]
	if not state then
		errors.misuse("close: call it on a BPF object, with a colon: b:close()")
	end
	close(self, state)
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
	trace.close()
end

local function counter(kinds)
	return function()
		local open_states = {}
		for i, self in ipairs(M.objects) do
			open_states[i] = states[self]
		end
		return attach.count(open_states, kinds)
	end
end

---How many places of all objects are probed now.
---@type fun(): integer
BPF.num_open_kprobes = counter { kprobe = true, kretprobe = true }
---@type fun(): integer
BPF.num_open_uprobes = counter { uprobe = true, uretprobe = true, usdt = true }
---@type fun(): integer
BPF.num_open_tracepoints = counter { tracepoint = true }

for name in pairs(BPF) do
	M.is_method[name] = true
end

return M
