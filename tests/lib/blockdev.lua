-- SPDX-License-Identifier: MIT
-- A block device of the case's own: a loop device over a file of its private directory.
local live = require "live"
local sh = require "sh"
local t = require "tap"

local M = {}

-- Writes and reads of BYTES at consecutive places, past the page cache; then closes the device, and is done.
local PROGRAM = [[
import fcntl, mmap, os, sys
path, size, reads, writes, syncs = sys.argv[1], *map(int, sys.argv[2:6])
fd = os.open(path, os.O_RDWR | os.O_DIRECT)
room = mmap.mmap(-1, size)
for i in range(writes):
	os.pwrite(fd, room, i * size)
for i in range(reads):
	os.preadv(fd, [room], i * size)
for i in range(syncs):
	os.fsync(fd)
]]

---Loads a guest's module, with those that it needs; nothing where it is built in.
---@param name string
function M.load(name)
	local release = (sh.read "/proc/sys/kernel/osrelease"):match "^(%d+%.%d+)"
	sh.run(("for m in build/vm/%s/extra/*.ko; do busybox insmod $m; [ -z \"${m%%%%*-%s.ko}\" ] && break; done")
		:format(release, name))
end

local held = {}

---A loop device of 16 MiB without a scheduler, or the case is skipped. It is gone when the case ends.
---@return string path
---@return string name
function M.new()
	if not io.open "/dev/loop-control" then
		M.load "loop"
	end
	local image = ("%s/image%d"):format(sh.dir(), #held)
	local status, out, err = sh.run(("truncate -s 16M %s && losetup -f --show %s"):format(image, image))
	if status ~= 0 then
		t.skip_all("no loop device: " .. err:gsub("%s+$", ""))
	end
	local path = out:match "^%S+"
	-- Detached when it is last closed: nothing is left, however the case ends.
	held[#held + 1] = assert(io.open(path))
	sh.run("losetup -d " .. path)
	return path, path:match "[^/]+$"
end

---A folder where an ext4 of the case's own is mounted, or the case is skipped. It is gone when the case ends.
---@return string place
---@return function unmount
function M.mounted()
	local path, place = M.new(), sh.dir() .. "/mounted"
	M.load "crc32c_generic"	-- with which ext4 sums; behind it in extra/
	local status, _, why = sh.run(("mkdir %s && mkfs.ext4 -q %s && mount %s %s"):format(place, path, path, place))
	local function unmount() os.execute("umount " .. place .. " 2>/dev/null") end
	M.guard = newproxy(true)
	getmetatable(M.guard).__gc = unmount
	if status ~= 0 then
		t.skip_all("no ext4: " .. why:gsub("%s+$", ""))
	end
	return place, unmount
end

---The command of a process that makes requests, and no others, on a block device.
---@param path string
---@param size integer bytes of each, of 512
---@param reads integer
---@param writes integer
---@param syncs integer?
---@return string
function M.command(path, size, reads, writes, syncs)
	M.program = M.program or live.file(PROGRAM, "requests.py")
	return ("python3 %s %s %d %d %d %d"):format(M.program, path, size, reads, writes, syncs or 0)
end

return M
