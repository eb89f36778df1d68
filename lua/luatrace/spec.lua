-- SPDX-License-Identifier: MIT
-- Probes as one string, "KIND:TARGET", and the first of several that this kernel has.
local ffi = require "ffi"
local C = require "luatrace.abi"
local attach = require "luatrace.attach"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local near = require "luatrace.near"

local M = {}

-- "FUNCTION+0x10" in its two halves.
local function split_offset(text)
	local name, offset = text:match("^(.-)%+(0x%x+)$")
	if not name then
		name, offset = text:match("^(.-)%+(%d+)$")
	end
	return name or text, tonumber(offset)
end

local function kprobe(target)
	local event, offset = split_offset(target)
	return { event = event, event_off = offset }
end

local function kretprobe(target)
	return { event = target }
end

-- "PATH:SYMBOL", "PATH:SYMBOL+OFFSET" or "PATH:0xADDRESS".
local function uprobe(target)
	local path, symbol = target:match("^(.+):([^:]+)$")
	if not path then
		return nil
	end
	local name, offset = split_offset(symbol)
	local address = name:match("^0x%x+$") and tonumber(name)
	return { name = path, sym = not address and name or nil, addr = address or nil, sym_off = offset }
end

local function usdt(target)
	local path, provider, probe = target:match("^(.+):([^:]+):([^:]+)$")
	if not path then
		path, probe = target:match("^(.+):([^:]+)$")
	end
	return path and { name = path, provider = provider, probe = probe }
end

local function named(argument)
	return function(target) return { [argument] = target } end
end

-- By the kind's name: the method that attaches it, what a target looks like, and its arguments.
local KINDS = {
	kprobe = { "kprobe", "FUNCTION or FUNCTION+OFFSET", kprobe },
	kretprobe = { "kretprobe", "FUNCTION", kretprobe },
	uprobe = { "uprobe", "FILE:SYMBOL, FILE:SYMBOL+OFFSET or FILE:0xADDRESS", uprobe },
	uretprobe = { "uretprobe", "FILE:SYMBOL or FILE:0xADDRESS", uprobe },
	usdt = { "usdt", "FILE:PROVIDER:NAME or FILE:NAME", usdt },
	tracepoint = { "tracepoint", "CATEGORY:EVENT", named "tp" },
	raw_tracepoint = { "raw_tracepoint", "EVENT", named "tp" },
	tp_btf = { "raw_tracepoint", "EVENT", named "tp" },
	fentry = { "fentry", "FUNCTION or MODULE:FUNCTION", named "event" },
	fexit = { "fexit", "FUNCTION or MODULE:FUNCTION", named "event" },
}

---The parts of a probe's string.
---@param where string the function that got it
---@param text string "KIND:TARGET"
---@return string kind
---@return string target
---@return string method of attach.probes
---@return table args for it, without fn_name
function M.parse(where, text)
	local kind, target = text:match("^([%w_]+):(.+)$")
	local entry = kind and KINDS[kind]
	if not entry then
		local names = {}
		for name in pairs(KINDS) do
			names[#names + 1] = name
		end
		table.sort(names)
		errors.misuse("%s: '%s' is not of the form KIND:TARGET with a KIND of %s%s", where, text, table.concat(names, ", "),
			kind and near.hint(kind, names) or "")
	end
	local args = entry[3](target)
	if not args then
		errors.misuse("%s: '%s': after '%s:' comes %s", where, text, kind, entry[2])
	end
	return kind, target, entry[1], args
end

-- The program that its own name or section ties to a probe.
local function program_for(bpf, kind, target)
	local info = ffi.new("lt_program_info")
	for i = 0, C.lt_object_program_count(bpf.handle) - 1 do
		if C.lt_object_program(bpf.handle, i, info) == 0 and ffi.string(info.kind) == kind
			and ffi.string(info.target) == target then
			return ffi.string(info.name)
		end
	end
end

local ITEM = { probe = "string", fn_name = "string?" }

-- One alternative: as a string, or as a table with its own function. `fn_name` is for those that name none.
local function resolve(bpf, where, item, fn_name)
	if type(item) == "table" then
		check.arguments(where .. ": an alternative", item, ITEM)
		item, fn_name = item.probe, item.fn_name or fn_name
	elseif type(item) ~= "string" then
		errors.misuse("%s: a probe is a string KIND:TARGET, or { probe =, fn_name = }, not %s", where, check.given(item))
	end
	local kind, target, method, args = M.parse(where, item)
	args.fn_name = fn_name or program_for(bpf, kind, target)
	if not args.fn_name then
		errors.misuse("%s: '%s': no function of the text is for it by its name, and fn_name= names none", where, item)
	end
	return { text = item, method = method, args = args }
end

local function attach_first(bpf, where, alternatives)
	local reasons = {}
	for _, one in ipairs(alternatives) do
		local ok, e = pcall(attach.attach, bpf, one.method, one.args, where)
		if ok then
			return one.text
		elseif not errors.is(e) then
			error(e, 0)
		end
		reasons[#reasons + 1] = ("%s: %s"):format(one.text, e.message)
		if C.lt_verbosity() > 0 then
			io.stderr:write("luatrace: passed over: ", reasons[#reasons], "\n")
		end
	end
	errors.raise(("%s: none of its %d alternatives can be attached: %s"):format(where, #reasons,
		table.concat(reasons, "; ")), errors.EOPNOTSUPP)
end

local function resolve_all(bpf, where, list, fn_name)
	if #list == 0 then
		errors.misuse("%s: first_of= takes probes that count from 1, and has none", where)
	end
	local alternatives = {}
	for i, item in ipairs(list) do
		alternatives[i] = resolve(bpf, where, item, fn_name)
	end
	return alternatives
end

local RULES = { probe = "string?", first_of = "table?", fn_name = "string?" }

---Attaches to one probe, or to the first of several that can be.
---@param bpf table
---@param args { probe: string?, first_of: table?, fn_name: string? }
---@return string probe the one it is attached to
function M.attach(bpf, args)
	check.arguments("attach", args, RULES)
	if (args.probe ~= nil) == (args.first_of ~= nil) then
		errors.misuse("attach: takes probe= or first_of=, %s", args.probe and "not both" or "and neither was given")
	elseif args.first_of then
		return attach_first(bpf, "attach", resolve_all(bpf, "attach", args.first_of, args.fn_name))
	end
	local one = resolve(bpf, "attach", args.probe, args.fn_name)
	attach.attach(bpf, one.method, one.args, "attach")
	return one.text
end

---Detaches what was attached by M.attach or by a call with the same arguments.
---@param bpf table
---@param args { probe: string, fn_name: string? }
function M.detach(bpf, args)
	check.arguments("detach", args, ITEM)
	local _, _, method, fields = M.parse("detach", args.probe)
	fields.fn_name = args.fn_name
	attach.detach(bpf, method, fields, "detach")
end

---The alternatives that a text's object is made with: their functions are not attached by their names, and may be
---refused. To be called before the object is loaded; `M.attach_declared` takes the result after.
---@param bpf table
---@param groups table of tables of probes
---@return table
function M.declare(bpf, groups)
	local declared = {}
	for i in pairs(groups) do
		if type(i) ~= "number" then
			errors.misuse("BPF: first_of= takes tables that count from 1, not one named '%s'", tostring(i))
		end
	end
	for i, group in ipairs(groups) do
		if type(group) ~= "table" then
			errors.misuse('BPF: first_of= takes a table of tables, { { "fentry:a", "kprobe:a" }, … }, not of a %s', type(group))
		end
		declared[i] = resolve_all(bpf, "BPF", group)
		for _, one in ipairs(declared[i]) do
			C.lt_object_hold(bpf.handle, one.args.fn_name)
		end
	end
	return declared
end

---@param bpf table
---@param declared table
function M.attach_declared(bpf, declared)
	for _, alternatives in ipairs(declared) do
		attach_first(bpf, "BPF", alternatives)
	end
end

return M
