-- SPDX-License-Identifier: MIT
-- As /proc/softirqs has them.
local NAMES = { [0] = "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU" }

local function name(vector) return NAMES[tonumber(vector)] or tostring(vector) end

return {
	summary = "softirqs: how often each runs, and the time it takes",
	description = [[
Runs of softirqs, the work that interrupts leave for later, by their names as in /proc/softirqs; one run of NET_RX
handles many packets. They run behind an interrupt, in whatever task that hit, or in ksoftirqd.

TIME is the sum, AVERAGE that of one run. Interrupts that came meanwhile count in it.]],
	example = [[
# luatrace softirqs --duration 1
SOFTIRQ        COUNT     TIME(us) AVERAGE(us)
RCU              226       2630.4      11.639
SCHED            128        753.1       5.884
TIMER             86        656.9       7.638
BLOCK             27        611.7      22.657
]],
	overhead = "two raw tracepoint programs for each run, together about 2 microseconds",
	options = {
		{ "distribution", "d", help = "times as histograms, one for each softirq", sets = "as_histogram" },
		{ "nanoseconds", "N", help = "histograms in nanoseconds, not microseconds", sets = "divisor", times = 1 },
	},
	text = [[
#include <luatrace/cpu.h>	/* one at a time runs on one: none interrupts another */
struct key { u32 key, slot; };
struct sum { u64 count, ns; };
const volatile u64 divisor = 1000;
const volatile bool as_histogram;
BPF_HASH(sums, u32, struct sum, 64);
BPF_HISTOGRAM(times, struct key, 4096);

RAW_TRACEPOINT_PROBE(softirq_entry) { return cpu_begins(); }

RAW_TRACEPOINT_PROBE(softirq_exit)
{
	struct key key = { .key = ctx->args[0] };
	struct sum zero = {}, *sum;
	u64 ns = cpu_ends();

	if (!ns)
		return 0;
	if (as_histogram) {
		key.slot = bpf_log2l(ns / divisor);
		times.atomic_increment(key);
		return 0;
	}
	sum = sums.lookup_or_try_init(&key.key, &zero);
	if (!sum)
		return 0;
	__sync_fetch_and_add(&sum->count, 1);
	__sync_fetch_and_add(&sum->ns, ns);
	return 0;
}]],
	sort = "TIME",
	columns = {
		{ "SOFTIRQ", width = 10, label = true, value = function(row) return name(row.key) end },
		{ "COUNT", width = 9, align = "right" },
		{ "TIME", unit = "us", width = 12, decimals = 1, metric = "counter", value = function(row) return row.ns / 1e3 end },
		{ "AVERAGE", unit = "us", width = 11, decimals = 3, metric = "none",
			value = function(row) return row.ns / row.count / 1e3 end },
	},
	histograms = "distribution",
	every = function(run)
		if run.options.distribution then
			return run:hist("times", { unit = run.options.nanoseconds and "nsecs" or "usecs", label = "softirq", name = name })
		end
		run:rows "sums"
	end,
}
