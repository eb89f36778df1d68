-- SPDX-License-Identifier: MIT
-- The names that an expression finds at a probe: for each its declaration in C and where its value comes from. Only
-- those that are used are declared, for most cost a call of a helper.
local errors = require "luatrace.errors"
local probe = require "luatrace.oneliners.probe"

local M = {}

---@class luatrace.oneliners.Name
---@field declaration string
---@field value string? C expression; nil: `fill` does it
---@field fill string? statement
---@field register integer? it needs the program's parameter of this number

-- At every probe.
local COMMON = {
	pid = { "u32 pid", "bpf_get_current_pid_tgid() >> 32" },
	tid = { "u32 tid", "bpf_get_current_pid_tgid()" },
	uid = { "u32 uid", "bpf_get_current_uid_gid()" },
	gid = { "u32 gid", "bpf_get_current_uid_gid() >> 32" },
	cpu = { "u32 cpu", "bpf_get_smp_processor_id()" },
	ts = { "u64 ts", "bpf_ktime_get_ns()" },
}

-- What the text itself has.
local OF_TEXT = { str = true, streq = true, data_loc = true, target = true, probe = true, func = true }

-- Arguments in registers; of the system calls' tracepoints and of raw tracepoints, all that there can be.
local MOST_ARGUMENTS = 6

local function add(names, name, declaration, value, register)
	-- what a function's author called a parameter takes no name of ours
	if name and not names[name] then
		names[name] = { declaration = declaration, value = value, register = register }
	end
end

-- argN, from 0, and by the names that the kernel's types have for them.
local function add_arguments(names, at, value, by_register)
	for i = 0, MOST_ARGUMENTS - 1 do
		add(names, "arg" .. i, "u64 arg" .. i, value:format(i), by_register and i)
	end
	for i, argument in ipairs(at) do
		if i <= MOST_ARGUMENTS then
			add(names, argument.name, argument.text, value:format(i - 1), by_register and i - 1)
		end
	end
end

local function add_result(names, result, value)
	if result == "bool" or result == "_Bool" then	-- of the register, one byte is the result
		value = "(u8)" .. value
	end
	local declaration = result and not result:find "[(%[]" and result .. " retval"
	add(names, "retval", declaration or "s64 retval", value)
end

local by_kind = {}

-- A function that is a system call has its own arguments one step behind the registers: the dialect knows by the
-- program's name, see M.program_name().
local function is_syscall(p)
	return p.kind == "kprobe" and p.target:find "^__[%w]+_sys_" ~= nil
end

function by_kind.kprobe(names, p)
	add_arguments(names, is_syscall(p) and {} or probe.arguments(p), "lt_a%d", true)
end
by_kind.uprobe = by_kind.kprobe

function by_kind.kretprobe(names, p)
	add_result(names, select(2, probe.arguments(p)), "PT_REGS_RC(lt_ctx)")
end
by_kind.uretprobe = by_kind.kretprobe

function by_kind.fentry(names, p)
	add_arguments(names, probe.arguments(p), "lt_ctx[%d]")
end

-- The result lies behind all arguments.
function by_kind.fexit(names, p)
	local arguments, result = probe.arguments(p)
	add_arguments(names, arguments, "lt_ctx[%d]")
	if result then
		add_result(names, result, ("lt_ctx[%d]"):format(#arguments))
	end
end

function by_kind.raw_tracepoint(names, p)
	add_arguments(names, probe.arguments(p), "lt_ctx->args[%d]")
end
by_kind.tp_btf = by_kind.raw_tracepoint

function by_kind.usdt(names, p)
	local known = probe.arguments(p)
	for i = 0, (known[1] and #known or MOST_ARGUMENTS) - 1 do
		local name, type = "arg" .. i, known[1] and known[i + 1].text:match "^([%w_]+) arg%d+$" or "u64"
		if type ~= "float" and type ~= "double" then
			names[name] = { declaration = type .. " " .. name,
				fill = ("bpf_usdt_readarg(%d, lt_ctx, &%s);"):format(i + 1, name) }
		end
	end
end

function by_kind.tracepoint(names, p)
	if p.syscalls and p.syscalls.way == "enter" then
		for i = 0, MOST_ARGUMENTS - 1 do
			add(names, "arg" .. i, "u64 arg" .. i,
				("PT_REGS_PARM%d_SYSCALL((struct pt_regs *)lt_ctx->args[0])"):format(i + 1))
		end
		return
	elseif p.syscalls then
		add(names, "retval", "s64 retval", "lt_ctx->args[1]")
		return
	end
	local way = p.target:match "^syscalls:sys_([^_]+)_"
	if way == "enter" then
		add_arguments(names, {}, "((u64 *)lt_ctx)[2 + %d]")
	elseif way == "exit" then
		add(names, "retval", "s64 retval", "((s64 *)lt_ctx)[2]")
	end
	local category, event = p.target:match "^([%a_][%w_]*):([%a_][%w_]*)$"
	if category then
		add(names, "args", ("struct tracepoint__%s__%s *args"):format(category, event), "lt_ctx")
	end
end

---@param p luatrace.oneliners.Probe
---@param expressions luatrace.Expression[] that look for them
---@return table<string, luatrace.oneliners.Name>
function M.at(p, expressions)
	local names, others = {}, false
	for name, entry in pairs(COMMON) do
		names[name] = { declaration = entry[1], value = entry[2] }
	end
	names.comm = { declaration = "char comm[TASK_COMM_LEN]", fill = "bpf_get_current_comm(&comm, sizeof(comm));" }
	for _, e in ipairs(expressions) do
		for name in pairs(e.names) do
			others = others or not names[name] and not OF_TEXT[name]
		end
	end
	-- Reading the kernel's types takes some milliseconds.
	if others and by_kind[p.kind] then
		by_kind[p.kind](names, p)
	end
	return names
end

---What has a name at other probes only, or in another way: what to say of it, or nil.
---@param p luatrace.oneliners.Probe
---@param name string
---@return string?
function M.why_not(p, name)
	if name == "args" and p.kind == "tracepoint" then
		return "args-> has the fields of one tracepoint, and a pattern has many"
	elseif name == "args" then
		return ("args-> is of tracepoints; a %s has arg0, arg1, …"):format(p.kind)
	elseif name == "retval" then
		local exit = { kprobe = "kretprobe", uprobe = "uretprobe", fentry = "fexit" }
		return exit[p.kind] and ("a %s has no result yet; a %s has"):format(p.kind, exit[p.kind])
			or ("a %s has no result"):format(p.kind)
	elseif name:find "^arg%d+$" then
		return p.kind == "tracepoint" and ("a tracepoint's fields are args->NAME (luatrace probes -v '%s')"):format(p.text)
			or (p.kind:find "ret" or p.kind == "profile" or p.kind == "perf_event")
				and ("a %s has no arguments"):format(p.kind) or nil
	elseif name == "probe" or name == "func" then
		return "the probe's name is text that Lua has: it can be a key or a field, by itself"
	end
end

---What the program that runs there is called, which for a system call's function says where its arguments are.
---@param p luatrace.oneliners.Probe
---@param own string
---@return string
function M.program_name(p, own)
	return is_syscall(p) and "syscall__" .. own or own
end

---@param where string
---@param e luatrace.Expression
---@param message string
function M.refuse(where, e, message)
	errors.raise(("%s: %s: '%s': %s"):format(where, e.option, e.text, message), errors.EINVAL)
end

return M
