-- SPDX-License-Identifier: MIT
-- Maps of other objects and of pins; what failures leave of those.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local COUNT = 1009
local MINE = "if (bpf_get_current_pid_tgid() >> 32 != PID) return 0;"
local function run(text)
	local held = live.workload("getpid-threads", COUNT)
	local b = BPF { cflags = { "-DPID=" .. held.pid }, text = text }
	t.eq(live.poll_through(b, held), COUNT, "the workload ran")
	return b
end

-- Public tables, used by the text of another object, which does not say their type.
local owner = BPF { text = [[
BPF_TABLE_PUBLIC("array", int, u64, shared_counts, 4);
BPF_TABLE_PUBLIC("percpu_array", int, u64, shared_percpu, 7);
]] }
local b = run([[
BPF_TABLE("extern", int, u64, shared_counts, 4);
BPF_TABLE("extern", int, u64, shared_percpu, 4);
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	]] .. MINE .. [[

	shared_counts.atomic_increment(2);
	shared_percpu.increment(6);
	return 0;
}]])
t.eq(owner.shared_counts[2], COUNT + 0ULL, "a public table, seen by its owner")
t.eq(b.shared_counts[2], COUNT + 0ULL, "and by its user")
t.eq(owner.shared_percpu[6]:sum(), COUNT + 0ULL, "a value for each CPU, seen by its owner")
t.eq(b.shared_percpu[6]:sum(), COUNT + 0ULL, "and by its user, who did not say that it is")
t.eq(#b.shared_percpu, 7, "nor how many entries it has")
b:close()
t.raises(function()
	BPF { text = 'BPF_TABLE("extern", u64, u64, shared_counts, 4);' }
end, "map 'shared_counts': the public map of .+:%d+ is of another make: type 2, key 4 bytes", "other sizes")
owner:close()
t.raises(function()
	BPF { text = 'BPF_TABLE("extern", int, u64, shared_counts, 4);' }
end, "means the BPF_TABLE_PUBLIC of an earlier BPF object, and none has this name", "nobody's")

-- A pinned table outlives its object, and the next one finds it.
local path = ("/sys/fs/bpf/luatrace-test-%d/deep/counts"):format(live.pid)
local pinned = ([[
BPF_TABLE_PINNED("array", int, u64, kept, 4, "%s");
TRACEPOINT_PROBE(syscalls, sys_enter_getpid)
{
	%s
	kept.atomic_increment(1);
	return 0;
}]]):format(path, MINE)
b = run(pinned)
b:close()
b = run(pinned)
t.eq(b.kept[1], 2 * COUNT + 0ULL, "a pinned table goes on counting")
b:close()
t.raises(function()
	BPF { text = ('BPF_TABLE_PINNED("array", int, u32, kept, 4, "%s");'):format(path) }
end, "map 'kept': " .. path:gsub("%p", "%%%0") .. " is of another make: type 2, key 4 bytes, value 8 bytes",
	"pinned with other sizes")

-- What fails leaves no pin and no directory.
local top = ("/sys/fs/bpf/luatrace-test-%d"):format(live.pid)
local function is_there(name)
	return os.execute("test -e " .. name) == 0
end
t.ok(is_there(path), "a pin can be seen")
t.raises(function()
	BPF { text = ([[
	BPF_TABLE_PINNED("array", int, u64, first, 4, "%s/first");
	BPF_TABLE_PINNED("array", int, u64, second, 4, "/tmp/luatrace-test-%d/second");
	]]):format(top, live.pid) }
end, "/second: a map is pinned below a BPF file system, and this is none", "pinned where that cannot be")
t.ok(not is_there(top .. "/first"), "the pin beside it is gone")
t.ok(not is_there(("/tmp/luatrace-test-%d"):format(live.pid)), "no directory was made")
t.raises(function()
	BPF { text = ([[
	BPF_TABLE_PINNED("array", int, u64, first, 4, "%s/first");
	TRACEPOINT_PROBE(syscalls, sys_enter_getpid) { int k = 1; return *first.lookup(&k); }
	]]):format(top) }
end, "the verifier refused it", "a program that is refused")
t.ok(not is_there(top .. "/first"), "no pin of its object is left")
os.execute("rm -r " .. top)
t.done()
