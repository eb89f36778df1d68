-- SPDX-License-Identifier: MIT
-- luatrace: `local BPF = require "luatrace"`, then `local b = BPF{ text = [[ … ]] }`. The one table that a script sees:
-- callable as the class, with the statics and the methods on it.
-- What is loaded now stays: collecting garbage meanwhile finds none.
local collecting = collectgarbage("isrunning")
collectgarbage("stop")

local ffi = require "ffi"
local C = require "luatrace.abi"
local attach = require "luatrace.attach"
local bpf = require "luatrace.bpf"
local later = require "luatrace.later"
local loop = require "luatrace.loop"
local network_probes = require "luatrace.network_probes"
local usdt = require "luatrace.usdt"
---@module "luatrace.child"
local child = later "luatrace.child"
---@module "luatrace.columns"
local columns = later "luatrace.columns"
---@module "luatrace.input"
local input = later "luatrace.input"
---@module "luatrace.pinned"
local pinned = later "luatrace.pinned"
---@module "luatrace.signals"
local signals = later "luatrace.signals"
---@module "luatrace.symbols"
local symbols = later "luatrace.symbols"
---@module "luatrace.timers"
local timers = later "luatrace.timers"
---@module "luatrace.user_symbols"
local user_symbols = later "luatrace.user_symbols"

-- The command of -c waits for the script's first poll, whatever the script uses.
if package.loaded["luatrace.command"] then
	require "luatrace.child"
end

---@class luatrace.BPF
---@overload fun(args: { text: string?, src_file: string?, cflags: string[]?, params: table? }): luatrace.BPF
local BPF = bpf.methods

---The version of this build, e.g. "0.1.0".
BPF.version = ffi.string(C.lt_version())

BPF.ksym = symbols.ksym
BPF.ksymname = symbols.ksymname
BPF.sym = user_symbols.sym
BPF.remember = user_symbols.remember
BPF.add_module = user_symbols.add_module
BPF.get_user_functions = user_symbols.get_user_functions
BPF.get_user_addresses = user_symbols.get_user_addresses
BPF.get_user_functions_and_addresses = user_symbols.get_user_functions_and_addresses
BPF.get_syscall_fnname = symbols.get_syscall_fnname
BPF.tracepoint_exists = symbols.tracepoint_exists
BPF.get_syscall_prefix = symbols.get_syscall_prefix
BPF.get_kprobe_functions = symbols.get_kprobe_functions
BPF.get_tracepoints = symbols.get_tracepoints
BPF.kernel_struct_has_field = symbols.kernel_struct_has_field
---@type fun(): boolean
BPF.support_kfunc = symbols.support_kfunc
---@type fun(): boolean
BPF.support_fmod_ret = symbols.support_fmod_ret
---@type fun(): boolean
BPF.support_lsm = symbols.support_lsm
---@type fun(): boolean
BPF.support_raw_tracepoint = symbols.support_raw_tracepoint

---@type luatrace.USDT
BPF.USDT = usdt.class

BPF.PerfType = attach.PerfType
BPF.PerfSWConfig = attach.PerfSWConfig
BPF.PerfHWConfig = attach.PerfHWConfig

---@type fun(path: string, opts: { type: string?, key: string?, leaf: string? }?): luatrace.Map
BPF.open_pinned = pinned.open_pinned
BPF.BPFAttachType = network_probes.BPFAttachType
BPF.XDPFlags = network_probes.XDPFlags
for name, flag in pairs(network_probes.XDPFlags) do
	BPF["XDP_FLAGS_" .. name] = flag
end

---@type fun(columns: luatrace.Column[]): luatrace.Columns
BPF.columns = columns.new

BPF.run = loop.run
BPF.sleep = loop.sleep
BPF.now = loop.now
BPF.stop = loop.stop
BPF.every = timers.every
BPF.after = timers.after
BPF.spawn = child.spawn
BPF.target_pid = child.target_pid
BPF.on_input = input.on_input
BPF.on_signal = signals.on_signal

-- Tail calls: the frame that a misuse error names is the script's.

---The same as calling the class: BPF:new { … }.
---@param args table see BPF { … }
---@return luatrace.BPF
function BPF.new(_, args)
	return bpf.new(args)
end

if collecting then
	collectgarbage("restart")
end

return setmetatable(BPF, {
	__call = function(_, args)
		return bpf.new(args)
	end,
})
