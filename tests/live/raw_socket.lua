-- SPDX-License-Identifier: MIT
-- Packets that a socket filter lets through, read by the script.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs "socket"
require "own_network"
local sh = require "sh"

local COUNT, PORT = 101, 39163

local b = BPF { cflags = { "-DPORT=" .. PORT }, text = [[
static bool is_ours(struct __sk_buff *skb)
{
	return skb->pkt_type == 0 && load_half(skb, 12) == 0x800 && load_byte(skb, 23) == 17 && load_half(skb, 36) == PORT;
}
int whole(struct __sk_buff *skb) { return is_ours(skb) ? -1 : 0; }
int head(struct __sk_buff *skb) { return is_ours(skb) ? 42 : 0; }
]] }
local fn = b:load_func("whole", BPF.SOCKET_FILTER)
t.eq(fn.sock, nil, "loaded: no socket yet")
t.raises(function() fn:read_packet() end, "read_packet: 'whole' is not attached to a packet socket",
	"nothing to read from")
t.eq(b:attach_raw_socket { fn = fn, dev = "lo" }, b, "attach_raw_socket still gives the object")
t.eq(type(fn.sock), "number", "fn.sock is the socket")
t.eq(fn:read_packet(0), nil, "no packet yet")

t.eq(sh.workload("udp", COUNT, PORT):go(), COUNT, "packets sent")
local got, right, packet = 0, 0, fn:read_packet(5000)
while packet do
	got = got + 1
	right = right + (#packet == 14 + 20 + 8 + 11 and packet:sub(43) == "hello world" and 1 or 0)
	packet = fn:read_packet(0)
end
t.eq(got, COUNT, "each is read")
t.eq(right, COUNT, "whole")

-- A packet that comes while it waits.
local held = live.workload("udp", 1, PORT)
held:begin()
t.eq(#(fn:read_packet() or ""), 53, "waits for one")
local start = live.seconds()
t.eq(fn:read_packet(30), nil, "and not for ever when told")
t.ok(live.seconds() - start >= 0.03, "but as long as told")

b:detach_raw_socket { fn = fn }
t.eq(fn.sock, nil, "detached: no socket")
t.raises(function() fn:read_packet(0) end, "read_packet: 'whole' is not attached", "nothing to read from")

local cut = b:load_func("head", "socket")
b:attach_raw_socket { fn = cut, dev = "lo" }
sh.workload("udp", 1, PORT):go()
t.eq(#(cut:read_packet(5000) or ""), 42, "the result says how many bytes can be read")

-- A signal ends the wait.
local job = live.start(("%s %s"):format(live.luatrace, live.file([[
local b = require "luatrace" { text = "int f(struct __sk_buff *skb) { return 0; }" }
local fn = b:load_func("f", "socket")
b:attach_raw_socket { fn = fn, dev = "lo" }
io.write("waits\n") io.flush()
fn:read_packet()
]])))
job:await("waits")
job:kill("INT")
t.eq(job:wait(), 0, "a signal ends the script quietly")
b:close()
t.eq(cut.sock, nil, "closed: no socket")
t.done()
