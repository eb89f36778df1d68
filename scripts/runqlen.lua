-- SPDX-License-Identifier: MIT
return {
	summary = "how many tasks wait for each CPU: sampled run queue lengths",
	description = [[
Looks at each CPU's run queue at a fixed rate and counts how many tasks waited there; the one that runs is none of
them. All classes and groups of tasks count, but not those that the scheduler keeps in the queue while they sleep
("delayed dequeue", since 6.12).

--occupancy shows instead how often somebody waited, in percent of the samples. One CPU with a long queue while others
have none, seen with --cpus, says that tasks are tied to it or that balancing fails.]],
	overhead = "one program a sample: 99 a second on each CPU take less than 0.1 % of it; CPUs at rest are woken",
	example = [[
# luatrace runqlen -d 1
     runqlen       : count     distribution
        0          : 171      |****************************************|
        1          : 16       |***                                     |
        2          : 6        |*                                       |
        3          : 0        |                                        |
        4          : 1        |                                        |
]],
	options = {
		{ "occupancy", "O", help = "how often tasks waited, not how many" },
		{ "cpus", "C", help = "each CPU by itself" },
		{ "frequency", "F", type = "integer", min = 1, max = 10000, default = 99, metavar = "HERTZ",
			help = "samples a second on each CPU" },
	},
	text = [[
/* How many tasks of a queue sleep, though its counts have them: since Linux 6.12, by two names. */
struct cfs_rq___runnable { unsigned int h_nr_queued, h_nr_runnable; } __attribute__((preserve_access_index));
struct cfs_rq___delayed { unsigned int h_nr_delayed; } __attribute__((preserve_access_index));

static __always_inline int delayed(struct cfs_rq *cfs)
{
	struct cfs_rq___runnable *runnable = (void *)cfs;
	struct cfs_rq___delayed *delayed = (void *)cfs;

	if (bpf_core_field_exists(runnable->h_nr_runnable))
		return runnable->h_nr_queued - runnable->h_nr_runnable;
	return bpf_core_field_exists(delayed->h_nr_delayed) ? delayed->h_nr_delayed : 0;
}

struct key { u32 key, slot; };
BPF_HISTOGRAM(lengths, struct key, 10240);

int sample(struct bpf_perf_event_data *ctx)
{
	struct task_struct *current = (struct task_struct *)bpf_get_current_task();
	struct rq *rq = current->se.cfs_rq->rq;
	struct key key = { .key = bpf_get_smp_processor_id() };
	int waiting = rq->nr_running - delayed(&rq->cfs) - (current->pid != 0);

	key.slot = waiting > 0 ? waiting : 0;
	lengths.atomic_increment(key);
	return 0;
}]],
	attach = function(run)
		return run.b:attach_perf_event { ev_type = run.b.PerfType.SOFTWARE, ev_config = run.b.PerfSWConfig.CPU_CLOCK,
			fn_name = "sample", sample_freq = run.options.frequency }
	end,
	histograms = true,
	columns = function(options)
		return options.occupancy and {
			{ "CPU", width = 4, align = "right", label = true, when = "cpus" },
			{ "SAMPLES", width = 8, align = "right", metric = "counter" },
			{ "OCCUPANCY", unit = "%", width = 13, decimals = 2,
				value = function(row) return 100 * row.waited / row.samples end },
		}
	end,
	every = function(run)
		local options = run.options
		if not options.occupancy then
			run:hist("lengths", { unit = "runqlen", linear = true, label = options.cpus and "cpu" or nil })
			return
		end
		local rows = run:take_rows "lengths"
		for _, row in ipairs(rows) do
			row.cpu, row.samples, row.waited = options.cpus and row.key or 0, row.value, row.slot > 0 and row.value or 0
		end
		table.sort(rows, function(a, b) return a.cpu < b.cpu end)
		run:rows(rows, "cpu")
	end,
}
