-- SPDX-License-Identifier: MIT
return {
	summary = "references and misses of the CPUs' last cache, by process",
	description = [[
How often each process looked something up in the last level of the cache, and how often it was not there, by the
processor's own counters. They are sampled: each sample stands for as many events as --period says, so small numbers are
rough. Processes that share a CPU share its cache, and each other's misses.

What the events count is the processor's own business: see perf-list(1) of cache-references and cache-misses. A virtual
machine has the counters only if its host passes them on; where there are none, it is an error.]],
	overhead = "an interrupt and a program for each so many events: with small periods more than the work itself",
	options = {
		{ "period", "c", type = "integer", min = 1, max = 1000000000, default = 10000, metavar = "EVENTS",
			help = "a sample each so many events" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct who { u32 pid; char comm[TASK_COMM_LEN]; };
struct sum { u64 references, misses; };
BPF_HASH(sums, struct who, struct sum, 10240);

static __always_inline struct sum *sum_of_task(void)
{
	struct who who = { .pid = bpf_get_current_pid_tgid() >> 32 };
	struct sum zero = {};

	if (!wanted())
		return NULL;
	bpf_get_current_comm(who.comm, sizeof(who.comm));
	return sums.lookup_or_try_init(&who, &zero);
}

int on_reference(struct bpf_perf_event_data *ctx)
{
	struct sum *sum = sum_of_task();

	if (sum)
		__sync_fetch_and_add(&sum->references, ctx->sample_period);
	return 0;
}

int on_miss(struct bpf_perf_event_data *ctx)
{
	struct sum *sum = sum_of_task();

	if (sum)
		__sync_fetch_and_add(&sum->misses, ctx->sample_period);
	return 0;
}]],
	attach = function(run)
		local b = run.b
		for fn, event in pairs { on_reference = b.PerfHWConfig.CACHE_REFERENCES, on_miss = b.PerfHWConfig.CACHE_MISSES } do
			b:attach_perf_event { ev_type = b.PerfType.HARDWARE, ev_config = event, fn_name = fn,
				sample_period = run.options.period }
		end
	end,
	rows = 20, sort = "REFERENCES",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "REFERENCES", width = 12, align = "right", metric = "counter" },
		{ "MISSES", width = 12, align = "right", metric = "counter" },
		{ "HIT", unit = "%", width = 7, decimals = 2, metric = "none",
			value = function(row)
				return row.references > 0 and math.max(0, 100 - 100 * row.misses / row.references) or nil
			end },
	},
	every = function(run) run:rows "sums" end,
}
