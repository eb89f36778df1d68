-- SPDX-License-Identifier: MIT
-- Collections: folders of tools that people ship to each other, and where they are looked for. One is a folder with
-- collection.lua (who it is), NAME.lua (its tools) and lib/ (modules that these require).
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local folders = require "luatrace.folders"
local format = require "luatrace.format"
local near = require "luatrace.near"

local M = {}

local MANIFEST = "collection.lua"
M.MANIFEST = MANIFEST

---@class luatrace.tool.Collection
---@field folder string
---@field name string of the manifest; that of the folder while it has not been read
---@field version string?
---@field summary string?
---@field shipped boolean? it came with luatrace
---@field tree string? the LuaRocks tree that it is installed in
---@field refused string? why none of its tools is run
---@field missing boolean? it is no collection, but a place of LUATRACE_PATH that has none

-- Where luatrace's own are.
local function shipped_folder()
	return package.loaded["luatrace.scripts"] or "scripts"
end

local function base_name(path)
	return path:match "([^/]+)/*$" or path
end

-- Not opened: it may be anything, and anybody's.
local function is_file(path)
	return C.lt_file_kind(path) ~= 0 and C.lt_file_kind(folders.real(path)) == 1
end

---Whether a folder is one.
---@param folder string
---@return boolean
local function is_collection(folder)
	return is_file(folder .. "/" .. MANIFEST)
end
M.is_collection = is_collection

local function join(folder, name)
	return folder:gsub("/+$", "") .. "/" .. name:gsub("/$", "")
end

-- 1.10 comes after 1.9.
local function is_later(a, b)
	local numbers, others = a:gmatch "%d+", b:gmatch "%d+"
	while true do
		local x, y = tonumber(numbers() or -1), tonumber(others() or -1)
		if x ~= y or x == -1 then
			return x > y
		end
	end
end

-- Rocks of a LuaRocks tree: of several versions of one, the last.
local function add_tree(found, tree)
	for _, name in ipairs(folders.list(tree .. "/lib/luarocks")) do
		local rocks = name:find "^rocks" and join(tree .. "/lib/luarocks", name)
		for _, rock in ipairs(rocks and folders.list(rocks) or {}) do
			local last
			for _, version in ipairs(folders.list(join(rocks, rock))) do
				last = version:find "^%d.*/$" and (not last or is_later(version, last)) and version or last
			end
			for _, part in ipairs(last and folders.list(join(join(rocks, rock), last)) or {}) do
				local folder = join(join(join(rocks, rock), last), part)
				if part:find "/$" and is_collection(folder) then
					found[#found + 1] = { folder = folder, name = rock:gsub("/$", ""), tree = tree }
				end
			end
		end
	end
end

-- A collection, or a folder of collections.
local function add_place(found, place)
	if is_collection(place) then
		found[#found + 1] = { folder = place, name = base_name(place) }
		return
	end
	for _, entry in ipairs(folders.list(place)) do
		local folder = join(place, entry)
		if entry:find "/$" and is_collection(folder) then
			found[#found + 1] = { folder = folder, name = base_name(folder) }
		end
	end
end

local function find()
	local home, found = os.getenv "HOME", {}
	local data = os.getenv "XDG_DATA_HOME" or home and home .. "/.local/share"
	for place in (os.getenv "LUATRACE_PATH" or ""):gmatch "[^:]+" do
		local before = #found
		add_place(found, place)
		add_tree(found, place)
		if #found == before then
			found[#found + 1] = { folder = place, name = base_name(place), missing = true,
				refused = ("LUATRACE_PATH: %s: there is no %s in it, nor in a folder of it"):format(place, MANIFEST) }
		end
	end
	if data then
		add_place(found, data .. "/luatrace/collections")
	end
	for _, share in ipairs { shipped_folder() .. "/..", "/usr/local/share/luatrace", "/usr/share/luatrace" } do
		add_place(found, share .. "/collections")
	end
	for _, tree in ipairs { home and home .. "/.luarocks" or "", "/usr/local", "/usr" } do
		add_tree(found, tree)
	end
	return found
end

---Whether others could have written what lies at a path; then the reason.
---@param path string
---@return string?
---@return boolean? missing there is nothing
local function distrust(path)
	local err = ffi.new "lt_error"
	local rc = C.lt_path_trusted(path, err)
	return rc ~= 0 and ffi.string(err.message) or nil, rc == -errors.ENOENT
end
M.distrust = distrust

-- `seen`: a link may lead back to where it is.
local function distrust_all(folder, seen)
	local why = distrust(folder)
	seen[folders.real(folder)] = true
	for _, entry in ipairs(why and {} or folders.list(folder)) do
		local path = join(folder, entry)
		if not why and not entry:find "^%." and not seen[folders.real(path)] then
			why = (entry:find "/$" and distrust_all or distrust)(path, seen)
		end
	end
	return why
end

-- So of a rock's modules, which are elsewhere: or of where they would be.
local function distrust_modules(tree)
	for _, part in ipairs { "/share/lua/5.1", "/share/lua", "/share", "" } do
		if C.lt_file_kind(tree .. part) ~= 0 then
			return distrust_all(tree .. part, {})
		end
	end
	return nil
end

-- Whether version `have` is as `wanted` demands, e.g. ">= 0.2, < 1"; nil: that is no demand.
local function fits(have, wanted)
	local all = true
	for part in (wanted .. ","):gmatch "([^,]*)," do
		local operator, version = part:match "^%s*([<>=]+)%s*(%d[%d.]*)%s*$"
		if not operator then
			return nil
		end
		local later, earlier = is_later(have, version), is_later(version, have)
		local holds = { [">="] = not earlier, ["<="] = not later, [">"] = later, ["<"] = earlier,
			["=="] = not later and not earlier }
		if holds[operator] == nil then
			return nil
		end
		all = all and holds[operator]
	end
	return all
end

local FIELDS = { "name", "version", "summary", "luatrace" }

-- A field that is not known may be of a later luatrace, but not one that is nearly so.
local function mistyped(about)
	for field in pairs(about) do
		local meant = type(field) == "string" and near.nearest(field, FIELDS)
		if meant and meant ~= field and about[meant] == nil then
			return ("%s= is not known; did you mean '%s'?"):format(format.escape(field), meant)
		end
	end
	return nil
end

-- What is wrong with what a manifest says.
local function complain(about)
	if type(about) ~= "table" then
		return "it returns no table"
	end
	local wrong = mistyped(about)
	for _, field in ipairs { "name", "version", "summary" } do
		local value = about[field]
		if wrong then
			return wrong
		elseif value ~= nil and type(value) ~= "string" then
			return ("%s= takes a string, not a %s"):format(field, type(value))
		elseif not value or not value:find "%S" then
			return field .. "= is missing"
		end
	end
	if not about.name:find "^%w[%w_-]*$" then
		return "name= takes letters, digits, '-' and '_'"
	end
	local version = ffi.string(C.lt_version())
	local holds = about.luatrace == nil or type(about.luatrace) == "string" and fits(version, about.luatrace)
	if holds == nil or about.luatrace ~= nil and type(about.luatrace) ~= "string" then
		return "luatrace= takes a string like \">= 0.1, < 1\""
	end
	return not holds and ("it needs luatrace %s; this is %s"):format(about.luatrace, version) or nil
end

local function take(collection, path, wrong, about)
	if wrong then
		collection.refused = ("%s: %s"):format(path, wrong)
	else
		collection.name, collection.version, collection.summary = about.name, about.version, about.summary
	end
end

-- A table needs few, and little.
local INSTRUCTIONS, KIBIBYTES = 1e5, 1024

---Runs a chunk that is to return a table: it sees nothing but itself, no methods of strings either, and can neither go
---on for ever nor grow.
---@param chunk function
---@return boolean ok
---@return any about the table, or what went wrong
function M.evaluate(chunk)
	local left, most, methods = INSTRUCTIONS, collectgarbage "count" + KIBIBYTES, debug.getmetatable("").__index
	local function count()
		left = left - 1
		if left < 0 or collectgarbage "count" > most then
			debug.sethook()
			error(left < 0 and "it does not end" or "it takes too much memory", 0)
		end
	end
	jit.off(chunk, true)	-- hooks are not called in what is compiled
	debug.getmetatable("").__index = nil
	debug.sethook(count, "", 1)
	local ok, about = pcall(setfenv(chunk, {}))
	debug.sethook()
	debug.getmetatable("").__index = methods
	return ok, about
end

-- Reads the manifest. It is Lua that sees nothing but itself.
local function read_manifest(collection)
	local path = collection.folder .. "/" .. MANIFEST
	local chunk, why = loadfile(path, "t")
	local ok, about = false, why
	if chunk then
		ok, about = M.evaluate(chunk)
	end
	local wrong = not ok and tostring(about) or complain(about)
	if not ok and wrong:find " global '" then
		wrong = wrong .. ": a manifest sees no functions"
	end
	take(collection, path, wrong, about)
end

---A collection by what its manifest returned.
---@param about table
---@param path string where it is
---@return luatrace.tool.Collection
function M.of_table(about, path)
	local collection = { folder = path }
	take(collection, path .. "/" .. MANIFEST, complain(about), about)
	return collection
end

---@return luatrace.tool.Collection luatrace's own
function M.shipped()
	return { folder = shipped_folder(), name = "luatrace", shipped = true }
end

-- Where a rock is in a LuaRocks tree.
local ROCK = "^(.*)/lib/luarocks/rocks[^/]*/[^/]+/[^/]+/[^/]+$"

---The collection at a path, or the one that is installed by that name; read.
---@param path string
---@return luatrace.tool.Collection? nil: there is none
function M.at(path)
	if is_collection(path) then
		return M.read { folder = path, name = base_name(path), tree = folders.real(path):match(ROCK) }
	end
	for _, collection in ipairs(M.all()) do
		if collection.name == path and C.lt_file_kind(path) == 0 then
			return collection
		end
	end
	return nil
end

---Reads a collection's manifest, unless others could have changed what is in its folder (and --trust does not say that
---this is no matter). `collection.refused` says why none of its tools is to be run.
---@param collection luatrace.tool.Collection
---@return luatrace.tool.Collection
function M.read(collection)
	if collection.shipped or collection.refused then
		return collection
	end
	local why = not package.loaded["luatrace.trusting"]
		and (distrust_all(collection.folder, {}) or collection.tree and distrust_modules(collection.tree))
	if why then
		collection.refused = why .. "; 'luatrace --trust' runs it all the same"
	else
		read_manifest(collection)
	end
	return collection
end

---All collections, luatrace's own first, then in the order in which they are looked for. Of those of one name the
---first counts: the others are refused.
---@return luatrace.tool.Collection[]
function M.all()
	local shipped = M.shipped()
	local seen, list, first = { [folders.real(shipped.folder)] = true }, { shipped }, { [shipped.name] = shipped }
	for _, collection in ipairs(find()) do
		local id = folders.real(collection.folder)
		if not seen[id] then
			seen[id], list[#list + 1] = true, M.read(collection)
			local other = not collection.refused and first[collection.name]
			if other then
				collection.refused = ("%s: %s has that name too, and comes first"):format(collection.folder, other.folder)
			elseif not collection.refused then
				first[collection.name] = collection
			end
		end
	end
	return list
end

---Names of a collection's tools, sorted; and files that could be tools, but for their names.
---@param collection luatrace.tool.Collection
---@return string[]
---@return string[] others
function M.tools(collection)
	local names, others = {}, {}
	for _, file in ipairs(folders.list(collection.folder)) do
		local name = file:match "^([^.].*)%.lua$"
		if name and file ~= MANIFEST then
			local list = name:find "^[%w_-]+$" and names or others
			list[#list + 1] = name
		end
	end
	return names, others
end

---@param collection luatrace.tool.Collection
---@param name string
---@return string? path of the file of a tool; nil: it has none of that name
function M.file(collection, name)
	local path = join(collection.folder, name .. ".lua")
	return name .. ".lua" ~= MANIFEST and is_file(path) and path or nil
end

---Where a tool's modules are looked for, ahead of all else: "" for those of luatrace's own.
---@param collection luatrace.tool.Collection
---@return string to be put ahead of package.path
function M.search_path(collection)
	local path = ""
	if not collection.shipped and not collection.folder:find "[;?]" then
		path = ("%s/lib/?.lua;%s/lib/?/init.lua;"):format(collection.folder, collection.folder)
	end
	if collection.tree and not collection.tree:find "[;?]" then
		path = ("%s%s/share/lua/5.1/?.lua;%s/share/lua/5.1/?/init.lua;"):format(path, collection.tree, collection.tree)
	end
	return path
end

return M
