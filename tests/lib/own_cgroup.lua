-- SPDX-License-Identifier: MIT
-- A cgroup (version 2) of the case's own.
local live = require "live"
local sh = require "sh"
local t = require "tap"

local M = {}

local function mounted()
	return ("\n" .. sh.read("/proc/self/mounts")):match("\n%S+ (%S+) cgroup2 ")
end

local root = mounted()
if not root then
	root = sh.dir() .. "/cgroup2"
	if sh.run(("mkdir %s && mount -t cgroup2 none %s"):format(root, root)) ~= 0 then
		t.skip_all("no cgroups of version 2 are mounted, nor can be")
	end
	M.own_mount = root
end

M.path = root .. "/" .. live.mark
assert(sh.run("mkdir " .. M.path) == 0, "no cgroup can be made below " .. root)

---Puts a process into it.
---@param pid integer
function M.take(pid)
	sh.write(M.path .. "/cgroup.procs", tostring(pid))
end

---Runs a command of the shell in it.
---@param command string
---@return integer status
---@return string stdout
---@return string stderr
function M.run(command)
	return sh.run(("echo $$ >%s/cgroup.procs && %s"):format(M.path, command))
end

---Removes it; whether that worked, which it does when no process is in it.
---@return boolean
function M.remove()
	local gone = live.await(function() return sh.run("rmdir " .. M.path) == 0 or nil end)
	if M.own_mount then
		sh.run("umount " .. M.own_mount)
	end
	return gone or false
end

return M
