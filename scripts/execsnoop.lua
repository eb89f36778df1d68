-- SPDX-License-Identifier: MIT
local arguments = require "luatrace.tool.arguments"
local names = require "luatrace.names"

return {
	summary = "programs as they are executed, with their arguments",
	description = [[
Shows each execve and execveat: commands of shells and scripts, what daemons start, processes that live too short
for top. A process that forks and executes nothing is not shown.

COMM is the name that the process has from then on, which is what --comm looks at; of a call that failed (--failed)
it is the caller's. PPID is its parent, ERROR why a call failed. ARGS are the arguments, the program's name ahead
of them, as /proc/PID/cmdline has them: of a script they begin with its interpreter. "..." stands for what was left
out: beyond --max-args, or 4 KiB. JSON and CSV also have the file's path.

Arguments are read from the new program's stack, where the kernel has just put them: they are those it runs with.
Those of a call that failed are read from the caller when it fails: 20 of them, 127 bytes each. Calls of 32-bit
programs that fail are not seen.]],
	overhead = "one program for each execution: microseconds, where an execution takes half a millisecond",
	example = [[
# luatrace execsnoop -x
COMM             PID     PPID    ERROR    ARGS
env              24107   24067   -        env ls -d /
env              24107   24067   ENOENT   ls -d /
ls               24107   24067   -        ls -d /
xargs            24113   24067   -        xargs true
true             24117   24113   -        true 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ...
]],
	filters = { "pid", "uid", "comm", "cgroup" },
	options = {
		{ "failed", "x", help = "also calls that failed" },
		{ "max-args", type = "integer", min = 1, default = 20, metavar = "N", help = "show at most so many arguments" },
		{ "quote", "q", help = "each argument in quotes" },
		{ "uid-column", "U", help = "a column with the user's number" },
	},
	params = function(options) return { with_failed = options.failed } end,
	text = [[
#include <luatrace/filter.h>
enum { ARGS_SIZE = 4096, FAILED_ARGS = 20, FAILED_ARG_SIZE = 128 };
struct call { const char *path; const char *const *argv; };
struct event {
	u64 ts;
	u32 pid, ppid, uid;
	s32 result;
	u32 size;	/* of all arguments, those that found no room included */
	u32 more;
	char comm[TASK_COMM_LEN];
	char path[256];
	char args[ARGS_SIZE];
};
const volatile bool with_failed;
BPF_HASH(calls, u32, struct call, 65536);
BPF_RINGBUF_OUTPUT(events, 256);

static __always_inline void fill(struct event *event, int result)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	event->ts = bpf_ktime_get_ns();
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->ppid = task->real_parent->tgid;
	event->uid = bpf_get_current_uid_gid();
	event->result = result;
	bpf_get_current_comm(&event->comm, sizeof(event->comm));
}

static __always_inline int enter(const char *path, const char *const *argv)
{
	struct call call = { path, argv };
	u32 tid = bpf_get_current_pid_tgid();

	if (with_failed && wanted())
		calls.update(&tid, &call);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_enter_execve) { return enter(args->filename, args->argv); }
TRACEPOINT_PROBE(syscalls, sys_enter_execveat) { return enter(args->filename, args->argv); }

RAW_TRACEPOINT_PROBE(sched_process_exec)
{
	struct task_struct *task = (struct task_struct *)ctx->args[0];
	struct linux_binprm *bprm = (struct linux_binprm *)ctx->args[2];
	u32 old_tid = ctx->args[1], size;
	struct mm_struct *mm = task->mm;
	struct event event = {};

	/* a thread that executes becomes the first one: the call was made under another number */
	if (with_failed)
		calls.delete(&old_tid);
	if (!wanted())
		return 0;
	fill(&event, 0);
	bpf_probe_read_kernel_str(&event.path, sizeof(event.path), bprm->filename);
	size = mm->arg_end - mm->arg_start;
	event.size = size;
	if (size > ARGS_SIZE)
		size = ARGS_SIZE;
	bpf_probe_read_user(&event.args, size, (void *)mm->arg_start);
	events.ringbuf_output(&event, offsetof(struct event, args) + size, 0);
	return 0;
}

static __always_inline int leave(long result)
{
	u32 tid = bpf_get_current_pid_tgid(), size = 0, i;
	struct call *call = calls.lookup(&tid);
	struct event event = {};
	const char *argument;

	if (!call)
		return 0;
	fill(&event, result);
	bpf_probe_read_user_str(&event.path, sizeof(event.path), call->path);
	for (i = 0; i <= FAILED_ARGS; i++) {
		if (!call->argv || bpf_probe_read_user(&argument, sizeof(argument), &call->argv[i]) || !argument)
			break;
		if (i == FAILED_ARGS || size > ARGS_SIZE - FAILED_ARG_SIZE) {
			event.more = 1;
			break;
		}
		long length = bpf_probe_read_user_str(&event.args[size], FAILED_ARG_SIZE, argument);
		/* of an empty one older kernels give 0, not 1 for its NUL: without a branch, for the verifier's sake */
		if (length >= 0)
			size += length + ((u64)(length - 1) >> 63);
	}
	calls.delete(&tid);
	event.size = size;
	if (size <= ARGS_SIZE)
		events.ringbuf_output(&event, offsetof(struct event, args) + size, 0);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_execve) { return args->ret < 0 ? leave(args->ret) : 0; }
TRACEPOINT_PROBE(syscalls, sys_exit_execveat) { return args->ret < 0 ? leave(args->ret) : 0; }
]],
	clock = "ts",
	columns = {
		{ "COMM", width = 16 }, { "PID", width = 7 }, { "PPID", width = 7 },
		{ "UID", width = 6, when = "uid-column" },
		{ "ERROR", width = 8, when = "failed", value = function(e) return e.result < 0 and names.errno(e.result) or nil end },
		{ "PATH", when = function(options) return options.json or options.csv end },
		{ "ARGS", value = function(e, run)
			return arguments.joined(e.args, e.size, e.more ~= 0, run.options.max_args, run.options.quote)
		end },
	},
}
