-- SPDX-License-Identifier: MIT
local format = require "luatrace.format"
local names = require "luatrace.names"

-- Flags by their bits, as <linux/mount.h> and <sys/mount.h> have them.
local MOUNT = { [0] = "MS_RDONLY", "MS_NOSUID", "MS_NODEV", "MS_NOEXEC", "MS_SYNCHRONOUS", "MS_REMOUNT", "MS_MANDLOCK",
	"MS_DIRSYNC", "MS_NOSYMFOLLOW", nil, "MS_NOATIME", "MS_NODIRATIME", "MS_BIND", "MS_MOVE", "MS_REC", "MS_SILENT",
	"MS_POSIXACL", "MS_UNBINDABLE", "MS_PRIVATE", "MS_SLAVE", "MS_SHARED", "MS_RELATIME", "MS_KERNMOUNT",
	"MS_I_VERSION", "MS_STRICTATIME", "MS_LAZYTIME" }
local UMOUNT = { [0] = "MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW" }
local MOVE = { [0] = "MOVE_MOUNT_F_SYMLINKS", "MOVE_MOUNT_F_AUTOMOUNTS", "MOVE_MOUNT_F_EMPTY_PATH", nil,
	"MOVE_MOUNT_T_SYMLINKS", "MOVE_MOUNT_T_AUTOMOUNTS", "MOVE_MOUNT_T_EMPTY_PATH", nil, "MOVE_MOUNT_SET_GROUP",
	"MOVE_MOUNT_BENEATH" }
local TREE = { [0] = "OPEN_TREE_CLONE", [8] = "AT_SYMLINK_NOFOLLOW", [11] = "AT_NO_AUTOMOUNT", [12] = "AT_EMPTY_PATH",
	[15] = "AT_RECURSIVE", [19] = "OPEN_TREE_CLOEXEC" }
local PICK = { [0] = "FSPICK_CLOEXEC", "FSPICK_SYMLINK_NOFOLLOW", "FSPICK_NO_AUTOMOUNT", "FSPICK_EMPTY_PATH" }
local ATTRIBUTES = { [0] = "MOUNT_ATTR_RDONLY", "MOUNT_ATTR_NOSUID", "MOUNT_ATTR_NODEV", "MOUNT_ATTR_NOEXEC",
	"MOUNT_ATTR_NOATIME", "MOUNT_ATTR_STRICTATIME", nil, "MOUNT_ATTR_NODIRATIME", [20] = "MOUNT_ATTR_IDMAP",
	[21] = "MOUNT_ATTR_NOSYMFOLLOW" }
local COMMANDS = { [0] = "FSCONFIG_SET_FLAG", "FSCONFIG_SET_STRING", "FSCONFIG_SET_BINARY", "FSCONFIG_SET_PATH",
	"FSCONFIG_SET_PATH_EMPTY", "FSCONFIG_SET_FD", "FSCONFIG_CMD_CREATE", "FSCONFIG_CMD_RECONFIGURE",
	"FSCONFIG_CMD_CREATE_EXCL" }

local function flags(value, list)
	local out, left = {}, tonumber(value)
	for i = 0, 31 do
		if list[i] and bit.band(left, bit.lshift(1, i)) ~= 0 then
			out[#out + 1], left = list[i], left - 2 ^ i
		end
	end
	if left ~= 0 or #out == 0 then
		out[#out + 1] = left == 0 and "0" or ("0x%x"):format(left)
	end
	return table.concat(out, "|")
end

local function mount_flags(value)
	local number = tonumber(value)
	-- a magic number that programs before 2.4 put ahead of the flags
	return flags(number >= 0xc0ed0000 and number < 0xc0ee0000 and number - 0xc0ed0000 or number, MOUNT)
end

local function text(e, i)
	return bit.band(e.given, bit.lshift(1, i)) ~= 0 and format.json(ffi.string(e.text[i])) or "NULL"
end

local function folder(e, i)
	return e.number[i] == -100 and "AT_FDCWD" or tostring(tonumber(e.number[i]))
end

-- The arguments of each call, as a program would write them. Those of texts are in `text`, numbers in `number`.
local ARGUMENTS = {
	mount = function(e) return text(e, 0), text(e, 1), text(e, 2), mount_flags(e.number[0]), text(e, 3) end,
	umount2 = function(e) return text(e, 0), flags(e.number[0], UMOUNT) end,
	fsopen = function(e) return text(e, 0), flags(e.number[0], { [0] = "FSOPEN_CLOEXEC" }) end,
	fspick = function(e) return folder(e, 0), text(e, 0), flags(e.number[1], PICK) end,
	fsconfig = function(e)
		return folder(e, 0), COMMANDS[tonumber(e.number[1])] or tostring(e.number[1]), text(e, 0), text(e, 1)
	end,
	fsmount = function(e)
		return folder(e, 0), flags(e.number[1], { [0] = "FSMOUNT_CLOEXEC" }), flags(e.number[2], ATTRIBUTES)
	end,
	move_mount = function(e) return folder(e, 0), text(e, 0), folder(e, 1), text(e, 1), flags(e.number[2], MOVE) end,
	open_tree = function(e) return folder(e, 0), text(e, 0), flags(e.number[1], TREE) end,
	mount_setattr = function(e)
		return folder(e, 0), text(e, 0), flags(e.number[1], TREE), "+" .. flags(e.number[2], ATTRIBUTES),
			"-" .. flags(e.number[3], ATTRIBUTES)
	end,
}

local function call(e)
	local name = names.syscall(e.nr)
	name = name == "umount" and "umount2" or name
	return ("%s(%s)"):format(name, table.concat({ ARGUMENTS[name](e) }, ", "))
end

return {
	summary = "file systems as they are mounted and unmounted, with the whole call and what came of it",
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
29285   mount            4026531832 0        mount("ltdev", "/mnt", "tmpfs", MS_NOSUID|MS_NOEXEC, "size=1m")
29286   mount            4026531832 0        mount("none", "/mnt", NULL, MS_PRIVATE, NULL)
29287   umount           4026531832 0        umount2("/mnt", MNT_DETACH)
29288   umount           4026531832 EINVAL   umount2("/mnt", 0)
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

static __always_inline int enter(struct call *call, int nr)
{
	u32 tid = bpf_get_current_pid_tgid();

	call->nr = nr;
	if (wanted())
		calls.update(&tid, call);
	return 0;
}

static __always_inline int leave(long result)
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
		for (int i = 0; i < TEXTS; i++)
			if (bpf_probe_read_user_str(&event.text[i], sizeof(event.text[i]), (void *)call->text[i]) > 0)
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
