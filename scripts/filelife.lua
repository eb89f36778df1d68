-- SPDX-License-Identifier: MIT
return {
	summary = "files that do not live long: created and removed while this runs, with their age",
	description = [[
Shows each file that is removed after it was created while this ran: temporary files, locks, what a build leaves
behind.

PID and COMM are the process that removed it. AGE is the time since it was created. DIR and FILE are the name that
was removed, and that of its folder. A file that has other names (hard links) is shown when the last of them goes.

Of files, those that open() created count, not folders, links, sockets and pipes; what mknod() or an NFS server
created is not seen, nor a file that ends because another is renamed to its name. The last 65,536 files created are
remembered.]],
	overhead = "a program for each open, about 0.2 microseconds, and two for each removal",
	example = [[
# luatrace filelife
PID     COMM                AGE(s) DIR                  FILE
182     rm                   1.002 /                    tmp.1
184     rm                   1.348 /                    tmp.2
186     rm                   1.977 /                    tmp.3
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct file_id { u64 ino; u32 dev, generation; };
struct removal {
	u64 created;	/* 0: it is none of ours */
	struct file_id id;
	u32 depth;
	char dir[64];
	char file[256];
};
struct event {
	u64 ts, age;
	u32 pid;
	char comm[TASK_COMM_LEN];
	char dir[64];
	char file[256];
};
BPF_TABLE("lru_hash", struct file_id, u64, files, 65536);
BPF_HASH(removals, u32, struct removal, 10240);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline struct file_id id_of(struct inode *inode)
{
	struct file_id id = { .ino = inode->i_ino, .dev = inode->i_sb->s_dev, .generation = inode->i_generation };

	return id;
}

int kprobe__vfs_open(struct pt_regs *ctx, const struct path *path, struct file *file)
{
	enum { CREATED = 0x100000 };	/* FMODE_CREATED */
	struct file_id id;
	u64 now;

	if (!(file->f_mode & CREATED))
		return 0;
	now = bpf_ktime_get_ns();
	id = id_of(path->dentry->d_inode);
	files.update(&id, &now);
	return 0;
}

int kprobe__vfs_unlink(struct pt_regs *ctx, void *idmap, struct inode *dir, struct dentry *dentry)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct removal *outer = removals.lookup(&tid), removal = {};
	struct inode *inode = dentry->d_inode;
	u64 *created;

	/* overlayfs removes the file of the layer below meanwhile */
	if (outer) {
		outer->depth++;
		return 0;
	}
	removal.id = id_of(inode);
	created = files.lookup(&removal.id);
	if (created && inode->i_nlink <= 1 && wanted()) {
		removal.created = *created;
		bpf_probe_read_kernel_str(&removal.dir, sizeof(removal.dir), dentry->d_parent->d_name.name);
		bpf_probe_read_kernel_str(&removal.file, sizeof(removal.file), dentry->d_name.name);
	}
	removals.update(&tid, &removal);
	return 0;
}

int kretprobe__vfs_unlink(struct pt_regs *ctx)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 tid = id;
	struct removal *removal = removals.lookup(&tid);
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = id >> 32 };

	if (!removal)
		return 0;
	if (removal->depth) {
		removal->depth--;
		return 0;
	}
	if (removal->created && !PT_REGS_RC(ctx)) {
		event.age = event.ts - removal->created;
		bpf_get_current_comm(&event.comm, sizeof(event.comm));
		memcpy(event.dir, removal->dir, sizeof(event.dir));
		memcpy(event.file, removal->file, sizeof(event.file));
		files.delete(&removal->id);
		events.ringbuf_output(&event, sizeof(event), 0);
	}
	removals.delete(&tid);
	return 0;
}]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "AGE", unit = "s", width = 9, decimals = 3, value = function(e) return tonumber(e.age) / 1e9 end },
		{ "DIR", width = 20 }, { "FILE" },
	},
}
