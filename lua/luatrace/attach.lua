-- SPDX-License-Identifier: MIT
-- Attaching and detaching by bcc's names and arguments. One entry of `probes` is one kind of probe.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local near = require "luatrace.near"
local network_probes = require "luatrace.network_probes"
local perf_probes = require "luatrace.perf_probes"

local M = {}

---@class luatrace.Probe
---@field kind string? lt_kind_name() of it
---@field choose? fun(args: table, own: string, where: string): string the kind, by the one that the program is of
---@field rules table<string, string> names and kinds of the arguments
---@field fill fun(args: table, where: string): table fields of lt_attach_opts
---@field target? fun(args: table): string? what a detach call without more names
local probes = {}
M.probes = probes

local function integer_of(value)
	return value and ffi.cast("uint64_t", value) or 0
end

-- Which one of several arguments was given, as its name and value. `names` is how a message says them.
local function one_of(where, args, names)
	local found
	for _, name in ipairs(names) do
		if args[name] ~= nil then
			if found then
				errors.misuse("%s: takes %s= or %s=, not both", where, found, name)
			end
			found = name
		end
	end
	if not found then
		errors.misuse("%s: takes one of %s=, and none was given", where, table.concat(names, "=, "))
	end
	return found, args[found]
end

-- The place of a kprobe: a function (or a shell pattern of several), a regular expression, an address.
local function fill_kprobe(args, where)
	local which, place = one_of(where, args, { "event", "event_re", "addr" })
	return {
		target = which ~= "addr" and place or nil, address = which == "addr" and integer_of(place) or 0,
		pattern = which == "event_re" and C.LT_PATTERN_REGEX or C.LT_PATTERN_NONE,
		offset = integer_of(args.event_off or args.fn_offset), maxactive = args.maxactive,
	}
end

local function target_kprobe(args)
	return args.event or args.event_re
end

probes.kprobe = {
	kind = "kprobe", ret = "kretprobe", fill = fill_kprobe, target = target_kprobe,
	rules = {
		event = "string?", event_re = "string?", addr = "address?", fn_name = "string", event_off = "address?",
		fn_offset = "address?", retprobe = "boolean?", maxactive = "count?",
	},
}
probes.kretprobe = {
	kind = "kretprobe", fill = fill_kprobe, target = target_kprobe,
	rules = { event = "string?", event_re = "string?", addr = "address?", fn_name = "string", maxactive = "count?" },
}

local UPROBE = {
	name = "string", sym = "string?", sym_re = "string?", addr = "address?", sym_off = "address?", fn_name = "string",
	pid = "id?", retprobe = "boolean?",
}
local URETPROBE = {
	name = "string", sym = "string?", sym_re = "string?", addr = "address?", sym_off = "address?", fn_name = "string",
	pid = "id?",
}

local function fill_uprobe(args, where)
	local which, place = one_of(where, args, { "sym", "sym_re", "addr" })
	return {
		target = args.name, symbol = which ~= "addr" and place or nil,
		address = which == "addr" and integer_of(place) or 0, offset = integer_of(args.sym_off),
		pattern = which == "sym_re" and C.LT_PATTERN_START or C.LT_PATTERN_NONE, pid = args.pid,
	}
end

local function target_uprobe(args)
	local symbol = args.sym or args.sym_re
	return args.name and args.name .. (symbol and ":" .. symbol or "")
end

probes.uprobe = { kind = "uprobe", ret = "uretprobe", rules = UPROBE, fill = fill_uprobe, target = target_uprobe }
probes.uretprobe = { kind = "uretprobe", rules = URETPROBE, fill = fill_uprobe, target = target_uprobe }

local USDT = { name = "string?", provider = "string?", probe = "string?", fn_name = "string", pid = "id?" }

probes.usdt = {
	kind = "usdt", rules = USDT,
	fill = function(args, where)
		if args.probe and not args.name and (args.pid or -1) < 0 then
			errors.misuse("%s: takes name= (a program or library) or pid=, and neither was given", where)
		elseif not args.probe and (args.name or args.provider) then
			errors.misuse('%s: probe= is missing: it takes "name" or "provider:name"', where)
		end
		return { target = args.name or "", provider = args.provider, symbol = args.probe, pid = args.pid }
	end,
}

probes.tracepoint = {
	kind = "tracepoint",
	rules = { tp = "string?", tp_re = "string?", fn_name = "string" },
	fill = function(args, where)
		local which, place = one_of(where, args, { "tp", "tp_re" })
		if which == "tp" and not place:find("^[^:]+:[^:]+$") then
			errors.misuse('%s: tp= takes "category:event", e.g. "sched:sched_switch", not "%s"', where, place)
		end
		return { target = place, pattern = which == "tp_re" and C.LT_PATTERN_START or C.LT_PATTERN_NONE }
	end,
	target = function(args) return args.tp or args.tp_re end,
}

probes.raw_tracepoint = {
	kind = "raw_tracepoint", also = "tp_btf",
	rules = { tp = "string", fn_name = "string" },
	fill = function(args) return { target = args.tp } end,
	target = function(args) return args.tp end,
}

for _, kind in ipairs { "fentry", "fexit" } do
	probes[kind] = {
		kind = kind,
		rules = { event = "string", fn_name = "string" },
		fill = function(args) return { target = args.event } end,
		target = function(args) return args.event end,
	}
end

-- The function is in the program's own name.
local function fill_nothing()
	return {}
end
probes.kfunc = { kind = "fentry", rules = { fn_name = "string" }, fill = fill_nothing, prefix = "kfunc__" }
probes.kretfunc = { kind = "fexit", rules = { fn_name = "string" }, fill = fill_nothing, prefix = "kretfunc__" }
probes.fmod_ret = { kind = "fmod_ret", rules = { fn_name = "string" }, fill = fill_nothing, prefix = "kmod_ret__" }
probes.lsm = { kind = "lsm", rules = { fn_name = "string" }, fill = fill_nothing, prefix = "lsm__" }

probes.perf_event = {
	kind = "perf_event",
	rules = {
		ev_type = "u32", ev_config = "address", fn_name = "string", sample_period = "address?", sample_freq = "address?",
		pid = "id?", cpu = "id?",
	},
	fill = function(args, where)
		-- bcc users write the one they do not want as 0.
		local period, freq = integer_of(args.sample_period), integer_of(args.sample_freq)
		if (period == 0) == (freq == 0) then
			errors.misuse("%s: takes sample_period= or sample_freq=, %s", where,
				period == 0 and "and neither was given" or "not both")
		end
		return {
			perf_type = args.ev_type, perf_config = integer_of(args.ev_config),
			sample_period = period, sample_freq = freq, pid = args.pid, cpu = args.cpu,
		}
	end,
}

probes.raw_socket = {
	kind = "socket",
	rules = { fn_name = "string", dev = "text?" },
	fill = function(args) return { target = args.dev or "" } end,
	target = function(args) return args.dev end,
}

network_probes.add(probes)
perf_probes.add(probes)

-- PERF_TYPE_*, PERF_COUNT_SW_*, PERF_COUNT_HW_* of the kernel's perf_event.h, by bcc's names.
M.PerfType = { HARDWARE = 0, SOFTWARE = 1, TRACEPOINT = 2, HW_CACHE = 3, RAW = 4, BREAKPOINT = 5 }
M.PerfSWConfig = {
	CPU_CLOCK = 0, TASK_CLOCK = 1, PAGE_FAULTS = 2, CONTEXT_SWITCHES = 3, CPU_MIGRATIONS = 4, PAGE_FAULTS_MIN = 5,
	PAGE_FAULTS_MAJ = 6, ALIGNMENT_FAULTS = 7, EMULATION_FAULTS = 8, DUMMY = 9, BPF_OUTPUT = 10,
}
M.PerfHWConfig = {
	CPU_CYCLES = 0, INSTRUCTIONS = 1, CACHE_REFERENCES = 2, CACHE_MISSES = 3, BRANCH_INSTRUCTIONS = 4, BRANCH_MISSES = 5,
	BUS_CYCLES = 6, STALLED_CYCLES_FRONTEND = 7, STALLED_CYCLES_BACKEND = 8, REF_CPU_CYCLES = 9,
}

---Names of all functions of the text that are programs.
---@param bpf table
---@return string[]
function M.program_names(bpf)
	local names, info = {}, ffi.new("lt_program_info")
	for i = 0, C.lt_object_program_count(bpf.handle) - 1 do
		if C.lt_object_program(bpf.handle, i, info) == 0 then
			names[#names + 1] = ffi.string(info.name)
		end
	end
	return names
end

local function has_program(bpf, name)
	return C.lt_object_find_program(bpf.handle, name) >= 0
end

-- What a script may have meant by fn_name=: for attach_kfunc, the program's name with or without its prefix.
local function candidates(probe, name)
	local prefix = probe.prefix
	return prefix and { name, prefix .. name, prefix .. "vmlinux__" .. name } or { name }
end

local function find_program(bpf, probe, where, name)
	for _, candidate in ipairs(candidates(probe, name)) do
		if has_program(bpf, candidate) then
			return candidate
		end
	end
	errors.misuse("%s: fn_name='%s': the text has no such function%s", where, name, near.hint(name, M.program_names(bpf)))
end

---What a link is known by in the state's `attached`.
---@param link ffi.cdata*
---@return string
function M.key_of(link)
	return tostring(ffi.cast("uintptr_t", link))
end
local key_of = M.key_of

local function socket_of(link)
	local info = ffi.new("lt_link_info")
	C.lt_link_get_info(link, info)
	return info.fd
end

-- What is attached: kind, target, program and, for what the script attached itself, its arguments.
local function links(bpf)
	local out, info = {}, ffi.new("lt_link_info")
	for i = 0, C.lt_object_link_count(bpf.handle) - 1 do
		local link = C.lt_object_link(bpf.handle, i)
		if link ~= nil and C.lt_link_get_info(link, info) == 0 then
			out[#out + 1] = {
				link = link, kind = ffi.string(info.kind), target = ffi.string(info.target), program = ffi.string(info.program),
				mechanism = ffi.string(info.mechanism), count = info.place_count, refused = info.refused_count,
				places = info.places ~= nil and ffi.string(info.places) or nil, args = bpf.attached[key_of(link)],
			}
		end
	end
	return out
end

---What is attached, in the order of attaching.
---@param bpf table
---@return luatrace.Attached[]
function M.list(bpf)
	local out = {}
	for i, link in ipairs(links(bpf)) do
		local places
		for place in (link.places or ""):gmatch("[^\n]+") do
			places = places or {}
			places[#places + 1] = place
		end
		out[i] = {
			kind = link.kind, target = link.target, fn_name = link.program, mechanism = link.mechanism, count = link.count,
			refused = link.refused, missed = tonumber(C.lt_link_missed(link.link)), places = places or { link.target },
		}
	end
	return out
end

---How many places links of `kinds` of all of `bpfs` cover.
---@param bpfs table[]
---@param kinds table<string, boolean>
---@return integer
function M.count(bpfs, kinds)
	local count = 0
	for _, bpf in ipairs(bpfs) do
		for _, link in ipairs(links(bpf)) do
			count = count + (kinds[link.kind] and link.count or 0)
		end
	end
	return count
end

-- fentry and fexit programs are attached by their name already; bcc users attach them once more.
local function attached_already(bpf, probe, program)
	if not probe.prefix then
		return false
	end
	for _, link in ipairs(links(bpf)) do
		if link.program == program then
			return true
		end
	end
	return false
end

local function with_return(probe, args)
	return args.retprobe and probe.ret or probe.kind
end

local function own_kind(bpf, program)
	local info = ffi.new("lt_program_info")
	local index = C.lt_object_find_program(bpf.handle, program)
	return C.lt_object_program(bpf.handle, index, info) == 0 and ffi.string(info.kind) or ""
end

-- The kind to attach as: a text's SEC() may have chosen the other of two.
local function kind_of(bpf, probe, args, program, where)
	if probe.choose then
		return probe.choose(args, own_kind(bpf, program), where)
	elseif probe.also and own_kind(bpf, program) == probe.also then
		return probe.also
	end
	return with_return(probe, args)
end

-- bcc's fn=, what load_func gave, is another way to say fn_name=.
local function with_name(args)
	if type(args) ~= "table" or type(args.fn) ~= "table" or args.fn_name ~= nil then
		return args
	end
	local named = { fn_name = args.fn.name }
	for name, value in pairs(args) do
		if name ~= "fn" then
			named[name] = value
		end
	end
	return named
end

---Attaches a program.
---@param bpf table
---@param method string e.g. "kprobe"
---@param args table
---@param where string? the call that errors name; nil: the method's own
---@param numbered boolean? bpf_get_attach_cookie() is the number of a run's place, of a kind that patterns are of
---@return ffi.cdata*? link nil: it was attached already
function M.attach(bpf, method, args, where, numbered)
	where = where or "attach_" .. method
	local probe = probes[method]
	local fn = type(args) == "table" and args.fn or nil
	args = with_name(args)
	check.arguments(where, args, probe.rules)
	local fields = probe.fill(args, where)
	local program = find_program(bpf, probe, where, args.fn_name)
	if attached_already(bpf, probe, program) then
		return
	end
	local opts = ffi.new("lt_attach_opts")
	opts.pid, opts.cpu, opts.fd, opts.attach_type = -1, -1, -1, -1
	opts.kind = kind_of(bpf, probe, args, program, where)
	opts.number_places = numbered and 1 or 0
	for name, value in pairs(fields) do
		opts[name] = value
	end
	local link, err = ffi.new("lt_link *[1]"), errors.buffer()
	local rc = C.lt_program_attach(bpf.handle, program, opts, link, err)
	if rc < 0 then
		errors.raise_c(rc, err, bpf.source:mapper())
	end
	if link[0] ~= nil then
		bpf.attached[key_of(link[0])] = { method = method, kind = ffi.string(opts.kind), args = args, fn = fn }
		if fn and probe.kind == "socket" then
			fn.sock = socket_of(link[0])
		end
		return link[0]
	end
end

---What a detached link leaves in the script's hands: nothing.
---@param attached table entry of bpf.attached
function M.forget(attached)
	if attached and attached.fn then
		attached.fn.sock = nil
	end
end

local function detach_link(bpf, link)
	local err = errors.buffer()
	local rc = C.lt_link_detach(link.link, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	M.forget(link.args)
	bpf.attached[key_of(link.link)] = nil
end

---Detaches all that an object has attached, and leaves its maps and outputs.
---@param bpf table
function M.detach_all(bpf)
	for _, link in ipairs(links(bpf)) do
		detach_link(bpf, link)
	end
end

local function same(a, b)
	return a == b or type(a) == "cdata" and type(b) == "number" and a == b
end

local function runs(link, probe, name)
	for _, candidate in ipairs(candidates(probe, name)) do
		if link.program == candidate then
			return true
		end
	end
	return false
end

-- Whether a link is what `args` of a detach call describe: every argument given must be the one it was attached with.
local function matches(link, probe, method, kind, args)
	if kind and link.kind ~= kind and link.kind ~= probe.also or args.fn_name and not runs(link, probe, args.fn_name) then
		return false
	elseif not kind and not (link.args and link.args.method == method) then
		return false
	end
	if not link.args then	-- attached by its name
		local target = probe.target and probe.target(args)
		return not target or target == link.target
	end
	for name, value in pairs(args) do
		if name ~= "fn_name" and name ~= "retprobe" and not same(link.args.args[name], value) then
			return false
		end
	end
	return true
end

local function optional(rules)
	local out = {}
	for name, kind in pairs(rules) do
		out[name] = kind:gsub("%??$", "?", 1)
	end
	return out
end

local function describe(args)
	local parts = {}
	for name, value in pairs(args) do
		parts[#parts + 1] = ("%s=%s"):format(name, tostring(value))
	end
	table.sort(parts)
	return parts[1] and " with " .. table.concat(parts, ", ") or ""
end

---Detaches what was attached with these arguments; those left out match anything.
---@param bpf table
---@param method string e.g. "kprobe"
---@param args table
---@param where string? the call that errors name; nil: the method's own
function M.detach(bpf, method, args, where)
	where = where or "detach_" .. method
	local probe = probes[method]
	args = with_name(args)
	check.arguments(where, args, optional(probe.rules))
	local kind, found, others = with_return(probe, args), 0, {}
	for _, link in ipairs(links(bpf)) do
		if matches(link, probe, method, kind, args) then
			detach_link(bpf, link)
			found = found + 1
		elseif link.kind == kind then
			others[#others + 1] = link.target
		end
	end
	if found == 0 then
		errors.misuse("%s: nothing is attached as %s%s%s", where, kind or method, describe(args),
			#others > 0 and "; attached: " .. table.concat(others, ", ") or "")
	end
end

return M
