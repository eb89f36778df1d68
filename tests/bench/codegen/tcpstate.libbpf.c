/* SPDX-License-Identifier: MIT */
#include "hand.h"

struct event {
	__u64 ts;
	__u64 inode;
	__u32 pid;
	__u32 saddr, daddr;
	__u16 sport, dport;
	__u16 family;
	__u8 from, to;
	char comm[16];
};
PERF_OUTPUT(events);

SEC("kprobe/tcp_set_state")
int BPF_KPROBE(on_state, struct sock *sk, int state)
{
	struct event e = {};

	if (READ(sk, __sk_common.skc_family) != 2)
		return 0;
	e.ts = bpf_ktime_get_ns();
	e.pid = bpf_get_current_pid_tgid() >> 32;
	e.family = READ(sk, __sk_common.skc_family);
	e.saddr = READ(sk, __sk_common.skc_rcv_saddr);
	e.daddr = READ(sk, __sk_common.skc_daddr);
	e.sport = READ(sk, __sk_common.skc_num);
	e.dport = bpf_ntohs(READ(sk, __sk_common.skc_dport));
	e.inode = READ(sk, sk_socket, file, f_inode, i_ino);
	e.from = READ(sk, __sk_common.skc_state);
	e.to = state;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	lost(bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e)));
	return 0;
}
