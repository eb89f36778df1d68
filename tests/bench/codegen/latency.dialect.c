/* SPDX-License-Identifier: MIT */
/* Start and end probes with a map between them: a log2 histogram of latencies. */
BPF_HASH(start, u32, u64);
BPF_HISTOGRAM(dist);

int kprobe__vfs_fsync_range(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();

	start.update(&tid, &now);
	return 0;
}

int kretprobe__vfs_fsync_range(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 *began = start.lookup(&tid);

	if (!began)
		return 0;
	dist.increment(bpf_log2l((bpf_ktime_get_ns() - *began) / 1000));
	start.delete(&tid);
	return 0;
}
