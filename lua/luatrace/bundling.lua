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
local near = require "luatrace.near"
local signing = require "luatrace.bundling.signing"
local source = require "luatrace.source"
local texts = require "luatrace.bundling.texts"

local M = {}

local USAGE = [[
usage: luatrace bundle WHAT -o FILE.ltb [--with 'TOOL ARGUMENTS']...
                       [--sign KEY]
       luatrace bundle WHAT --check [--with 'TOOL ARGUMENTS']...
       luatrace bundle --verify KEY FILE.ltb
       luatrace bundle --list FILE.ltb

Packs WHAT, a collection's folder, an installed collection's name, or a script,
into one file that runs on machines without a compiler and on other kernels:
'luatrace FILE.ltb TOOL ARGUMENTS'. Its texts are compiled now; layouts,
versions and the like are filled in where it is loaded.

  -o, --output FILE    the bundle
      --with COMMAND   of a tool whose text its options make, one more command
                       line that the bundle is to be good for; of a script,
                       'SCRIPT ARGUMENTS'
      --sign KEY       sign it by a secret key of minisign's, which the program
                       minisign does: FILE.ltb.minisig
      --check          write nothing: only look whether it could be made
      --verify KEY     say whether the bundle was signed by this key: a public
                       key of minisign's, or its file
      --list           the files in a bundle
  -h, --help           print this
]]

local function parser()
	local p = argparse("luatrace bundle"):add_help(false)
	p:argument("path"):args "?"
	p:option("--with"):count "*":init {}
	p:option "--sign"
	p:mutex(p:option "-o --output", p:flag "--check", p:option "--verify", p:flag "--list")
	p:flag "-h --help"
	return p
end

local function read(path)
	local text, why = source.read_file(path)
	if not text then
		errors.raise(why, errors.ENOENT)
	end
	return text
end

-- All Lua files below a folder, by their names in the bundle. `seen`: a link may lead back to where it is. What a link
-- leads to elsewhere is not the collection's to give away.
local function add_folder(files, folder, prefix, seen)
	seen[folders.real(folder)] = true
	for _, entry in ipairs(folders.list(folder)) do
		local path = ("%s/%s"):format(folder, (entry:gsub("/$", "")))
		local real = folders.real(path)
		local wanted = not entry:find "^%." and not seen[real] and (entry:find "/$" or entry:find "%.lua$")
		if wanted and not seen[real:match "^(.*)/"] then
			errors.raise(("%s: a link that leads out of the collection, to %s"):format(path, real), errors.EINVAL)
		elseif wanted and entry:find "/$" then
			add_folder(files, path, prefix .. entry, seen)
		elseif wanted then
			files[prefix .. entry] = read(path)
		end
	end
end

-- By tool, the command lines of --with.
local function lines_of(with, names)
	local lines = {}
	for _, command in ipairs(with) do
		local name, rest = command:match "^%s*(%S+)%s*(.*)$"
		name = (name or ""):gsub("%.lua$", "")
		if not names[name] then
			errors.raise(("--with '%s': it begins with the name of a tool of the bundle, and '%s' is none%s"):format(command,
				name, near.hint(name, near.names(names))), errors.EINVAL)
		end
		lines[name] = lines[name] or {}
		table.insert(lines[name], rest)
	end
	return lines
end

-- The file of a text, by what it is called in the script.
local function add_source(files, path, one)
	local name = one.file:gsub("^%./+", "")
	if name:find "^/" or ("/" .. name .. "/"):find "/%.%.?/" then
		errors.raise(("%s: src_file='%s': a bundle has files that lie beside the script, or below"):format(path, one.file),
			errors.EINVAL)
	elseif files[name] and files[name] ~= one.text then
		errors.raise(("%s: src_file='%s': there is another file of that name"):format(path, one.file), errors.EINVAL)
	end
	files[name] = one.text
end

-- Its texts as objects. Says what is not in the bundle.
local function add_objects(files, path, collection, lines)
	local list, remarks = texts.of(path, collection, lines)
	for _, one in ipairs(list) do
		local name = bundle.object_name(one.text, one.cflags)
		if one.file then
			add_source(files, path, one)
		end
		files[name] = files[name] or texts.compile(one)
	end
	for _, remark in ipairs(remarks) do
		texts.say(path, "%s", remark)
	end
end

local function count_objects(files)
	local count = 0
	for name in pairs(files) do
		count = count + (name:find "^objects/" and 1 or 0)
	end
	return count
end

local function pack_collection(collection, with)
	local folder = collection.folder
	if collection.refused then
		errors.raise(collection.refused, errors.EINVAL)
	end
	local files, names = { [collections.MANIFEST] = read(folder .. "/" .. collections.MANIFEST) }, {}
	local tools, others = collections.tools(collection)
	for _, name in ipairs(tools) do
		files[name .. ".lua"] = read(("%s/%s.lua"):format(folder, name))
		names[name] = true
	end
	for _, name in ipairs(others) do
		texts.say(("%s/%s.lua"):format(folder, name), "left out: a tool is called NAME.lua, of letters, digits, '-' and '_'")
	end
	if not tools[1] then
		errors.raise(("%s: it has no tools"):format(folder), errors.EINVAL)
	end
	add_folder(files, folder .. "/lib", "lib/", {})
	local lines, search = lines_of(with, names), collections.search_path(collection) .. package.path
	for _, name in ipairs(tools) do
		add_objects(files, ("%s/%s.lua"):format(folder, name), collection, lines[name])
	end
	modules.add(files, search, function(what) texts.say(folder, "%s", what) end)
	return files
end

local function pack_script(path, with)
	local name = path:match "[^/]*$"
	local folder = path:match "^(.*)/[^/]*$" or "."
	local files, base = { [name] = read(path) }, name:match "^([%w_-]+)%.lua$"
	if not base then
		errors.raise(("%s: a script in a bundle is called NAME.lua, of letters, digits, '-' and '_'"):format(path),
			errors.EINVAL)
	end
	package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(folder, folder, package.path)
	add_objects(files, path, nil, lines_of(with, { [base] = true })[base])
	if count_objects(files) == 0 then
		errors.raise(("%s: no BPF text is found in it: it comes to none before it waits or ends"):format(path), errors.EINVAL)
	end
	modules.add(files, package.path, function(what) texts.say(path, "%s", what) end)
	return files, name
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

local function no_collection(folder)
	for _, entry in ipairs(folders.list(folder)) do
		local inner = ("%s/%s"):format(folder, entry:gsub("/$", ""))
		if collections.is_collection(inner) then
			errors.raise(("%s: there is no %s in it; did you mean '%s'?"):format(folder, collections.MANIFEST, inner),
				errors.EINVAL)
		end
	end
	errors.raise(("%s: there is no %s in it, which a collection has"):format(folder, collections.MANIFEST), errors.EINVAL)
end

local function make(given)
	local path = given.path:gsub("(.)/+$", "%1")
	local collection = C.lt_file_kind(path) ~= 1 and collections.at(path)
	local files, script
	if given.sign then
		signing.check(given.sign)
	end
	if collection then
		files = pack_collection(collection, given.with)
	elseif is_folder(path) then
		no_collection(path)
	else
		files, script = pack_script(path, given.with)
	end
	local count = count_objects(files)
	if given.check then
		io.write(("%s: %d BPF texts compile for any kernel\n"):format(format.escape(path), count))
		return 0
	end
	files["bundle.lua"] = manifest(script)
	local total = write(given.output, files)
	io.write(("%s: %d files, %d BPF texts\n"):format(format.escape(given.output), total, count))
	if given.sign then
		signing.sign(given.output, given.sign)
	else
		signing.warn_of_old(given.output)
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
		or given.output and not given.output:find "[^/]%.ltb$" and "-o takes a name that ends with .ltb"
		or given.sign and not given.output and "--sign goes with -o"
	if wrong then
		io.stderr:write(("luatrace bundle: %s\n'luatrace bundle --help' says what it takes\n"):format(wrong))
		return 2
	elseif given.list then
		return list(given.path)
	elseif given.verify then
		return verify(given.path, given.verify)
	end
	bundle.refuse_others "bundle"
	return make(given)
end

return M
