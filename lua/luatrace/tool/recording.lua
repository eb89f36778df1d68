-- SPDX-License-Identifier: MIT
-- The file that --record writes: a line that tells what it is, then pieces, each a kind (one letter), a size (u32) and
-- so many bytes. Numbers are of the machine's byte order, as the records and their BTF are.
--   H  what was run: a table of values      B  BTF, of what follows
--   O  an output: number, name, type, size  R  a record: output (u16), CPU (u16), when (u64), bytes
--   M  a map: number, name, types, sizes    S  entries of a map that was read: number (u32), bytes of keys and values
--   A  what was observed besides: what it was called, and the value (names of functions)
--   T  an interval ended: when              L  records were lost: output, how many
--   E  the end: when. A file without one was cut short.
-- Tables of values: a letter for each value's kind, then its bytes.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

M.MAGIC = "luatrace recording 1\n"

local number_ct, size_ct = ffi.typeof "double[1]", ffi.typeof "uint32_t[1]"
-- No piece is longer; of what claims to be, nothing is read.
local MOST = 2 ^ 28
local DEPTH = 8
local PRIVATE = 63	-- 077

local function size_bytes(size)
	return ffi.string(size_ct(size), 4)
end

local function put(out, value)
	local kind = type(value)
	if kind == "table" then
		out[#out + 1] = "{"
		for k, v in pairs(value) do
			put(out, k)
			put(out, v)
		end
		out[#out + 1] = "}"
	elseif kind == "string" then
		out[#out + 1] = "s" .. size_bytes(#value) .. value
	elseif kind == "boolean" then
		out[#out + 1] = value and "t" or "f"
	elseif tonumber(value) then
		out[#out + 1] = "d" .. ffi.string(number_ct(tonumber(value)), 8)
	else
		out[#out + 1] = "n"
	end
end

---Values as bytes.
---@param value any a string, number, boolean, or a table of them
---@return string
function M.encode(value)
	local out = {}
	put(out, value)
	return table.concat(out)
end

local take

local function take_table(bytes, at, depth)
	local out = {}
	while bytes:sub(at, at) ~= "}" do
		local key, value
		key, at = take(bytes, at, depth + 1)
		value, at = take(bytes, at, depth + 1)
		if key == nil then
			error("a table's key is missing", 0)
		end
		out[key] = value
	end
	return out, at + 1
end

function take(bytes, at, depth)
	local kind = bytes:sub(at, at)
	at = at + 1
	if kind == "{" and depth < DEPTH then
		return take_table(bytes, at, depth)
	elseif kind == "s" and at + 3 <= #bytes then
		local size = size_ct()
		ffi.copy(size, bytes:sub(at, at + 3), 4)
		if size[0] <= #bytes - at - 3 then
			return bytes:sub(at + 4, at + 3 + size[0]), at + 4 + size[0]
		end
	elseif kind == "d" and at + 7 <= #bytes then
		local number = number_ct()
		ffi.copy(number, bytes:sub(at, at + 7), 8)
		return number[0], at + 8
	elseif kind == "t" or kind == "f" then
		return kind == "t", at
	elseif kind == "n" then
		return nil, at
	end
	error("its values are damaged", 0)
end

---What M.encode made bytes of. Raises a string when they are none.
---@param bytes string
---@return any
function M.decode(bytes)
	return (take(bytes, 1, 0))
end

---@class luatrace.tool.Writer
local Writer = {}
Writer.__index = Writer

---Begins a file, for its owner alone. One that is there is not written over.
---@param path string
---@return luatrace.tool.Writer
function M.create(path)
	local before = C.lt_umask(PRIVATE)
	local file, why = io.open(path, "wbx")
	C.lt_umask(before)
	if not file then
		errors.raise(("--record: %s%s"):format(format.escape(why), why:find "File exists"
			and "; give another name, or remove it" or ""), errors.EEXIST)
	end
	file:setvbuf "no"
	return setmetatable({ file = file, path = path, waiting = { M.MAGIC }, count = 1, size = #M.MAGIC }, Writer)
end

---@param ok any
---@param why string?
function Writer:check(ok, why)
	if not ok then
		errors.raise(("--record: %s: %s; what was recorded until then is in it"):format(format.escape(self.path), why),
			errors.EIO)
	end
end

---Has what was written reach the file.
function Writer:flush()
	local text = table.concat(self.waiting, "", 1, self.count)
	self.count, self.size = 0, 0
	self:check(self.file:write(text))
end
-- In compiled code a write that fails is made again, by the interpreter, and what the C library has thrown away by then
-- passes for written.
jit.off(Writer.flush)

local BATCH = 65536

---Writes a piece.
---@param kind string one letter
---@param ... string its bytes
function Writer:put(kind, ...)
	local waiting, count, size = self.waiting, self.count + 2, 0
	waiting[count - 1] = kind
	for i = 1, select("#", ...) do
		local bytes = select(i, ...)
		waiting[count + i], size = bytes, size + #bytes
	end
	waiting[count] = size_bytes(size)
	self.count, self.size = count + select("#", ...), self.size + size
	if self.size >= BATCH then
		self:flush()
	end
end

function Writer:close()
	self:flush()
	local ok, why = self.file:close()
	self:check(ok, why)
end

---Takes the file away.
function Writer:discard()
	self.file:close()
	os.remove(self.path)
end

---Opens a file: an iterator over its pieces. After the last one it gives nil, and "cut" when the last was not whole.
---@param path string
---@return fun(): string?, string?
function M.open(path)
	local file, why = io.open(path, "rb")
	if not file then
		errors.raise(("replay: %s"):format(format.escape(why)), errors.ENOENT)
	end
	if file:read(#M.MAGIC) ~= M.MAGIC then
		errors.raise(("replay: %s: this is no recording of this version of luatrace"):format(format.escape(path)),
			errors.EINVAL)
	end
	local size = size_ct()
	return function()
		local head = file:read(5)
		if not head then
			file:close()
			return nil
		elseif #head < 5 then
			return nil, "cut"
		end
		ffi.copy(size, head:sub(2), 4)
		local bytes = size[0] == 0 and "" or size[0] <= MOST and file:read(size[0])
		if not bytes or #bytes < size[0] then
			return nil, "cut"
		end
		return head:sub(1, 1), bytes
	end
end

return M
