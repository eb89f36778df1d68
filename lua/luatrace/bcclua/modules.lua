-- SPDX-License-Identifier: MIT
-- What bcc-lua's scripts can require, and what is said of the rest.
local errors = require "luatrace.errors"
local world = require "luatrace.bcclua.world"

local M = {}

local function bcc()
	return { BPF = require "luatrace.bcclua.bpf" }
end

local function from(name)
	return function() return require("luatrace.bcclua." .. name) end
end

local modules = {
	["bcc"] = bcc, ["bcc.init"] = bcc, ["bcc.bpf"] = from "bpf", ["bcc.tracerpipe"] = from "tracerpipe",
	["bcc.usdt"] = from "usdt",
	["bcc.sym"] = function() return { create_cache = require "luatrace.bcclua.symbols" } end,
	["bcc.vendor.argparse"] = function() return require "luatrace.argparse" end, ["bcc.vendor.posix"] = from "posix",
	["bcc.vendor.middleclass"] = from "class", ["bcc.vendor.helpers"] = function() return true end,
}

---The loader of a module of bcc-lua's. A script that asks for one lives in bcc-lua's world from then on.
---@param name string "bcc" or "bcc.…"
---@return function
function M.find(name)
	local load = modules[name]
	if not load then
		errors.misuse("module '%s' is an inner part of bcc-lua, which luatrace has not: what scripts do with it is in "
			.. "require \"bcc\".BPF, or in docs/reference.md", name)
	end
	world.enter()
	return load
end

---Raises what there is to say of bcc-lua's other half.
---@param name string "bpf", "bpf.…" or "syscall"
function M.refuse(name)
	errors.misuse("module '%s' is of bcc-lua's compiler from Lua to BPF, which luatrace has not: the part that runs in "
		.. "the kernel is C text here, BPF { text = [[ … ]] }; docs/from.md says what stands for each call", name)
end

return M
