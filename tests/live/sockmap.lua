-- SPDX-License-Identifier: MIT
-- sk_msg and sk_skb programs of a sockmap: they see what its sockets send and receive.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs "sk_msg"
live.needs "sk_skb"
require "own_network"

local COUNT = 101
local T = BPF.BPFAttachType

ffi.cdef [[
int socket(int, int, int);
int bind(int, const void *, unsigned);
int listen(int, int);
int getsockname(int, void *, unsigned *);
int connect(int, const void *, unsigned);
int accept4(int, void *, unsigned *, int);
long send(int, const void *, unsigned long, int);
long recv(int, void *, unsigned long, int);
]]
local CLOEXEC = 0x80000

-- Two ends of a TCP connection.
local function connection()
	local address, size = ffi.new("uint8_t[16]", { 2, 0, 0, 0, 127, 0, 0, 1 }), ffi.new("unsigned[1]", 16)
	local listener = ffi.C.socket(2, 1 + CLOEXEC, 0)
	assert(ffi.C.bind(listener, address, 16) == 0 and ffi.C.listen(listener, 1) == 0)
	assert(ffi.C.getsockname(listener, address, size) == 0)
	local from = ffi.C.socket(2, 1 + CLOEXEC, 0)
	assert(ffi.C.connect(from, address, 16) == 0)
	local to = ffi.C.accept4(listener, nil, nil, CLOEXEC)
	assert(to >= 0)
	ffi.C.close(listener)
	return from, to
end

-- Each message is sent, and comes.
local function talk(from, to)
	local room, received = ffi.new("char[64]"), 0
	for _ = 1, COUNT do
		assert(ffi.C.send(from, "hello world", 11, 0) == 11)
		local got = 0
		while got < 11 do
			local n = tonumber(ffi.C.recv(to, room + got, 11 - got, 0))
			assert(n > 0)
			got = got + n
		end
		received = received + (ffi.string(room, 11) == "hello world" and 1 or 0)
	end
	return received
end

local b = BPF { text = [[
BPF_SOCKMAP(senders, 4);
BPF_SOCKMAP(receivers, 4);
BPF_ARRAY(counts, u64, 4);
int sends(struct sk_msg_md *msg)
{
	counts.atomic_increment(0);
	counts.atomic_increment(1, msg->size);
	return SK_PASS;
}
SEC("sk_skb/stream_parser")
int parses(struct __sk_buff *skb) { return skb->len; }
SEC("sk_skb/stream_verdict")
int receives(struct __sk_buff *skb)
{
	counts.atomic_increment(2);
	counts.atomic_increment(3, skb->len);
	return SK_PASS;
}
]] }
local from, to = connection()
b:attach_func { fn_name = "sends", fd = b.senders, attach_type = T.SK_MSG_VERDICT }
b.senders[0] = from
t.eq(talk(from, to), COUNT, "messages come")
t.eq(tonumber(b.counts[0]), COUNT, "sk_msg: each is seen")
t.eq(tonumber(b.counts[1]), COUNT * 11, "with its size")
b:detach_func { fn_name = "sends" }
local from2, to2 = connection()
b.senders[1] = from2
t.eq(talk(from2, to2), COUNT, "messages of another socket")
t.eq(tonumber(b.counts[0]), COUNT, "detached: none is seen")
b:attach_func { fn_name = "sends", fd = b.senders, attach_type = T.SK_MSG_VERDICT }

b:attach_func { fn_name = "parses", fd = b.receivers, attach_type = T.SK_SKB_STREAM_PARSER }
b:attach_func { fn_name = "receives", fd = b.receivers, attach_type = T.SK_SKB_STREAM_VERDICT }
b.receivers[0] = to2
t.eq(talk(from2, to2), COUNT, "messages come")
t.eq(tonumber(b.counts[2]), COUNT, "sk_skb: each is seen")
t.eq(tonumber(b.counts[3]), COUNT * 11, "with its size")

t.raises(function() b:attach_func { fn_name = "sends", fd = b.counts, attach_type = T.SK_MSG_VERDICT } end,
	"sk_msg: the kernel refused to attach the program: .*; is the descriptor that of a sockmap", "another map")
b:close()
for _, fd in ipairs { from, to, from2, to2 } do
	ffi.C.close(fd)
end
t.done()
