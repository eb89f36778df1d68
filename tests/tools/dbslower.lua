-- SPDX-License-Identifier: MIT
-- dbslower and mysqld_qslower: slow queries, each once, whole, by USDT probes and by functions, of programs that pass
-- these as servers do (tests/lib/probed.c); of a PostgreSQL server's own text there is nothing to test here.
-- Tools: dbslower mysqld_qslower
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

live.needs "usdt"
local COUNT = 23	-- each third is slow: 7

local function check(words, program, mode, what)
	local rows = tool.rows(("%s -m 20 -f build/tests/%s"):format(words, program),
		("build/tests/%s %s %d"):format(program, mode, COUNT))
	local good = 0
	for i, row in ipairs(rows) do
		good = good + (row.query == ("SELECT %d slowly"):format(3 * i) and row.comm == program and row.time_ms >= 30
			and row.time_ms < 2000 and 1 or 0)
	end
	t.eq(good, 7, what .. ": each that is slow, with its text")
	t.eq(#rows, 7, "and no other")
end
check("dbslower mysql", "probed", "mysql", "MySQL, by probes")
check("mysqld_qslower", "probed-mysql", "dispatch", "MySQL, by its function")
check("dbslower mysql", "probed-mariadb", "dispatch", "MariaDB, by its function")
local recording = sh.dir() .. "/recording"
check("dbslower postgres --record " .. recording, "probed", "postgres", "PostgreSQL")
local _, again = tool.replay(recording .. " --csv")
t.eq(select(2, again:gsub("SELECT %d+ slowly\n", "")), 7, "a recording of them knows which database")
t.eq(#tool.rows("dbslower mysql -m 0 -f build/tests/probed-mysql", "build/tests/probed-mysql dispatch " .. COUNT),
	COUNT, "--min: all, and no commands that are no queries")
local status, _, message = tool.run("dbslower mysql -f /bin/sh")
t.eq(status, 1, "a program without probes and without the function")
t.like(message, "no USDT probes", "as it says")
t.done()
