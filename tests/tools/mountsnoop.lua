-- SPDX-License-Identifier: MIT
-- mountsnoop: each call of both families, as it was made, in the mount namespace where it was.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"

local TIMES = 7
local folder, inside = sh.dir() .. "/mount", sh.dir() .. "/inside.sh"
sh.run("mkdir " .. folder)
-- What a call takes as an int is half a register: what stands in the other half is no matter.
sh.write(inside, ([[
readlink /proc/self/ns/mnt >%s/ns
perl -e 'my ($d, $f, $v, $o, $e, $k) = ("%s", "tmpfs", "lt \"dev", "size=1m", "", "size");
for (1..%d) { syscall(165, $v, $d, $f, 6, $o); syscall(166, $d, 2) }
syscall(166, $d, 8);
my $c = syscall(430, $f, 1); $o = "1m"; syscall(431, $c, 1 + (5 << 32), $k, $o, 0); syscall(431, $c, 6, 0, 0, 0);
my $m = syscall(432, $c, 1, 2); syscall(429, $m, $e, 0xffffff9c, $d, 4);
my $a = pack "QQQQ", 1, 2, 0, 0; syscall(442, -100, $d, 0x8000, $a, 32);
syscall(428, 99, $d, 1);
syscall(433, 99, $e, 8)'
]]):format(sh.dir(), folder, TIMES))
local command = "unshare -m sh " .. inside

local rows = tool.rows("mountsnoop -n perl", command)
local seen, namespace = {}, sh.read(sh.dir() .. "/ns"):match "%d+"
for _, row in ipairs(rows) do
	local what = row.call:gsub((folder:gsub("%p", "%%%0")), "D"):gsub("%(%d,", "(N,") .. " = "
		.. (tonumber(row.result) and "ok" or row.result)
	seen[what] = (seen[what] or 0) + 1
	t.ok(tostring(row.mntns) == namespace, "the namespace, " .. what)
end
for what, count in pairs {
	['mount("lt \\"dev", "D", "tmpfs", MS_NOSUID|MS_NODEV, "size=1m") = ok'] = TIMES,
	['umount2("D", MNT_DETACH) = ok'] = TIMES,
	['umount2("D", UMOUNT_NOFOLLOW) = EINVAL'] = 1,
	['fsopen("tmpfs", FSOPEN_CLOEXEC) = ok'] = 1,
	['fsconfig(N, FSCONFIG_SET_STRING, "size", "1m") = ok'] = 1,
	['fsconfig(N, FSCONFIG_CMD_CREATE, NULL, NULL) = ok'] = 1,
	['fsmount(N, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID) = ok'] = 1,
	['move_mount(N, "", AT_FDCWD, "D", MOVE_MOUNT_F_EMPTY_PATH) = ok'] = 1,
	['mount_setattr(AT_FDCWD, "D", AT_RECURSIVE, +MOUNT_ATTR_RDONLY, -MOUNT_ATTR_NOSUID) = ok'] = 1,
	['open_tree(99, "D", OPEN_TREE_CLONE) = ok'] = 1,
	['fspick(99, "", FSPICK_EMPTY_PATH) = EBADF'] = 1,
} do
	t.eq(seen[what], count, what)
end
t.eq(#rows, 2 * TIMES + 9, "each call, and no other")
t.eq(#tool.rows("mountsnoop -x -n perl", command), 2, "--failed")
t.done()
