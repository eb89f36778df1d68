-- SPDX-License-Identifier: MIT
-- The file of a picture. It has its name once it is whole: until then it is FILE.NUMBER.part beside it.
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

---@class luatrace.tool.PictureFile
---@field path string
local File = {}
File.__index = File

local function refuse(self, why, errno)
	errors.raise(("--%s: %s"):format(self.option, why), errno)
end

local function must(self, ok, why)
	if not ok then
		if self.file then
			self.file:close()
			os.remove(self.part)
		end
		-- the name that the user gave, not ours
		refuse(self, ("%s: %s"):format(format.escape(self.path), (why:match "([^:]+)$":gsub("^ ", ""))), errors.EIO)
	end
	return ok
end

---@param option string of which it is the value
---@param path string
---@return luatrace.tool.PictureFile
function M.new(option, path)
	return setmetatable({ option = option, path = path,
		part = ("%s.%x.part"):format(path, tonumber(C.lt_now() % 2 ^ 32)) }, File)
end

---Says now rather than in the end that a file cannot be written. A regular one of that name is written over.
function File:check()
	local path = self.path
	if path == "" or path:find "^%-" then
		refuse(self, ("takes the name of a file, not '%s'"):format(format.escape(path))
			.. (#path > 1 and ("; for a file of this name write './%s'"):format(format.escape(path)) or ""), errors.EINVAL)
	end
	-- What is renamed to a device or a link would take its place.
	if C.lt_file_kind(path) == 2 then
		refuse(self, format.escape(path) .. " is no regular file; nothing is written over it", errors.EINVAL)
	end
	self:open()
	self.file:close()
	self.file = nil
	os.remove(self.part)
end

---Begins what is written.
function File:open()
	local file, why = io.open(self.part, "wbx")
	self.file = must(self, file, why)
	file:setvbuf("full", 65536)
end

---@param ... string
function File:write(...)
	must(self, self.file:write(...))
end
jit.off(File.write)	-- as recording.lua has it

---Has what was written reach the file, and goes back over its last bytes, which the next write replaces.
---@param bytes integer
function File:rewind(bytes)
	must(self, self.file:flush())
	must(self, self.file:seek("cur", -bytes))
end

---All is written: the file has its name.
function File:close()
	local file = self.file
	self.file = nil
	local ok, why = file:close()
	if ok then
		ok, why = os.rename(self.part, self.path)
	end
	if not ok then
		os.remove(self.part)
		must(self, nil, why)
	end
end

return M
