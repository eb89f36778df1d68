-- SPDX-License-Identifier: MIT
-- tcplife: of each connection both ends, each of its own process, with the bytes to the last.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tcp = require "tcp"
local tool = require "tool"
require "own_network"

local COUNT, SEND, ANSWER = 11, 70001, 1009

local v4, truth4 = tcp.command("127.0.0.1", COUNT, SEND, ANSWER)
local v6, truth6 = tcp.command("::1", COUNT, ANSWER, SEND)
local start = live.seconds()
local rows = tool.rows("tcplife", v4 .. "\n" .. v6)
local most = (live.seconds() - start) * 1e3
rows = tcp.of(rows, truth4(), truth6())

local function count(address, truth, sent, answered)
	local clients, servers = 0, 0
	for _, row in ipairs(rows) do
		if row.laddr == address and row.raddr == address and row.life_ms > 0 and row.life_ms < most then
			if row.pid == truth.client and truth.ports[row.lport] and row.rport == truth.port and row.tx_bytes == sent
				and row.rx_bytes == answered and row.comm == "perl" then
				clients = clients + 1
			elseif row.pid == truth.server and row.lport == truth.port and truth.ports[row.rport] and row.tx_bytes == answered
				and row.rx_bytes == sent then
				servers = servers + 1
			end
		end
	end
	return clients, servers
end

t.eq(#rows, 4 * COUNT, "both ends of each, and no other")
local clients, servers = count("127.0.0.1", truth4(), SEND, ANSWER)
t.eq(clients, COUNT, "IPv4: of who connects")
t.eq(servers, COUNT, "of who accepts")
clients, servers = count("::1", truth6(), ANSWER, SEND)
t.eq(clients, COUNT, "IPv6: of who connects")
t.eq(servers, COUNT, "of who accepts")

-- One that was there before, and one that nobody accepts.
local old = [[perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5);
$c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $l->sockport); $| = 1;
print "$$ ", $l->sockport, "\n"; <STDIN>;
syswrite $c, "x" x 13; shutdown $c, 1;']]
local job = live.start(old)
local port = job:await "%d+ (%d+)"

-- Who accepts is not who closes: a child has the connection last.
local file = sh.dir() .. "/handed"
local handed = ([[perl -MSocket -e 'socket(my $l, AF_INET, SOCK_STREAM, 0);
bind($l, pack_sockaddr_in(0, inet_aton("127.0.0.1"))); listen($l, 1); pipe my $r, my $w;
open my $out, ">", "FILE"; print $out "$$ ", (unpack_sockaddr_in(getsockname($l)))[0]; close $out;
if (!fork) {
	close $w; socket(my $c, AF_INET, SOCK_STREAM, 0); connect($c, getsockname($l)); sysread $c, my $x, 1; exit
}
accept(my $s, $l);
if (!fork) { close $w; sysread $r, my $x, 1; exit }
close $s; close $w; wait; wait']]):gsub("FILE", file)
local all = tool.rows("tcplife", ("%s\necho >%s; while kill -0 %d 2>/dev/null; do :; done"):format(handed, job.input,
	job.pid))
rows = tcp.of(all, { port = tonumber(port) })
table.sort(rows, function(a, b) return (a.tx_bytes or 0) > (b.tx_bytes or 0) end)
t.eq(#rows, 2, "an old connection: both ends")
local client, other = rows[1] or {}, rows[2] or {}
t.eq(client.rport, tonumber(port), "the client's")
t.eq(client.pid, job.pid, "of who closed it")
t.eq(client.tx_bytes, 13, "with what it sent before")
t.eq(client.life_ms, nil, "but no time")
t.eq(other.rx_bytes, 13, "the peer's")
t.eq(other.pid, nil, "which nobody accepted")
job:wait()

local pid, handed_port = sh.read(file):match "(%d+) (%d+)"
rows = tcp.of(all, { port = tonumber(handed_port) })
local accepted = rows[1] and rows[1].lport == tonumber(handed_port) and rows[1] or rows[2] or {}
t.eq(#rows, 2, "one that is handed on")
t.eq(accepted.pid, tonumber(pid), "is of who accepted it")

rows = tool.rows("tcplife -n server", v4)
t.eq(#rows, COUNT, "--comm: of those that are accepted, who accepts")
rows = tool.rows("tcplife -L 1", v4)
t.eq(#rows, 0, "--local-port")
rows = tool.rows("tcplife -m 60000", v4)
t.eq(#tcp.of(rows, truth4()), 0, "--min")
t.done()
