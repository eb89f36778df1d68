/* SPDX-License-Identifier: MIT */
/* A kprobe that counts by key: bytes and calls of each process and device. */
#include <linux/fs.h>

struct reader {
	u32 pid;
	u32 device;
	char comm[TASK_COMM_LEN];
};
BPF_HASH(calls, struct reader);
BPF_HASH(bytes, struct reader);

int kprobe__vfs_read(struct pt_regs *ctx, struct file *file, char *buffer, size_t size)
{
	struct reader key = {};

	key.pid = bpf_get_current_pid_tgid() >> 32;
	key.device = file->f_inode->i_sb->s_dev;
	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	calls.increment(key);
	bytes.increment(key, size);
	return 0;
}
