-- SPDX-License-Identifier: MIT
-- Attaches one program to the first COUNT functions of LIBRARY, which nothing runs: ms to attach and to detach,
-- resident KiB between.
--   grow_attach.lua LIBRARY COUNT each|pattern
local BPF = require "luatrace"
local library, count, how = arg[1], tonumber(arg[2]), arg[3]
local b = BPF { text = [[
int on_call(struct pt_regs *ctx) { return 0; }]] }

local function ms(from)
	return tonumber(BPF.now() - from) / 1e6
end
local function resident()
	for line in io.lines "/proc/self/status" do
		local size = line:match "^VmRSS:%s+(%d+)"
		if size then
			return size
		end
	end
end

local from = BPF.now()
if how == "pattern" then
	local digits = ("[0-9]?"):rep(#tostring(count - 1) - 1) .. "[0-9]"
	b:attach_uprobe { name = library, sym_re = "f" .. digits .. "$", fn_name = "on_call" }
else
	for i = 1, count do
		b:attach_uprobe { name = library, sym = ("f%d"):format(i - 1), fn_name = "on_call" }
	end
end
local attached, size = ms(from), resident()
from = BPF.now()
b:close()
print(("%.3f %.3f %s"):format(attached, ms(from), size))
