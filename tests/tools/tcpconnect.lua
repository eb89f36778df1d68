-- SPDX-License-Identifier: MIT
-- tcpconnect and tcpconnlat: each connection that is made, and attempts that fail, each way, with the reason.
-- Tools: tcpconnect tcpconnlat
local t = require "tap"
local sh = require "sh"
local tcp = require "tcp"
local tool = require "tool"
require "own_network"

local COUNT = 13
local v4, truth4 = tcp.command("127.0.0.1", COUNT, 1, 1)
local v6, truth6 = tcp.command("::1", COUNT, 1, 1)
local function ours(row) return row.comm == "perl" end

local function matching(rows, address, truth)
	local found = 0
	for _, row in ipairs(rows) do
		found = found + (row.pid == truth.client and row.comm == "perl" and row.laddr == address and row.raddr == address
			and truth.ports[row.lport] and row.rport == truth.port and not row.error and 1 or 0)
	end
	return found
end

-- A listener whose queue is full does not answer: given up; also twice from one port, which cannot be. Refused, without
-- a way there, also by calls that do not wait, the second of which asks for the outcome; and what is no TCP.
local file = sh.dir() .. "/silent"
local failing = [[
exec perl -MSocket=:all -MFcntl -e '
sub name {
	my ($to, $port) = @_;
	return $to =~ /:/ ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $to)) : pack_sockaddr_in($port, inet_aton($to));
}
sub try {
	my ($to, $port, $flags, $type) = @_;
	socket(my $s, $to =~ /:/ ? AF_INET6 : AF_INET, $type || SOCK_STREAM, 0);
	fcntl($s, F_SETFL, O_NONBLOCK) if $flags;
	connect($s, name($to, $port));
	connect($s, name($to, $port)) if $flags;
	return $s;
}
try("127.0.0.1", 1) for 1 .. 7;
try("::1", 1) for 1 .. 5;
try("192.0.2.1", 1) for 1 .. 3;
try("127.0.0.1", 1, 1) for 1 .. 2;
try("127.0.0.1", 1, 0, SOCK_DGRAM) for 1 .. 2;
socket(my $l, AF_INET, SOCK_STREAM, 0); bind($l, name("127.0.0.1", 0)); listen($l, 0);
my ($port) = unpack_sockaddr_in(getsockname($l));
open my $out, ">", "FILE"; print $out $port; close $out;
my @twice;
for (0, 1) {
	socket($twice[$_], AF_INET, SOCK_STREAM, 0); setsockopt($twice[$_], SOL_SOCKET, SO_REUSEADDR, 1);
}
bind($twice[0], name("127.0.0.1", 0));
bind($twice[1], getsockname($twice[0])) || die "bind: $!";
connect($_, name("127.0.0.1", $port)) for @twice;
my $given_up = try("127.0.0.1", $port, 1); close $given_up;' ]]
failing = failing:gsub("FILE", file)

local rows = tool.rows("tcpconnect", v4 .. "\n" .. v6 .. "\n" .. failing, ours)
t.eq(matching(rows, "127.0.0.1", truth4()), COUNT, "IPv4: each connection, once")
t.eq(matching(rows, "::1", truth6()), COUNT, "IPv6")

local function failures(list)
	local counts, silent = {}, tonumber(sh.read(file))
	for _, row in ipairs(list) do
		if row.error and row.comm == "perl" and (row.rport == 1 or row.rport == silent) then
			local name = ("%s %s"):format(row.raddr, row.error)
			counts[name] = (counts[name] or 0) + 1
		end
	end
	return counts
end
local found = failures(rows)
t.eq(found["127.0.0.1 ECONNREFUSED"], 9, "failed: refused, at once and later")
t.eq(found["::1 ECONNREFUSED"], 5, "by IPv6")
t.eq(found["192.0.2.1 ENETUNREACH"], 3, "no way there")
t.eq(found["127.0.0.1 ECANCELED"], 1, "given up")
t.eq(found["127.0.0.1 EADDRNOTAVAIL"], 1, "no port")
t.eq(#rows, 2 * COUNT + 9 + 5 + 3 + 1 + 1 + 1, "and no other")

rows = tool.rows("tcpconnect -x -P 1 -n perl", v4 .. "\n" .. failing)
t.eq(#rows, 9 + 5 + 3, "--failed, --port, --comm")

-- Under way when the tool ends: nobody answers to the second of two that want to be in a queue of one.
local waiting = [[exec perl -MSocket -MFcntl -e 'BEGIN { $^F = 99 } socket(my $l, AF_INET, SOCK_STREAM, 0);
bind($l, pack_sockaddr_in(0, inet_aton("127.0.0.1"))); listen($l, 0); my @c;
for (0, 1) { socket($c[$_], AF_INET, SOCK_STREAM, 0); fcntl($c[$_], F_SETFL, O_NONBLOCK);
connect($c[$_], getsockname($l)) }
if (!fork) { close STDOUT; exec "sleep", "1" }' ]]
rows = tool.rows("tcpconnect", waiting, ours)
t.eq(#rows .. " " .. tostring(rows[2].error), "2 EINPROGRESS", "under way in the end")
t.eq(#tool.rows("tcpconnect -x", waiting, ours), 0, "--failed: it has not failed")

rows = tool.rows("tcpconnlat", v4 .. "\n" .. v6 .. "\n" .. failing, ours)
t.eq(matching(rows, "127.0.0.1", truth4()), COUNT, "latency, IPv4: each connection, once")
t.eq(matching(rows, "::1", truth6()), COUNT, "IPv6")
t.eq(#rows, 2 * COUNT + 1, "of none that failed")
local odd = 0
for _, row in ipairs(rows) do
	odd = odd + (row.latency_ms > 0 and row.latency_ms < 1000 and 0 or 1)
end
t.eq(odd, 0, "all of them short")


-- An answer that comes late: the queue has room again when the SYN is sent the second time, after a second.
local late = [[exec perl -MSocket -e 'socket(my $l, AF_INET, SOCK_STREAM, 0);
bind($l, pack_sockaddr_in(0, inet_aton("127.0.0.1"))); listen($l, 0); my @c;
socket($c[$_], AF_INET, SOCK_STREAM, 0) for 0, 1;
connect($c[0], getsockname($l));
if (!fork) { select(undef, undef, undef, 0.5); accept(my $c, $l); exit }
connect($c[1], getsockname($l)); wait' ]]
rows = tool.rows("tcpconnlat -m 900", v4 .. "\n" .. late, ours)
t.eq(#rows, 1, "--min")
t.ok(rows[1] and rows[1].latency_ms > 900 and rows[1].latency_ms < 3000, "as long as it took")
t.done()
