-- SPDX-License-Identifier: MIT
-- Completion of what a BPF C text calls by the names of kernel functions and tracepoints: the compiler does not know
-- these, the parent does.
local symbols = require "luatrace.symbols"

local M = {}

-- A kernel has tens of thousands of functions: none without a beginning.
local SHORTEST = 2

local CATEGORY, EVENT = "^[^:]+", "^[^:]+:(.*)"

-- A macro's first words on the line, so that one in a string or behind `//` is none.
local function argument_of(line, macro)
	return line:match("^%s*" .. macro .. "%s*%(%s*$")
end

local function functions(prefix, before)
	local found = {}
	if #prefix >= SHORTEST then
		for _, name in ipairs(symbols.get_kprobe_functions(prefix .. "[A-Za-z0-9_.]*")) do
			-- GCC's copies (.isra.0) are no names in C
			if not name:find(".", 1, true) then
				found[#found + 1] = { kind = "function", insert = before .. name, display = name }
			end
		end
	end
	return found
end

-- Of the tracepoints that match, what `part` finds in "category:event", each once.
local function tracepoints(pattern, part, prefix)
	local found, seen = {}, {}
	for _, name in ipairs(symbols.get_tracepoints(pattern)) do
		local word = name:match(part)
		if word and not seen[word] and word:sub(1, #prefix) == prefix then
			seen[word] = true
			found[#found + 1] = { kind = "tracepoint", insert = word, display = part == CATEGORY and word or name }
		end
	end
	table.sort(found, function(a, b) return a.insert < b.insert end)
	return found
end

---What stands for a function or a tracepoint at the end of `line`, or nil where that is no place for one.
---@param line string up to the cursor
---@return luatrace.Candidate[]? candidates by name
---@return string prefix
function M.complete(line)
	local ahead = line:match("^.*[^%w_]") or ""
	local prefix = line:sub(#ahead + 1)
	if argument_of(ahead, "TRACEPOINT_PROBE") then
		return tracepoints(prefix .. "[^:]*:", CATEGORY, prefix), prefix
	end
	local category = ahead:match("^%s*TRACEPOINT_PROBE%s*%(%s*([%w_]+)%s*,%s*$")
	if category then
		return tracepoints(category .. ":" .. prefix, EVENT, prefix), prefix
	elseif argument_of(ahead, "RAW_TRACEPOINT_PROBE") then
		return tracepoints("[^:]*:" .. prefix, EVENT, prefix), prefix
	elseif argument_of(ahead, "KR?E?T?FUNC_PROBE") then
		return functions(prefix, ""), prefix
	end
	local kind, name = prefix:match("^(kr?e?t?probe__)(.*)$")
	if kind then
		return functions(name, kind), prefix
	end
	return nil, prefix
end

return M
