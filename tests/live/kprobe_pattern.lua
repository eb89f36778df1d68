-- SPDX-License-Identifier: MIT
-- kprobes and kretprobes at all functions that a pattern matches, at an address, and with maxactive.
-- In guests too.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

live.needs "kprobe"

-- Which of several functions ran, by the address that the kernel knows for the one that is probed. One object for all:
-- a guest compiles slowly.
local b = BPF { text = [[
BPF_ARRAY(traced, u32, 1);
BPF_HASH(calls, u64, u64);
int count(struct pt_regs *ctx)
{
	int zero = 0;
	u32 *pid = traced.lookup(&zero);

	if (pid && bpf_get_current_pid_tgid() >> 32 == *pid)
		calls.increment(bpf_get_func_ip(ctx));
	return 0;
}]] }

local function counted()
	local by_name, total = {}, 0
	for address, n in pairs(b.calls) do
		local name = BPF.ksym(address)
		by_name[name] = (by_name[name] or 0) + tonumber(n)
		total = total + tonumber(n)
	end
	return by_name, total
end

local function run(count)
	local held = live.workload("getppid", count)
	b.calls:clear()
	b.traced[0] = held.pid
	held:begin()
	t.eq(live.await(function() return held:made() end), count, "the workload made its calls")
	return counted()
end

-- System calls of the workload that the patterns match beside getppid: none.
local prefix = BPF.get_syscall_prefix()
local multi = BPF.ksymname "register_fprobe_ips" ~= -1
local mechanism = multi and "kprobe.multi" or "perf kprobe"

for _, how in ipairs {
	{ "a shell pattern", { event = prefix .. "getp*id" } },
	{ "a regular expression", { event_re = "^" .. prefix .. "getp\\w+d$" } },
	{ "returns", { event = prefix .. "getp*id", retprobe = true } },
} do
	how[2].fn_name = "count"
	b:attach_kprobe(how[2])
	local by_name, total = run(211)
	t.eq(by_name[prefix .. "getppid"], 211, how[1] .. ": each call is counted at its function")
	t.eq(total, 211, "and no other")
	local a = b:attached()
	t.eq(#a, 1, "one attachment")
	t.eq(a[1].mechanism, mechanism, "its mechanism")
	table.sort(a[1].places)
	t.eq(table.concat(a[1].places, " "), ("%sgetpgid %sgetpid %sgetppid"):format(prefix, prefix, prefix), "its places")
	t.eq(BPF.num_open_kprobes(), 3, "each place counts")
	b:detach_kprobe(how[2])
	t.eq(BPF.num_open_kprobes(), 0, "detached by what it was attached with")
end

b:attach_kprobe { addr = BPF.ksymname(prefix .. "getppid"), fn_name = "count" }
t.eq(select(2, run(97)), 97, "at an address")
t.like(b:attached()[1].target, "^0x%x+$", "which is its target")
b:detach_kprobe { fn_name = "count" }

-- maxactive goes through tracefs: an event with its owner's name, gone with the link.
local events = "/sys/kernel/tracing/kprobe_events"
b:attach_kretprobe { event = "sys_getppid", fn_name = "count", maxactive = 64 }
t.like(sh.read(events), "r64:luatrace_%d+_" .. live.pid .. "_%d+/kretprobe0 " .. prefix .. "getppid", "a tracefs event")
t.eq(select(2, run(89)), 89, "with maxactive")
t.eq(b:attached()[1].mechanism, "tracefs kprobe", "its mechanism")
b:detach_kretprobe { event = "sys_getppid" }
t.eq((sh.read(events) or ""):find("luatrace_" , 1, true), nil, "detached: the event is gone")
t.raises(function() b:attach_kretprobe { event = "sys_getppid", fn_name = "count", maxactive = 4097 } end,
	"kretprobe '" .. prefix .. "getppid': the kernel does not take maxactive 4097 there %(4096 is the most%)", "too many")
t.raises(function() b:attach_kprobe { event = "sys_getppid", fn_name = "count", maxactive = 3 } end,
	"maxactive is for kretprobes of one function", "of an entry")

-- What a killed tracer left is removed by the next one.
local child = live.start(("%s -e %s"):format(live.luatrace, sh.quote([[
local BPF = require "luatrace"
local b = BPF { text = "int f(struct pt_regs *ctx) { return 0; }" }
b:attach_kretprobe { event = "sys_getppid", fn_name = "f", maxactive = 8 }
print "attached"
io.stdout:flush()
BPF.sleep(1000)]])))
t.ok(child:await("attached"), "a tracer attaches")
child:kill("KILL")
child:wait()
t.like(sh.read(events), "luatrace_%d+_" .. child.pid .. "_", "killed, it leaves its event")
b:attach_kretprobe { event = "sys_getppid", fn_name = "count", maxactive = 8 }
t.eq(sh.read(events):find("_" .. child.pid .. "_", 1, true), nil, "the next one removes it")
b:detach_kretprobe { fn_name = "count" }
t.eq((sh.read(events) or ""):find("luatrace_", 1, true), nil, "and its own when it detaches")

-- Errors.
t.raises(function() b:attach_kprobe { event_re = "vfs_(", fn_name = "count" } end,
	"kprobe 'vfs_%(': not a regular expression: ", "not a regular expression")
t.raises(function() b:attach_kprobe { event = "no_such_function_*", fn_name = "count" } end,
	"kprobe 'no_such_function_%*': matches no function of this kernel", "nothing matches")
t.raises(function() b:attach_kprobe { event = "vfs_*", event_re = "vfs_.*", fn_name = "count" } end,
	"attach_kprobe: takes event= or event_re=, not both", "both")
t.raises(function() b:attach_kprobe { fn_name = "count" } end,
	"attach_kprobe: takes one of event=, event_re=, addr=, and none was given", "none")
t.raises(function() b:attach_kprobe { event = "vfs_*", event_off = 4, fn_name = "count" } end,
	"kprobe 'vfs_%*': a pattern takes no offset", "an offset of a pattern")
t.raises(function() b:attach_kprobe { addr = BPF.ksymname(prefix .. "getppid"), event_off = 4, fn_name = "count" } end,
	"kprobe '0x%x+': an address takes no offset: add it", "an offset of an address")
t.eq(#b:attached(), 0, "nothing is attached")
b:close()
t.done()
