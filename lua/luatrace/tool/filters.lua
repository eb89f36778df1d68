-- SPDX-License-Identifier: MIT
-- What --pid, --uid and so on ask for, as the constants of <luatrace/filter.h>.
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

local COMM_SIZE = 16	-- TASK_COMM_LEN, with its NUL

local function fail(...)
	errors.raise((...):format(select(2, ...)), errors.EINVAL)
end

local function uid_of(user)
	local number = tonumber(user)
	if number and number % 1 == 0 and number >= 0 and number < 2 ^ 32 - 1 then
		return number
	end
	for line in io.lines "/etc/passwd" do
		local name, id = line:match "^([^:]+):[^:]*:(%d+):"
		if name == user then
			return tonumber(id)
		end
	end
	fail("--uid: '%s' is no user of this machine, and no number", format.escape(user))
end

-- Where control groups of version 2 are, which are those that a task is in one of.
local function cgroups(option)
	for line in io.lines "/proc/self/mounts" do
		local path = line:match "^%S+ (%S+) cgroup2 "
		if path then
			return path
		end
	end
	fail("--%s: no control groups of version 2 are mounted; mount -t cgroup2 none DIRECTORY mounts them", option)
end

-- By a file that all of them have.
local function is_cgroup(path)
	local file = io.open(path .. "/cgroup.procs")
	if file then
		file:close()
	end
	return file ~= nil
end

local function cgroup_of(path)
	local root = cgroups "cgroup"
	local whole = path:sub(1, 1) == "/" and is_cgroup(path) and path or root .. "/" .. path:gsub("^/", "")
	if not is_cgroup(whole) then
		fail("--cgroup: '%s' is no control group: it takes a directory below %s, or its path below that", format.escape(path),
			root)
	end
	return whole
end

-- Container engines name a container's control group by its id: "docker-ID.scope", "libpod-ID.scope", "cri-containerd-
-- ID.scope", "docker/ID", …. "libpod-conmon-ID.scope" is that of who watches it.
local function containers(root, id)
	local folders = require "luatrace.folders"
	local found = {}
	folders.walk(root, function(path, name)
		local full = name:match "%f[%x](%x+)%.scope$" or name:match "^(%x+)$"
		if full and not name:find("-conmon-", 1, true) and #full >= 12 and full:sub(1, #id) == id then
			found[#found + 1] = path
		end
	end)
	return found
end

local function container_of(id)
	if not id:find "^%x%x%x%x+$" then
		fail("--container: takes the first digits of a container's id, at least four, not '%s'", format.escape(id))
	end
	local root = cgroups "container"
	local found = containers(root, id)
	if #found == 0 then
		fail("--container: no control group below %s belongs to a container whose id begins with %s", root, id)
	elseif #found > 1 then
		fail("--container: %d containers have an id that begins with %s; give more digits", #found, id)
	end
	return found[1]
end

---The constants, and the control group whose tasks are wanted, if any.
---@param tool luatrace.Tool
---@param options table
---@return table<string, any> params
---@return string? cgroup
function M.params(tool, options)
	local params, cgroup = {}, nil
	for _, filter in ipairs(tool.filters) do
		local value = options[filter]
		if filter == "cgroup" then
			cgroup = value and cgroup_of(value) or options.container and container_of(options.container) or nil
			params.lt_filter_cgroup = cgroup ~= nil
		elseif value == nil then	-- luacheck: ignore 542
		elseif filter == "uid" then
			params.lt_filter_uid = uid_of(value)
		elseif filter == "comm" then
			params.lt_filter_comm = value:sub(1, COMM_SIZE - 1)
		else
			params["lt_filter_" .. filter] = value
		end
	end
	return params, cgroup
end

return M
