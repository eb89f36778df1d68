-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"
local errors = require "luatrace.errors"

local before, ended = {}, {}	-- what each socket had carried; rows of those that were closed since

-- What it carried since it was last seen. An address is used again, but not at once with the same ports.
local function row_of(record)
	local flow, tx, rx = record.flow, tonumber(record.tx), tonumber(record.rx)
	local key = ("%s %d %s %d"):format(tostring(record.sk), flow.lport, ffi.string(flow.raddr, 16), flow.rport)
	local old = before[key] or { all_tx = 0, all_rx = 0 }
	return { key = key, owner = record.owner, flow = flow, all_tx = tx, all_rx = rx, tx = tx - old.all_tx,
		rx = rx - old.all_rx }
end

local function bytes(from)
	local to = ffi.new "uint8_t[16]"
	ffi.copy(to, from, 16)
	return to
end

-- All that processes hold, of every network namespace.
local function look(run)
	local rows, seen = {}, {}
	local b = run.b or errors.raise("tcptop: no recording has what it asks the kernel", errors.EINVAL)
	for record in b:iter_records("task_file", { type = "struct socket_record" }) do
		local row = row_of(record)
		if not seen[row.key] then	-- several processes may hold one
			seen[row.key] = true
			before[row.key] = row
			rows[#rows + 1] = row
		end
	end
	return rows
end

return {
	summary = "TCP connections that carry most, and whose they are",
	description = [[
Shows each interval the TCP connections over IPv4 and IPv6 that have sent or received something, of all network
namespaces: TX and RX are bytes of their data since the last time, what was sent again not counted.

The kernel counts for each socket; the tool asks once an interval, of all sockets that processes hold, and is told of
those that are closed meanwhile. PID and COMM are of the first process that holds the socket; of one that was opened
and closed within an interval, of who connected or accepted. A socket that no process holds any more, and that still
sends, counts when it ends.]],
	overhead = "one program for each change of a TCP socket's state; each interval about 1 ms for each 1000 open files",
	example = [[
# luatrace tcptop
PID     COMM             LADDR           LPORT RADDR           RPORT    TX(bytes)    RX(bytes)   SUM(bytes)
7370    python3          127.0.0.1        8000 127.0.0.1       49072        60189           87        60276
7579    curl             127.0.0.1       49072 127.0.0.1        8000           87        60189        60276
]],
	filters = { "pid", "comm" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct socket_record {
	u64 sk, tx, rx;
	struct lt_owner owner;
	struct lt_flow flow;
};
BPF_RINGBUF_OUTPUT(closed, 256);

static __always_inline void take(struct socket_record *record, struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	record->sk = (u64)sk;
	record->tx = tp->bytes_sent - tp->bytes_retrans;
	/* the peer's FIN counts as a byte there */
	record->rx = tp->bytes_received - (sk->__sk_common.skc_flags >> SOCK_DONE & 1);
	lt_take_flow(&record->flow, sk);
}

BPF_ITER(task_file)
{
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;	/* threads have the files of their process */
	struct socket_record record = {};
	struct sock *sk;
	u64 socket = 0;

	if (!file || !task || task->pid != task->tgid || !S_ISSOCK(file->f_inode->i_mode))
		return 0;
	bpf_probe_read_kernel(&socket, sizeof(socket), &file->private_data);
	sk = ((struct socket *)socket)->sk;
	if (!sk || sk->sk_protocol != IPPROTO_TCP || sk->sk_type != SOCK_STREAM
	    || (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
	    || sk->__sk_common.skc_state == TCP_LISTEN || sk->__sk_common.skc_state == TCP_CLOSE)
		return 0;
	record.owner.pid = task->tgid;
	bpf_probe_read_kernel_str(&record.owner.comm, sizeof(record.owner.comm), task->comm);
	if (!wanted_pid(record.owner.pid) || !wanted_comm(record.owner.comm))
		return 0;
	take(&record, sk);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

RAW_TRACEPOINT_PROBE(inet_sock_set_state)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	int newstate = ctx->args[2];
	struct socket_record record = {};

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	lt_see_state(sk, ctx->args[1], newstate);
	if (newstate != TCP_CLOSE)
		return 0;
	lt_owner_of(&record.owner, sk);
	lt_forget_owner(sk);
	take(&record, sk);
	if (wanted_pid(record.owner.pid) && wanted_comm(record.owner.comm))
		closed.ringbuf_output(&record, sizeof(record), 0);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_accept) { lt_see_accepted(args->ret); return 0; }
TRACEPOINT_PROBE(syscalls, sys_exit_accept4) { lt_see_accepted(args->ret); return 0; }]],
	attach = look,
	on = {
		-- A record is there only for the moment.
		closed = function(_, record)
			local row = row_of(record)
			local old, owner, flow = before[row.key], record.owner, record.flow
			row.owner = old and old.owner or { pid = owner.pid, comm = ffi.string(owner.comm) }
			row.flow = { laddr = bytes(flow.laddr), raddr = bytes(flow.raddr), lport = flow.lport, rport = flow.rport }
			before[row.key] = nil
			ended[#ended + 1] = row
		end,
	},
	interval = 1, rows = 20, sort = "SUM",
	columns = address.columns(address.OWNER, {
		{ "TX", unit = "bytes", width = 12, metric = "counter" }, { "RX", unit = "bytes", width = 12, metric = "counter" },
		{ "SUM", unit = "bytes", width = 12, metric = "none", value = function(row) return row.tx + row.rx end },
	}),
	every = function(run)
		local rows, lists = {}, { ended, look(run) }
		ended = {}
		for _, list in ipairs(lists) do
			for _, row in ipairs(list) do
				if row.tx > 0 or row.rx > 0 then
					rows[#rows + 1] = row
				end
			end
		end
		run:rows(rows)
	end,
}
