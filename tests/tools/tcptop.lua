-- SPDX-License-Identifier: MIT
-- tcptop: what connections carry, whole, over all intervals, of each end; of one that was there before what came since.
local t = require "tap"
local live = require "live"
local tcp = require "tcp"
local tool = require "tool"
require "own_network"

local COUNT, SEND, ANSWER = 11, 70001, 1009
local v4, truth4 = tcp.command("127.0.0.1", COUNT, SEND, ANSWER)
local v6, truth6 = tcp.command("::1", COUNT, ANSWER, SEND)
local job = live.start([[perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5);
$c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $l->sockport); $s = $l->accept;
syswrite $c, "x" x 13; $| = 1;
print "$$ ", $l->sockport, "\n"; for (17, 19) { <STDIN>; syswrite $c, "x" x $_; print "sent $_\n" } <STDIN>']])
local old_port = tonumber(job:await "%d+ (%d+)")
-- Two rounds, with a look between them.
local command = ("%s\necho >%s\n%s\nsleep 0.5\necho >%s\nuntil grep -q 'sent 19' %s; do :; done\n"):format(v4,
	job.input, v6, job.input, job.out)

local rows = tool.rows("tcptop 0.2 --rows 10000", command)
local sums = {}
for _, row in ipairs(rows) do
	local key = ("%s %s %d %d"):format(tostring(row.pid), row.laddr, row.lport, row.rport)
	sums[key] = sums[key] or { tx = 0, rx = 0 }
	sums[key].tx, sums[key].rx = sums[key].tx + row.tx_bytes, sums[key].rx + row.rx_bytes
end

local function check(address, truth, sent, answered)
	local clients, servers = 0, 0
	for port in pairs(truth.ports) do
		local client = sums[("%d %s %d %d"):format(truth.client, address, port, truth.port)] or {}
		local server = sums[("%d %s %d %d"):format(truth.server, address, truth.port, port)] or {}
		clients = clients + (client.tx == sent and client.rx == answered and 1 or 0)
		servers = servers + (server.tx == answered and server.rx == sent and 1 or 0)
	end
	t.eq(clients, COUNT, address .. ": of who connects")
	t.eq(servers, COUNT, "of who accepts")
end
check("127.0.0.1", truth4(), SEND, ANSWER)
check("::1", truth6(), ANSWER, SEND)

local sent, received = 0, 0
for key, sum in pairs(sums) do
	if key:find("^" .. job.pid .. " ") and key:find(" " .. old_port, 1, true) then
		sent, received = sent + sum.tx, received + sum.rx
	end
end
t.eq(sent, 17 + 19, "an old connection: what was sent since")
t.eq(received, 17 + 19, "and received")
job:write "\n"
job:wait()

-- Of one that was there before, and is reset, nobody is known to have made or closed it: who held it is.
job = live.start([[perl -MIO::Socket::INET -MSocket -e '
$l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5);
$c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $l->sockport); $s = $l->accept; $| = 1;
setsockopt $c, SOL_SOCKET, SO_LINGER, pack "ii", 1, 0;
print "ready\n"; <STDIN>; syswrite $c, "x" x 23; sysread $s, $x, 23; close $c; print "reset\n"; <STDIN>']])
job:await "ready"
sent, received = 0, 0
for _, row in ipairs(tool.rows(("tcptop 0.2 --pid %d"):format(job.pid),
	("echo >%s\nuntil grep -q reset %s; do :; done\n"):format(job.input, job.out))) do
	sent, received = sent + row.tx_bytes, received + row.rx_bytes
end
t.eq(sent, 23, "--pid, one that is reset: what was sent since")
t.eq(received, 23, "and received")
job:write "\n"
job:wait()
t.done()
