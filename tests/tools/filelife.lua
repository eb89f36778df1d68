-- SPDX-License-Identifier: MIT
-- filelife: each file that was created and removed, when its last name goes, and no other.
local t = require "tap"
local live = require "live"
live.needs "kprobe"
local sh = require "sh"
local tool = require "tool"

local FILES = 13
local folder = sh.dir() .. "/lt-life"
sh.run("mkdir " .. folder)
sh.write(folder .. "/old", "")
local command = ([[perl -e 'chdir "%s"; sub make { open my $f, ">", shift or die }
for (1..%d) { make "f$_"; unlink "f$_" }
make "old"; unlink "old";
make "one"; link "one", "two"; unlink "one"; select undef, undef, undef, 0.3; unlink "two";
make "kept"; unlink "none"; mkdir "d"; rmdir "d"']]):format(folder, FILES)

local rows = tool.rows("filelife -n perl", command)
local seen = {}
for _, row in ipairs(rows) do
	seen[row.file] = (seen[row.file] or 0) + 1
	t.ok(row.dir == "lt-life" and row.age_s >= (row.file == "two" and 0.29 or 0) and row.age_s < 60,
		("%s: folder, age (%.3f s)"):format(row.file, row.age_s))
end
for i = 1, FILES do
	t.eq(seen["f" .. i], 1, "file " .. i)
end
t.eq(seen.two, 1, "a file with two names, when the second goes")
t.eq(#rows, FILES + 1, "and no other")
t.eq(#tool.rows("filelife -u nobody", command), 0, "--uid, of nobody")
t.done()
