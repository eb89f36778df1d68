-- SPDX-License-Identifier: MIT
local BPF = require "luatrace"
local cycles = require "luatrace.tool.cycles"
local errors = require "luatrace.errors"

local FRAMES = 5

local function process(options)
	return options.pid or BPF.target_pid() or errors.raise(
		"deadlock: whose locks? give --pid, or a command: luatrace -c COMMAND deadlock", errors.EINVAL)
end

local function number(id) return ("0x%x"):format(tonumber(id % 2ULL ^ 48)) end

-- Where a mutex was locked, innermost first: the call's own return address, and what frame pointers lead to.
local function place(run, site)
	return run:observe(("place %s %d"):format(tostring(site.address), site.stack), function()
		local pid = process(run.options)
		local names = { BPF.sym(site.address, pid) }
		for i, name in ipairs(site.stack >= 0 and run.source:frames("stacks", site.stack, pid) or {}) do
			-- the function that locks, and on kernels since 6.11 its caller
			if i > 1 and name ~= names[1] and name ~= "[unknown]" and #names < FRAMES then
				names[#names + 1] = name
			end
		end
		return table.concat(names, " < ")
	end)
end

local reported, found = {}, 0

return {
	summary = "mutexes that threads lock in orders which can end in a deadlock",
	description = [[
Follows pthread mutexes of one process (--pid, or the command of luatrace -c). When a thread locks one while it holds
another, that is an order of the two. Orders that make a cycle can block all of their threads for ever, though they
did not yet: each cycle is shown once, an order a row, with how often it was seen until then and by which thread first.

HOLDS and WANTS are addresses of mutexes; HELD_AT and WANTED_AT are where they were locked, the innermost function
first, its callers as far as frame pointers lead.

A cycle is no proof: all its orders may be of one thread, or below another mutex that keeps them apart. trylock waits
for nobody, but what it got is held. A mutex that was initialised anew is another one. Locks that were taken before are
not known, nor are other kinds of locks, or those of programs that bring their own (Go). A thread's locks count up to
16.]],
	example = [[
# luatrace -c "build/tests/workload mutex 97 300" deadlock
03:24:50
CYCLE TID     COMM               COUNT HOLDS          WANTS          HELD_AT                  WANTED_AT
    1 10592   workload              97 0x55d65797b180 0x55d65797b1a8 workload_lock            workload_lock
    1 10606   workload              97 0x55d65797b1a8 0x55d65797b180 workload_lock_back       workload_lock_back
]],
	overhead = "uprobes on lock and unlock: 12 microseconds more for both",
	options = {
		{ "binary", "b", type = "string", default = "c", metavar = "FILE",
			help = "the library or program that has pthread_mutex_lock" },
	},
	filters = { "pid" },
	params = function(options) return { traced = process(options) } end,
	text = [[
#include <luatrace/filter.h>
enum { DEPTH = 16 };
struct site { u64 address; s32 stack; };
struct lock { u64 id; struct site site; };
struct thread { u32 count; struct lock locks[DEPTH]; };
struct order { u64 from, to; };
struct seen { u64 count; struct site from, to; u32 tid; char comm[TASK_COMM_LEN]; };
const volatile u32 traced;
BPF_STACK_TRACE(stacks, 16384);
BPF_HASH(threads, u32, struct thread, 10240);
BPF_HASH(waiting, u32, struct lock, 10240);
BPF_HASH(orders, struct order, struct seen, 65536);
BPF_HASH(generations, u64, u64, 65536);
BPF_ARRAY(lost, u64, 1);
/* Its maps are read when it locks first, and again after execve(). */
BPF_RINGBUF_OUTPUT(images, 1);
static volatile u64 image;

/* A mutex by its address, and in the upper 16 bits how often there was a new one. */
static __always_inline u64 id_of(u64 mutex)
{
	u64 *generation = generations.lookup(&mutex);

	return mutex | (generation ? *generation << 48 : 0);
}

static __always_inline struct lock lock_of(struct pt_regs *ctx, u64 mutex)
{
	struct lock lock = { .id = id_of(mutex) };
	u64 now = ((struct task_struct *)bpf_get_current_task())->self_exec_id;

	if (image != now) {
		image = now;
		images.ringbuf_output(&now, sizeof(now), BPF_RB_FORCE_WAKEUP);
	}
	bpf_probe_read_user(&lock.site.address, sizeof(lock.site.address), (void *)PT_REGS_SP(ctx));
	lock.site.stack = stacks.get_stackid(ctx, BPF_F_USER_STACK);
	return lock;
}

/* It waits for this one, and holds others. */
static __always_inline void add_orders(struct lock *lock)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct thread *thread = threads.lookup(&tid);
	int zero = 0;

	for (int i = 0; thread && i < DEPTH; i++) {
		struct order order = { thread->locks[i].id, lock->id };
		struct seen fresh = { 0, thread->locks[i].site, lock->site, tid }, *seen;

		if (i >= thread->count)
			break;
		if (order.from == order.to)
			continue;
		seen = orders.lookup(&order);
		if (!seen) {
			bpf_get_current_comm(fresh.comm, sizeof(fresh.comm));
			seen = orders.lookup_or_try_init(&order, &fresh);
		}
		if (seen)
			__sync_fetch_and_add(&seen->count, 1);
		else
			lost.atomic_increment(zero);
	}
}

static __always_inline void hold(struct lock *lock)
{
	u32 tid = bpf_get_current_pid_tgid(), at;
	struct thread *thread = threads.lookup(&tid);
	int zero = 0;

	if (!thread) {
		struct thread none = {};

		thread = threads.lookup_or_try_init(&tid, &none);
	}
	at = thread ? thread->count : DEPTH;
	if (at < DEPTH) {
		thread->locks[at] = *lock;
		thread->count = at + 1;
	} else {
		lost.atomic_increment(zero);
	}
}

int on_lock(struct pt_regs *ctx, u64 mutex)
{
	struct lock lock = lock_of(ctx, mutex);

	add_orders(&lock);
	hold(&lock);
	return 0;
}

int on_timedlock(struct pt_regs *ctx, u64 mutex)
{
	struct lock lock = lock_of(ctx, mutex);
	u32 tid = bpf_get_current_pid_tgid();

	add_orders(&lock);
	waiting.update(&tid, &lock);
	return 0;
}

int on_trylock(struct pt_regs *ctx, u64 mutex)
{
	struct lock lock = lock_of(ctx, mutex);
	u32 tid = bpf_get_current_pid_tgid();

	waiting.update(&tid, &lock);
	return 0;
}

int after_trylock(struct pt_regs *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct lock *lock = waiting.lookup(&tid);

	if (lock && !PT_REGS_RC(ctx))
		hold(lock);
	waiting.delete(&tid);
	return 0;
}

int on_unlock(struct pt_regs *ctx, u64 mutex)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct thread *thread = threads.lookup(&tid);
	u64 id = id_of(mutex);

	/* the last one that was locked is the first to go, of a mutex that is locked several times */
	for (int i = DEPTH - 1; thread && i >= 0; i--) {
		if (i >= thread->count || thread->locks[i].id != id)
			continue;
		for (int j = i; j < DEPTH - 1; j++)
			thread->locks[j] = thread->locks[j + 1];
		thread->count--;
		break;
	}
	return 0;
}

int on_new(struct pt_regs *ctx, u64 mutex)
{
	u64 zero = 0, *generation = generations.lookup_or_try_init(&mutex, &zero);

	if (generation)
		(*generation)++;
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_process_exit)
{
	u32 tid = bpf_get_current_pid_tgid();

	if (bpf_get_current_pid_tgid() >> 32 == traced) {
		threads.delete(&tid);
		waiting.delete(&tid);
	}
	return 0;
}]],
	attach = function(run)
		local pid, file = process(run.options), run.options.binary
		local function attach(symbol, enter, leave)
			run.b:attach_uprobe { name = file, sym = "pthread_mutex_" .. symbol, fn_name = enter, pid = pid }
			if leave then
				run.b:attach_uretprobe { name = file, sym = "pthread_mutex_" .. symbol, fn_name = leave, pid = pid }
			end
		end
		attach("init", "on_new")
		attach("destroy", "on_new")
		attach("unlock", "on_unlock")
		attach("trylock", "on_trylock", "after_trylock")
		attach("timedlock", "on_timedlock", "after_trylock")
		pcall(attach, "clocklock", "on_timedlock", "after_trylock")	-- glibc 2.30
		attach("lock", "on_lock")
	end,
	on = { images = function(run) return run.b and BPF.remember(process(run.options)) end },
	interval = 1,
	columns = {
		{ "CYCLE", width = 5, align = "right" }, { "TID", width = 7 }, { "COMM", width = 16 },
		{ "COUNT", width = 7, align = "right" },
		{ "HOLDS", width = 14 }, { "WANTS", width = 14 }, { "HELD_AT", width = 24 }, { "WANTED_AT" },
	},
	every = function(run)
		local edges, rows = {}, {}
		for i, entry in ipairs(run:read "orders") do
			edges[i] = { from = tostring(entry.key.from), to = tostring(entry.key.to), key = entry.key, seen = entry.value }
		end
		table.sort(edges, function(a, b) return a.from < b.from end)
		for _, cycle in ipairs(cycles.find(edges)) do
			found = found + (reported[cycle.name] and 0 or 1)
			for _, edge in ipairs(reported[cycle.name] and {} or cycle.edges) do
				local seen = edge.seen
				rows[#rows + 1] = { cycle = found, tid = seen.tid, comm = seen.comm, count = seen.count,
					holds = number(edge.key.from), wants = number(edge.key.to),
					held_at = place(run, seen.from), wanted_at = place(run, seen.to) }
			end
			reported[cycle.name] = true
		end
		if #rows > 0 then
			run:rows(rows)
		elseif run.last and found == 0 then
			run:say("no cycle; %d orders of two mutexes", #edges)
		end
		for _, entry in ipairs(run:take "lost") do
			io.stderr:write(("luatrace: %d locks that there was no room for\n"):format(entry.value))
		end
	end,
}
