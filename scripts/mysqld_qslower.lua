-- SPDX-License-Identifier: MIT
-- dbslower for one of its databases, by the name that bcc has for it.
local tool = {}
for name, value in pairs(require "dbslower") do
	tool[name] = value
end
local options = { unpack(tool.options, 2) }	-- without the database
local attach = tool.attach

tool.summary = "queries of MySQL and MariaDB servers that are slow"
tool.options = options
tool.example = [[
# luatrace mysqld_qslower -f build/tests/probed-mysql
PID     COMM                 TIME(ms) QUERY
7649    probed-mysql           30.114 SELECT 3 slowly
]]
tool.attach = function(run)
	run.options.database = "mysql"
	attach(run)
end
return tool
