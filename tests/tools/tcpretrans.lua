-- SPDX-License-Identifier: MIT
-- tcpretrans, tcpdrop and tcprtt: what is dropped and sent again, and what is received, as often as
-- the socket itself says.
-- Tools: tcpretrans tcpdrop tcprtt
local t = require "tap"
local sh = require "sh"
local tool = require "tool"
require "own_network"

local TIMES = 2
local ADDRESS = "127.0.7.11"

local function ours(row) return row.laddr == ADDRESS end

local file = sh.dir() .. "/ports"
local command = ("perl tests/lib/lossy.pl %s %d"):format(file, TIMES)
local function truth()
	local client, server, again, received = sh.read(file):match "(%d+) (%d+) (%d+) (%d+)"
	return { client = tonumber(client), server = tonumber(server), again = tonumber(again), received = tonumber(received) }
end

-- Again where one is missing, as in irqs.lua: under load this kernel has counted 3 and come to the tracepoint for 2.
local rows, known, kinds
for _ = 1, 3 do
	rows, kinds = tool.rows("tcpretrans", command, ours), {}
	known = truth()
	for _, row in ipairs(rows) do
		if row.raddr == ADDRESS and row.lport == known.client and row.rport == known.server
			and row.bytes == 1 and row.state == "ESTABLISHED" then
			kinds[row.kind] = (kinds[row.kind] or 0) + 1
		end
	end
	if #rows == known.again then
		break
	end
end
t.eq(#rows, known.again, "each that was sent again")
t.eq((kinds.tlp or 0) + (kinds.rto or 0), known.again, "of that connection")
t.ok((kinds.tlp or 0) <= 1 and (kinds.rto or 0) >= 2, "a tail loss probe, if any, then by timeout")

rows = tool.rows("tcpretrans -c -k rto", command, ours)
known = truth()
t.eq(#rows, 1, "--flows: a connection")
t.ok(rows[1] and (rows[1].count == known.again or rows[1].count == known.again - 1), "how often, --kind")
t.eq(rows[1] and rows[1].lport, known.client, "which")

-- A listener whose queue is full.
local silent = [[exec perl -MSocket -MFcntl -e 'socket(my $l, AF_INET6, SOCK_STREAM, 0);
bind($l, pack_sockaddr_in6(0, Socket::inet_pton(AF_INET6, "::1"))); listen($l, 0); my @c;
socket($c[$_], AF_INET6, SOCK_STREAM, 0) for 0, 1; connect($c[0], getsockname($l));
fcntl($c[1], F_SETFL, O_NONBLOCK); connect($c[1], getsockname($l));
select undef, undef, undef, 0.01 until unpack("x100 L", getsockopt($c[1], 6, 11))']]
rows = tool.rows("tcpretrans", silent, function(row) return row.laddr == "::1" end)
t.eq(#rows, 1, "a SYN sent again")
t.eq(rows[1] and ("%s %s %s"):format(rows[1].kind, rows[1].state, rows[1].raddr), "syn SYN_SENT ::1", "as such")

local COUNT = 7
local refused = ([[perl -MSocket -e 'for (1 .. %d) {
	socket(my $s, AF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in(1, inet_aton("127.0.0.1")));
	socket(my $t, AF_INET6, SOCK_STREAM, 0); connect($t, pack_sockaddr_in6(1, Socket::inet_pton(AF_INET6, "::1")));
	socket(my $u, AF_INET, SOCK_DGRAM, 0); send($u, "x", 0, pack_sockaddr_in(1, inet_aton("127.0.0.1")));
}']]):format(COUNT)
rows = tool.rows("tcpdrop -s", command .. "\n" .. refused)
known = truth()
local filtered, no_socket, no_socket6 = 0, 0, 0
for _, row in ipairs(rows) do
	if row.reason == "SOCKET_FILTER" and row.sport == known.client and row.dport == known.server and row.flags == "PA"
		and row.where:find "^tcp_v4_rcv" and row.stack:find "ip_local_deliver" then
		filtered = filtered + 1
	elseif row.reason == "NO_SOCKET" and row.dport == 1 and row.flags == "S" then
		no_socket = no_socket + (row.daddr == "127.0.0.1" and 1 or 0)
		no_socket6 = no_socket6 + (row.daddr == "::1" and 1 or 0)
	end
end
-- It went through once.
t.eq(filtered, known.again, "dropped: by a filter, with the stack")
t.eq(no_socket, COUNT, "of a closed port")
t.eq(no_socket6, COUNT, "IPv6")
t.eq(#tool.rows("tcpdrop -P 1", refused), 2 * COUNT, "--port")

local status, out = tool.run("tcprtt -B -D 1 --json", command)
t.eq(status, 0, "round-trip times")
t.eq(out:find(ADDRESS, 1, true), nil, "--remote-port")
status, out = tool.run("tcprtt -b --json", command)
t.eq(status, 0, "by address")
local sum = 0
for line in out:gmatch "[^\n]+" do
	for count in (line:find('"local":"' .. ADDRESS .. '"', 1, true) and line or ""):gmatch '"count":(%d+)' do
		sum = sum + tonumber(count)
	end
end
-- What the client's socket says less the peer's SYN; the byte, once (twice where its acknowledgement was late); a FIN.
local least = truth().received - 1 + 1 + 1
t.ok(sum == least or sum == least + 1, ("--by-local: what both ends receive once established (%d)"):format(sum))
t.done()
