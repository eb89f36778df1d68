-- SPDX-License-Identifier: MIT
return {
	summary = "where CPUs spend their time: stacks, sampled at a fixed rate",
	description = [[
Looks at each CPU at a fixed rate and counts the stack of what runs there: the kernel's half and the user's. A function
that is in many samples takes much of the time. What sleeps is not seen; offcputime shows that.

Stacks are followed by frame pointers: a user's functions that were compiled without are missing in them.]],
	overhead = "one program a sample: 49 a second on each CPU take less than 0.1 % of it",
	example = [[
# luatrace -c "perl -e '\$i++ for 1..4e7'" profile -U -n perl -F 99 -f
perl;[unknown];[unknown];[unknown];Perl_pp_gvsv 8
perl;Perl_pp_unstack 12
perl;[unknown];[unknown];Perl_pp_preinc 15
perl;Perl_pp_iter 38
]],
	options = {
		{ "frequency", "F", type = "integer", min = 1, max = 10000, default = 49, metavar = "HERTZ",
			help = "samples a second on each CPU" },
		{ "cpu", "C", type = "integer", min = 0, max = 4095, metavar = "CPU", help = "only this CPU" },
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
		return run.b:attach_perf_event { ev_type = run.b.PerfType.SOFTWARE, ev_config = run.b.PerfSWConfig.CPU_CLOCK,
			fn_name = "sample", sample_freq = run.options.frequency, cpu = run.options.cpu }
	end,
}
