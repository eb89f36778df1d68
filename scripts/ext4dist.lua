-- SPDX-License-Identifier: MIT
return {
	summary = "how long ext4's reads, writes, opens and fsyncs take: histograms",
	description = [[
Times of ext4's own functions for read, write, open and fsync, from their call to their return: with what they wait for
locks, for memory, for the disk. Reads and writes of the page cache are among them, and are short; what is written back
later is not. Mapped files are read and written without such a call.

It takes kprobes of ext4's functions. Where ext4 is a module, it must be loaded: it is once a file system is mounted.]],
	example = [[
# luatrace ext4dist
...

operation = open
     usecs               : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 0        |                                        |
         4 -> 7          : 0        |                                        |
         8 -> 15         : 0        |                                        |
        16 -> 31         : 1        |****                                    |
        32 -> 63         : 4        |****************                        |
        64 -> 127        : 10       |****************************************|
       128 -> 255        : 0        |                                        |
       256 -> 511        : 0        |                                        |
       512 -> 1023       : 0        |                                        |
      1024 -> 2047       : 0        |                                        |
      2048 -> 4095       : 0        |                                        |
      4096 -> 8191       : 1        |****                                    |
]],
	overhead = "two kprobes a call, about 1 microsecond; a busy page cache makes a million calls a second",
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "milliseconds", "m", help = "in milliseconds, not microseconds", sets = "divisor", times = 1e6 },
	},
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
enum { READ, WRITE, OPEN, FSYNC };
struct key { u32 key, slot; };
const volatile u64 divisor = 1000;
BPF_CALLS(began, u64, 65536);	/* by operation: a synchronous write calls fsync's function */
BPF_HISTOGRAM(times, struct key, 1024);

static __always_inline int enter(u64 operation)
{
	u64 now = bpf_ktime_get_ns();

	if (wanted())
		begin_call(began, operation, &now);
	return 0;
}

static __always_inline int leave(u64 operation)
{
	struct key key = { .key = operation };
	u64 start;

	if (!end_call(began, operation, &start))
		return 0;
	key.slot = bpf_log2l((bpf_ktime_get_ns() - start) / divisor);
	times.atomic_increment(key);
	return 0;
}

int kprobe__ext4_file_read_iter(struct pt_regs *ctx) { return enter(READ); }
int kprobe__ext4_file_write_iter(struct pt_regs *ctx) { return enter(WRITE); }
int kprobe__ext4_file_open(struct pt_regs *ctx) { return enter(OPEN); }
int kprobe__ext4_sync_file(struct pt_regs *ctx) { return enter(FSYNC); }
int kretprobe__ext4_file_read_iter(struct pt_regs *ctx) { return leave(READ); }
int kretprobe__ext4_file_write_iter(struct pt_regs *ctx) { return leave(WRITE); }
int kretprobe__ext4_file_open(struct pt_regs *ctx) { return leave(OPEN); }
int kretprobe__ext4_sync_file(struct pt_regs *ctx) { return leave(FSYNC); }]],
	every = function(run)
		local names = { [0] = "read", "write", "open", "fsync" }
		run:hist("times", { unit = run.options.milliseconds and "msecs" or "usecs", label = "operation",
			name = function(operation) return names[tonumber(operation)] end })
	end,
}
