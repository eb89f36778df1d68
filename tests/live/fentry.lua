-- SPDX-License-Identifier: MIT
-- fentry and fexit: arguments by name, with their BTF types, and the return value.
-- In guests too.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "fentry"
local COUNT, PORT = 47, 39121

local held = live.workload("connect", COUNT, PORT)
local b = BPF { text = [[
#include <net/sock.h>
struct event { u32 pid; int result; u16 port; u16 family; u32 length; u16 kept; };
BPF_RINGBUF_OUTPUT(events, 16);
BPF_HASH(entered, u16, u64);
BPF_HASH(traced, u32, u32);
BPF_HASH(socks, u32, struct sock *);
KFUNC_PROBE(tcp_v4_connect, struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32, tid = bpf_get_current_pid_tgid();

	if (traced.lookup(&pid))
		socks.update(&tid, &sk);
	if (traced.lookup(&pid))
		entered.increment(sk->__sk_common.skc_family, addr_len);
	return 0;
}
KRETFUNC_PROBE(tcp_v4_connect, struct sock *sk, struct sockaddr *uaddr, int addr_len, int ret)
{
	struct event e = {};
	u32 tid = bpf_get_current_pid_tgid();
	struct sock **kept = socks.lookup(&tid);

	e.pid = bpf_get_current_pid_tgid() >> 32;
	if (!traced.lookup(&e.pid))
		return 0;
	e.result = ret;
	e.port = sk->__sk_common.skc_dport;
	e.family = sk->__sk_common.skc_family;
	e.length = addr_len;
	if (kept)
		e.kept = (*kept)->__sk_common.skc_family;
	return events.ringbuf_output(&e, sizeof(e), 0) + 5; /* no result but 0 is taken, so 0 is what the kernel gets */
}]] }
b.traced[held.pid] = 1
local right, seen, kept = 0, 0, 0
b.events:open_ring_buffer(function(_, e)
	seen = seen + 1
	if e.kept == 2 then kept = kept + 1 end
	local port = bit.bswap(e.port) / 65536 % 65536
	if e.pid == held.pid and port == PORT and e.family == 2 and e.length == 16 and e.result == 0 then
		right = right + 1
	end
end)
t.eq(live.poll_through(b, held), COUNT, "the workload made its connects")
t.eq(seen, COUNT, "KRETFUNC_PROBE: each return is seen")
t.eq(right, COUNT, "with the arguments and the return value")
t.eq(kept, COUNT, "a pointer that a map kept since the entry")
t.eq(tonumber(b.entered[2]), COUNT * 16, "KFUNC_PROBE: each entry is seen, a member through the bare pointer")

-- bcc users attach by a call what is attached by its name already.
b:attach_kfunc { fn_name = "kfunc__vmlinux__tcp_v4_connect" }
b.entered:clear()
b:detach_kfunc { fn_name = "tcp_v4_connect" }
held = live.workload("connect", 3, PORT)
b.traced[held.pid] = 1
seen = 0
live.poll_through(b, held)
t.eq(seen, 3, "the other one goes on")
t.eq(#b.entered, 0, "detached: nothing more")
b:close()

t.raises(function() BPF { text = "KFUNC_PROBE(tcp_v4_conect, struct sock *sk) { return 0; }" } end,
	"fentry 'tcp_v4_conect': no such function in this kernel's BTF; similar: .*tcp_v4_connect",
		"an unknown function, with near names")
t.done()
