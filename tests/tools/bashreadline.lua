-- SPDX-License-Identifier: MIT
-- bashreadline: each line that a shell reads from a person, as it was typed, and none of scripts.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

live.needs "uprobe"
if sh.run "command -v bash" ~= 0 then
	t.skip_all("bash is missing (package bash)")
end
local COUNT = 23
local lines = {}
for i = 1, COUNT do
	lines[i] = (": line  %d of %d \"x\""):format(i, live.pid)
end
local typed = live.file(table.concat(lines, "\n") .. "\n", "typed")
-- It prompts, and reads by readline(), also where its input is no terminal.
local command = ("bash --norc -i <%s 2>/dev/null\nbash -c ': no line %d'\nbash %s"):format(typed, live.pid, typed)

local rows = tool.rows("bashreadline", command, function(row) return row.line:find(live.pid, 1, true) end)
t.eq(#rows, COUNT, "each line")
local wrong, pid = 0, rows[1] and rows[1].pid
for i, row in ipairs(rows) do
	wrong = wrong + (row.line == lines[i] and row.comm == "bash" and row.pid == pid and 0 or 1)
end
t.eq(wrong, 0, "in order, as typed")
local status, _, message = tool.run "bashreadline -s /bin/true"
t.eq(status, 1, "--file: one without the function")
t.like(message, "readline", "as it says")
t.done()
