-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"

return {
	summary = "round-trip times of TCP connections: histograms",
	description = [[
With each segment that an established TCP connection receives, counts its smoothed round-trip time: the average of the
kernel, which follows the measured times slowly. A connection counts as often as it receives, so that busy ones weigh
most.

With --by-remote or --by-local there is a histogram for each address.]],
	overhead = "one program for each segment received, about half a microsecond",
	example = [[
# luatrace tcprtt -B
remote = 127.0.7.11
     usecs               : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 0        |                                        |
         4 -> 7          : 0        |                                        |
         8 -> 15         : 0        |                                        |
        16 -> 31         : 2        |****************************************|
        32 -> 63         : 0        |                                        |
        64 -> 127        : 0        |                                        |
       128 -> 255        : 1        |********************                    |
]],
	options = {
		{ "milliseconds", "m", help = "in milliseconds, not microseconds", sets = "divisor", times = 1000 },
		{ "by-remote", "B", help = "one for each remote address", sets = "by_remote" },
		{ "by-local", "b", help = "one for each local address", sets = "by_local" },
		address.LOCAL_PORT, address.REMOTE_PORT,
	},
	text = [[
#include <luatrace/socket.h>
struct key { u8 key[16]; u32 slot; };
const volatile u32 divisor = 1;
const volatile bool by_remote, by_local;
BPF_HISTOGRAM(times, struct key, 10240);

RAW_TRACEPOINT_PROBE(tcp_probe)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	struct lt_flow flow = {};
	struct key key = {};

	lt_take_flow(&flow, sk);
	if (!wanted_ports(&flow))
		return 0;
	if (by_remote)
		memcpy(key.key, flow.raddr, 16);
	else if (by_local)
		memcpy(key.key, flow.laddr, 16);
	/* kept in eighths of a microsecond */
	key.slot = bpf_log2l((tcp_sk(sk)->srtt_us >> 3) / divisor);
	times.atomic_increment(key);
	return 0;
}]],
	every = function(run)
		local options = run.options
		run:hist("times", { unit = options.milliseconds and "msecs" or "usecs",
			label = options.by_remote and "remote" or options.by_local and "local", name = address.text })
	end,
}
