/* SPDX-License-Identifier: MIT */
/* A kprobe that follows kernel pointers: who connects where when a TCP socket changes its state. */
#include <net/sock.h>

struct event {
	u64 ts;
	u64 inode;
	u32 pid;
	u32 saddr, daddr;
	u16 sport, dport;
	u16 family;
	u8 from, to;
	char comm[TASK_COMM_LEN];
};
BPF_PERF_OUTPUT(events);

int kprobe__tcp_set_state(struct pt_regs *ctx, struct sock *sk, int state)
{
	struct event e = {};

	if (sk->__sk_common.skc_family != 2)
		return 0;
	e.ts = bpf_ktime_get_ns();
	e.pid = bpf_get_current_pid_tgid() >> 32;
	e.family = sk->__sk_common.skc_family;
	e.saddr = sk->__sk_common.skc_rcv_saddr;
	e.daddr = sk->__sk_common.skc_daddr;
	e.sport = sk->__sk_common.skc_num;
	e.dport = ntohs(sk->__sk_common.skc_dport);
	e.inode = sk->sk_socket->file->f_inode->i_ino;
	e.from = sk->__sk_common.skc_state;
	e.to = state;
	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	events.perf_submit(ctx, &e, sizeof(e));
	return 0;
}
