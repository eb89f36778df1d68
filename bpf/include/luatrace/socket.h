/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * Sockets: the two ends of one, the one behind a descriptor, and whose a TCP socket is. Most of what happens to a TCP
 * socket happens in interrupts, while any task runs: its owner is who connected, accepted or listened. A tool that asks
 * for owners calls lt_see_state() at the raw tracepoint inet_sock_set_state before lt_owner_of(), and has the programs
 * of LT_SEE_ACCEPTED.
 */
#ifndef __LT_SOCKET_H
#define __LT_SOCKET_H

/* Addresses as IPv6 has them, those of IPv4 mapped (::ffff:1.2.3.4): luatrace.address makes text of them. */
struct lt_flow {
	u8 laddr[16], raddr[16];
	u16 lport, rport;
};

static __always_inline void lt_map_address(u8 *to, u32 address)
{
	memset(to, 0, 10);
	memset(to + 10, 0xff, 2);
	memcpy(to + 12, &address, 4);
}

/* The port is that of inet_sport: sk_num is 0 again when a socket is closed. */
static __always_inline void lt_take_flow(struct lt_flow *flow, struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_INET6) {
		bpf_probe_read_kernel(flow->laddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_probe_read_kernel(flow->raddr, 16, &sk->__sk_common.skc_v6_daddr);
	} else {
		lt_map_address(flow->laddr, sk->__sk_common.skc_rcv_saddr);
		lt_map_address(flow->raddr, sk->__sk_common.skc_daddr);
	}
	flow->lport = bpf_ntohs(inet_sk(sk)->inet_sport);
	flow->rport = bpf_ntohs(sk->__sk_common.skc_dport);
}

const volatile u16 lt_local_port, lt_remote_port;	/* 0: any; LOCAL_PORT and REMOTE_PORT of luatrace.address */

static __always_inline bool wanted_ports(const struct lt_flow *flow)
{
	return (!lt_local_port || flow->lport == lt_local_port) && (!lt_remote_port || flow->rport == lt_remote_port);
}

/* The address of IPv4 or IPv6 that a system call was given, and its port. */
static __always_inline void lt_take_address(u8 *address, u16 *port, u64 given)
{
	struct sockaddr_in6 to = {};

	/* an IPv4 address is shorter, and may end where the memory does */
	if (bpf_probe_read_user(&to, sizeof(to), (void *)given))
		bpf_probe_read_user(&to, sizeof(struct sockaddr_in), (void *)given);
	if (to.sin6_family == AF_INET6)
		memcpy(address, &to.sin6_addr, 16);
	else
		lt_map_address(address, ((struct sockaddr_in *)&to)->sin_addr.s_addr);
	*port = bpf_ntohs(to.sin6_port);
}

/* Bytes of data that a TCP socket has sent, without what it sent again, and received. */
static __always_inline void lt_take_bytes(u64 *tx, u64 *rx, struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	*tx = tp->bytes_sent - tp->bytes_retrans;
	/* the peer's FIN, which SOCK_DONE says has come, counts as a byte there */
	*rx = tp->bytes_received - (sk->__sk_common.skc_flags >> SOCK_DONE & 1);
}

/* The socket of IPv4 or IPv6 behind a descriptor of the current task, or NULL. */
static __always_inline struct sock *lt_sock_of(int fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *table = task->files->fdt;
	struct file *file;
	struct sock *sk;

	if (fd < 0 || (u32)fd >= table->max_fds)
		return NULL;
	file = table->fd[fd];
	if (!file || !S_ISSOCK(file->f_inode->i_mode))
		return NULL;
	sk = ((struct socket *)file->private_data)->sk;
	if (!sk || (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6))
		return NULL;
	return sk;
}

struct lt_owner {
	u32 pid;		/* 0: not known */
	char comm[TASK_COMM_LEN];
};
BPF_TABLE("lru_hash", u64, struct lt_owner, lt_owners, 65536);

static __always_inline void lt_own(u64 key)
{
	struct lt_owner owner = { .pid = bpf_get_current_pid_tgid() >> 32 };
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	/* which closes subflows of Multipath TCP, and files that are closed late */
	if (task->flags & PF_KTHREAD)
		return;
	bpf_get_current_comm(&owner.comm, sizeof(owner.comm));
	lt_owners.update(&key, &owner);
}

/* connect(2) and listen(2) are made by the owner; so are close(2) and shutdown(2), which is all that is known of
 * sockets that were there before. */
static __always_inline void lt_see_state(struct sock *sk, int oldstate, int newstate)
{
	u64 key = (u64)sk;

	if (newstate == TCP_SYN_SENT || newstate == TCP_LISTEN)
		lt_own(key);
	else if ((newstate == TCP_FIN_WAIT1 || newstate == TCP_LAST_ACK) && !lt_owners.lookup(&key))
		lt_own(key);
}

static __always_inline void lt_see_accepted(int fd)
{
	struct sock *sk = lt_sock_of(fd);

	if (sk && sk->sk_protocol == IPPROTO_TCP)
		lt_own((u64)sk);
}

/* The programs that see them. */
#define LT_SEE_ACCEPTED \
	TRACEPOINT_PROBE(syscalls, sys_exit_accept) { lt_see_accepted(args->ret); return 0; } \
	TRACEPOINT_PROBE(syscalls, sys_exit_accept4) { lt_see_accepted(args->ret); return 0; }

static __always_inline void lt_owner_of(struct lt_owner *to, struct sock *sk)
{
	u64 key = (u64)sk;
	struct lt_owner *owner = lt_owners.lookup(&key);

	if (owner)
		*to = *owner;
}

/* Whether --pid and --comm of <luatrace/filter.h> ask for it. */
#define wanted_owner(OWNER) (wanted_pid((OWNER)->pid) && wanted_comm((OWNER)->comm))

/* When it is closed. */
static __always_inline void lt_forget_owner(struct sock *sk)
{
	u64 key = (u64)sk;

	lt_owners.delete(&key);
}

#endif
