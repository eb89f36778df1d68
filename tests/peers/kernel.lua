-- SPDX-License-Identifier: MIT
-- Tools of the kernel's functions beside others of their names.
-- Tools: capable filelife cachestat ext4dist ext4slower fileslower filetop llcstat slabratetop vfscount vfsstat
local live = require "live"
local peers = require "peers"
local sh = require "sh"

local CHECKS, FILES = 13, 17
local checks = ("exec perl -e '$0 = \"%s\"; chroot \"/\" for 1..%d'"):format(live.mark, CHECKS)
local function check(line)
	return line:find("%f[%w_]" .. live.mark .. "%f[^%w_]") and line:find "SYS_CHROOT" and "chroot" or nil
end
local files = ("exec perl -e 'chdir \"%s\"; for (1..%d) { open my $f, \">\", \"%s\" or die; unlink \"%s\" }'"):format(
	sh.dir(), FILES, live.mark, live.mark)
local function file(line) return line:find("%f[%w_]" .. live.mark .. "%s*$") and "file" or nil end

peers.compare {
	{
		"capable", command = checks, made = { chroot = CHECKS },
		ours = { "", function(row) return check(row.comm .. " " .. row.capability) end },
		libbpf = { "", peers.lines(check) }, bcc = { "", peers.lines(check) }, bpftrace = { "", peers.lines(check) },
	},
	{
		"filelife", command = files, made = { file = FILES },
		ours = { "", function(row) return file(row.file) end },
		libbpf = { "", peers.lines(file) }, bcc = { "", peers.lines(file) },
	},
	{ "cachestat" }, { "ext4dist" }, { "ext4slower" }, { "fileslower" }, { "filetop" }, { "llcstat" }, { "slabratetop" },
	{ "vfscount" }, { "vfsstat" },
}
