-- SPDX-License-Identifier: MIT
-- bindsnoop and solisten: each call on sockets of a known number, what it asked for, and what came of it.
local t = require "tap"
local sh = require "sh"
local tool = require "tool"
require "own_network"

local COUNT = 7
local file = sh.dir() .. "/ports"
local command = ([[exec perl -MSocket=:all -e '
open my $out, ">", "FILE";
for (1 .. COUNT) {
	socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
	bind($s, pack_sockaddr_in(0, inet_aton("127.0.0.2"))) && listen($s, 17) || die;
	print $out ((unpack_sockaddr_in(getsockname($s)))[0], "\n");
	socket(my $again, AF_INET, SOCK_STREAM, 0); bind($again, getsockname($s)) && die;
	socket(my $u, AF_INET6, SOCK_DGRAM, 0); setsockopt($u, SOL_SOCKET, SO_REUSEPORT, 1);
	setsockopt($u, SOL_SOCKET, 25, "lo") || die;
	bind($u, pack_sockaddr_in6(4244, inet_pton(AF_INET6, "::1"))) || die; listen($u, 3);
	socket(my $free, AF_INET, SOCK_STREAM, 0); setsockopt($free, 0, 15, pack("i", 1)); setsockopt($free, 0, 24, pack("i", 1));
	bind($free, pack_sockaddr_in(0, inet_aton("192.0.2.1"))) || die;
	socket(my $unix, AF_UNIX, SOCK_STREAM, 0); bind($unix, pack_sockaddr_un("\0lt$$-$_")) && listen($unix, 5) || die;
	socket(my $all, AF_INET6, SOCK_STREAM, 0); listen($all, 5) || die;
}']]):gsub("FILE", file):gsub("COUNT", COUNT)

local function count(rows, form, columns)
	local ports, found = {}, {}
	for port in sh.read(file):gmatch "%d+" do
		ports[tonumber(port)] = true
	end
	for _, row in ipairs(rows) do
		local words = {}
		for i, column in ipairs(columns) do
			local value = row[column]
			words[i] = column:find "port$" and (ports[value] and "listener" or value == 4244 and "4244" or value == 0 and "0"
				or value and "some") or tostring(value)
		end
		local line = form:format(unpack(words))
		found[line] = (found[line] or 0) + (row.comm == "perl" and 1 or 0)
	end
	return found
end

local rows = tool.rows("bindsnoop", command)
local BIND = { "proto", "addr", "port", "options", "if", "error" }
local found = count(rows, "%s %s %s %s %s %s", BIND)
t.eq(found["TCP 127.0.0.2 listener reuseaddr nil nil"], COUNT, "bind: with the port that the kernel chose, an option")
t.eq(found["TCP 127.0.0.2 listener nil nil EADDRINUSE"], COUNT, "one that failed")
t.eq(found["UDP ::1 4244 reuseport 1 nil"], COUNT, "IPv6, an interface")
t.eq(found["TCP 192.0.2.1 0 freebind,nolateport nil nil"], COUNT, "options of IP")
t.eq(#rows, 4 * COUNT, "and no other")
rows = tool.rows("bindsnoop -x", command)
t.eq(count(rows, "%s %s %s %s %s %s", BIND)["TCP 127.0.0.2 listener nil nil EADDRINUSE"], COUNT, "--failed")
t.eq(#rows, COUNT, "no others")
t.eq(#tool.rows("bindsnoop -P 4244", command), COUNT, "--port")

rows = tool.rows("solisten", command)
found = count(rows, "%s %s %s %s %s", { "proto", "laddr", "lport", "backlog", "error" })
t.eq(found["TCP 127.0.0.2 listener 17 nil"], COUNT, "listen")
t.eq(found["UDP ::1 4244 3 EOPNOTSUPP"], COUNT, "one that failed")
t.eq(found["TCP :: some 5 nil"], COUNT, "without bind, IPv6")
t.eq(#rows, 3 * COUNT, "and no other")
local _, netns = sh.run "readlink /proc/self/ns/net"
t.eq(rows[1] and rows[1].netns, tonumber(netns:match "%d+"), "the network namespace")
t.eq(#tool.rows("solisten -x -P 4244", command), COUNT, "--failed, --port")
t.done()
