-- SPDX-License-Identifier: MIT
-- luatrace new NAME: a tool to begin with.
local M = {}

local USAGE = "usage: luatrace new NAME\n\nWrites NAME.lua, a tool that runs as it is, for you to change.\n"

local TEXT = [==[
#!/usr/bin/env luatrace
-- %s: who changes directories, and where to. Run it with `luatrace ./%s.lua`; try --help, --json, -p PID.
return {
	summary = "directories that processes change to",
	overhead = "one tracepoint program for each chdir(2)",
	-- What an option `sets` is a constant, which the text has as `const volatile`.
	options = {
		{ "absolute", "a", help = "only paths that begin with a slash", sets = "absolute_only" },
	},
	-- --pid, --uid and so on: the text asks wanted().
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct event {
	u64 ts;
	u32 pid;
	char comm[TASK_COMM_LEN];
	char path[256];
};
const volatile bool absolute_only;
BPF_RINGBUF_OUTPUT(events, 64);

TRACEPOINT_PROBE(syscalls, sys_enter_chdir)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32 };

	if (!wanted())
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(&event.path, sizeof(event.path), args->filename);
	if (!absolute_only || event.path[0] == '/')
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	-- Each record is a row: a column shows the member of its name, or what `value` makes of the record.
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 }, { "PATH" },
	},
}
]==]

---@param ... string arguments
---@return integer status
function M.main(...)
	local name, more = ...
	if name == "--help" or name == "-h" then
		io.write(USAGE)
		return 0
	elseif not name or more or not name:find "^%w[%w_-]*$" then
		io.stderr:write("luatrace new: takes a name of letters, digits, '-' and '_'\n")
		return 2
	end
	local path = name .. ".lua"
	local file, why = io.open(path, "wx")	-- never one that is there
	if not file then
		io.stderr:write(("luatrace new: %s\n"):format(why))
		return 1
	end
	local ok
	ok, why = file:write(TEXT:format(name, name))
	if not file:close() or not ok then
		io.stderr:write(("luatrace new: %s: %s\n"):format(path, why or "cannot be written"))
		return 1
	end
	io.write(("%s is written: luatrace ./%s\n"):format(path, path))
	return 0
end

return M
