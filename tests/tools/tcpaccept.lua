-- SPDX-License-Identifier: MIT
-- tcpaccept: each connection that is accepted, by whom, and of no other kind of socket.
local t = require "tap"
local tcp = require "tcp"
local tool = require "tool"
require "own_network"

local COUNT = 13
local v4, truth4 = tcp.command("127.0.0.1", COUNT, 1, 1)
local v6, truth6 = tcp.command("::1", COUNT, 1, 1)
local unix = [[perl -MSocket -e 'socketpair($a, $b, AF_UNIX, SOCK_STREAM, 0); socket($l, AF_UNIX, SOCK_STREAM, 0);
bind($l, pack_sockaddr_un("\0lt$$")); listen($l, 1); socket($c, AF_UNIX, SOCK_STREAM, 0);
connect($c, getsockname($l)); accept($d, $l) or die; accept($d, STDIN)']]

local function matching(rows, address, truth)
	local found = 0
	for _, row in ipairs(rows) do
		found = found + (row.pid == truth.server and row.comm == "server" and row.laddr == address and row.raddr == address
			and row.lport == truth.port and truth.ports[row.rport] and 1 or 0)
	end
	return found
end

local rows = tool.rows("tcpaccept", v4 .. "\n" .. v6 .. "\n" .. unix)
t.eq(matching(rows, "127.0.0.1", truth4()), COUNT, "IPv4: each connection, once")
t.eq(matching(rows, "::1", truth6()), COUNT, "IPv6")
t.eq(#rows, 2 * COUNT, "and no other")
t.eq(#tool.rows("tcpaccept -n server -P " .. truth4().port % 65535 + 1, v4), 0, "--port")
t.done()
