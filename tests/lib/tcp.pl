# SPDX-License-Identifier: MIT
# Connections over loopback: tcp.pl FILE ADDRESS COUNT SEND ANSWER
# A client makes COUNT of them, one after the other, sends SEND bytes through each and shuts it down; a server, its child,
# answers with ANSWER bytes. FILE gets "client PID server PID port PORT" and a line for each of the client's ports.
use strict;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 unpack_sockaddr_in6);

my ($file, $address, $count, $send, $answer) = @ARGV;
my $v6 = $address =~ /:/;
my $family = $v6 ? AF_INET6 : AF_INET;

sub name {
	my $port = shift;
	return $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_aton($address));
}

sub port {
	return ($v6 ? unpack_sockaddr_in6(getsockname($_[0])) : unpack_sockaddr_in(getsockname($_[0])))[0];
}

sub drain {
	my $got = 0;
	while (my $n = sysread($_[0], my $data, 65536)) {
		$got += $n;
	}
	return $got;
}

sub put {
	my ($to, $left) = @_;
	while ($left > 0) {
		$left -= syswrite($to, "x" x $left) // die "write: $!";
	}
}

my $listener;
socket($listener, $family, SOCK_STREAM, 0) && bind($listener, name(0)) && listen($listener, 17) or die "listen: $!";
my $port = port($listener);
my $server = fork;
if (!$server) {
	$0 = "server";
	for (1 .. $count) {
		accept(my $c, $listener) or die "accept: $!";
		drain($c) == $send or die "the server got something else";
		put($c, $answer);
	}
	exit 0;
}
close $listener;
open my $out, ">", $file or die "$file: $!";
print $out "client $$ server $server port $port\n";
for (1 .. $count) {
	my $c;
	socket($c, $family, SOCK_STREAM, 0) && connect($c, name($port)) or die "connect: $!";
	print $out port($c), "\n";
	put($c, $send);
	shutdown($c, 1);
	drain($c) == $answer or die "the client got something else";
}
waitpid($server, 0);
exit $? >> 8;
