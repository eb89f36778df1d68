-- SPDX-License-Identifier: MIT
-- Methods of a BPF object that attach and detach, and say what is attached.
local attach = require "luatrace.attach"
local spec = require "luatrace.spec"

local M = {}

---@class luatrace.KprobeArgs
---@field event string? kernel function, or a shell pattern of several ("vfs_*"); this, event_re or addr
---@field event_re string? regular expression that matches whole names
---@field addr integer|ffi.cdata*|nil address in the kernel
---@field fn_name string function of the text
---@field event_off integer? bytes into the kernel function
---@field fn_offset integer? the same
---@field retprobe boolean? attach to the function's return
---@field maxactive integer? of returns: how many calls may be under way at once, at most 4096
---@class luatrace.KretprobeArgs
---@field event string? kernel function, or a shell pattern of several; this, event_re or addr
---@field event_re string? regular expression that matches whole names
---@field addr integer|ffi.cdata*|nil address in the kernel
---@field fn_name string function of the text
---@field maxactive integer? how many calls may be under way at once, at most 4096
---@class luatrace.UprobeArgs
---@field name string path, or short name of a library
---@field sym string? symbol; this, sym_re or addr
---@field sym_re string? regular expression that matches from the start of symbols
---@field addr integer? address as in the ELF file's symbol table
---@field sym_off integer? bytes into the symbol
---@field fn_name string function of the text
---@field pid integer? -1 (the default): any process
---@field retprobe boolean? attach to the function's return
---@class luatrace.UretprobeArgs
---@field name string path, or short name of a library
---@field sym string? symbol; this, sym_re or addr
---@field sym_re string? regular expression that matches from the start of symbols
---@field addr integer? address as in the ELF file's symbol table
---@field sym_off integer? bytes into the symbol
---@field fn_name string function of the text
---@field pid integer? -1 (the default): any process
---@class luatrace.UsdtArgs
---@field name string? path, or short name of a library or program; this or pid, or both
---@field provider string?
---@field probe string "name", or "provider:name"
---@field fn_name string function of the text
---@field pid integer? -1 (the default): any process
---@class luatrace.TracepointArgs
---@field tp string? "category:event" or a shell pattern of it; this or tp_re
---@field tp_re string? regular expression that matches from the start of "category:event"
---@field fn_name string function of the text
---@class luatrace.RawTracepointArgs
---@field tp string "event"
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
---@field attach_kretprobe fun(self, args: luatrace.KretprobeArgs): luatrace.BPF
---@field attach_uprobe fun(self, args: luatrace.UprobeArgs): luatrace.BPF
---@field attach_uretprobe fun(self, args: luatrace.UretprobeArgs): luatrace.BPF
---@field attach_usdt fun(self, args: luatrace.UsdtArgs): luatrace.BPF
---@field attach_tracepoint fun(self, args: luatrace.TracepointArgs): luatrace.BPF
---@field attach_raw_tracepoint fun(self, args: luatrace.RawTracepointArgs): luatrace.BPF
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

---@class luatrace.Attached
---@field kind string e.g. "kprobe"
---@field target string what it is attached to, as found; of a pattern the pattern
---@field fn_name string function of the text
---@field mechanism string the kernel's interface that carries it, e.g. "kprobe.multi"
---@field count integer places
---@field refused integer places that a pattern matched and the kernel refused
---@field missed integer runs of fn_name that the kernel left out: a program ran on that CPU already
---@field places string[] of a pattern, all that it covers; else the target

---Adds the methods to the class.
---@param BPF luatrace.BPF
---@param state_of fun(self: luatrace.BPF, method: string): table
---@param open_states fun(): table[] of all objects
function M.install(BPF, state_of, open_states)
	-- attach_kprobe{…}, detach_kprobe{…} and so on, one pair for each entry of attach.probes. They return the object, so
	-- that calls chain. A detach call takes any of the arguments it was attached with.
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

	---Attaches to one probe, or to the first of several that this kernel has and takes.
	---@param args { probe: string?, first_of: table?, fn_name: string? } probes are strings "KIND:TARGET", in first_of
	---also { probe =, fn_name = }; without fn_name the function that is for the probe by its name
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

	---What is attached, in the order of attaching.
	---@return luatrace.Attached[]
	function BPF:attached()
		return attach.list(state_of(self, "attached"))
	end

	local function counter(kinds)
		return function()
			return attach.count(open_states(), kinds)
		end
	end

	---How many places of all objects are probed now.
	---@type fun(): integer
	BPF.num_open_kprobes = counter { kprobe = true, kretprobe = true }
	---@type fun(): integer
	BPF.num_open_uprobes = counter { uprobe = true, uretprobe = true, usdt = true }
	---@type fun(): integer
	BPF.num_open_tracepoints = counter { tracepoint = true }
end

return M
