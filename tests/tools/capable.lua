-- SPDX-License-Identifier: MIT
-- capable: each check of a capability, those that failed, and each once.
local t = require "tap"
local tool = require "tool"

local GRANTED, REFUSED = 7, 13
local command = ("perl -e 'chroot \"/\" for 1..%d; my $n = \"x\"; $> = 65534; syscall(170, $n, 1) for 1..%d'"):format(
	GRANTED, REFUSED)

local function chroot(row) return row.capability == "SYS_CHROOT" end

local rows = tool.rows("capable -n perl", command, function(row) return chroot(row) or row.error end)
local granted, refused = 0, 0
for _, row in ipairs(rows) do
	granted = granted + (chroot(row) and not row.error and row.uid == 0 and 1 or 0)
	refused = refused + (row.capability == "SYS_ADMIN" and row.error == "EPERM" and row.comm == "perl" and 1 or 0)
end
t.eq(granted, GRANTED, "what root has")
t.eq(refused, REFUSED, "what another has not")
t.eq(#rows, GRANTED + REFUSED, "no other was refused")
t.eq(#tool.rows("capable -x -c cap_sys_admin -n perl", command), REFUSED, "--failed, --capability")
t.eq(#tool.rows("capable --unique -c sys_chroot -n perl", command), 1, "--unique")
t.done()
