-- SPDX-License-Identifier: MIT
-- Counts the stacks from which process PID calls getppid, until a signal; then folds them, with names. Prints how many
-- milliseconds that took, how many stacks there are, and how many different lines came of them.
--   folded.lua PID
local BPF = require "luatrace"
local pid = tonumber(arg[1])
local b = BPF { cflags = { "-DPID=" .. pid }, text = [[
struct key { int user, kernel; };
BPF_HASH(counts, struct key, u64, 32768);
BPF_STACK_TRACE(stacks, 32768);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    struct key key = {};
    if (bpf_get_current_pid_tgid() >> 32 != PID)
        return 0;
    key.user = stacks.get_stackid(args, BPF_F_USER_STACK);
    key.kernel = stacks.get_stackid(args, 0);
    if (key.user >= 0)
        counts.increment(key);
    return 0;
}]] }
print "ready"
io.stdout:flush()
BPF.run()
local start, lines, count = BPF.now(), {}, 0
for key, n in pairs(b.counts) do
	lines[b.stacks:folded { comm = "many_stacks", pid = pid, user = key.user, kernel = key.kernel, count = n }] = true
	count = count + 1
end
local ms, different, sample = tonumber(BPF.now() - start) / 1e6, 0, nil
for line in pairs(lines) do
	different, sample = different + 1, line
end
print(("folded %.1f %d %d %s"):format(ms, count, different, sample))
