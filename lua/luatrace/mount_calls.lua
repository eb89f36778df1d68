-- SPDX-License-Identifier: MIT
-- The calls that mount file systems, as a program would write them.
local bit = require "bit"

local M = {}

-- By their bits, as <linux/mount.h>, <sys/mount.h> and <fcntl.h> have them.
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

local FSOPEN, FSMOUNT = { [0] = "FSOPEN_CLOEXEC" }, { [0] = "FSMOUNT_CLOEXEC" }

-- The flags in a number; "0" for none, a number for those without a name.
local function flags(value, list)
	local out, left = {}, value
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

-- Programs before Linux 2.4 put a magic number ahead of the flags.
local function mount_flags(value)
	return flags(value >= 0xc0ed0000 and value < 0xc0ee0000 and value - 0xc0ed0000 or value, MOUNT)
end

local function folder(fd)
	return fd == -100 and "AT_FDCWD" or tostring(fd)
end

-- Of each call its arguments: t are those that are texts, n those that are numbers, both in their order.
local ARGUMENTS = {
	mount = function(t, n) return t[1], t[2], t[3], mount_flags(n[1]), t[4] end,
	umount2 = function(t, n) return t[1], flags(n[1], UMOUNT) end,
	fsopen = function(t, n) return t[1], flags(n[1], FSOPEN) end,
	fspick = function(t, n) return folder(n[1]), t[1], flags(n[2], PICK) end,
	fsconfig = function(t, n) return folder(n[1]), COMMANDS[n[2]] or tostring(n[2]), t[1], t[2] end,
	fsmount = function(_, n) return folder(n[1]), flags(n[2], FSMOUNT), flags(n[3], ATTRIBUTES) end,
	move_mount = function(t, n) return folder(n[1]), t[1], folder(n[2]), t[2], flags(n[3], MOVE) end,
	open_tree = function(t, n) return folder(n[1]), t[1], flags(n[2], TREE) end,
	mount_setattr = function(t, n)
		return folder(n[1]), t[1], flags(n[2], TREE), "+" .. flags(n[3], ATTRIBUTES), "-" .. flags(n[4], ATTRIBUTES)
	end,
}

---A call as text.
---@param name string
---@param texts string[] its arguments that are texts, as they shall be shown
---@param numbers number[] those that are numbers; of mount_setattr what it sets and what it clears behind them
---@return string
function M.text(name, texts, numbers)
	return ("%s(%s)"):format(name, table.concat({ ARGUMENTS[name](texts, numbers) }, ", "))
end

return M
