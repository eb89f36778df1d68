-- SPDX-License-Identifier: MIT
local FUNCTIONS = { "getaddrinfo", "gethostbyname", "gethostbyname2", "gethostbyname_r", "gethostbyname2_r" }
-- Of netdb.h.
local EAI = { [-1] = "EAI_BADFLAGS", [-2] = "EAI_NONAME", [-3] = "EAI_AGAIN", [-4] = "EAI_FAIL", [-5] = "EAI_NODATA",
	[-6] = "EAI_FAMILY", [-7] = "EAI_SOCKTYPE", [-8] = "EAI_SERVICE", [-9] = "EAI_ADDRFAMILY", [-10] = "EAI_MEMORY",
	[-11] = "EAI_SYSTEM", [-12] = "EAI_OVERFLOW" }

local function error_of(event)
	return event.result ~= 0 and (event.fn == 0 and EAI[event.result] or event.fn == 0 and event.result or "failed") or nil
end

return {
	summary = "how long programs look up the addresses of hosts by name",
	description = [[
A row for each call of getaddrinfo(3), gethostbyname(3), gethostbyname2(3) and their _r forms that returns: by whom,
for which name, how long it took, and why it failed if it did. The time is that of all that was asked: files, caches,
servers.

Programs that have a resolver of their own (Go, browsers) or another C library are not seen; --libc takes the path of
another one, that of a container for example: below the root link of one of its processes in /proc. A call without a
name has "-".]],
	overhead = "two user probes for each call, a few microseconds; a call takes far longer",
	example = [[
# luatrace gethostlatency
PID     COMM              LATENCY(ms) ERROR          HOST
7587    getent                  6.153 failed         localhost
7587    getent                  0.087 -              localhost
7589    curl                    2.779 EAI_NONAME     nosuch.invalid
]],
	options = {
		{ "libc", "l", type = "string", metavar = "FILE", default = "c", help = "the C library, a name or a path" },
		{ "min", "m", type = "milliseconds", default = 0, help = "only calls that took so long", sets = "min_ns" },
		{ "failed", "x", help = "only calls that failed", sets = "failed_only" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
struct event {
	u64 ts, ns;
	u32 pid, fn;
	int result;
	char comm[TASK_COMM_LEN];
	char host[256];
};
enum { GETADDRINFO, GETHOSTBYNAME, GETHOSTBYNAME2, GETHOSTBYNAME_R, GETHOSTBYNAME2_R };
struct call { u64 since, host, result; };
const volatile u64 min_ns;
const volatile bool failed_only;
BPF_CALLS(calls, struct call, 65536);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int enter(struct pt_regs *ctx, u32 fn)
{
	struct call call = { .since = bpf_ktime_get_ns(), .host = PT_REGS_PARM1(ctx) };
	struct call *caller = fn >= GETHOSTBYNAME_R ? find_call(calls, fn - 2) : NULL;

	/* the others may work by those for threads */
	if ((caller && caller->host == call.host) || !wanted())
		return 0;
	/* where those put what they found */
	call.result = fn == GETHOSTBYNAME_R ? PT_REGS_PARM5(ctx) : PT_REGS_PARM6(ctx);
	begin_call(calls, fn, &call);
	return 0;
}

static __always_inline int leave(struct pt_regs *ctx, u32 fn)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .fn = fn };
	struct call call;
	u64 found = 0;

	if (!end_call(calls, fn, &call))
		return 0;
	event.ns = event.ts - call.since;
	if (fn == GETADDRINFO) {
		event.result = PT_REGS_RC(ctx);
	} else {
		if (fn < GETHOSTBYNAME_R)
			found = PT_REGS_RC(ctx);
		else
			bpf_probe_read_user(&found, sizeof(found), (void *)call.result);
		event.result = !found;
	}
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(&event.host, sizeof(event.host), (void *)call.host);
	if (event.ns >= min_ns && (!failed_only || event.result))
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

int enter_getaddrinfo(struct pt_regs *ctx) { return enter(ctx, GETADDRINFO); }
int leave_getaddrinfo(struct pt_regs *ctx) { return leave(ctx, GETADDRINFO); }
int enter_gethostbyname(struct pt_regs *ctx) { return enter(ctx, GETHOSTBYNAME); }
int leave_gethostbyname(struct pt_regs *ctx) { return leave(ctx, GETHOSTBYNAME); }
int enter_gethostbyname2(struct pt_regs *ctx) { return enter(ctx, GETHOSTBYNAME2); }
int leave_gethostbyname2(struct pt_regs *ctx) { return leave(ctx, GETHOSTBYNAME2); }
int enter_gethostbyname_r(struct pt_regs *ctx) { return enter(ctx, GETHOSTBYNAME_R); }
int leave_gethostbyname_r(struct pt_regs *ctx) { return leave(ctx, GETHOSTBYNAME_R); }
int enter_gethostbyname2_r(struct pt_regs *ctx) { return enter(ctx, GETHOSTBYNAME2_R); }
int leave_gethostbyname2_r(struct pt_regs *ctx) { return leave(ctx, GETHOSTBYNAME2_R); }]],
	attach = function(run)
		for _, name in ipairs(FUNCTIONS) do
			run:attach_function(run.options.libc, name, { enter = "enter_" .. name, leave = "leave_" .. name })
		end
	end,
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "LATENCY", unit = "ms", width = 12, decimals = 3, value = function(e) return tonumber(e.ns) / 1e6 end },
		{ "ERROR", width = 14, value = error_of },
		{ "HOST", value = function(e) return e.host[0] ~= 0 and e.host or nil end },
	},
}
