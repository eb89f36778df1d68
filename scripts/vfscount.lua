-- SPDX-License-Identifier: MIT
return {
	summary = "calls of the file system layer's functions: how often each is called",
	description = [[
Counts the calls of all functions of the kernel whose names begin with "vfs_". What an application does with
files, by kind of operation; vfsstat has the most important of them side by side.

Functions that the compiler has inlined, and those that this kernel does not let be traced, are not counted. On
overlayfs a call may count twice, for the layer below.]],
	overhead = "one program for each call, about 0.1 microseconds; a machine can make millions of them a second",
	example = [[
# luatrace vfscount -r 5
FUNCTION                        COUNT
vfs_open                          824
vfs_fstatat                       792
vfs_getattr_nosec                 765
vfs_fstat                         740
vfs_read                          252
... and 5 more
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
BPF_TABLE("percpu_hash", u64, u64, calls, 1024);

int count(struct pt_regs *ctx)
{
	if (wanted())
		calls.increment(bpf_get_func_ip(ctx));
	return 0;
}]],
	attach = function(run) run.b:attach_kprobe { event = "vfs_*", fn_name = "count" } end,
	sort = "COUNT",
	columns = {
		{ "FUNCTION", width = 26, label = true },
		{ "COUNT", width = 10, align = "right", value = function(row) return row.value end },
	},
	every = function(run)
		local rows = run:take_rows "calls"
		for _, row in ipairs(rows) do
			row["function"] = run:ksym(row.key)
		end
		run:rows(rows)
	end,
}
