-- SPDX-License-Identifier: MIT
-- XDP: each packet that comes in is seen, and dropped where the program says so; modes, errors, nothing left.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs "xdp"
local frames = require "frames"
local sh = require "sh"

local COUNT = 1009

local function attached_to(dev)
	return select(2, sh.run("ip link show " .. dev)):match("prog/xdp") ~= nil
end

local b = BPF { text = [[
BPF_ARRAY(counts, u64, 4);
static bool is_ours(struct xdp_md *ctx)
{
	struct ethhdr *header = (void *)(long)ctx->data;

	return (void *)(header + 1) <= (void *)(long)ctx->data_end && header->h_source[0] == 2 && header->h_source[5] == 1 &&
	       header->h_proto == bpf_htons(0x88b5);
}
int passes(struct xdp_md *ctx)
{
	if (is_ours(ctx))
		counts.atomic_increment(0);
	return XDP_PASS;
}
SEC("xdp")
int drops(struct xdp_md *ctx)
{
	if (!is_ours(ctx))
		return XDP_PASS;
	counts.atomic_increment(1);
	return XDP_DROP;
}
int behind(struct __sk_buff *skb)
{
	if (skb->pkt_type != 4 && load_half(skb, 12) == 0x88b5)
		counts.atomic_increment(2);
	return 0;
}]] }
local frame = frames.make(60, 1)
b:attach_raw_socket { fn_name = "behind", dev = frames.IN }

b:attach_xdp { dev = frames.IN, fn_name = "passes" }
t.ok(attached_to(frames.IN), "attached, says ip")
frames.send(frame, COUNT)
t.eq(frames.count(b.counts, 2, COUNT), COUNT, "XDP_PASS: the kernel gets each packet")
t.eq(tonumber(b.counts[0]), COUNT, "and the program has seen each")
t.raises(function() b:attach_xdp { dev = frames.IN, fn_name = "drops" } end,
	"xdp '" .. frames.IN .. "': another program is attached there", "an interface takes one")
b:remove_xdp { dev = frames.IN }
t.ok(not attached_to(frames.IN), "remove_xdp: no program is there")

b:attach_xdp { dev = frames.IN, fn = b:load_func("drops", BPF.XDP), flags = BPF.XDP_FLAGS_SKB_MODE }
frames.send(frame, COUNT)
t.eq(frames.count(b.counts, 1, COUNT), COUNT, "XDP_DROP, in generic mode: each packet is seen")
t.eq(tonumber(b.counts[2]), COUNT, "and none goes on")
t.eq(tonumber(b.counts[0]), COUNT, "the program that was removed sees no more")
b:detach_xdp { fn_name = "drops" }

t.raises(function() b:attach_xdp { dev = "lo0", fn_name = "passes" } end,
	"xdp 'lo0': there is no such network interface; similar: .*lo", "an unknown interface")
t.raises(function() b:attach_xdp { fn_name = "passes" } end, "attach_xdp: dev= is missing", "no interface")
t.raises(function() b:attach_xdp { dev = "lo", fn_name = "passes", flags = BPF.XDP_FLAGS_REPLACE } end,
	"xdp 'lo': flags 0x10: XDP_FLAGS_UPDATE_IF_NOEXIST and one of", "flags that a link does not take")
t.raises(function() b:attach_xdp { dev = "lo", fn_name = "passes", flags = 6 } end,
	"xdp 'lo': flags 0x6: XDP_FLAGS_UPDATE_IF_NOEXIST and one of", "two modes")
t.raises(function() b:attach_xdp { dev = "lo", fn_name = "passes", flags = 2 ^ 32 + 2 } end,
	"attach_xdp: flags= takes an integer from 0 to 2%^32%-1", "more than 32 bits")
t.raises(function() b:attach_xdp { dev = "lo", fn_name = "passes", flags = BPF.XDPFlags.DRV_MODE } end,
	"xdp 'lo': its driver does not run XDP programs so; XDP_FLAGS_SKB_MODE works with any", "no native mode")
t.raises(function() b:remove_xdp { dev = "lo" } end, "detach_xdp: nothing is attached as xdp with dev=lo",
	"nothing there")

-- A tracer that is killed leaves nothing.
local job = live.start(("%s %s"):format(live.luatrace, live.file([[
local BPF = require "luatrace"
local b = BPF { text = "int f(struct xdp_md *ctx) { return XDP_PASS; }" }
b:attach_xdp { dev = "lo", fn_name = "f" }
io.write("attached\n") io.flush()
BPF.run()
]])))
t.ok(job:await("attached"), "another tracer attaches " .. job:errors())
t.ok(attached_to("lo"), "and has its program there")
job:kill("KILL")
job:wait()
t.ok(live.await(function() return not attached_to("lo") end), "killed, it leaves nothing")

-- Only root of the machine may.
local _, _, err = live.run([[
local b = require "luatrace" { text = "int f(struct xdp_md *ctx) { return XDP_PASS; }" }
b:attach_xdp { dev = "lo", fn_name = "f" }
]], "", "setpriv --bounding-set -net_admin,-sys_admin --inh-caps -net_admin,-sys_admin %s")
t.like(err, "xdp: CAP_NET_ADMIN is missing %b(); run as root", "no privilege")
b:close()
t.done()
