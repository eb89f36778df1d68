-- SPDX-License-Identifier: MIT
-- What tools that follow pthread mutexes by <luatrace/mutex.h> share.
local stacks = require "luatrace.tool.stacks"

local M = {}

local FRAMES = 5

-- In this order, so that what is locked is seen to be unlocked.
local FUNCTIONS = {
	{ "init", "renew" }, { "destroy", "renew" }, { "unlock", "unlock" }, { "trylock", "trylock", "return" },
	{ "timedlock", "timedlock", "return" }, { "clocklock", "timedlock", "return" }, { "lock", "lock" },
}

---Attaches the programs of <luatrace/mutex.h>.
---@param run luatrace.Run
---@param file string the program or library that has pthread_mutex_lock
---@param pid integer whose mutexes
function M.attach(run, file, pid)
	for _, one in ipairs(FUNCTIONS) do
		run:attach_function(file, "pthread_mutex_" .. one[1], { enter = "lt_mutex_" .. one[2],
			leave = one[3] and "lt_mutex_" .. one[3], pid = pid, optional = one[1] == "clocklock" })	-- glibc 2.30
	end
end

---The address of a mutex, as text.
---@param mutex ffi.cdata* struct lt_mutex
---@return string
function M.address(mutex)
	return ("0x%x"):format(tonumber(mutex.id % 2ULL ^ 48))
end

---Where it was locked: the innermost function first, its callers as far as frame pointers lead.
---@param run luatrace.Run
---@param mutex ffi.cdata* struct lt_mutex
---@return string
function M.place(run, mutex)
	local names, frames = { run:usym(mutex.caller, mutex.stack.pid) }, stacks.frames(run.source, mutex.stack)
	for i = #frames - 1, 1, -1 do
		-- the function that locks, and on kernels since 6.11 its caller
		if frames[i] ~= names[1] and frames[i] ~= "[unknown]" and #names < FRAMES then
			names[#names + 1] = frames[i]
		end
	end
	return table.concat(names, " < ")
end

return M
