-- SPDX-License-Identifier: MIT
-- The probes of one-liners: from "KIND:TARGET", as `luatrace probes` prints it, to what a program for it gets and how
-- it is attached.
local ffi = require "ffi"
local C = require "luatrace.abi"
local attach = require "luatrace.attach"
local bpf = require "luatrace.bpf"
local errors = require "luatrace.errors"
local near = require "luatrace.near"
local spec = require "luatrace.spec"
local symbols = require "luatrace.symbols"
local syscalls = require "luatrace.oneliners.syscalls"

local M = {}

---@class luatrace.oneliners.Probe
---@field text string as given, with its kind
---@field kind string
---@field target string
---@field pattern boolean it may be several places
---@field context string what the program's first parameter points to
---@field cookies boolean attach cookies tell which of the places it is
---@field syscalls table? it is a pattern of system calls
---@field places table<integer, string>? names by number, of what the program numbers itself
---@field method string of attach.probes
---@field args table for it, without fn_name

-- By kind: what the program's context is.
local CONTEXT = {
	kprobe = "struct pt_regs", kretprobe = "struct pt_regs", uprobe = "struct pt_regs", uretprobe = "struct pt_regs",
	usdt = "struct pt_regs", tracepoint = "void", raw_tracepoint = "struct bpf_raw_tracepoint_args",
	tp_btf = "struct bpf_raw_tracepoint_args", fentry = "unsigned long long", fexit = "unsigned long long",
	profile = "struct bpf_perf_event_data", perf_event = "struct bpf_perf_event_data",
}

local PATTERNS = { kprobe = true, kretprobe = true, uprobe = true, uretprobe = true, tracepoint = true }

-- Where a function or a system call ends, by where it begins, and back.
local EXIT_OF = { kprobe = "kretprobe", uprobe = "uretprobe", fentry = "fexit" }
local ENTRY_OF = { kretprobe = "kprobe", uretprobe = "uprobe", fexit = "fentry" }

-- "99hz" or "1000": samples a second, or one of so many events.
local function rate(text)
	local hz = text:match "^(%d+)[hH][zZ]$"
	local number = tonumber(hz or text:match "^%d+$")
	if number and number > 0 and number <= 1e9 then
		return hz and { sample_freq = number } or { sample_period = number }
	end
end

local function profile(where, text, target)
	local args = target:find "[hH][zZ]$" and rate(target)
	if not args then
		errors.misuse("%s: '%s': after 'profile:' comes how often each CPU is looked at, as in profile:99hz", where, text)
	end
	args.ev_type, args.ev_config = attach.PerfType.SOFTWARE, attach.PerfSWConfig.CPU_CLOCK
	return args
end

local CLOCKS = { CPU_CLOCK = true, TASK_CLOCK = true }

local function perf_event(where, text, target)
	local family, name, often = target:match "^([^:]+):([^:]+):?(.*)$"
	local events = family == "SOFTWARE" and attach.PerfSWConfig or family == "HARDWARE" and attach.PerfHWConfig
	if not events then
		errors.misuse("%s: '%s': after 'perf_event:' comes SOFTWARE:NAME or HARDWARE:NAME, and how often, as in "
			.. "perf_event:SOFTWARE:PAGE_FAULTS:1 (each one) or perf_event:HARDWARE:CPU_CYCLES:99hz", where, text)
	elseif not events[name] then
		errors.misuse("%s: '%s': no such event%s", where, text, near.hint(name, near.names(events)))
	end
	-- What the kernel counts one by one can be had so; a clock or a counter of the CPU would stop the machine.
	if often == "" and family == "SOFTWARE" and not CLOCKS[name] then
		often = "1"
	end
	local args = rate(often)
	if not args then
		errors.misuse("%s: '%s': how often is missing at its end: ':99hz' for so many a second, ':100000' for one of so many",
			where, text)
	end
	args.ev_type, args.ev_config = attach.PerfType[family], events[name]
	return args
end

local OWN = { profile = profile, perf_event = perf_event }

local function unknown_kind(where, text, kind)
	local category, event = text:match "^([^:]+):([^:]+)$"
	if category and symbols.tracepoint_exists(category, event) then
		errors.misuse("%s: '%s': no such kind of probe as '%s'; did you mean 'tracepoint:%s'?", where, text, kind, text)
	end
	errors.misuse("%s: '%s': no such kind of probe as '%s'%s (luatrace probes lists what there is)", where, text, kind,
		near.hint(kind, near.names(CONTEXT)))
end

-- A shell pattern as the regular expression that attach_uprobe takes of symbols.
local function regex(pattern)
	local out = pattern:gsub("[%.%+%^%$%(%)|{}\\]", "\\%0"):gsub("%*", ".*"):gsub("%?", "."):gsub("%[!", "[^")
	return out .. "$"
end

---@param where string the function that it was given to
---@param text any
---@return luatrace.oneliners.Probe
function M.parse(where, text)
	if type(text) ~= "string" or text == "" or text:find "%z" then
		errors.misuse("%s: takes a probe as a string, KIND:TARGET, like \"tracepoint:sched:sched_switch\", and not %s", where,
			type(text) == "string" and "an empty one" or type(text))
	end
	if not text:find(":", 1, true) then	-- a function of the kernel
		text = "kprobe:" .. text
	end
	local kind, target = text:match "^([^:]*):(.*)$"
	if not CONTEXT[kind] then
		unknown_kind(where, text, kind)
	end
	local probe = { text = text, kind = kind, target = target, context = CONTEXT[kind] }
	if OWN[kind] then
		probe.method, probe.args = "perf_event", OWN[kind](where, text, target)
		return probe
	end
	local _
	_, _, probe.method, probe.args = spec.parse(where, text)
	-- a file's name may hold what is special in a pattern
	local place = probe.args.sym or kind:find "^u" == nil and target or ""
	probe.pattern = place:find "[*?[]" ~= nil
	if probe.pattern and not PATTERNS[kind] then
		errors.misuse("%s: '%s': a %s takes no pattern; kinds that do: %s", where, text, kind,
			table.concat(near.names(PATTERNS), ", "))
	elseif probe.pattern and probe.args.sym then
		probe.args.sym_re, probe.args.sym = regex(probe.args.sym), nil
	end
	probe.cookies = probe.pattern
	if kind == "tracepoint" then
		syscalls.convert(probe, regex(target))
	end
	return probe
end

---Where what begins at a probe ends. The result's first is where it begins, whichever of the two was given.
---@param where string
---@param probe luatrace.oneliners.Probe
---@return luatrace.oneliners.Probe entry
---@return luatrace.oneliners.Probe exit
function M.pair(where, probe)
	local entry, exit = ENTRY_OF[probe.kind], EXIT_OF[probe.kind]
	if exit then
		return probe, M.parse(where, exit .. ":" .. probe.target)
	elseif entry then
		return M.parse(where, entry .. ":" .. probe.target), probe
	end
	local way, name = probe.target:match "^syscalls:sys_([^_]+)_(.+)$"
	if probe.kind ~= "tracepoint" or way ~= "enter" and way ~= "exit" then
		errors.misuse("%s: '%s': nothing says where it ends: it takes a function (vfs_read, uprobe:FILE:SYMBOL, "
			.. "fentry:FUNCTION) or a system call (tracepoint:syscalls:sys_enter_NAME)", where, probe.text)
	end
	local other = ("tracepoint:syscalls:sys_%s_%s"):format(way == "enter" and "exit" or "enter", name)
	if way == "enter" then
		return probe, M.parse(where, other)
	end
	return M.parse(where, other), probe
end

---Attaches the program to the probe.
---@param where string
---@param b luatrace.BPF
---@param probe luatrace.oneliners.Probe
---@param fn_name string
function M.attach(where, b, probe, fn_name)
	if probe.syscalls then
		syscalls.fill(b, probe)
	end
	local args = { fn_name = fn_name }
	for name, value in pairs(probe.args) do
		args[name] = value
	end
	attach.attach(bpf.state_of(b, where), probe.method, args, where, probe.cookies)
end

-- Declarations in C: "unsigned int fd", "char * buf", "char comm[16]", "int (*fn)(void *)".
local function declared_name(declaration)
	return declaration:match "^[^(]-([%a_][%w_]*)%s*[%[%d%]]*$" or declaration:match "^[^(]-%(%*%s*([%a_][%w_]*)%)%("
end

---What BTF, a tracepoint's format or a file's notes say of a probe's arguments: their declarations in order, each with
---its name, and the result's type. Nothing where nothing is known, or of a pattern.
---@param probe luatrace.oneliners.Probe
---@return { name: string?, text: string }[]
---@return string? result
function M.arguments(probe)
	local out, result = {}, nil
	if probe.pattern or OWN[probe.kind] then
		return out
	end
	local blob, err = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free), errors.buffer()
	-- What it cannot tell, attaching will.
	local count = C.lt_probe_list(probe.text, 1, blob, err)
	local text = count == 1 and ffi.string(blob[0].data, blob[0].size) or ""
	for line in text:gmatch "\n    ([^\n]+)" do
		local returns = line:match "^returns (.-)%s*$"
		if returns then
			result = returns ~= "void" and returns or nil
		else
			out[#out + 1] = { name = declared_name(line), text = line }
		end
	end
	return out, result
end

return M
