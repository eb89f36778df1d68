-- SPDX-License-Identifier: MIT
-- Programs that the verifier refuses, and what luatrace says of each.
local live = require "live"
local sh = require "sh"
local t = require "tap"

local M = {}

local cases, types, wanted, line

---Begins a text: each function of it is one refusal, so one compile is for many.
---@param head string what stands ahead of the functions
function M.begin(head)
	cases, types, wanted = { head }, {}, {}
	line = select(2, head:gsub("\n", "")) + 1
end

-- `body` is the function's C, `at` the line of it (from 1) and its text, `reason` what the kernel says (nil: any),
-- `cause` what luatrace adds, or a list of what it adds by kernel.
function M.case(name, body, at, source, reason, cause, kind, head)
	local text = (head or "int NAME(struct pt_regs *ctx, u64 n, char *from)"):gsub("NAME", name) .. "\n{\n" .. body
		.. "\n}\n"
	cases[#cases + 1] = text
	types[#types + 1] = kind and ("--type %s=%s"):format(name, kind) or nil
	wanted[#wanted + 1] = { name = name, line = at and line + 1 + at, source = source, reason = reason, cause = cause }
	line = line + select(2, text:gsub("\n", ""))
end

-- Lua pattern of plain words.
local function plain(words)
	return (words:gsub("%p", "%%%0"))
end

-- Loads them, and compares what is said of each; `absent` is a message for kernels that have not what all need.
function M.finish(absent)
	local place = live.file(table.concat(cases), "refused.c")
	local status, out, err = sh.run(("%s cc %s --load %s"):format(live.luatrace, place, table.concat(types, " ")))
	t.eq(status, 1, "exit status")
	t.eq(err, "", "nothing beside the lines")
	if absent and out:find(absent, 1, true) then
		t.skip(absent)
		return
	end
	for _, want in ipairs(wanted) do
		local got = ("\n" .. out):match("\n" .. want.name .. " ([^\n]*)") or "no line"
		local pattern = "^[%w_]+ refused: " .. (want.reason or ".*")
		if want.line then
			pattern = pattern .. (" %%(line %d: %s%%)"):format(want.line, want.source and plain(want.source) or ".*")
		end
		t.like(got, want.line and pattern or pattern .. ".*", want.name)
		if want.cause then
			local causes = type(want.cause) == "table" and want.cause or { want.cause }
			local found = causes[1]
			for _, cause in ipairs(causes) do
				found = got:sub(-#cause - 2) == "; " .. cause and cause or found
			end
			t.eq(got:sub(-#found - 2), "; " .. found, want.name .. ": what it means")
		end
	end
end

return M
