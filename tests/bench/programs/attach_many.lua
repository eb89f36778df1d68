-- SPDX-License-Identifier: MIT
-- attach_many.lua PATTERN LIST: attaches a program to all functions of the pattern, writes where they are to LIST, and
-- prints how long attaching took, in ms: for a process that has not read the kernel's symbols yet, and again.
local BPF = require "luatrace"
local pattern, list = ...
local b = BPF { text = "int f(struct pt_regs *ctx) { return 0; }" }

local function attach()
	local start = BPF.now()
	b:attach_kprobe { event = pattern, fn_name = "f" }
	return tonumber(BPF.now() - start) / 1e6
end

local first = attach()
local places = b:attached()[1].places
b:detach_kprobe { event = pattern }
local again = attach()
assert(b:attached()[1].mechanism == "kprobe.multi", "not by kprobe.multi")

-- Of a name that several functions have only one is known here: it is left out.
local seen, file = {}, assert(io.open(list, "w"))
for _, name in ipairs(places) do
	seen[name] = (seen[name] or 0) + 1
end
for _, name in ipairs(places) do
	if seen[name] == 1 then
		file:write(bit.tohex(BPF.ksymname(name)), "\n")
	end
end
file:close()
print(("%.3f %.3f %d"):format(first, again, #places))
