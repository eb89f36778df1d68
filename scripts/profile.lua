-- SPDX-License-Identifier: MIT
return {
	summary = "where CPUs spend their time: stacks, sampled at a fixed rate",
	overhead = "one program a sample: 49 a second on each CPU take less than 0.1 % of it",
	options = {
		{ "frequency", "F", type = "integer", min = 1, max = 10000, default = 49, metavar = "HERTZ",
			help = "samples a second on each CPU" },
		{ "idle", "I", help = "also CPUs that have nothing to do" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options) return { with_idle = options.idle } end,
	text = [[
#include <luatrace/filter.h>
#include <luatrace/stacks.h>
const volatile bool with_idle;

int sample(struct bpf_perf_event_data *ctx)
{
	if ((with_idle || bpf_get_current_pid_tgid()) && wanted())
		count_stack(ctx, 1);
	return 0;
}]],
	stacks = { unit = "samples" },
	attach = function(run)
		run.b:attach_perf_event { ev_type = run.b.PerfType.SOFTWARE, ev_config = run.b.PerfSWConfig.CPU_CLOCK,
			fn_name = "sample", sample_freq = run.options.frequency }
	end,
}
