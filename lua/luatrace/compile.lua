-- SPDX-License-Identifier: MIT
-- From a BPF text to an object, through luatrace-cc, with its messages on the script's own lines.
local ffi = require "ffi"
local bit = require "bit"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"

local M = {}

-- bcc's debug bits, as far as they are about stages of the compiler.
local STAGES = {
	{ bit = 4, emit = C.LT_EMIT_SOURCE, title = "preprocessed text" },
	{ bit = 1, emit = C.LT_EMIT_IR, title = "LLVM IR" },
	{ bit = 2, emit = C.LT_EMIT_ASM, title = "BPF assembly" },
	{ bit = 8, emit = C.LT_EMIT_LISTING, title = "BPF assembly with source lines" },
}

local function blob()
	return ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free)
end

local function text_of(b)
	return b[0].data ~= nil and ffi.string(b[0].data, b[0].size) or ""
end

local function run(text, cflags, emit, source, portable)
	local flags = ffi.new("const char *[?]", #cflags + 1)
	for i, flag in ipairs(cflags) do
		flags[i - 1] = flag
	end
	local opts = ffi.new("lt_compile_opts")
	opts.text, opts.text_size = text, #text
	opts.cflags, opts.cflag_count = flags, #cflags
	opts.emit, opts.portable = emit, portable and 1 or 0
	opts.keep, opts.label = emit == C.LT_EMIT_OBJECT and 1 or 0, source:label()
	local out, messages, err = blob(), blob(), errors.buffer()
	local rc = C.lt_compile(opts, out, messages, err)
	if rc == -errors.EINTR then
		errors.interrupt()
	elseif rc < 0 then
		local e = errors.from_c(rc, err, source:mapper())
		local bundle = package.loaded["luatrace.bundle"]
		if rc == -errors.ENOENT and bundle and bundle.running then
			e.message = ("bundle '%s' has nothing compiled for this text, which other options make than it was made for "
				.. "('luatrace bundle --with' adds some); and %s"):format(bundle.running.path, e.message)
		end
		-- A compiler that crashed is no matter of the text: then the message says so, and the log is for -v.
		e.compiling, e.log = rc == -errors.EINVAL, e.log and e.log:gsub("%s+$", "")
		error(e, 0)
	end
	return out, text_of(messages)
end

local function show(title, text)
	text = ("---- %s ----\n%s\n"):format(title, text)
	C.lt_message_write(text, #text)
end

local function show_warnings(messages, source)
	if messages ~= "" then
		local said = source:map(messages):match("^(.-)\n*$") .. "\n"
		C.lt_message_write(said, #said)
	end
end

---Compiles `text`. Warnings, and the stages that `debug` asks for, go to stderr.
---@param text string
---@param cflags string[]
---@param debug integer bcc's bits: 1 LLVM IR, 2 assembly, 4 preprocessed text, 8 assembly with source lines; 16 and 32
---are M.show_object's
---@param source table where the text stands
---@return ffi.cdata* blob lt_blob[1] with the ELF object
function M.object(text, cflags, debug, source)
	for _, stage in ipairs(STAGES) do
		if bit.band(debug, stage.bit) ~= 0 then
			local shown = run(text, cflags, stage.emit, source)
			show(stage.title, source:map(text_of(shown)))
		end
	end
	local bundle = package.loaded["luatrace.bundle"]
	local made = bundle and bundle.running and bundle.object(text, cflags)
	if made then
		return made
	end
	local object, messages = run(text, cflags, C.LT_EMIT_OBJECT, source)
	show_warnings(messages, source)
	return object
end

---Compiles `text` for any kernel.
---@param text string
---@param cflags string[]
---@param source table where the text stands
---@return ffi.cdata* blob lt_blob[1] with the ELF object
function M.portable(text, cflags, source)
	local object, messages = run(text, cflags, C.LT_EMIT_OBJECT, source, true)
	show_warnings(messages, source)
	return object
end

---What the bits of `debug` that are about an object ask for: 32 its BTF, 16 the verifier's state of registers in each
---program, loaded or not, whose kind is known.
---@param handle ffi.cdata* a loaded object
---@param debug integer
---@param source table where the text stands
function M.show_object(handle, debug, source)
	local shown, err, info = blob(), errors.buffer(), ffi.new("lt_program_info")
	if bit.band(debug, 32) ~= 0 and C.lt_object_btf_text(handle, shown, err) == 0 then
		show("BTF", text_of(shown))
	end
	for i = 0, bit.band(debug, 16) ~= 0 and C.lt_object_program_count(handle) - 1 or -1 do
		C.lt_object_program(handle, i, info)
		C.lt_blob_free(shown)
		if C.lt_program_log(handle, info.name, shown, err) == 0 then
			show(("register state of '%s'"):format(ffi.string(info.name)), source:map(text_of(shown)))
		end
	end
end

---b:dump_func(fn_name).
---@param handle ffi.cdata* lt_object *
---@param name string
---@return string
function M.bytecode(handle, name)
	check.value("dump_func", "fn_name", name, "string")
	local out, err = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free), errors.buffer()
	local rc = C.lt_program_bytecode(handle, name, out, err)
	if rc < 0 then
		errors.raise_c(rc, err)
	end
	return ffi.string(out[0].data, out[0].size)
end

return M
