-- SPDX-License-Identifier: MIT
-- killsnoop: each signal that was sent by a call, to whom, and those that failed.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

local SENT, MISSED = 11, 5
local NOBODY = 4194303	-- the largest pid there can be
local target = live.start "sleep 600"
local command = ("perl -e 'kill \"WINCH\", %d for 1..%d; kill \"USR1\", %d for 1..%d; kill 0, %d'"):format(
	target.pid, SENT, NOBODY, MISSED, target.pid) ..
	-- tkill, tgkill, rt_sigqueueinfo and pidfd_send_signal, whose target may not exist or is not its own
	("\nperl -e 'syscall(200, %d, 12); syscall(234, %d, %d, 12); my $i = pack(\"x128\"); syscall(129, %d, 64, $i);\n"
	.. "syscall(424, 99, 28, 0, 0)'"):format(NOBODY, NOBODY, NOBODY, NOBODY)

local rows = tool.rows("killsnoop", command, function(row) return row.comm == "perl" end)
local seen = {}
for _, row in ipairs(rows) do
	local what = ("%s %s %s %s"):format(row.call, row.signal, row.target, row.error)
	seen[what] = (seen[what] or 0) + 1
end
target:kill("KILL")
target:wait()
for what, count in pairs {
	[("kill SIGWINCH %d nil"):format(target.pid)] = SENT,
	[("kill SIGUSR1 %d ESRCH"):format(NOBODY)] = MISSED,
	[("kill 0 %d nil"):format(target.pid)] = 1,
	[("tkill SIGUSR2 %d ESRCH"):format(NOBODY)] = 1,
	[("tgkill SIGUSR2 %d ESRCH"):format(NOBODY)] = 1,
	["pidfd_send_signal SIGWINCH 99 EBADF"] = 1,
} do
	t.eq(seen[what], count, what)
end
t.eq(#rows, SENT + MISSED + 5, "each call, and no other")
t.eq(#tool.rows("killsnoop -x -s usr1 -n perl", command), MISSED, "--failed, --signal, --comm")
local status, _, message = sh.run(live.luatrace .. " killsnoop -s nonsense")
t.eq(status, 2, "a signal that there is not")
t.like(message, "^luatrace killsnoop: 'nonsense' is no signal's name or number\n", "is said")
t.done()
