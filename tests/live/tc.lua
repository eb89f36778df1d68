-- SPDX-License-Identifier: MIT
-- tc: each packet into and out of an interface is seen, and dropped where the program says so. By TCX, or, before 6.6,
-- by filters, which a tracer that is killed leaves behind, and the next one takes off.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs "tc"
local frames = require "frames"
local sh = require "sh"

local COUNT = 1009

-- A guest has the two modules beside its kernel (tests/vm/fetch-kernels).
local has_tcx = BPF.kernel_struct_has_field("tcx_link", "link") == 1
if not has_tcx then
	sh.run([[for dir in build/vm/*/; do
		if [ "$(cat "$dir/release")" = "$(uname -r)" ]; then
			busybox insmod "$dir"/extra/*-sch_ingress.ko && busybox insmod "$dir"/extra/*-cls_bpf.ko
		fi
	done]])
	if sh.run("tc qdisc add dev lo clsact && tc qdisc del dev lo clsact") ~= 0 then
		t.skip_all("this kernel has neither TCX (6.6) nor clsact (module sch_ingress)")
	end
end

local b = BPF { text = [[
BPF_ARRAY(counts, u64, 4);
static bool is_ours(struct __sk_buff *skb) { return load_half(skb, 12) == 0x88b5; }
int comes(struct __sk_buff *skb)
{
	if (is_ours(skb))
		counts.atomic_increment(0);
	return TC_ACT_UNSPEC;
}
int goes(struct __sk_buff *skb)
{
	if (is_ours(skb))
		counts.atomic_increment(1);
	return TC_ACT_UNSPEC;
}
int drops(struct __sk_buff *skb)
{
	if (!is_ours(skb))
		return TC_ACT_UNSPEC;
	counts.atomic_increment(2);
	return TC_ACT_SHOT;
}
int behind(struct __sk_buff *skb)
{
	if (is_ours(skb))
		counts.atomic_increment(3);
	return TC_ACT_UNSPEC;
}]] }
local frame = frames.make(60, 1)
b:attach_tc { dev = frames.IN, direction = "ingress", fn_name = "comes" }
b:attach_tc { dev = frames.OUT, direction = "egress", fn_name = "goes" }
frames.send(frame, COUNT)
t.eq(frames.count(b.counts, 0, COUNT), COUNT, "ingress: each packet")
t.eq(tonumber(b.counts[1]), COUNT, "egress: each packet")

-- The one that was attached later comes after the others.
b:attach_tc { dev = frames.IN, direction = "ingress", fn_name = "drops" }
b:attach_tc { dev = frames.IN, direction = "ingress", fn_name = "behind" }
frames.send(frame, COUNT)
t.eq(frames.count(b.counts, 2, COUNT), COUNT, "several programs at one place: the second sees each packet")
t.eq(tonumber(b.counts[0]), 2 * COUNT, "after the first")
t.eq(tonumber(b.counts[3]), 0, "TC_ACT_SHOT: what is dropped goes no further")

b:detach_tc { fn_name = "drops" }
b:detach_tc { direction = "egress" }
frames.send(frame, COUNT)
t.eq(frames.count(b.counts, 3, COUNT), COUNT, "detached: packets go on")
t.eq(tonumber(b.counts[1]), 2 * COUNT, "and are not counted at egress any more")

t.raises(function() b:attach_tc { dev = "lo0", direction = "ingress", fn_name = "comes" } end,
	"tc 'lo0': there is no such network interface; similar: .*lo", "an unknown interface")
t.raises(function() b:attach_tc { dev = "lo", direction = "in", fn_name = "comes" } end,
	'^tests/live/tc.lua:%d+: attach_tc: direction= takes "ingress" or "egress", not "in"', "a wrong direction")
t.raises(function() b:detach_tc { direction = "egress" } end,
	"detach_tc: nothing is attached as tc with direction=egress", "nothing there")
b:close()

if not has_tcx then
	local function shown()
		return select(2, sh.run("tc filter show dev lo ingress; tc filter show dev lo egress; tc qdisc show dev lo"))
	end
	t.ok(not shown():find("bpf") and not shown():find("clsact"), "closed: neither filter nor qdisc is left")
	local text = 'int f(struct __sk_buff *skb) { return -1; }'
	local job = live.start(("%s %s"):format(live.luatrace, live.file(([[
	local b = require "luatrace" { text = "%s" }
	b:attach_tc { dev = "lo", direction = "ingress", fn_name = "f" }
	io.write("attached\n") io.flush()
	require "luatrace".run()
	]]):format(text))))
	t.ok(job:await("attached"), "another tracer attaches " .. job:errors())
	job:kill("KILL")
	job:wait()
	t.like(shown(), ("handle 0x4c%06x"):format(job.pid), "a tracer that is killed leaves its filter, named for its pid")
	b = BPF { text = text }
	b:attach_tc { dev = "lo", direction = "ingress", fn_name = "f" }
	t.ok(not shown():find(("handle 0x4c%06x"):format(job.pid)), "and the next one takes it off")
	t.like(shown(), ("handle 0x4c%06x"):format(live.pid), "and puts its own there")
	b:close()
	t.ok(not shown():find("bpf"), "which goes with it")
end
t.done()
