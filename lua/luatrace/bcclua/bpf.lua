-- SPDX-License-Identifier: MIT
-- The class BPF of bcc-lua's scripts, on luatrace's own objects. Nothing is attached because of its name. What
-- bcc-lua's class has not, attach_tracepoint{…}, b.NAME and so on, is that of luatrace's.
local C = require "luatrace.abi"
local attach = require "luatrace.attach"
local bpf = require "luatrace.bpf"
local check = require "luatrace.check"
local class = require "luatrace.bcclua.class"
local errors = require "luatrace.errors"
local source = require "luatrace.source"
local tables = require "luatrace.bcclua.table"
local TracerPipe = require "luatrace.bcclua.tracerpipe"

local Own = require "luatrace"

local BPF = class "BPF"

BPF.static.KPROBE_LIMIT = 1000
BPF.static.SCRIPT_ROOT = "./"
BPF.static.DEFAULT_CFLAGS = {
	"-D__HAVE_BUILTIN_BSWAP16__", "-D__HAVE_BUILTIN_BSWAP32__", "-D__HAVE_BUILTIN_BSWAP64__",
}
-- By what was attached, or opened: what a script stored there, or the name of the function.
BPF.static.open_kprobes, BPF.static.open_uprobes, BPF.static.perf_buffers = {}, {}, {}

---A cache of symbol names: SymbolCache(pid), of the kernel without one.
---@param pid integer?
function BPF.static.SymbolCache(pid)
	return require("luatrace.bcclua.symbols"):new(pid)
end

BPF.static.num_open_kprobes = Own.num_open_kprobes
BPF.static.num_open_uprobes = Own.num_open_uprobes

---Raises when `count` more probes would be too many.
---@param count integer
function BPF.static.check_probe_quota(count)
	if Own.num_open_kprobes() + Own.num_open_uprobes() + count > BPF.KPROBE_LIMIT then
		errors.misuse("more than the %d probes that BPF.KPROBE_LIMIT allows", BPF.KPROBE_LIMIT)
	end
end

---Says where the script is, for src_file.
---@param path string of the script
function BPF.static.script_root(path)
	BPF.static.SCRIPT_ROOT = path:match("^.*/") or "./"
	return BPF
end

---Detaches and closes everything.
function BPF.static.cleanup()
	Own.cleanup()
	require("luatrace.bcclua.usdt").cleanup()
	for _, name in ipairs { "open_kprobes", "open_uprobes", "perf_buffers" } do
		BPF.static[name] = {}
	end
	BPF.static.tracer_pipe = nil
end

local function cflags_of(args)
	local all = {}
	for _, list in ipairs { BPF.DEFAULT_CFLAGS, args.cflags or {} } do
		for _, flag in ipairs(list) do
			all[#all + 1] = flag
		end
	end
	return all
end

local function source_file(path)
	local beside = path and BPF.SCRIPT_ROOT .. path
	return path and not source.read_file(path) and source.read_file(beside) and beside or path
end

-- The compiler's messages go to stderr and the error is bcc-lua's, a string.
local function compiled(ok, result)
	if ok then
		return result
	elseif errors.is(result) and result.compiling then
		local log = (result.log or result.message):gsub("\n*$", "\n")
		C.lt_message_write(log, #log)
		error("failed to compile BPF module", 0)
	end
	error(result, 0)
end

local states = setmetatable({}, { __mode = "k" })

---@param args { text: string?, src_file: string?, cflags: string[]?, debug: integer?, usdt: table? }
function BPF:initialize(args)
	check.named("BPF", args)
	check.value("BPF", "cflags", args.cflags, "strings?")
	local debug_bits = args.debug or rawget(getfenv(0), "LIBBCC_LLVM_DEBUG") or 0
	check.value("BPF", "debug", debug_bits, "integer")
	states[self] = { tables = {}, functions = {}, own = compiled(pcall(bpf.new, {
		text = args.text, src_file = source_file(args.src_file), cflags = cflags_of(args), debug = debug_bits,
		usdt = args.usdt and (args.usdt.context or args.usdt), auto_attach = false,
	})) }
end

local function own_of(self)
	local state = states[self] or errors.misuse("call this on a BPF object, with a colon: b:method(…)")
	return state.own
end

-- A method of luatrace's, or a map.
function BPF:__index(name)
	if type(Own[name]) == "function" then
		return function(_, ...) return Own[name](own_of(self), ...) end
	end
	return states[self] and self:get_table(name) or nil
end

function BPF:load_func(fn_name, prog_type)
	local known = states[self].functions
	if not known[fn_name] then
		local fn = own_of(self):load_func(fn_name, prog_type)
		known[fn_name] = { bpf = self, name = fn_name, fd = fn.fd }
	end
	return known[fn_name]
end

---All functions of the text, loaded.
---@param prog_type string?
---@return { bpf: table, name: string, fd: integer }[]
function BPF:load_funcs(prog_type)
	local all = {}
	for i, name in ipairs(attach.program_names(bpf.state_of(own_of(self), "load_funcs"))) do
		all[i] = self:load_func(name, prog_type or "BPF_PROG_TYPE_KPROBE")
	end
	return all
end

local STORES = { kprobe = "open_kprobes", uprobe = "open_uprobes" }

local function store_of(kind)
	return BPF[STORES[kind] or errors.misuse("probe_store: kind= takes 'kprobe' or 'uprobe', not %s", check.given(kind))]
end

function BPF.probe_store(_, kind, id, probe)
	store_of(kind)[id] = probe
end

function BPF.probe_lookup(_, kind, id)
	return store_of(kind)[id]
end

function BPF.perf_buffer_store(_, id, buffer)
	BPF.perf_buffers[id] = buffer
end

local function store(self, kind, args, what)
	self:probe_store(kind, (args.retprobe and "r_" or "p_") .. what:gsub("[^%w]", "_"), args.fn_name)
	return self
end

---@param args { event: string, fn_name: string, retprobe: boolean?, fn_offset: integer?, maxactive: integer? }
function BPF:attach_kprobe(args)
	check.named("attach_kprobe", args)
	BPF.check_probe_quota(1)
	own_of(self):attach_kprobe {
		event = args.event, fn_name = args.fn_name, retprobe = args.retprobe, fn_offset = args.fn_offset,
		maxactive = args.maxactive ~= 0 and args.maxactive or nil,
	}
	return store(self, "kprobe", args, args.event)
end

---@param args { name: string, sym: string?, addr: integer?, sym_off: integer?, fn_name: string, retprobe: boolean?,
---pid: integer? }
function BPF:attach_uprobe(args)
	check.named("attach_uprobe", args)
	BPF.check_probe_quota(1)
	own_of(self):attach_uprobe {
		name = args.name, sym = args.sym, addr = args.addr, sym_off = args.sym_off, fn_name = args.fn_name,
		retprobe = args.retprobe, pid = args.pid,
	}
	return store(self, "uprobe", args, ("%s_%s"):format(args.name, tostring(args.sym or args.addr)))
end

---The kernel's trace pipe, one for all objects.
---@return table
function BPF.pipe()
	BPF.static.tracer_pipe = BPF.tracer_pipe or TracerPipe:new()
	return BPF.tracer_pipe
end

---A table of the text, or nil.
---@param name string
---@param key_type any? C declarations instead of those of the text
---@param leaf_type any?
function BPF:get_table(name, key_type, leaf_type)
	local own, known = bpf.state_of(own_of(self), "get_table"), states[self].tables
	if own.maps[name] and not known[name] then
		local id = C.lt_object_find_map(own.handle, name)
		known[name] = tables.new(self, own.maps[name], id, key_type, leaf_type)
	end
	return known[name]
end

---Polls until a signal comes; then false and what ended it, for the script goes on.
---@return false
---@return string
function BPF:perf_buffer_poll_loop()
	local own = own_of(self)
	local _, e = pcall(own.perf_buffer_poll_loop, own)
	if errors.is(e) and e.interrupted then
		return false, "interrupted!"
	end
	error(e, 0)
end
BPF.kprobe_poll_loop = BPF.perf_buffer_poll_loop

return BPF
