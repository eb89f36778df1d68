-- SPDX-License-Identifier: MIT
-- Flags of the calls that mount file systems, by name.
local bit = require "bit"

local M = {}

-- By their bits, as <linux/mount.h>, <sys/mount.h> and <fcntl.h> have them.
M.MOUNT = { [0] = "MS_RDONLY", "MS_NOSUID", "MS_NODEV", "MS_NOEXEC", "MS_SYNCHRONOUS", "MS_REMOUNT", "MS_MANDLOCK",
	"MS_DIRSYNC", "MS_NOSYMFOLLOW", nil, "MS_NOATIME", "MS_NODIRATIME", "MS_BIND", "MS_MOVE", "MS_REC", "MS_SILENT",
	"MS_POSIXACL", "MS_UNBINDABLE", "MS_PRIVATE", "MS_SLAVE", "MS_SHARED", "MS_RELATIME", "MS_KERNMOUNT",
	"MS_I_VERSION", "MS_STRICTATIME", "MS_LAZYTIME" }
M.UMOUNT = { [0] = "MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW" }
M.MOVE = { [0] = "MOVE_MOUNT_F_SYMLINKS", "MOVE_MOUNT_F_AUTOMOUNTS", "MOVE_MOUNT_F_EMPTY_PATH", nil,
	"MOVE_MOUNT_T_SYMLINKS", "MOVE_MOUNT_T_AUTOMOUNTS", "MOVE_MOUNT_T_EMPTY_PATH", nil, "MOVE_MOUNT_SET_GROUP",
	"MOVE_MOUNT_BENEATH" }
M.TREE = { [0] = "OPEN_TREE_CLONE", [8] = "AT_SYMLINK_NOFOLLOW", [11] = "AT_NO_AUTOMOUNT", [12] = "AT_EMPTY_PATH",
	[15] = "AT_RECURSIVE", [19] = "OPEN_TREE_CLOEXEC" }
M.PICK = { [0] = "FSPICK_CLOEXEC", "FSPICK_SYMLINK_NOFOLLOW", "FSPICK_NO_AUTOMOUNT", "FSPICK_EMPTY_PATH" }
M.ATTRIBUTES = { [0] = "MOUNT_ATTR_RDONLY", "MOUNT_ATTR_NOSUID", "MOUNT_ATTR_NODEV", "MOUNT_ATTR_NOEXEC",
	"MOUNT_ATTR_NOATIME", "MOUNT_ATTR_STRICTATIME", nil, "MOUNT_ATTR_NODIRATIME", [20] = "MOUNT_ATTR_IDMAP",
	[21] = "MOUNT_ATTR_NOSYMFOLLOW" }
M.COMMANDS = { [0] = "FSCONFIG_SET_FLAG", "FSCONFIG_SET_STRING", "FSCONFIG_SET_BINARY", "FSCONFIG_SET_PATH",
	"FSCONFIG_SET_PATH_EMPTY", "FSCONFIG_SET_FD", "FSCONFIG_CMD_CREATE", "FSCONFIG_CMD_RECONFIGURE",
	"FSCONFIG_CMD_CREATE_EXCL" }

M.FSOPEN, M.FSMOUNT = { [0] = "FSOPEN_CLOEXEC" }, { [0] = "FSMOUNT_CLOEXEC" }

---The flags in a number, parted by "|"; "0" for none, a number for those without a name.
---@param value integer|ffi.cdata*
---@param list table<integer, string> names by bit
---@return string
function M.flags(value, list)
	local out, left = {}, tonumber(value)
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

---The flags of mount(), without the magic number that programs before Linux 2.4 put ahead of them.
---@param value integer|ffi.cdata*
---@return string
function M.mount_flags(value)
	local number = tonumber(value)
	return M.flags(number >= 0xc0ed0000 and number < 0xc0ee0000 and number - 0xc0ed0000 or number, M.MOUNT)
end

return M
