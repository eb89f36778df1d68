-- SPDX-License-Identifier: MIT
local KINDS = { [0] = "read", "write", "open", "create", "unlink", "mkdir", "rmdir", "fsync" }

return {
	summary = "calls of the file system layer, by kind",
	description = [[
Counts calls of the functions that most work with files goes through, whatever the file system: vfs_read,
vfs_write, vfs_open, vfs_create, vfs_unlink, vfs_mkdir, vfs_rmdir and vfs_fsync_range. A row has the calls of
its interval, which is a second unless said otherwise. Calls that fail count too.

READ and WRITE include those of pipes, terminals and devices. What readv, writev, sendfile, splice, io_uring and
memory mappings read and write is not counted, nor what sockets send and receive by calls of their own. CREATE
are files of mknod and of NFS servers; one that open creates is in OPEN alone. On overlayfs a call may count
twice, for the layer below.]],
	overhead = "one program for each call, about 0.1 microseconds; a machine can make millions of them a second",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
enum { READ, WRITE, OPEN, CREATE, UNLINK, MKDIR, RMDIR, FSYNC, KINDS };
BPF_PERCPU_ARRAY(calls, u64, KINDS);

static __always_inline int count(u32 kind)
{
	u64 *sum = calls.lookup(&kind);

	if (sum && wanted())
		++*sum;
	return 0;
}

int kprobe__vfs_read(struct pt_regs *ctx) { return count(READ); }
int kprobe__vfs_write(struct pt_regs *ctx) { return count(WRITE); }
int kprobe__vfs_open(struct pt_regs *ctx) { return count(OPEN); }
int kprobe__vfs_create(struct pt_regs *ctx) { return count(CREATE); }
int kprobe__vfs_unlink(struct pt_regs *ctx) { return count(UNLINK); }
int kprobe__vfs_mkdir(struct pt_regs *ctx) { return count(MKDIR); }
int kprobe__vfs_rmdir(struct pt_regs *ctx) { return count(RMDIR); }
int kprobe__vfs_fsync_range(struct pt_regs *ctx) { return count(FSYNC); }
]],
	interval = 1,
	columns = {
		{ "READ", width = 9, align = "right", metric = "counter" },
		{ "WRITE", width = 9, align = "right", metric = "counter" },
		{ "OPEN", width = 9, align = "right", metric = "counter" },
		{ "CREATE", width = 7, align = "right", metric = "counter" },
		{ "UNLINK", width = 7, align = "right", metric = "counter" },
		{ "MKDIR", width = 7, align = "right", metric = "counter" },
		{ "RMDIR", width = 7, align = "right", metric = "counter" },
		{ "FSYNC", width = 7, align = "right", metric = "counter" },
	},
	every = function(run)
		local row = {}
		for kind = 0, #KINDS do
			row[KINDS[kind]] = 0
		end
		for _, entry in ipairs(run:take "calls") do
			row[KINDS[entry.key]] = tonumber(entry.value)
		end
		run:row(row)
	end,
}
