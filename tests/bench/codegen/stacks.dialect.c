/* SPDX-License-Identifier: MIT */
/* A perf event that counts stacks, as a profiler does. */
struct sampled {
	u32 pid;
	int user, kernel;
	char comm[TASK_COMM_LEN];
};
BPF_HASH(counts, struct sampled, u64, 40960);
BPF_STACK_TRACE(stacks, 16384);

int on_sample(struct bpf_perf_event_data *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct sampled key = { .pid = pid };

	if (!pid)
		return 0;
	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	key.user = stacks.get_stackid(ctx, BPF_F_USER_STACK);
	key.kernel = stacks.get_stackid(ctx, 0);
	counts.increment(key);
	return 0;
}
