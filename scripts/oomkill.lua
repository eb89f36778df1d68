-- SPDX-License-Identifier: MIT
-- Of a page: 4, on arm64 also 16 or 64.
local function page_size()
	for line in io.lines "/proc/self/smaps" do
		local size = line:match "^KernelPageSize: +(%d+) kB"
		if size then
			return tonumber(size)
		end
	end
end

-- 4: a kernel without smaps, or a recording of before this was asked.
local function kib(pages, run) return tonumber(pages) * (run:observe("KiB of a page", page_size) or 4) end

return {
	summary = "processes that the kernel kills because memory ran out",
	description = [[
Shows each victim of the out-of-memory killer: of the whole machine, and of control groups at their limit.

PID and COMM are the process that asked for memory when there was none, VICTIM and KILLED the one that had to
end, which may be the same. VM is what the victim had mapped, RSS what it had in memory, both in KiB: RSS as the
kernel counts it without asking every CPU, some hundred KiB off at most. ADJ is its oom_score_adj: from -1000
(never) to 1000 (first).

What user space kills for lack of memory (systemd-oomd, earlyoom) is not shown; killsnoop shows that.]],
	overhead = "none until memory runs out, but for one small program at each signal",
	example = [[
# luatrace oomkill
PID     COMM             VICTIM  KILLED               VM(KiB)    RSS(KiB)   ADJ
18239   perl             18239   perl                   70392       20504     0
]],
	text = [[
struct victim {
	u32 victim;
	s16 adj;
	u64 vm, rss;	/* pages */
	char killed[TASK_COMM_LEN];
};
struct event {
	u64 ts;
	u32 pid;
	struct victim victim;
	char comm[TASK_COMM_LEN];
};
BPF_TABLE("lru_hash", u32, struct victim, signalled, 1024);
BPF_RINGBUF_OUTPUT(events, 4);

/* a counter for each CPU since Linux 6.2 */
struct mm_rss_stat___old { atomic_long_t count[4]; } __attribute__((preserve_access_index));
struct mm_struct___old { struct mm_rss_stat___old rss_stat; } __attribute__((preserve_access_index));
struct percpu_counter___new { s64 count; } __attribute__((preserve_access_index));
struct mm_struct___new { struct percpu_counter___new rss_stat[4]; } __attribute__((preserve_access_index));

#define PAGES(MM, WHAT) (bpf_core_type_exists(struct mm_rss_stat___old) \
	? ((struct mm_struct___old *)MM)->rss_stat.count[WHAT].counter : ((struct mm_struct___new *)MM)->rss_stat[WHAT].count)

/* The killer first sends the signal, then says whom it marked: by number alone before Linux 6.9. */
RAW_TRACEPOINT_PROBE(signal_generate)
{
	struct task_struct *task = (struct task_struct *)ctx->args[2];
	u32 tid = bpf_get_current_pid_tgid();
	struct mm_struct *mm;
	struct victim victim = {};

	/* 1: SEND_SIG_PRIV, by the kernel */
	if ((int)ctx->args[0] != SIGKILL || ctx->args[1] != 1)
		return 0;
	mm = task->mm;
	victim.victim = task->pid;
	victim.adj = task->signal->oom_score_adj;
	if (mm) {
		victim.vm = mm->total_vm;
		/* MM_FILEPAGES, MM_ANONPAGES, MM_SHMEMPAGES */
		victim.rss = PAGES(mm, 0) + PAGES(mm, 1) + PAGES(mm, 3);
	}
	bpf_probe_read_kernel_str(&victim.killed, sizeof(victim.killed), task->comm);
	signalled.update(&tid, &victim);
	return 0;
}

TRACEPOINT_PROBE(oom, mark_victim)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 tid = id;
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = id >> 32 };
	struct victim *victim = signalled.lookup(&tid);

	event.victim.victim = args->pid;
	if (victim && victim->victim == args->pid)
		event.victim = *victim;
	signalled.delete(&tid);
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "VICTIM", width = 7, value = function(e) return e.victim.victim end },
		{ "KILLED", width = 16, value = function(e) return e.victim.killed end },
		{ "VM", unit = "KiB", width = 11, value = function(e, run) return kib(e.victim.vm, run) end },
		{ "RSS", unit = "KiB", width = 11, value = function(e, run) return kib(e.victim.rss, run) end },
		{ "ADJ", width = 5, align = "right", value = function(e) return e.victim.adj end },
	},
}
