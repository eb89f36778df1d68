-- SPDX-License-Identifier: MIT
-- Loaded programs as text: the instructions that the verifier left, the native code that the kernel made of them.
local bit = require "bit"
local ffi = require "ffi"
local C = require "luatrace.abi"
local bpf = require "luatrace.bpf"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

local RULES = { bpf = "boolean?", jit = "boolean?", source = "boolean?" }

---@class luatrace.DisasmOptions
---@field bpf boolean? instructions as the kernel holds them, in the verifier's notation; the default
---@field jit boolean? native code too
---@field source boolean? lines of the text ahead of what was made of them; the default

---A program of an object as the kernel holds it, a titled section for each form.
---@param b luatrace.BPF
---@param program string
---@param opts luatrace.DisasmOptions?
---@return string
function M.text(b, program, opts)
	local state = bpf.state_of(b, "disasm.text")
	opts = opts or {}
	check.value("disasm.text", "program", program, "string")
	check.arguments("disasm.text", opts, RULES)
	local parts = bit.bor(opts.bpf == false and 0 or C.LT_DISASM_BPF, opts.jit and C.LT_DISASM_NATIVE or 0,
		opts.source == false and 0 or C.LT_DISASM_SOURCE)
	local out, err = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free), errors.buffer()
	local rc = C.lt_program_disassemble(state.handle, program, parts, out, err)
	if rc < 0 then
		errors.raise_c(rc, err, state.source:mapper())
	end
	return state.source:map(ffi.string(out[0].data, out[0].size))
end

---How often a program ran and for how long, as far as that was counted (see `count_runs`).
---@param b luatrace.BPF
---@param program string
---@return integer? runs nil while it is not loaded
---@return integer? ns in all
function M.runs(b, program)
	local state = bpf.state_of(b, "disasm.runs")
	check.value("disasm.runs", "program", program, "string")
	local runs, ns = ffi.new("uint64_t[1]"), ffi.new("uint64_t[1]")
	if C.lt_program_stats(state.handle, program, runs, ns) < 0 then
		return nil
	end
	return tonumber(runs[0]), tonumber(ns[0])
end

---Has the kernel count the runs of all programs, until what this returns is called or collected.
---@return fun() stop
function M.count_runs()
	local err = errors.buffer()
	local fd = C.lt_stats_enable(err)
	if fd < 0 then
		errors.raise_c(fd, err)
	end
	local held = ffi.gc(ffi.new("int32_t[1]", fd), function(it) C.lt_map_close(it[0]) end)
	return function()
		if held then
			C.lt_map_close(ffi.gc(held, nil)[0])
			held = nil
		end
	end
end

return M
