-- SPDX-License-Identifier: MIT
local names = require "luatrace.names"

return {
	summary = "capabilities that the kernel asks processes for, and whether they have them",
	description = [[
Shows each check of a capability: what a program that runs as root needs of it, and why one without it was refused.

CAPABILITY is its name without "CAP_", ERROR is EPERM when the process does not have it in the user namespace that
it was asked about. UID is its real user. --unique shows each combination of process, capability and result once.

The kernel also asks in passing, for instance whether a process may use memory that is reserved (SYS_ADMIN), and
goes on either way; such a check that fails is no refusal, and cannot be told from one that is.

Needs Linux 6.14 (tracepoint cap_capable), or fexit.]],
	overhead = "one program for each check, about 1 microsecond; some programs make thousands a second",
	example = [[
# luatrace capable
PID     COMM             UID    CAPABILITY         ERROR
24205   chown            0      CHOWN              -
24208   setpriv          0      SETUID             -
24208   setpriv          65534  SETPCAP            EPERM
24208   chroot           65534  SYS_CHROOT         EPERM
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "only checks that failed", sets = "failed_only" },
		{ "capability", "c", type = "string", convert = names.capability_number, metavar = "NAME",
			sets = "wanted_capability", help = "only this capability, by name or number" },
		{ "unique", help = "the same result for the same process once", sets = "unique" },
	},
	text = [[
#include <luatrace/filter.h>
struct check { u32 pid; s32 capability, result; };
struct event {
	u64 ts;
	u32 uid;
	struct check check;
	char comm[TASK_COMM_LEN];
};
const volatile bool failed_only, unique;
const volatile int wanted_capability = -1;
BPF_TABLE("lru_hash", struct check, u8, seen, 16384);
BPF_RINGBUF_OUTPUT(events, 64);

static __always_inline int checked(int capability, int result)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .uid = bpf_get_current_uid_gid() };
	u8 one = 1;

	if ((failed_only && !result) || (wanted_capability >= 0 && capability != wanted_capability) || !wanted())
		return 0;
	event.check.pid = bpf_get_current_pid_tgid() >> 32;
	event.check.capability = capability;
	event.check.result = result;
	if (unique && seen.insert(&event.check, &one))
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

RAW_TRACEPOINT_PROBE(cap_capable) { return checked(ctx->args[3], ctx->args[4]); }

KRETFUNC_PROBE(cap_capable, const struct cred *cred, struct user_namespace *ns, int capability,
	unsigned int options, int ret)
{
	return checked(capability, ret);
}]],
	probes = { { "raw_tracepoint:cap_capable", "fexit:cap_capable" } },
	clock = "ts",
	columns = {
		{ "PID", width = 7, value = function(e) return e.check.pid end }, { "COMM", width = 16 }, { "UID", width = 6 },
		{ "CAPABILITY", width = 18, label = true, value = function(e) return names.capability(e.check.capability) end },
		{ "ERROR", value = function(e) return e.check.result < 0 and names.errno(e.check.result) or nil end },
	},
}
