-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"

return {
	summary = "round-trip times of TCP connections: histograms",
	description = [[
With each segment that an established TCP connection receives, counts its smoothed round-trip time: the average of the
kernel, which follows the measured times slowly. A connection counts as often as it receives, so that busy ones weigh most.

With --by-remote or --by-local there is a histogram for each address.]],
	overhead = "one program for each segment received, about 100 ns",
	options = {
		{ "milliseconds", "m", help = "in milliseconds, not microseconds" },
		{ "by-remote", "B", help = "one for each remote address" },
		{ "by-local", "b", help = "one for each local address" },
		{ "local-port", "L", type = "integer", min = 1, max = 65535, metavar = "PORT", help = "only of this local port" },
		{ "remote-port", "D", type = "integer", min = 1, max = 65535, metavar = "PORT", help = "only of this remote port" },
	},
	params = function(options)
		return { divisor = options.milliseconds and 1000 or 1, by_remote = options.by_remote, by_local = options.by_local,
			wanted_lport = options.local_port or 0, wanted_rport = options.remote_port or 0 }
	end,
	text = [[
#include <luatrace/socket.h>
struct key { u8 key[16]; u32 slot; };
const volatile u32 divisor = 1;
const volatile bool by_remote, by_local;
const volatile u16 wanted_lport, wanted_rport;
BPF_HISTOGRAM(times, struct key, 10240);

RAW_TRACEPOINT_PROBE(tcp_probe)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	struct lt_flow flow = {};
	struct key key = {};

	lt_take_flow(&flow, sk);
	if ((wanted_lport && flow.lport != wanted_lport) || (wanted_rport && flow.rport != wanted_rport))
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
