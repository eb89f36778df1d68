-- SPDX-License-Identifier: MIT
-- --dry-run: what a tool would do with its options. Nothing is loaded or attached; the text is compiled, which needs no
-- root where tracefs can be read.
local ffi = require "ffi"
local C = require "luatrace.abi"
local compile = require "luatrace.compile"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local live = require "luatrace.tool.live"
local source = require "luatrace.source"

local M = {}

local function sorted(params)
	local lines = {}
	for name, value in pairs(params) do
		lines[#lines + 1] = ("  %s = %s\n"):format(name, format.escape(tostring(value)))
	end
	table.sort(lines)
	return table.concat(lines)
end

-- The programs that the text is compiled to.
local function programs(text, cflags)
	local ok, elf = pcall(compile.object, text, cflags or {}, 0, source.locate(text))
	if not ok then
		return nil, elf
	end
	local out, err = ffi.new("lt_object *[1]"), errors.buffer()
	local rc = C.lt_object_open(elf[0].data, elf[0].size, out, err)
	if rc < 0 then
		return nil, errors.from_c(rc, err)
	end
	local lines, info = {}, ffi.new "lt_program_info"
	for i = 0, C.lt_object_program_count(out[0]) - 1 do
		C.lt_object_program(out[0], i, info)
		local kind, target = ffi.string(info.kind), ffi.string(info.target)
		lines[#lines + 1] = ("  %-28s %s\n"):format(ffi.string(info.name), target ~= "" and kind .. ":" .. target or kind)
	end
	C.lt_object_free(out[0])
	return table.concat(lines)
end

-- What the names of its functions say, where it cannot be compiled: tracepoints' fields are root's to read.
local NAMED = {
	{ "TRACEPOINT_PROBE%(%s*([%w_]+)%s*,%s*([%w_]+)", "tracepoint:%s:%s" },
	{ "RAW_TRACEPOINT_PROBE%(%s*([%w_]+)", "raw_tracepoint:%s" },
	{ "KFUNC_PROBE%(%s*([%w_]+)", "fentry:%s" }, { "KRETFUNC_PROBE%(%s*([%w_]+)", "fexit:%s" },
	{ "kprobe__([%w_]+)%s*%(", "kprobe:%s" }, { "kretprobe__([%w_]+)%s*%(", "kretprobe:%s" },
	{ "syscall__([%w_]+)%s*%(", "kprobe of system call %s" }, { 'SEC%("([^"]+)"', "%s" },
}
local function named(text)
	local lines = {}
	for _, form in ipairs(NAMED) do
		for one, other in text:gmatch("%f[%w_]" .. form[1]) do
			lines[#lines + 1] = "  " .. form[2]:format(one, other) .. "\n"
		end
	end
	return table.concat(lines)
end

---@param tool luatrace.Tool
---@param options table
function M.show(tool, options)
	local text, params, cgroup = live.inputs(tool, options)
	io.write(tool.name, ": ", tool.summary, "\n")
	local listed, why = programs(text, tool.cflags)
	if not listed and not (errors.is(why) and why.message:find "run as root") then
		error(why, 0)
	end
	io.write(listed and "programs:\n" or "programs, by their names (without root the text cannot be compiled):\n",
		listed or named(text))
	for _, group in ipairs(tool.probes or {}) do
		local names = {}
		for i, one in ipairs(group) do
			names[i] = type(one) == "table" and one.probe or one
		end
		io.write("the first of: ", table.concat(names, ", "), "\n")
	end
	if next(params) then
		io.write("constants:\n", sorted(params))
	end
	if cgroup then
		io.write("only of control group ", format.escape(cgroup), "\n")
	end
end

return M
