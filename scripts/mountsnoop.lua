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
	overhead = "two tracepoint programs for each of these calls, which are rare; other calls cost nothing",
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
		{ "failed", "x", help = "only calls that failed" },
	},
	params = function(options) return { failed_only = options.failed } end,
	text = [[
#include <luatrace/filter.h>
enum { TEXTS = 4, NUMBERS = 4 };
struct call { u64 text[TEXTS]; s64 number[NUMBERS]; s32 nr; };
struct event {
	u64 ts;
	u32 pid, tid, mntns;
	s32 result, nr;
	u32 given;	/* a bit for each text that the call was given */
	s64 number[NUMBERS];
	char comm[TASK_COMM_LEN];
	char text[TEXTS][128];
};
const volatile bool failed_only;
BPF_HASH(calls, u32, struct call, 10240);
BPF_RINGBUF_OUTPUT(events, 64);

/* Not inline, for they are called in many places: that would take long to compile. */
static __noinline int enter(struct call *call, int nr)
{
	u32 tid = bpf_get_current_pid_tgid();

	call->nr = nr;
	if (wanted())
		calls.update(&tid, call);
	return 0;
}

static __noinline int leave(long result)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	u64 id = bpf_get_current_pid_tgid();
	u32 tid = id;
	struct call *call = calls.lookup(&tid);
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = id >> 32, .tid = tid, .result = result };

	if (!call)
		return 0;
	if (!failed_only || result < 0) {
		event.mntns = task->nsproxy->mnt_ns->ns.inum;
		event.nr = call->nr;
		bpf_get_current_comm(&event.comm, sizeof(event.comm));
		for (int i = 0; i < NUMBERS; i++)
			event.number[i] = call->number[i];
		/* of an empty text older kernels give 0, not 1 for its NUL */
		for (int i = 0; i < TEXTS; i++)
			if (bpf_probe_read_user_str(&event.text[i], sizeof(event.text[i]), (void *)call->text[i]) >= 0)
				event.given |= 1 << i;
		events.ringbuf_output(&event, sizeof(event), 0);
	}
	calls.delete(&tid);
	return 0;
}

#define T(NAME) (u64)args->NAME
/* TEXTS and VALUES are initializers in parentheses, for there are commas in them. */
#define LIST(...) { __VA_ARGS__ }
#define CALL(NAME, TEXTS, VALUES) \
	TRACEPOINT_PROBE(syscalls, sys_enter_##NAME) \
	{ \
		struct call call = { .text = LIST TEXTS, .number = LIST VALUES }; \
		return enter(&call, args->__syscall_nr); \
	} \
	TRACEPOINT_PROBE(syscalls, sys_exit_##NAME) { return leave(args->ret); }

CALL(mount, (T(dev_name), T(dir_name), T(type), T(data)), (args->flags))
CALL(umount, (T(name)), (args->flags))
CALL(fsopen, (T(_fs_name)), (args->flags))
CALL(fspick, (T(path)), (args->dfd, args->flags))
CALL(fsmount, (0), (args->fs_fd, args->flags, args->attr_flags))
CALL(move_mount, (T(from_pathname), T(to_pathname)), (args->from_dfd, args->to_dfd, args->flags))
CALL(open_tree, (T(filename)), (args->dfd, args->flags))
CALL(fsconfig, (T(_key), args->cmd == FSCONFIG_SET_STRING || args->cmd == FSCONFIG_SET_PATH ? T(_value) : 0),
	(args->fd, args->cmd))

TRACEPOINT_PROBE(syscalls, sys_enter_mount_setattr)
{
	struct call call = { .text = { T(path) }, .number = { args->dfd, args->flags } };
	struct mount_attr attributes = {};

	bpf_probe_read_user(&attributes, sizeof(attributes), args->uattr);
	call.number[2] = attributes.attr_set;
	call.number[3] = attributes.attr_clr;
	return enter(&call, args->__syscall_nr);
}

TRACEPOINT_PROBE(syscalls, sys_exit_mount_setattr) { return leave(args->ret); }
]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 }, { "MNTNS", width = 10 },
		{ "RESULT", width = 8, value = function(e) return e.result < 0 and names.errno(e.result) or e.result end },
		{ "CALL", value = call },
	},
}
