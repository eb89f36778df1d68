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

local function check(self, ok, why)
	if not ok then
		if self.file then
			self.file:close()
			os.remove(self.part)
		end
		refuse(self, format.escape(why), errors.EIO)
	end
	return ok
end

---Says now rather than in the end that a file cannot be written. A file of that name is written over.
---@param option string of which it is the value
---@param path string
---@return luatrace.tool.PictureFile
function M.new(option, path)
	local self = setmetatable({ option = option, path = path,
		part = ("%s.%x.part"):format(path, tonumber(C.lt_now() % 2 ^ 32)) }, File)
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
	return self
end

---Begins what is written.
function File:open()
	local file, why = io.open(self.part, "wbx")
	-- the name that the user gave, not ours
	self.file = check(self, file, why and (self.path .. ": " .. (why:match "([^:]+)$"):gsub("^ ", "")))
	file:setvbuf("full", 65536)
end

---@param ... string
function File:write(...)
	check(self, self.file:write(...))
end

---Has what was written reach the file, and goes back over its last bytes, which the next write replaces.
---@param bytes integer
function File:rewind(bytes)
	check(self, self.file:flush())
	check(self, self.file:seek("cur", -bytes))
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
		check(self, nil, why)
	end
end

return M
