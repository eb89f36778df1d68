-- SPDX-License-Identifier: MIT
-- A bundle that is run: its files are found as if it were a folder, and its texts are compiled already.
local ffi = require "ffi"
local C = require "luatrace.abi"
local collections = require "luatrace.tool.collections"
local errors = require "luatrace.errors"
local format = require "luatrace.format"
local near = require "luatrace.near"
local source = require "luatrace.source"

local M = {}

local NO_TOOLS = { ["bundle.lua"] = true, [collections.MANIFEST] = true }

-- What bundle.lua says it is; another number is another luatrace's.
M.FORMAT = 1

---@class luatrace.Bundle
---@field path string
---@field about { format: integer, object: integer, machine: string, luatrace: string, script: string? } its bundle.lua
---@field collection luatrace.tool.Collection?
---@field private handle ffi.cdata*
local Bundle = {}
Bundle.__index = Bundle

---The bundle that runs, if one does.
---@type luatrace.Bundle?
M.running = nil

local function blob()
	return ffi.gc(ffi.new "lt_blob[1]", C.lt_blob_free)
end

---What a file of it holds; nil: it has none of that name. Raises when it is damaged.
---@param name string
---@return ffi.cdata*? blob lt_blob[1]
function Bundle:blob(name)
	local out, err = blob(), errors.buffer()
	local rc = C.lt_bundle_read(self.handle, name, out, err)
	if rc == -errors.ENOENT then
		return nil
	elseif rc < 0 then
		errors.raise_c(rc, err)
	end
	return out
end

---@param name string
---@return string?
function Bundle:read(name)
	local out = self:blob(name)
	return out and ffi.string(out[0].data, out[0].size)
end

---Names of its files, sorted.
---@return string[]
function Bundle:names()
	local names = {}
	while true do
		local name = C.lt_bundle_name(self.handle, #names)
		if name == nil then
			return names
		end
		names[#names + 1] = ffi.string(name)
	end
end

---Names of its tools.
---@return string[]
function Bundle:tools()
	local tools = {}
	for _, name in ipairs(self:names()) do
		local tool = name:match "^([^/]+)%.lua$"
		if tool and not NO_TOOLS[name] then
			tools[#tools + 1] = tool
		end
	end
	return tools
end

-- Its tables are Lua that sees nothing.
local function table_of(self, name)
	local text = self:read(name)
	local chunk, why = nil, "it is missing"
	if text then
		chunk, why = source.load(text, ("@%s/%s"):format(self.path, name))
	end
	local ok, about = false, why
	if chunk then
		ok, about = collections.evaluate(chunk)
	end
	if not ok or type(about) ~= "table" then
		errors.raise(("bundle '%s': %s: %s"):format(self.path, name, ok and "it returns no table" or tostring(about)),
			errors.EINVAL)
	end
	return about
end

local function refuse(self, ...)
	errors.raise(("bundle '%s': %s"):format(format.escape(self.path), (...):format(select(2, ...))), errors.EINVAL)
end

local function check(self)
	local about = self.about
	if type(about.format) ~= "number" or type(about.object) ~= "number" or type(about.machine) ~= "string" then
		refuse(self, "bundle.lua does not say what it is")
	elseif about.format > M.FORMAT or about.object ~= C.LT_OBJECT_FORMAT then
		refuse(self, "luatrace %s made it, and this is %s: make it again with this one", tostring(about.luatrace),
			ffi.string(C.lt_version()))
	elseif about.machine ~= jit.arch then
		refuse(self, "it is for %s machines, and this one is %s", about.machine, jit.arch)
	end
end

---Keys that what is run has to be signed by; nil: it need not be.
---@return string[]?
function M.keys()
	local keys = package.loaded["luatrace.signed"]
	return type(keys) == "table" and keys[1] and keys or nil
end

---Where what is run has to be signed, raises: `what` is of files that nobody signs.
---@param what string
function M.refuse_others(what)
	if M.keys() then
		errors.raise(what .. ": only bundles (FILE.ltb) that are signed are run here, by --signed or LUATRACE_SIGNED",
			errors.EPERM)
	end
end

local function verify(self, keys)
	local list, err = ffi.new("const char *[?]", #keys), errors.buffer()
	for i, key in ipairs(keys) do
		list[i - 1] = key
	end
	local rc = C.lt_bundle_verify(self.handle, list, #keys, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
end

M.verify = verify

---Opens one. Raises when it is damaged, not of this machine, not signed where it has to be, or when others could have
---changed it.
---@param path string
---@return luatrace.Bundle
function M.open(path)
	local out, err = ffi.new "lt_bundle *[1]", errors.buffer()
	local keys, why, missing = M.keys(), nil, nil
	if not keys and not package.loaded["luatrace.trusting"] then
		why, missing = collections.distrust(path)
	end
	if missing then
		errors.raise(("bundle '%s': No such file or directory"):format(path), errors.ENOENT)
	elseif why then
		errors.raise(("%s; 'luatrace --trust' runs it all the same"):format(why), errors.EPERM)
	end
	local rc = C.lt_bundle_open(path, out, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	local self = setmetatable({ path = path, handle = ffi.gc(out[0], C.lt_bundle_free) }, Bundle)
	if keys then
		verify(self, keys)
	end
	self.about = table_of(self, "bundle.lua")
	check(self)
	if not self.about.script then
		self.collection = collections.of_table(table_of(self, collections.MANIFEST), path)
		if self.collection.refused then
			errors.raise("bundle: " .. self.collection.refused, errors.EINVAL)
		end
	end
	return self
end

---What a text is called by in a bundle. Folders of headers, which it has no use for, are elsewhere where it runs.
---@param text string
---@param cflags string[]
---@return string
function M.object_name(text, cflags)
	local words, digest = { text }, ffi.new("char[?]", C.LT_DIGEST_SIZE)
	for i, flag in ipairs(cflags) do
		local is_folder = flag:find "^%-I." or cflags[i - 1] == "-I" or cflags[i - 1] == "-isystem"
		words[#words + 1] = is_folder and flag:match "([^/]*)/*$" or flag
	end
	local whole = table.concat(words, "\0")
	C.lt_digest(whole, #whole, digest)
	return ("objects/%s.o"):format(ffi.string(digest))
end

---The object of a text, if the bundle that runs has it.
---@param text string
---@param cflags string[]
---@return ffi.cdata*? blob lt_blob[1]
function M.object(text, cflags)
	local found = M.running:blob(M.object_name(text, cflags))
	C.lt_bundle_rest(M.running.handle)
	return found
end

---What is at a path in the bundle that runs.
---@param path string
---@return string?
function M.read_file(path)
	local prefix = M.running.path .. "/"
	return path:sub(1, #prefix) == prefix and M.running:read((path:sub(#prefix + 1):gsub("^%./+", ""))) or nil
end

-- Modules of a bundle are found ahead of all but luatrace's own.
local function offer_modules(self)
	table.insert(package.loaders, 2, function(name)
		local path = name:gsub("%.", "/")
		for _, file in ipairs { "lib/" .. path .. ".lua", "lib/" .. path .. "/init.lua", path .. ".lua" } do
			local text = not name:find "[^%w._-]" and self:read(file)
			if text then
				return assert(source.load(text, ("@%s/%s"):format(self.path, file)))
			end
		end
		return ("\n\tno file '%s' in bundle '%s'"):format(path, self.path)
	end)
end

local function no_tool(self, name)
	local tools = self:tools()
	if name and name:sub(1, 1) ~= "-" then
		errors.usage(("bundle '%s': it has no tool '%s'%s"):format(self.path, format.escape(name), near.hint(name, tools)))
	end
	errors.usage(("bundle '%s': say which of its tools is to be run%s: %s"):format(self.path,
		name and (", ahead of '%s'"):format(format.escape(name)) or "", table.concat(tools, ", ")))
end

local function help(path)
	io.write(("usage: luatrace %s TOOL [argument...]\n\n"):format(format.escape(path)))
	os.exit(require("luatrace.tool.list").main(path))
end

-- Its modules, and what is at its paths, are found from now on.
local function enter(self)
	M.running = self
	require("luatrace.tool.catalog").running = self.collection
	offer_modules(self)
end

---Opens one to look at its tools.
---@param path string
---@return luatrace.Bundle
function M.look_into(path)
	local self = M.open(path)
	enter(self)
	return self
end

---A tool of it. nil and why, if it is none.
---@param name string
---@return luatrace.Tool?
---@return string? why
function Bundle:tool(name)
	local text = self:read(name .. ".lua")
	if not text then
		no_tool(self, name)
	end
	return require("luatrace.tool.catalog").load(("%s/%s.lua"):format(self.path, name), nil, nil, text)
end

---For who runs a bundle: the path of what is to be run, its text, and how many arguments said which it is.
---@param path string
---@param name string? its first argument
---@return { path: string, text: string, taken: integer }
function M.start(path, name)
	local self = M.open(path)
	local file, taken = self.about.script, 0
	local text = file and self:read(file)
	if not file and name and name:find "^[%w_-]+$" and not NO_TOOLS[name .. ".lua"] then
		file, taken = name .. ".lua", 1
		text = self:read(file)
	end
	if not text then
		local tools = not self.about.script and self:tools() or {}
		if #tools > 1 and (name == "--help" or name == "-h") then
			help(path)
		elseif #tools ~= 1 then
			no_tool(self, name)
		end
		file, taken = tools[1] .. ".lua", 0
		text = self:read(file)
	end
	enter(self)
	return { path = ("%s/%s"):format(path, file), text = text, taken = taken }
end

return M
