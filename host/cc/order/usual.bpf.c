// SPDX-License-Identifier: MIT
//
// What texts usually do, compiled while luatrace-cc is built, to see which functions that takes. It is run by nobody.
#include <linux/sched.h>
#include <linux/tcp.h>
#include <net/sock.h>

#define SLOTS 27
#define MILLISECONDS(ns) ((ns) / 1000000)

enum action { READ = 1, WRITE, CONNECT };

struct key {
	u32 pid;
	int stack;
	char comm[TASK_COMM_LEN];
};

struct event {
	u64 time;
	u32 pid, uid;
	enum action action;
	s64 result;
	union {
		u32 v4;
		unsigned __int128 v6;
	} address;
	u16 port;
	char comm[TASK_COMM_LEN];
	char path[256];
};

struct opening {
	u64 time;
	const char *path;
};

const volatile u32 only_pid;
static u64 skipped;

BPF_HASH(openings, u64, struct opening);
BPF_HASH(counts, struct key);
BPF_HASH(sockets, u32, struct sock *);
BPF_PERCPU_ARRAY(scratch, struct event, 1);
BPF_ARRAY(totals, u64, 16);
BPF_HISTOGRAM(latency, u32, 64);
BPF_STACK_TRACE(stacks, 1024);
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(ring, 64);

static inline bool is_wanted(u32 pid)
{
	return !only_pid || pid == only_pid;
}

static int send_event(void *ctx, struct event *event, s64 result)
{
	event->time = bpf_ktime_get_ns();
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->uid = bpf_get_current_uid_gid();
	event->result = result;
	bpf_get_current_comm(&event->comm, sizeof(event->comm));
	events.perf_submit(ctx, event, sizeof(*event));
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_enter_openat)
{
	u64 id = bpf_get_current_pid_tgid();
	struct opening opening = { .time = bpf_ktime_get_ns(), .path = args->filename };

	if (!is_wanted(id >> 32)) {
		__sync_fetch_and_add(&skipped, 1);
		return 0;
	}
	openings.update(&id, &opening);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_openat)
{
	u64 id = bpf_get_current_pid_tgid();
	struct opening *opening = openings.lookup(&id);
	struct event event = { .action = READ };

	if (!opening)
		return 0;
	latency.increment(bpf_log2l(MILLISECONDS(bpf_ktime_get_ns() - opening->time)));
	bpf_probe_read_user_str(event.path, sizeof(event.path), opening->path);
	openings.delete(&id);
	return send_event(args, &event, args->ret);
}

int kprobe__tcp_v4_connect(struct pt_regs *ctx, struct sock *sk)
{
	u32 tid = bpf_get_current_pid_tgid();

	sockets.update(&tid, &sk);
	return 0;
}

int kretprobe__tcp_v4_connect(struct pt_regs *ctx)
{
	int ret = PT_REGS_RC(ctx), zero = 0;
	u32 tid = bpf_get_current_pid_tgid();
	struct sock **found = sockets.lookup(&tid), *sk;
	struct event *event = scratch.lookup(&zero);

	if (!found || !event)
		return 0;
	sk = *found;
	event->action = CONNECT;
	switch (sk->__sk_common.skc_family) {
	case AF_INET:
		event->address.v4 = sk->__sk_common.skc_daddr;
		break;
	case AF_INET6:
		bpf_probe_read_kernel(&event->address.v6, sizeof(event->address.v6),
				      sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32);
		break;
	default:
		return 0;
	}
	event->port = ntohs(sk->__sk_common.skc_dport);
	sockets.delete(&tid);
	return send_event(ctx, event, ret);
}

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = (struct task_struct *)ctx->args[1];
	struct task_struct *next = (struct task_struct *)ctx->args[2];
	struct key key = { .pid = prev->tgid, .stack = stacks.get_stackid(ctx, 0) };
	struct event *event;

	bpf_probe_read_kernel_str(key.comm, sizeof(key.comm), prev->comm);
	counts.increment(key);
	event = ring.ringbuf_reserve(sizeof(*event));
	if (!event)
		return 0;
	__builtin_memset(event, 0, sizeof(*event));
	event->pid = next->pid;
	event->uid = next->real_parent->tgid;
	ring.ringbuf_submit(event, 0);
	return 0;
}

int on_call(struct pt_regs *ctx)
{
	char name[16] = {};
	u64 *total, value = PT_REGS_PARM2(ctx);
	int slot = 0;

	bpf_probe_read_user(name, sizeof(name), (void *)PT_REGS_PARM1(ctx));
#pragma unroll
	for (int i = 0; i < 8; i++)
		if (name[i] == '/')
			slot = i;
	for (int i = 0; i < SLOTS && value >> i; i++)
		slot++;
	slot &= 15;
	total = totals.lookup(&slot);
	if (total)
		*total += value % 10;
	bpf_trace_printk("call %d %s\n", slot, name);
	return 0;
}
