-- SPDX-License-Identifier: MIT
-- Not in guests: how names are shown is not the kernel's, and it starts each tool.
-- Each tool that shows events, once, while a process of hostile names does all that tools show, in each format, as
-- tests/lib/hostile_process.lua demands.
local hostile = require "hostile_process"
local sh = require "sh"
local t = require "tap"

-- What some show has to be done by others.
local typed = sh.dir() .. "/typed"
-- Ctrl-V takes what follows as it is.
sh.write(typed, ": '\22\27[2J\22\27]0;x\22\7 $(touch lt-ran)'\n: '\255\254',;=1\n")
local MORE = {
	bashreadline = ("bash --norc -i <%s 2>/dev/null\n"):format(typed),
	sslsniff = ("/usr/bin/python3 -B tests/lib/tls.py %s 3\n"):format(sh.dir()),
}
local absent = {}
for name in hostile.tools(function(one) return not one.every and not one.stacks end) do
	local rows, out = hostile.try(name, (MORE[name] or "") .. hostile.process())
	if not rows then
		absent[#absent + 1] = name
	elseif hostile.shows[name] then
		t.ok(rows.json and rows.json >= hostile.shows[name] and out:find "\\e%[2J", name .. ": it shows the hostile process")
	end
end
if #absent > 0 then
	t.skip(("not here: %s"):format(table.concat(absent, ", ")))
end
hostile.done "chrome"
