-- SPDX-License-Identifier: MIT
-- On a kernel that lacks a kind of probe: a message that says so and names what would do, and nothing left behind.
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"
local live = require "live"

local function lacks(kind)
	local err = ffi.new("lt_error[1]")
	local rc = C.lt_kind_supported(kind, err)
	C.lt_error_clear(err)
	return rc < 0
end

BPF { text = "RAW_TRACEPOINT_PROBE(sys_enter) { return 0; }" }:close()
local before = live.holdings()
if lacks "kprobe" then
	t.raises(function()
		BPF { text = "int kprobe__tcp_v4_connect(struct pt_regs *ctx, struct sock *sk) { return 0; }" }
	end, "^kprobe 'tcp_v4_connect': this kernel has no kprobes .*; a tracepoint, raw tracepoint or uprobe would do$",
		"kprobe by its name")
	local b = BPF { text = "int f(struct pt_regs *ctx) { return 0; }" }
	t.raises(function()
		b:attach_kretprobe { event = "tcp_v4_connect", fn_name = "f" }
	end, "^kretprobe 'tcp_v4_connect': this kernel has no kprobes .*would do$", "kretprobe by a call")
	b:close()
else
	t.skip("this kernel has kprobes")
end
if lacks "fentry" then
	t.raises(function()
		BPF { text = "KFUNC_PROBE(vfs_read, struct file *file) { return 0; }" }
	end, "fentry.*vfs_read.*would do", "fentry")
	t.raises(function()
		BPF { text = "KRETFUNC_PROBE(vfs_read, struct file *file, char *buf, size_t n, void *pos, long ret) { return 0; }" }
	end, "fexit.*vfs_read.*would do", "fexit")
else
	t.skip("this kernel has fentry and fexit")
end
t.eq(live.holdings(), before, "nothing is left open")
t.done()
