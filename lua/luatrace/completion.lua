-- SPDX-License-Identifier: MIT
-- Completion of BPF C text: what may stand where somebody types.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local probes = require "luatrace.completion_probes"

local M = {}

-- What luatrace-cc says is kept to this, whatever became of it: it has read an untrusted text.
local MOST, FIELD = 1000, 500

---@class luatrace.Candidate
---@field kind string "variable", "member", "method" (of a map), "function", "macro", "type", "enumerator", "keyword",
---"header" or "tracepoint"
---@field insert string what to put in the prefix's place; it begins with the prefix
---@field display string its declaration, or a macro's call: "struct mm_struct *mm", "BPF_HASH(name[, key = u64…])"
---@field doc string? a sentence or more about it

---@class luatrace.Completions
---@field prefix string what is typed of the word: the text's bytes ahead of the cursor that a candidate replaces
---@field candidates luatrace.Candidate[] best first: 1000 at most
---@field count integer how many there are

local function blob()
	return ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free)
end

local function printable(field)
	return (field:sub(1, FIELD):gsub("%c", " "))
end

-- Candidates cut to what is shown.
local function completions(prefix, candidates)
	local count = #candidates
	for i = MOST + 1, count do
		candidates[i] = nil
	end
	return { prefix = prefix, candidates = candidates, count = count }
end

local function parse(answer, text, offset)
	local length, count = answer:match("^(%d+)\t(%d+)\n")
	local found = { prefix = "", candidates = {}, count = 0 }
	length = math.min(tonumber(length) or 0, offset)
	found.prefix = text:sub(offset - length + 1, offset)
	for kind, insert, display, doc in answer:gmatch("\n(%l+)\t([^\t\n]+)\t([^\t\n]*)\t([^\t\n]*)%f[\n]") do
		if #found.candidates == MOST then
			break
		end
		if insert:sub(1, length) == found.prefix then
			found.candidates[#found.candidates + 1] = {
				kind = kind, insert = printable(insert), display = printable(display), doc = doc ~= "" and printable(doc) or nil,
			}
		end
	end
	found.count = math.max(tonumber(count) or 0, #found.candidates)
	return found
end

---What may stand at `offset` in a text that need not be whole. What follows the offset counts for nothing. Each call
---takes a few hundredths of a second, and 5 s at most.
---@param text string BPF C
---@param offset integer bytes of `text` ahead of the cursor
---@param cflags string[]?
---@return luatrace.Completions? completions nil: there was no telling
---@return luatrace.Error? why
function M.complete(text, offset, cflags)
	cflags, offset = cflags or {}, math.max(0, math.min(offset, #text))
	local ahead = text:sub(1, offset)
	-- Anchored, here and in completion_probes.lua: else each byte of a long line has the rest of it looked at.
	local ok, named, prefix = pcall(probes.complete, ahead:match("^.*\n(.*)") or ahead)
	if not ok then
		return nil, errors.is(named) and named or error(named, 0)
	elseif named then
		return completions(prefix, named)
	end
	local flags = ffi.new("const char *[?]", #cflags + 1)
	for i, flag in ipairs(cflags) do
		flags[i - 1] = flag
	end
	local opts = ffi.new("lt_compile_opts")
	opts.text, opts.text_size, opts.cursor = text, offset, offset
	opts.cflags, opts.cflag_count = flags, #cflags
	opts.emit = C.LT_EMIT_COMPLETIONS
	local out, messages, err = blob(), blob(), errors.buffer()
	local rc = C.lt_compile(opts, out, messages, err)
	if rc < 0 then
		return nil, errors.from_c(rc, err)
	end
	return parse(ffi.string(out[0].data, out[0].size), text, offset)
end

return M
