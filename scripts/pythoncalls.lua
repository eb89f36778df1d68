-- SPDX-License-Identifier: MIT
return {
	summary = "functions of Python programs: how often they are called, and the time they take",
	description = [[
Counts calls of functions written in Python, by file and name. With --latency also the time from entry to return, of
the functions that they call too: a function that calls itself counts the inner time again. A generator counts each
time it goes on.

It needs a CPython of 3.6 to 3.10 that was built with --with-dtrace, as those of Debian and Fedora were; "luatrace
probes 'usdt:FILE:*'" shows whether one has the probes function__entry and function__return. CPython 3.11 has them,
but passes them for next to no call, for its interpreter calls functions in another way: of its programs hardly
anything is seen.

--path names the program, or the library (libpython3.so) where that has the interpreter; with --pid all files of that
process are looked at. Names are cut at 79 characters, of files the first are shown.]],
	overhead = "a user probe for each call and, with --latency, each return: a microsecond or more, many times "
		.. "what a call takes",
	example = [[
# luatrace pythoncalls -L
    CALLS     TIME(ms) FUNCTION                       FILE
       21       22.859 inner                          /lib/module.py
        7        0.103 again                          /lib/module.py
        7       22.965 outer                          /lib/module.py
]],
	options = {
		{ "path", "f", type = "string", metavar = "FILE", default = "python3", help = "the program or library" },
		{ "latency", "L", help = "also the time that they take", sets = "timed" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct function { char file[80], function[80]; };
struct sum { u64 calls, ns; };
struct level { u32 tid, depth; };
const volatile bool timed;
BPF_HASH(sums, struct function, struct sum, 10240);
BPF_TABLE("lru_hash", u32, u32, depths, 10240);
BPF_TABLE("lru_hash", struct level, u64, entered, 65536);

static __always_inline struct sum *sum_of(struct pt_regs *ctx)
{
	struct function function = {};
	struct sum zero = {};
	u64 file = 0, name = 0;

	bpf_usdt_readarg(1, ctx, &file);
	bpf_usdt_readarg(2, ctx, &name);
	bpf_probe_read_user_str(&function.file, sizeof(function.file), (void *)file);
	bpf_probe_read_user_str(&function.function, sizeof(function.function), (void *)name);
	return sums.lookup_or_try_init(&function, &zero);
}

int on_entry(struct pt_regs *ctx)
{
	u32 zero = 0, *depth;
	struct level level = { .tid = bpf_get_current_pid_tgid() };
	struct sum *sum;
	u64 now;

	if (!wanted())
		return 0;
	sum = sum_of(ctx);
	if (sum)
		__sync_fetch_and_add(&sum->calls, 1);
	depth = timed ? depths.lookup_or_try_init(&level.tid, &zero) : NULL;
	if (!depth)
		return 0;
	level.depth = ++*depth;
	now = bpf_ktime_get_ns();
	entered.update(&level, &now);
	return 0;
}

int on_return(struct pt_regs *ctx)
{
	struct level level = { .tid = bpf_get_current_pid_tgid() };
	u32 *depth = depths.lookup(&level.tid);
	struct sum *sum;
	u64 *since;

	/* of a function that was called before the tool came there is no entry */
	if (!depth || !*depth)
		return 0;
	level.depth = (*depth)--;
	since = entered.lookup(&level);
	sum = since ? sum_of(ctx) : NULL;
	if (sum)
		__sync_fetch_and_add(&sum->ns, bpf_ktime_get_ns() - *since);
	entered.delete(&level);
	if (level.depth == 1)
		depths.delete(&level.tid);
	return 0;
}]],
	attach = function(run)
		run:attach_usdt(run.options.path, "python:function__entry", "on_entry")
		if run.options.latency then
			run:attach_usdt(run.options.path, "python:function__return", "on_return")
		end
	end,
	rows = 20, sort = "CALLS",
	columns = {
		{ "CALLS", width = 9, align = "right", metric = "counter" },
		{ "TIME", unit = "ms", width = 12, decimals = 3, when = "latency", metric = "counter",
			value = function(row) return row.ns / 1e6 end },
		{ "FUNCTION", width = 30, label = true }, { "FILE", label = true },
	},
	every = function(run) run:rows "sums" end,
}
