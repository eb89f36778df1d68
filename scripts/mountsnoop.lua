-- SPDX-License-Identifier: MIT
local format = require "luatrace.format"
local mount_calls = require "luatrace.mount_calls"
local names = require "luatrace.names"

local function call(e)
	local name, texts, numbers = names.syscall(e.nr), {}, {}
	for i = 0, 3 do
		texts[i + 1] = bit.band(e.given, bit.lshift(1, i)) ~= 0 and format.json(ffi.string(e.text[i])) or "NULL"
		numbers[i + 1] = tonumber(e.number[i])
	end
	return mount_calls.text(name == "umount" and "umount2" or name, texts, numbers)
end

return {
	summary = "file systems as they are mounted and unmounted, and what came of it",
	description = [[
Shows each mount and umount2, and of the newer calls fsopen, fspick, fsconfig, fsmount, move_mount, open_tree
and mount_setattr, when it returns.

CALL is the call as a program would write it, with flags by name; of mount_setattr what it sets behind "+" and
what it clears behind "-". Texts are cut at 127 bytes; values that are not texts (of FSCONFIG_SET_BINARY,
FSCONFIG_SET_FD) are shown as NULL. RESULT is the new descriptor of calls that make one, else 0, or why the call
failed. MNTNS is the mount namespace of the caller, as /proc/PID/ns/mnt names it: containers have one each.

Mounts that the kernel makes itself (automounts), and those that vanish with their namespace, are not calls, and
not seen.]],
	overhead = "one tracepoint program for each of these calls, which are rare; other calls cost nothing",
	example = [[
# luatrace mountsnoop
PID     COMM             MNTNS      RESULT   CALL
18265   mount            4026532178 0        mount("none", "/mnt", "tmpfs", MS_NOSUID|MS_NOEXEC, "size=1m")
18266   mount            4026532178 0        mount("none", "/mnt", NULL, MS_PRIVATE, NULL)
18267   umount           4026532178 0        umount2("/mnt", MNT_DETACH)
18268   umount           4026532178 EINVAL   umount2("/mnt", 0)
]],
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "only calls that failed", sets = "failed_only" },
	},
	text = [[
#include <luatrace/filter.h>
#include <luatrace/syscall.h>
enum { TEXTS = 4, NUMBERS = 4 };
struct event {
	u64 ts;
	u32 pid, mntns;
	s32 result, nr;
	u32 given;	/* a bit for each text that the call was given */
	s64 number[NUMBERS];
	char comm[TASK_COMM_LEN];
	char text[TEXTS][128];
};
const volatile bool failed_only;
BPF_RINGBUF_OUTPUT(events, 64);

/* Not inline, for it is called in many places: that would take long to compile. */
static __noinline int mounted(const u64 *texts, const s64 *numbers, int nr, long result)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event event = {
		.ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .result = result, .nr = nr,
	};

	if (!texts || !numbers || (failed_only && result >= 0) || !wanted())
		return 0;
	event.mntns = task->nsproxy->mnt_ns->ns.inum;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	for (int i = 0; i < NUMBERS; i++)
		event.number[i] = numbers[i];
	/* of an empty text older kernels give 0, not 1 for its NUL */
	for (int i = 0; i < TEXTS; i++)
		if (bpf_probe_read_user_str(&event.text[i], sizeof(event.text[i]), (void *)texts[i]) >= 0)
			event.given |= 1 << i;
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

#define A(N) ARGUMENT(N)
#define INT(N) (int)ARGUMENT(N)
#define U32(N) (u32)ARGUMENT(N)
/* The texts and numbers are initializers in parentheses, for there are commas in them. */
#define LIST(...) { __VA_ARGS__ }
#define CALL(NAME, GIVEN_TEXTS, GIVEN_NUMBERS) \
	TRACEPOINT_PROBE(syscalls, sys_exit_##NAME) \
	{ \
		u64 texts[TEXTS] = LIST GIVEN_TEXTS; \
		s64 numbers[NUMBERS] = LIST GIVEN_NUMBERS; \
		return mounted(texts, numbers, args->__syscall_nr, args->ret); \
	}

CALL(mount, (A(1), A(2), A(3), A(5)), (A(4)))
CALL(umount, (A(1)), (U32(2)))
CALL(fsopen, (A(1)), (U32(2)))
CALL(fspick, (A(2)), (INT(1), U32(3)))
CALL(fsmount, (0), (INT(1), U32(2), U32(3)))
CALL(move_mount, (A(2), A(4)), (INT(1), INT(3), U32(5)))
CALL(open_tree, (A(2)), (INT(1), U32(3)))
CALL(fsconfig, (A(3), U32(2) == FSCONFIG_SET_STRING || U32(2) == FSCONFIG_SET_PATH ? A(4) : 0), (INT(1), U32(2)))

TRACEPOINT_PROBE(syscalls, sys_exit_mount_setattr)
{
	struct mount_attr attributes = {};
	u64 texts[TEXTS] = { A(2) };

	bpf_probe_read_user(&attributes, sizeof(attributes), (void *)A(4));
	s64 numbers[NUMBERS] = { INT(1), U32(3), attributes.attr_set, attributes.attr_clr };
	return mounted(texts, numbers, args->__syscall_nr, args->ret);
}
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 }, { "MNTNS", width = 10 },
		{ "RESULT", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or e.result end },
		{ "CALL", value = call },
	},
}
