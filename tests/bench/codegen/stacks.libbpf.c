/* SPDX-License-Identifier: MIT */
#include "hand.h"

struct sampled {
	__u32 pid;
	int user, kernel;
	char comm[16];
};
struct stack {
	__u64 ip[127];
};
MAP(counts, BPF_MAP_TYPE_HASH, struct sampled, __u64, 40960);
MAP(stacks, BPF_MAP_TYPE_STACK_TRACE, int, struct stack, 16384);

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct sampled key = { .pid = pid };

	if (!pid)
		return 0;
	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	key.user = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	key.kernel = bpf_get_stackid(ctx, &stacks, 0);
	count(&counts, &key, 1);
	return 0;
}
