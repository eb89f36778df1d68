-- SPDX-License-Identifier: MIT
-- A program whose pointers the verifier knows: members are read directly, and what it does not know of (unions, whole
-- structs, pointers that were kept, other structs than the kernel has there) by probe reads. objects.lua has more.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "tp_btf"
local COUNT, PORT = 29, 39127
local held = live.workload("connect", COUNT, PORT)
local b = BPF { cflags = { "-DPID=" .. held.pid }, text = [[
#include <net/sock.h>
#include <net/tcp_states.h>
struct seen { u64 direct, copied, kept, in_union, in_own_union, larger, larger_alone, hashed, old_or_new;
	u32 unused, own_or_not; };
BPF_ARRAY(seen, struct seen, 1);
BPF_HASH(socks, u32, struct sock *);
union mine { u64 number; struct sock *sk; };
SEC("tp_btf/inet_sock_set_state")
int changed(unsigned long long *ctx, struct sock *sk, int old, int new)
{
	int zero = 0;
	u32 key = 1;
	struct seen *s = seen.lookup(&zero);
	struct sock **kept;
	union mine mine;

	if (!s || bpf_get_current_pid_tgid() >> 32 != PID || new != TCP_SYN_SENT)
		return 0;
	s->direct += sk->__sk_common.skc_dport == __builtin_bswap16(]] .. PORT .. [[);
	struct sock_common whole = sk->__sk_common;
	s->copied += whole.skc_dport == __builtin_bswap16(]] .. PORT .. [[);
	socks.update(&key, &sk);
	kept = socks.lookup(&key);
	if (kept)
		s->kept += (*kept)->__sk_common.skc_dport == __builtin_bswap16(]] .. PORT .. [[);
	/* the first member there is a number, the socket's flags: no address, so what it leads to reads as 0 */
	s->in_union += sk->__sk_common.skc_listener->__sk_common.skc_dport == 0;
	mine.sk = sk;
	s->in_own_union += mine.sk->__sk_common.skc_dport == __builtin_bswap16(]] .. PORT .. [[);
	s->larger += tcp_sk(sk)->inet_conn.icsk_inet.inet_saddr == __builtin_bswap32(0x7f000001);
	s->hashed += ((u64)sk >> 6 ^ (u64)sk->__sk_common.skc_net.net) != 0;
	/* one load each, at an offset of its own: LLVM would rather have one that depends */
	if (s->direct & 1)
		s->old_or_new += ctx[1];
	else
		s->old_or_new += ctx[2];
	if (s->direct & 1)
		s->own_or_not += sk->__sk_common.skc_hash == 0;
	else
		s->own_or_not += s->unused == 0;
	return 0;
}
/* The parameter's type is known of the tracepoint, not only of how it is used. */
SEC("tp_btf/inet_sock_set_state")
int changed_too(unsigned long long *ctx, void *sk, int old, int new)
{
	int zero = 0;
	struct seen *s = seen.lookup(&zero);

	if (!s || bpf_get_current_pid_tgid() >> 32 != PID || new != TCP_SYN_SENT)
		return 0;
	s->larger_alone += inet_sk((struct sock *)sk)->inet_saddr == __builtin_bswap32(0x7f000001);
	return 0;
}]] }
b:attach_raw_tracepoint { tp = "inet_sock_set_state", fn_name = "changed" }
b:attach_raw_tracepoint { tp = "inet_sock_set_state", fn_name = "changed_too" }
t.eq(live.poll_through(b, held), COUNT, "the workload connected")
local s = b.seen[0]
for _, what in ipairs { "direct", "copied", "kept", "in_union", "in_own_union", "larger", "larger_alone", "hashed" } do
	t.eq(s[what], COUNT + 0ULL, what)
end
local CLOSE, SYN_SENT = 7, 2
t.eq(s.old_or_new, 15 * CLOSE + 14 * SYN_SENT + 0ULL, "members of the context, by turns")
b:close()
t.done()
