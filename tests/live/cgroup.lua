-- SPDX-License-Identifier: MIT
-- Programs of a cgroup: packets, sockets, connects, options and devices of the processes in it, and of no others.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
live.needs "cgroup_skb"
require "own_network"
local cgroup = require "own_cgroup"

local COUNT, PORT, CLOSED = 211, 39139, 39157
local T = BPF.BPFAttachType

local b = BPF { cflags = { "-DPORT=" .. PORT, "-DCLOSED=" .. CLOSED }, text = [[
enum { OUT, IN, SOCKET, CONNECT, OPS, DEVICE, SET, GET, SEND };
BPF_ARRAY(counts, u64, 16);
static int is_tcp(struct __sk_buff *skb)
{
	u8 protocol = 0;

	bpf_skb_load_bytes(skb, 9, &protocol, 1);
	return protocol == 6;
}
int out(struct __sk_buff *skb) { if (is_tcp(skb)) counts.atomic_increment(OUT); return 1; }
int in(struct __sk_buff *skb) { if (is_tcp(skb)) counts.atomic_increment(IN); return 1; }
int created(struct bpf_sock *sock) { counts.atomic_increment(SOCKET); return 1; }
int connects(struct bpf_sock_addr *ctx)
{
	counts.atomic_increment(CONNECT);
	return ctx->user_port != bpf_htons(CLOSED);
}
SEC("cgroup/sendmsg4")
int sends(struct bpf_sock_addr *ctx) { counts.atomic_increment(SEND); return 1; }
int operates(struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_TCP_CONNECT_CB && ctx->remote_port == bpf_htonl(PORT))
		counts.atomic_increment(OPS);
	return 1;
}
int device(struct bpf_cgroup_dev_ctx *ctx)
{
	if (ctx->major == 1 && ctx->minor == 3)
		counts.atomic_increment(DEVICE);
	return 1;
}
int sets(struct bpf_sockopt *ctx) { if (ctx->level == 1 && ctx->optname == 9) counts.atomic_increment(SET); return 1; }
int gets(struct bpf_sockopt *ctx) { if (ctx->level == 1 && ctx->optname == 9) counts.atomic_increment(GET); return 1; }
]] }
local OUT, IN, SOCKET, CONNECT, OPS, DEVICE, SET, GET, SEND = 0, 1, 2, 3, 4, 5, 6, 7, 8

local function counted(...)
	local all = {}
	for i, slot in ipairs { ... } do
		all[i] = tonumber(b.counts[slot])
	end
	b.counts:clear()
	return table.concat(all, " ")
end

local function run(inside, ...)
	local held = live.workload(...)
	if inside then
		cgroup.take(held.pid)
	end
	held:begin()
	return live.await(function() return held:made() end)
end

local path = cgroup.path
b:attach_cgroup { path = path, fn_name = "out", attach_type = T.CGROUP_INET_EGRESS }
b:attach_cgroup { path = path, fn_name = "in" }
b:attach_cgroup { path = path, fn_name = "created" }
b:attach_cgroup { path = path, fn_name = "connects" }
b:attach_cgroup { path = path, fn_name = "sends" }
b:attach_cgroup { path = path, fn_name = "operates" }
b:attach_cgroup { path = path, fn_name = "device" }
b:attach_cgroup { path = path, fn_name = "sets", attach_type = T.CGROUP_SETSOCKOPT }
b:attach_cgroup { path = path, fn_name = "gets", attach_type = T.CGROUP_GETSOCKOPT }

-- A connect to a port where nobody listens: a packet out, and one back that refuses.
t.eq(run(true, "connect", COUNT, PORT), COUNT, "connects in the cgroup")
t.eq(counted(OUT, IN, SOCKET, CONNECT, OPS), ("%d "):rep(5):format(COUNT, COUNT, COUNT, COUNT, COUNT):sub(1, -2),
	"egress, ingress, sock_create, connect4, sock_ops: each once")
t.eq(run(false, "connect", COUNT, PORT), COUNT, "connects of another process")
t.eq(counted(OUT, IN, SOCKET, CONNECT, OPS), "0 0 0 0 0", "are not seen")
t.eq(run(true, "udp", COUNT, PORT), COUNT, "datagrams")
t.eq(counted(SEND, CONNECT, SOCKET), COUNT .. " 0 1", "SEC(\"cgroup/sendmsg4\"): each")
t.eq(run(true, "openat", COUNT, "/dev/null"), COUNT, "opens of /dev/null")
t.eq(counted(DEVICE), tostring(COUNT), "cgroup_device: each")
local status, _, err = cgroup.run("build/tests/workload connect 1 " .. CLOSED)
t.like(status .. err, "^1workload: connect: Operation not permitted", "a program that gives 0 denies")

local options = live.file([[
ffi.cdef "int socket(int, int, int);"
ffi.cdef "int setsockopt(int, int, int, const void *, unsigned); int getsockopt(int, int, int, void *, unsigned *);"
local fd, value, size = ffi.C.socket(2, 2, 0), ffi.new("int[1]", 1), ffi.new("unsigned[1]", 4)
for i = 1, 7 do ffi.C.setsockopt(fd, 1, 9, value, 4) end
for i = 1, 5 do ffi.C.getsockopt(fd, 1, 9, value, size) end
]])
t.eq(cgroup.run(live.luatrace .. " " .. options), 0, "socket options")
t.eq(counted(SET, GET), "7 5", "setsockopt, getsockopt: each")

-- bcc's way: by a descriptor of the cgroup.
ffi.cdef "int open(const char *, int, ...);"
local fd = ffi.C.open(path, 0x80000)	-- O_CLOEXEC
b:detach_cgroup { fn_name = "out" }
b:detach_cgroup { attach_type = T.CGROUP_GETSOCKOPT }
t.raises(function() b:detach_cgroup { fn_name = "out" } end,
	"detach_cgroup: nothing is attached as cgroup with fn_name=out", "detached already")
b:attach_func { fn = b:load_func("out", BPF.CGROUP_SKB), fd = fd, attach_type = T.CGROUP_INET_EGRESS, flags = 2 }
ffi.C.close(fd)
b:detach_cgroup { fn_name = "connects" }
b.counts:clear()
run(true, "connect", COUNT, PORT)
t.eq(counted(OUT, CONNECT), COUNT .. " 0", "attach_func; the link holds the cgroup, and what was detached sees no more")
b:detach_func { fn_name = "out" }
run(true, "connect", COUNT, PORT)
t.eq(counted(OUT, IN), "0 " .. COUNT, "detach_func")

t.raises(function() b:attach_cgroup { path = path .. "/none", fn_name = "in" } end,
	"cgroup_skb '.*/none': No such file or directory; they are below /", "no such cgroup")
t.raises(function() b:attach_cgroup { path = "/proc", fn_name = "in" } end,
	"cgroup_skb '/proc': this directory is no cgroup of version 2; they are below /", "not a cgroup")
t.raises(function() b:attach_cgroup { path = path, fn_name = "in", attach_type = 99 } end,
	"attach_cgroup: attach_type=99: it takes one of BPF.BPFAttachType", "an unknown attach type")
t.raises(function() b:attach_func { fd = 0, fn_name = "in", attach_type = 0 } end,
	"cgroup_skb 'descriptor 0': this descriptor is not one of a cgroup of version 2", "another descriptor")
t.raises(function() b:attach_func { fd = 0, fn_name = "in", attach_type = 0, flags = 4 } end,
	"attach_func: flags=4: a link takes BPF_F_ALLOW_OVERRIDE and BPF_F_ALLOW_MULTI", "flags that it does not take")
t.raises(function()
	BPF { text = "int f(struct xdp_md *ctx) { return 2; }" }:attach_cgroup { path = path, fn_name = "f" }
end, "attach_cgroup: xdp programs are not attached to cgroups", "a program of another kind")
b:close()

-- Whether a task is in a cgroup of a map.
b = BPF { text = [[
BPF_CGROUP_ARRAY(groups, 2);
BPF_ARRAY(counts, u64, 2);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	int is_in = groups.check_current_task(1);

	if (is_in == 1)
		counts.atomic_increment(0);
	return 0;
}]] }
b.groups[1] = path
run(true, "getppid", COUNT)
run(false, "getppid", COUNT)
t.eq(tonumber(b.counts[0]), COUNT, "BPF_CGROUP_ARRAY: the tasks of a cgroup that Lua put there")
t.raises(function() b.groups[0] = path .. "/none" end, "cgroup '.*/none': No such file or directory", "no such cgroup")
t.raises(function() b.groups[2] = path end, "map 'groups': index 2 is out of range", "no such entry")
b:close()
t.ok(cgroup.remove(), "nothing is left in the cgroup")
t.done()
