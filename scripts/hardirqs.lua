-- SPDX-License-Identifier: MIT
return {
	summary = "hardware interrupts: how often, and the time their handlers took",
	description = [[
Runs of interrupt handlers, by the interrupt's number and the handler's name, as /proc/interrupts has them. A line that
devices share has a handler for each, and all of them run. Interrupts of the CPUs' own, those with letters in
/proc/interrupts (the local timer, rescheduling), have no such handler and are not seen.

TIME is the sum of what handlers took, AVERAGE that of one run. What a handler leaves to softirqs or to threads is not
in it.]],
	example = [[
# luatrace hardirqs --duration 1
IRQ  NAME                           COUNT     TIME(us) AVERAGE(us)
36   virtio1-req.0                     24        143.4       5.976
]],
	overhead = "two raw tracepoint programs for each run of a handler, together about 3 microseconds",
	options = {
		{ "distribution", "d", help = "times as histograms, one for each handler", sets = "as_histogram" },
		{ "nanoseconds", "N", help = "histograms in nanoseconds, not microseconds", sets = "divisor", times = 1 },
	},
	text = [[
#include <luatrace/cpu.h>	/* handlers on one run one after the other, with interrupts off */
struct handler { int irq; char name[32]; };
struct key { struct handler key; u32 slot; };
struct sum { u64 count, ns; };
const volatile u64 divisor = 1000;
const volatile bool as_histogram;
BPF_HASH(sums, struct handler, struct sum, 4096);
BPF_HISTOGRAM(times, struct key, 10240);

RAW_TRACEPOINT_PROBE(irq_handler_entry) { return cpu_begins(); }

RAW_TRACEPOINT_PROBE(irq_handler_exit)
{
	struct irqaction *action = (struct irqaction *)ctx->args[1];
	struct key key = { .key.irq = (int)ctx->args[0] };
	struct sum zero = {}, *sum;
	u64 ns = cpu_ends();

	if (!ns)
		return 0;
	bpf_probe_read_kernel_str(key.key.name, sizeof(key.key.name), action->name);
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
		{ "IRQ", width = 4, label = true }, { "NAME", width = 26, label = true },
		{ "COUNT", width = 9, align = "right" },
		{ "TIME", unit = "us", width = 12, decimals = 1, metric = "counter", value = function(row) return row.ns / 1e3 end },
		{ "AVERAGE", unit = "us", width = 11, decimals = 3, metric = "none",
			value = function(row) return row.ns / row.count / 1e3 end },
	},
	histograms = "distribution",
	every = function(run)
		if run.options.distribution then
			return run:hist("times", { unit = run.options.nanoseconds and "nsecs" or "usecs", label = "irq",
				name = function(handler) return ("%d %s"):format(handler.irq, ffi.string(handler.name)) end })
		end
		run:rows "sums"
	end,
}
