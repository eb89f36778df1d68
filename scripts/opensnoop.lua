#!/usr/bin/env luatrace
-- SPDX-License-Identifier: MIT
--
-- opensnoop: files as they are opened, with who asked and what came of it.
--
--   luatrace opensnoop [--duration SECONDS] [--pid PID]
--
--   PID     COMM                  FD PATH
--   4172    sshd                   3 /etc/ssh/moduli
--   4172    sshd              ENOENT /etc/gai.conf
--
-- Cost: two tracepoint programs for each openat(2), about 1 microsecond an open.

local BPF = require "luatrace"

local usage = "usage: luatrace opensnoop [--duration SECONDS] [--pid PID]"
local options = {}
do
	local known = { ["--duration"] = "duration", ["--pid"] = "pid" }
	local i = 1
	while arg[i] do
		local name = known[arg[i]]
		if arg[i] == "--help" or arg[i] == "-h" then
			print(usage)
			return
		end
		if not name then
			io.stderr:write("opensnoop: unknown option '", arg[i], "'\n", usage, "\n")
			os.exit(2)
		end
		options[name] = tonumber(arg[i + 1])
		if not options[name] then
			io.stderr:write("opensnoop: ", arg[i], " takes a number\n", usage, "\n")
			os.exit(2)
		end
		i = i + 2
	end
end

local b = BPF { text = [[
struct opening {
	u64 path;
};
struct event {
	u32 pid;
	int result;
	char comm[TASK_COMM_LEN];
	char path[256];
};
BPF_HASH(openings, u64, struct opening);
BPF_PERF_OUTPUT(events);

TRACEPOINT_PROBE(syscalls, sys_enter_openat)
{
	u64 id = bpf_get_current_pid_tgid();
	struct opening opening = { .path = (u64)args->filename };

	openings.update(&id, &opening);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_openat)
{
	u64 id = bpf_get_current_pid_tgid();
	struct opening *opening = openings.lookup(&id);
	struct event event = {};

	if (!opening)
		return 0;
	event.pid = id >> 32;
	event.result = args->ret;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(&event.path, sizeof(event.path), (void *)opening->path);
	openings.delete(&id);
	events.perf_submit(args, &event, sizeof(event));
	return 0;
}]] }

local errors = { [-1] = "EPERM", [-2] = "ENOENT", [-4] = "EINTR", [-13] = "EACCES", [-17] = "EEXIST",
	[-20] = "ENOTDIR", [-21] = "EISDIR", [-24] = "EMFILE" }

local rows = BPF.columns {
	{ "PID", width = 7 }, { "COMM", width = 16 }, { "FD", width = 7, align = "right" }, { "PATH" },
}
rows:header()
b.events:open_perf_buffer(function(_, event)
	if options.pid and event.pid ~= options.pid then
		return
	end
	rows:row(event.pid, event.comm, errors[event.result] or event.result, event.path)
end)
BPF.run(options.duration)
