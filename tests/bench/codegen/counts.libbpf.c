/* SPDX-License-Identifier: MIT */
#include "hand.h"

struct reader {
	__u32 pid;
	__u32 device;
	char comm[16];
};
MAP(calls, BPF_MAP_TYPE_HASH, struct reader, __u64, 10240);
MAP(bytes, BPF_MAP_TYPE_HASH, struct reader, __u64, 10240);

SEC("kprobe/vfs_read")
int BPF_KPROBE(on_read, struct file *file, char *buffer, size_t size)
{
	struct reader key = {};

	key.pid = bpf_get_current_pid_tgid() >> 32;
	key.device = READ(file, f_inode, i_sb, s_dev);
	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	count(&calls, &key, 1);
	count(&bytes, &key, size);
	return 0;
}
