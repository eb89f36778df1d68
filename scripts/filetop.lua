-- SPDX-License-Identifier: MIT
return {
	summary = "files that are read and written most, by process",
	description = [[
Shows for each file and process how often it was read and written in the interval, and how much, the most first.

READS and WRITES are calls, whether they worked or not. READ and WRITTEN are what they transferred, not what was
asked for. Of FILE the name is shown, 63 bytes of it, without its folder. Without --all only regular files are shown;
with it also pipes, terminals, devices and sockets, each of which has a letter as T: F(ile), S(ocket), O(ther).

Calls of read, pread64, write and pwrite64 are seen, not readv and its like, sendfile, splice, io_uring and
memory mappings.]],
	overhead = "one program for each call, about 0.2 microseconds",
	example = [[
# luatrace filetop -r 3 2 1
03:34:17
PID     COMM               READS  WRITES  READ(KiB) WRITTEN(KiB) T FILE
256     seq                    2       0        2.9          0.0 F locale.alias
258     dd                     3       0        2.3          0.0 F libc.so.6
254     sh                     3       0        2.3          0.0 F libc.so.6
... and 6 more
]],
	options = {
		{ "all", "a", help = "also pipes, terminals, devices and sockets", sets = "all_kinds" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct who { u64 ino; u32 dev, pid; };
struct sum {
	u64 reads, writes, read, written;
	char kind;
	char comm[TASK_COMM_LEN];
	char file[64];
};
const volatile bool all_kinds;
BPF_HASH(sums, struct who, struct sum, 16384);

static __always_inline int transfer(struct file *file, long result, bool is_write)
{
	struct inode *inode = file->f_inode;
	struct who who = { .ino = inode->i_ino, .dev = inode->i_sb->s_dev, .pid = bpf_get_current_pid_tgid() >> 32 };
	u64 bytes = result > 0 ? result : 0;
	u16 mode = inode->i_mode;
	struct sum zero = {}, *sum;

	if ((!all_kinds && !S_ISREG(mode)) || !wanted())
		return 0;
	sum = sums.lookup(&who);
	if (!sum) {
		zero.kind = S_ISREG(mode) ? 'F' : S_ISSOCK(mode) ? 'S' : 'O';
		bpf_get_current_comm(&zero.comm, sizeof(zero.comm));
		bpf_probe_read_kernel_str(&zero.file, sizeof(zero.file), file->f_path.dentry->d_name.name);
		sum = sums.lookup_or_try_init(&who, &zero);
		if (!sum)
			return 0;
	}
	__sync_fetch_and_add(is_write ? &sum->writes : &sum->reads, 1);
	__sync_fetch_and_add(is_write ? &sum->written : &sum->read, bytes);
	return 0;
}

KRETFUNC_PROBE(vfs_read, struct file *file, char *buffer, size_t count, loff_t *position, ssize_t ret)
{
	return transfer(file, ret, false);
}

KRETFUNC_PROBE(vfs_write, struct file *file, const char *buffer, size_t count, loff_t *position, ssize_t ret)
{
	return transfer(file, ret, true);
}]],
	interval = 1, rows = 20,
	columns = {
		{ "PID", width = 7, label = true }, { "COMM", width = 16 },
		{ "READS", width = 7, align = "right", metric = "counter" },
		{ "WRITES", width = 7, align = "right", metric = "counter" },
		{ "READ", unit = "KiB", width = 10, decimals = 1, metric = "counter",
			value = function(row) return row.read / 1024 end },
		{ "WRITTEN", unit = "KiB", width = 12, decimals = 1, metric = "counter",
			value = function(row) return row.written / 1024 end },
		{ "T", field = "kind", width = 1, value = function(row) return string.char(row.kind) end }, { "FILE" },
	},
	every = function(run)
		local rows = run:take_rows "sums"
		table.sort(rows, function(a, b) return a.read + a.written > b.read + b.written end)
		run:rows(rows)
	end,
}
