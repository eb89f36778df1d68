-- SPDX-License-Identifier: MIT
-- A control group of the case's own that may have little memory, and processes in it that ask for more.
local live = require "live"
local sh = require "sh"
local t = require "tap"

local M = {}

local LIMIT = 16777216
local OLD = "/sys/fs/cgroup/memory"	-- version 1
local limit, own
if sh.read(OLD .. "/memory.limit_in_bytes") then
	M.path, limit = OLD .. "/" .. live.mark, "memory.limit_in_bytes"
	sh.run("mkdir " .. M.path)
else
	own = require "own_cgroup"
	sh.run(("echo +memory >%s/../cgroup.subtree_control"):format(own.path))
	M.path, limit = own.path, "memory.max"
end
if sh.run(("echo %d >%s/%s"):format(LIMIT, M.path, limit)) ~= 0 then
	t.skip_all("memory of control groups cannot be limited here")
end
sh.run(("echo 0 >%s/memory.swap.max"):format(M.path))

---A command of the shell: one process after the other that is killed for the memory it asks for.
---@param name string what they are called
---@param count integer
---@return string
function M.eaters(name, count)
	local program = sh.dir() .. "/" .. name
	return ([[
cp /usr/bin/perl %s
for i in $(seq %d); do (echo 0 >%s/cgroup.procs; exec %s -e '$x = "a" x 64000000') & wait; done
exit 0]]):format(program, count, M.path, program)
end

---Removes the group.
function M.remove()
	if own then
		own.remove()
	else
		live.await(function() return sh.run("rmdir " .. M.path) == 0 or nil end)
	end
end

return M
