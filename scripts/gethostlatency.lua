-- SPDX-License-Identifier: MIT
local FUNCTIONS = { "getaddrinfo", "gethostbyname", "gethostbyname2" }
-- Of netdb.h.
local EAI = { [-1] = "EAI_BADFLAGS", [-2] = "EAI_NONAME", [-3] = "EAI_AGAIN", [-4] = "EAI_FAIL", [-5] = "EAI_NODATA",
	[-6] = "EAI_FAMILY", [-7] = "EAI_SOCKTYPE", [-8] = "EAI_SERVICE", [-9] = "EAI_ADDRFAMILY", [-10] = "EAI_MEMORY",
	[-11] = "EAI_SYSTEM", [-12] = "EAI_OVERFLOW" }

local function error_of(event)
	if event.fn == 0 then
		return event.result ~= 0 and (EAI[event.result] or event.result) or nil
	end
	return event.result == 0 and "failed" or nil
end

return {
	summary = "how long programs look up the addresses of hosts by name",
	description = [[
A row for each call of getaddrinfo(3), gethostbyname(3) and gethostbyname2(3) of the C library that returns: by whom, for which
name, how long it took, and why it failed if it did. The time is that of all that was asked: files, caches, servers.

Programs that have a resolver of their own (Go, browsers) or another C library are not seen; --library takes the path of
another one, that of a container for example (/proc/PID/root/...). The functions whose names end in _r are not traced, for
the others call them. A call without a name has "-".]],
	overhead = "two user probes for each call, about 2 microseconds; a call takes far longer",
	options = {
		{ "library", "l", type = "string", metavar = "FILE", default = "c", help = "the C library, a name or a path" },
		{ "min", "m", type = "number", min = 0, default = 0, metavar = "MS", help = "only calls that took so long" },
		{ "failed", "x", help = "only calls that failed" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options) return { min_ns = options.min * 1e6, failed_only = options.failed } end,
	text = [[
#include <luatrace/filter.h>
struct event {
	u64 ts, ns;
	u32 pid, fn;
	int result;
	char comm[TASK_COMM_LEN];
	char host[256];
};
struct call { u64 since, host; };
struct key { u32 tid, fn; };
const volatile u64 min_ns;
const volatile bool failed_only;
BPF_TABLE("lru_hash", struct key, struct call, calls, 10240);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int enter(struct pt_regs *ctx, u32 fn)
{
	struct key key = { .tid = bpf_get_current_pid_tgid(), .fn = fn };
	struct call call = { .since = bpf_ktime_get_ns(), .host = PT_REGS_PARM1(ctx) };

	if (wanted())
		calls.update(&key, &call);
	return 0;
}

static __always_inline int leave(struct pt_regs *ctx, u32 fn)
{
	u64 id = bpf_get_current_pid_tgid();
	struct key key = { .tid = id, .fn = fn };
	struct call *call = calls.lookup(&key);
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = id >> 32, .fn = fn };

	if (!call)
		return 0;
	event.ns = event.ts - call->since;
	/* the others give a pointer */
	event.result = fn ? PT_REGS_RC(ctx) != 0 : (int)PT_REGS_RC(ctx);
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(&event.host, sizeof(event.host), (void *)call->host);
	calls.delete(&key);
	if (event.ns >= min_ns && (!failed_only || (fn == 0) == (event.result != 0)))
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

int enter_getaddrinfo(struct pt_regs *ctx) { return enter(ctx, 0); }
int leave_getaddrinfo(struct pt_regs *ctx) { return leave(ctx, 0); }
int enter_gethostbyname(struct pt_regs *ctx) { return enter(ctx, 1); }
int leave_gethostbyname(struct pt_regs *ctx) { return leave(ctx, 1); }
int enter_gethostbyname2(struct pt_regs *ctx) { return enter(ctx, 2); }
int leave_gethostbyname2(struct pt_regs *ctx) { return leave(ctx, 2); }]],
	attach = function(run)
		for _, name in ipairs(FUNCTIONS) do
			run.b:attach_uprobe { name = run.options.library, sym = name, fn_name = "enter_" .. name }
			run.b:attach_uretprobe { name = run.options.library, sym = name, fn_name = "leave_" .. name }
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
