# SPDX-License-Identifier: MIT
# A connection of 127.0.7.11 to itself, whose server is deaf for a while: lossy.pl FILE TIMES
# A byte is sent, and dropped by a filter of the server's socket until it was sent again TIMES times. FILE gets the client's
# port, the server's, how often the client has sent again, and how many segments it has received.
use strict;
use Socket;

my ($file, $times) = @ARGV;
my ($listener, $client, $server);

# Of struct tcp_info: tcpi_total_retrans and tcpi_segs_in.
sub info { return unpack "x100 L x36 L", getsockopt($client, 6, 11) }

socket($listener, AF_INET, SOCK_STREAM, 0);
bind($listener, pack_sockaddr_in(0, inet_aton("127.0.7.11"))) && listen($listener, 1) or die "listen: $!";
socket($client, AF_INET, SOCK_STREAM, 0);
bind($client, pack_sockaddr_in(0, inet_aton("127.0.7.11")));
connect($client, getsockname($listener)) && accept($server, $listener) or die "connect: $!";
my $drop = pack "S C C L", 6, 0, 0, 0;	# a filter that returns 0
setsockopt($server, SOL_SOCKET, 26, pack "S x![P] P", 1, $drop) or die "filter: $!";
syswrite $client, "x";
select undef, undef, undef, 0.01 while (info())[0] < $times;
setsockopt($server, SOL_SOCKET, 27, pack "i", 0) or die "no filter: $!";
sysread $server, my $byte, 1;
select undef, undef, undef, 0.01 while unpack("x24 L", getsockopt($client, 6, 11));	# what is not acknowledged
open my $out, ">", $file or die "$file: $!";
print $out join(" ", (unpack_sockaddr_in(getsockname($client)))[0], (unpack_sockaddr_in(getsockname($server)))[0], info()), "\n";
