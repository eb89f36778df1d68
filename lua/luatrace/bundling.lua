-- SPDX-License-Identifier: MIT
-- luatrace bundle: a script or a collection in one file, with its texts compiled for any kernel.
local ffi = require "ffi"
local C = require "luatrace.abi"
local argparse = require "luatrace.argparse"
local bundle = require "luatrace.bundle"
local collections = require "luatrace.tool.collections"
local errors = require "luatrace.errors"
local folders = require "luatrace.folders"
local format = require "luatrace.format"
local modules = require "luatrace.bundling.modules"
local signing = require "luatrace.bundling.signing"
local source = require "luatrace.source"
local texts = require "luatrace.bundling.texts"

local M = {}

local USAGE = [[
usage: luatrace bundle FOLDER|SCRIPT -o FILE.ltb [--with 'TOOL ARGUMENTS']... [--sign KEY]
       luatrace bundle FOLDER|SCRIPT --check [--with 'TOOL ARGUMENTS']...
       luatrace bundle --verify KEY FILE.ltb
       luatrace bundle --list FILE.ltb

Packs a collection's folder, or a script, into one file that runs on machines without a compiler and on other kernels:
'luatrace FILE.ltb TOOL ARGUMENTS'. Its texts are compiled now; layouts, versions and the like are filled in where it
is loaded.

  -o, --output FILE    the bundle
      --with COMMAND   of a tool whose text its options make, one more command line that the bundle is to be good for;
                       of a script, 'SCRIPT ARGUMENTS'
      --sign KEY       sign it by a secret key of minisign's, which the program minisign does: FILE.ltb.minisig
      --check          write nothing: only look whether it could be made
      --verify KEY     say whether the bundle was signed by this key: a public key of minisign's, or its file
      --list           the files in a bundle
  -h, --help           print this
]]

local function parser()
	local p = argparse("luatrace bundle"):add_help(false)
	p:argument("path"):args "?"
	p:option "-o --output"
	p:option("--with"):count "*":init {}
	p:option "--sign"
	p:option "--verify"
	p:flag "--check"
	p:flag "--list"
	p:flag "-h --help"
	return p
end

local function read(path)
	local text = source.read_file(path)
	if not text then
		errors.raise(("%s: cannot be read"):format(path), errors.ENOENT)
	end
	return text
end

-- All Lua files below a folder, by their names in the bundle.
local function add_folder(files, folder, prefix)
	for _, entry in ipairs(folders.list(folder)) do
		local path = folder .. "/" .. entry
		if entry:find "%.lua$" and not entry:find "^%." then
			files[prefix .. entry] = read(path)
		elseif entry:find "/$" and not entry:find "^%." then
			add_folder(files, path:sub(1, -2), prefix .. entry)
		end
	end
end

-- By tool, the command lines of --with.
local function lines_of(with, names)
	local lines = {}
	for _, command in ipairs(with) do
		local name, rest = command:match "^%s*(%S+)%s*(.*)$"
		if not name or not names[name] then
			errors.raise(("--with '%s': its first word names a tool of the bundle"):format(command), errors.EINVAL)
		end
		lines[name] = lines[name] or {}
		table.insert(lines[name], rest)
	end
	return lines
end

-- Its texts as objects. Says what is not in the bundle.
local function add_objects(files, path, collection, lines)
	local list, why = texts.of(path, collection, lines)
	for _, one in ipairs(list) do
		local name, elf = texts.compile(one)
		files[name] = elf
		if one.file then
			files[one.file:match "[^/]*$"] = one.text
		end
	end
	if why then
		texts.say(path, "%s", why)
	end
	return #list
end

local function pack_collection(folder, with)
	local collection = collections.read { folder = folder, name = folder:match "[^/]*$" }
	if collection.refused then
		errors.raise(collection.refused, errors.EINVAL)
	end
	local files, names = { [collections.MANIFEST] = read(folder .. "/" .. collections.MANIFEST) }, {}
	for _, name in ipairs(collections.tools(collection)) do
		files[name .. ".lua"] = read(("%s/%s.lua"):format(folder, name))
		names[name] = true
	end
	add_folder(files, folder .. "/lib", "lib/")
	local lines, count = lines_of(with, names), 0
	for _, name in ipairs(collections.tools(collection)) do
		count = count + add_objects(files, ("%s/%s.lua"):format(folder, name), collection, lines[name])
	end
	modules.add(files, collections.search_path(collection), function(what) texts.say(folder, "%s", what) end)
	return files, nil, count
end

local function pack_script(path, with)
	local name = path:match "[^/]*$"
	local folder = path:match "^(.*)/[^/]*$" or "."
	local files = { [name] = read(path) }
	if not name:find "^[%w_-]+%.lua$" then
		errors.raise(("%s: a script in a bundle is called NAME.lua, of letters, digits, '-' and '_'"):format(path),
			errors.EINVAL)
	end
	package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(folder, folder, package.path)
	local base = name:gsub("%.lua$", "")
	local lines = lines_of(with, { [base] = true, [name] = true })
	local count = add_objects(files, path, nil, lines[base] or lines[name])
	if count == 0 then
		errors.raise(("%s: no BPF text is found in it: it comes to none before it waits or ends"):format(path), errors.EINVAL)
	end
	modules.add(files, package.path, function(what) texts.say(path, "%s", what) end)
	return files, name, count
end

local function manifest(script)
	return ([[
return {
	format = %d, object = %d, machine = %q, luatrace = %q,%s
}
]]):format(bundle.FORMAT, C.LT_OBJECT_FORMAT, jit.arch, ffi.string(C.lt_version()),
		script and (" script = %q,"):format(script) or "")
end

local function write(path, files)
	local names, err = {}, errors.buffer()
	for name in pairs(files) do
		names[#names + 1] = name
	end
	table.sort(names)
	local list = ffi.new("lt_bundle_file[?]", #names)
	for i, name in ipairs(names) do
		list[i - 1] = { name, ffi.cast("const char *", files[name]), #files[name] }
	end
	local rc = C.lt_bundle_write(path, list, #names, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	return #names
end

local function is_folder(path)
	return C.lt_file_kind(path) == 2 and C.lt_file_kind(path .. "/.") == 2
end

local function make(given)
	local path = given.path:gsub("(.)/+$", "%1")
	local files, script, count
	if is_folder(path) then
		files, script, count = pack_collection(path, given.with)
	else
		files, script, count = pack_script(path, given.with)
	end
	if given.check then
		io.write(("%s: %d BPF texts compile for any kernel\n"):format(format.escape(path), count))
		return 0
	end
	files["bundle.lua"] = manifest(script)
	local total = write(given.output, files)
	io.write(("%s: %d files, %d BPF texts\n"):format(format.escape(given.output), total, count))
	if given.sign then
		signing.sign(given.output, given.sign)
	end
	return 0
end

local function list(path)
	for _, name in ipairs(bundle.open(path):names()) do
		io.write(name, "\n")
	end
	return 0
end

local function verify(path, key)
	local out, err = ffi.new "lt_bundle *[1]", errors.buffer()
	local rc = C.lt_bundle_open(path, out, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	bundle.verify({ handle = ffi.gc(out[0], C.lt_bundle_free) }, { key })
	io.write(("%s: signed by this key\n"):format(format.escape(path)))
	return 0
end

---@param ... string arguments
---@return integer status
function M.main(...)
	local args = { ... }
	local ok, given = parser():pparse(args)
	if ok and given.help then
		io.write(USAGE)
		return 0
	end
	local wrong = not ok and tostring(given) or not given.path and "which folder, script or bundle?"
		or not (given.output or given.verify or given.list or given.check) and "-o FILE.ltb is missing"
		or given.output and not given.output:find "%.ltb$" and "-o takes a name that ends with .ltb"
	if wrong then
		io.stderr:write(("luatrace bundle: %s\n'luatrace bundle --help' says what it takes\n"):format(wrong))
		return 2
	elseif given.list then
		return list(given.path)
	elseif given.verify then
		return verify(given.path, given.verify)
	end
	return make(given)
end

return M
