-- SPDX-License-Identifier: MIT
local BPF = require "luatrace"
local errors = require "luatrace.errors"

local PROGRAMS = { mysql = "mysqld", postgres = "postgres" }
local PROVIDERS = { mysql = "mysql", postgres = "postgresql" }

-- Without probes: the function of MySQL, or of MariaDB, whose arguments are in another order.
local function attach_function(run, path, pid, why)
	local pattern = "_Z16dispatch_command(P3THDPK8COM_DATA|19enum_server_commandP3THD)"
	local ok, names = pcall(BPF.get_user_functions, path, pattern, pid)
	local name = ok and names[1]
	if not name then
		errors.raise(why, errors.ENOENT)
	end
	run:attach_function(path, name, { pid = pid, leave = "query_done",
		enter = name:find "dispatch_commandP3THD" and "dispatch_mysql" or "dispatch_mariadb" })
end

return {
	summary = "queries of MySQL, MariaDB and PostgreSQL servers that are slow",
	description = [[
A row for each query that took at least so long (--min), of servers on this machine. DATABASE is "mysql", which is
MariaDB's as well, or "postgres". The time is from when the server begins with the query until it has answered; that
of the network is no part of it. QUERY is its text, up to 1023 bytes.

--path names the server's program where PATH does not have it (/usr/sbin/mysqld, /usr/lib/postgresql/15/bin/postgres).
With --pid it is that of the process.

Servers with USDT probes are traced by query__start and query__done: PostgreSQL built with --enable-dtrace, as
Debian's is, and MySQL before 8.0. Others of MySQL and MariaDB are traced by their function dispatch_command().
PostgreSQL passes these probes for queries of the simple protocol only, not for what was prepared. MySQL's prepared
statements are not seen either.]],
	overhead = "two user probes for each query, a few microseconds, also for those that are fast",
	example = [[
# luatrace dbslower postgres -f /usr/lib/postgresql/15/bin/postgres -m 5
PID     COMM                 TIME(ms) QUERY
7968    postgres               11.283 select pg_sleep(0.01)
7970    postgres               20.769 select pg_sleep(0.02)
]],
	options = {
		{ "database", choices = { "mysql", "postgres" }, positional = true, required = true, metavar = "DATABASE",
			help = "mysql or postgres" },
		{ "min", "m", type = "milliseconds", default = 1, help = "queries that took so long", sets = "min_ns" },
		{ "path", "f", type = "string", metavar = "FILE", help = "the server's program" },
	},
	filters = { "pid", "comm", "cgroup" },
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
struct event {
	u64 ts, ns;
	u32 pid;
	char comm[TASK_COMM_LEN];
	char query[1024];
};
struct query { u64 since; char text[1024]; };
enum { QUERY = 3 /* COM_QUERY */ };
const volatile u64 min_ns;
BPF_CALLS(queries, struct query, 4096);
BPF_RINGBUF_OUTPUT(events, 64);

/* The text may be gone when the query ends. */
static __always_inline int begin(u64 text)
{
	struct query query = { .since = bpf_ktime_get_ns() };

	if (!wanted())
		return 0;
	bpf_probe_read_user_str(&query.text, sizeof(query.text), (void *)text);
	begin_call(queries, 0, &query);
	return 0;
}

int query_start(struct pt_regs *ctx)
{
	u64 text = 0;

	bpf_usdt_readarg(1, ctx, &text);
	return begin(text);
}

/* dispatch_command(THD *, const COM_DATA *, command): of a query the data begins with its text */
int dispatch_mysql(struct pt_regs *ctx)
{
	u64 text = 0;

	if ((u32)PT_REGS_PARM3(ctx) != QUERY)
		return 0;
	bpf_probe_read_user(&text, sizeof(text), (void *)PT_REGS_PARM2(ctx));
	return begin(text);
}

/* dispatch_command(command, THD *, char *packet, ...) */
int dispatch_mariadb(struct pt_regs *ctx)
{
	return (u32)PT_REGS_PARM1(ctx) == QUERY ? begin(PT_REGS_PARM3(ctx)) : 0;
}

int query_done(struct pt_regs *ctx)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32 };
	struct query query;

	if (!end_call(queries, 0, &query))
		return 0;
	event.ns = event.ts - query.since;
	if (event.ns < min_ns)
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	memcpy(event.query, query.text, sizeof(event.query));
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	attach = function(run)
		local options = run.options
		local pid, provider = options.pid, PROVIDERS[options.database]
		local path = options.path or not pid and PROGRAMS[options.database] or nil
		local ok, why = pcall(run.b.attach_usdt, run.b, { name = path, pid = pid, provider = provider, probe = "query__start",
			fn_name = "query_start" })
		if ok then
			run.b:attach_usdt { name = path, pid = pid, provider = provider, probe = "query__done", fn_name = "query_done" }
		elseif options.database == "mysql" then
			attach_function(run, path or ("/proc/%d/exe"):format(pid), pid, tostring(why))
		else
			error(why, 0)
		end
	end,
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "TIME", unit = "ms", width = 12, decimals = 3, value = function(e) return tonumber(e.ns) / 1e6 end }, { "QUERY" },
	},
}
