-- SPDX-License-Identifier: MIT
return {
	summary = "command lines that people type at bash, on the whole system",
	description = [[
A row for each line that bash has read from a person, as it was typed: also lines that are no command, and those of shells
that were there before. Scripts, and bash -c, read no lines so and are not seen.

The function readline() is in bash itself, or in the library libreadline where bash was built so: --file takes its path. With
the library, other programs that read lines by it (gdb, psql, python) are seen, too. Lines are shown up to 1023 bytes; of more
lines at once each is one row.]],
	overhead = "one user probe for each line that is typed",
	options = {
		{ "file", "s", type = "string", metavar = "FILE", help = "the program or library that has readline(): bash, unless given" },
	},
	filters = { "pid", "uid", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct event {
	u64 ts;
	u32 pid;
	char comm[TASK_COMM_LEN];
	char line[1024];
};
BPF_RINGBUF_OUTPUT(events, 64);

int after_readline(struct pt_regs *ctx)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32 };

	/* NULL: the input ended */
	if (!PT_REGS_RC(ctx) || !wanted())
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(&event.line, sizeof(event.line), (void *)PT_REGS_RC(ctx));
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	attach = function(run)
		local file = run.options.file
		local probes = file and { ("uretprobe:%s:readline"):format(file) } or { "uretprobe:bash:readline", "uretprobe:readline:readline" }
		run.b:attach { first_of = probes, fn_name = "after_readline" }
	end,
	clock = "ts",
	columns = { { "PID", width = 7 }, { "COMM", width = 16 }, { "LINE" } },
}
