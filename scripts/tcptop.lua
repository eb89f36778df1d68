-- SPDX-License-Identifier: MIT
local address = require "luatrace.address"

local before, ended, begun = {}, {}, false	-- what each socket had carried; rows of those that were closed since

-- A socket's address is used again, but not at once with the same ports.
local function row_of(record)
	local flow, owner = record.flow, record.owner.pid > 0 and record.owner or nil
	local row = { lport = flow.lport, laddr = address.text(flow.laddr), rport = flow.rport,
		raddr = address.text(flow.raddr), pid = owner and owner.pid, comm = owner and ffi.string(owner.comm),
		all_tx = tonumber(record.tx), all_rx = tonumber(record.rx) }
	row.key = ("%s %d %s %d"):format(tostring(record.sk), row.lport, row.raddr, row.rport)
	return row
end

-- What it carried since it was last seen.
local function compare(row)
	local old = before[row.key] or { all_tx = 0, all_rx = 0 }
	row.tx, row.rx = row.all_tx - old.all_tx, row.all_rx - old.all_rx
	row.pid, row.comm = old.pid or row.pid, old.comm or row.comm
	before[row.key] = row
	return row
end

-- All that processes hold, of every network namespace.
local function look(run)
	local rows, seen, name = {}, {}, begun and "sockets" or "sockets at the beginning"
	begun = true
	local all = run.source:observe(name, function()
		local list = {}
		for record in run.b:iter_records("task_file", { type = "struct socket_record" }) do
			list[#list + 1] = row_of(record)
		end
		return list
	end)
	for _, row in ipairs(all or {}) do
		if not seen[row.key] then	-- several processes may hold one
			seen[row.key] = true
			rows[#rows + 1] = compare(row)
		end
	end
	return rows
end

return {
	summary = "TCP connections that carry most, and whose they are",
	description = [[
Each interval, the TCP connections over IPv4 and IPv6 that have sent or received something since the last, of all
network namespaces. TX and RX are bytes of data, what was sent again not counted.

The kernel counts for each socket; the tool asks, of all sockets that processes hold, and is told of those that are
closed. PID and COMM are of the first process that holds it; of one that came and went within an interval, of who
connected or accepted. A socket that no process holds any more counts when it ends.]],
	overhead = "one program for each change of a TCP socket's state; each interval about 1 ms for each 1000 open files",
	example = [[
# luatrace tcptop
PID     COMM             LADDR           LPORT RADDR           RPORT    TX(bytes)    RX(bytes)   SUM(bytes)
7370    python3          127.0.0.1        8000 127.0.0.1       49072        60189           87        60276
]],
	filters = { "pid", "comm" },
	text = [[
#include <luatrace/filter.h>
#include <luatrace/socket.h>
struct socket_record { u64 sk, tx, rx; struct lt_owner owner; struct lt_flow flow; };
BPF_RINGBUF_OUTPUT(closed, 256);
/* Those that were shown to the tool: their ends are, too, whoever connected, accepted or closed them. */
BPF_TABLE("lru_hash", u64, u8, held, 65536);

static __always_inline void take(struct socket_record *record, struct sock *sk)
{
	record->sk = (u64)sk;
	lt_take_bytes(&record->tx, &record->rx, sk);
	lt_take_flow(&record->flow, sk);
}

BPF_ITER(task_file)
{
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;	/* threads have the files of their process */
	struct socket_record record = {};
	struct sock *sk;
	u8 one = 1;

	if (!file || !task || task->pid != task->tgid || !S_ISSOCK(file->f_inode->i_mode))
		return 0;
	sk = ((struct socket *)file->private_data)->sk;
	if (!sk || sk->sk_protocol != IPPROTO_TCP || sk->sk_type != SOCK_STREAM
	    || (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
	    || sk->__sk_common.skc_state == TCP_LISTEN || sk->__sk_common.skc_state == TCP_CLOSE)
		return 0;
	record.owner.pid = task->tgid;
	bpf_probe_read_kernel_str(&record.owner.comm, sizeof(record.owner.comm), task->comm);
	if (!wanted_owner(&record.owner))
		return 0;
	take(&record, sk);
	held.update(&record.sk, &one);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

RAW_TRACEPOINT_PROBE(inet_sock_set_state)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	struct socket_record record = {};

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	lt_see_state(sk, ctx->args[1], ctx->args[2]);
	if (ctx->args[2] != TCP_CLOSE)
		return 0;
	lt_owner_of(&record.owner, sk);
	lt_forget_owner(sk);
	take(&record, sk);
	if (!held.delete(&record.sk) || wanted_owner(&record.owner))
		closed.ringbuf_output(&record, sizeof(record), 0);
	return 0;
}

LT_SEE_ACCEPTED]],
	attach = look,
	on = {
		closed = function(_, record)
			ended[#ended + 1] = compare(row_of(record))
			before[ended[#ended].key] = nil
		end,
	},
	interval = 1, rows = 20, sort = "SUM",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 }, { "LADDR", width = 15 }, { "LPORT", width = 5, align = "right" },
		{ "RADDR", width = 15 }, { "RPORT", width = 5, align = "right" },
		{ "TX", unit = "bytes", width = 12, metric = "counter" }, { "RX", unit = "bytes", width = 12, metric = "counter" },
		{ "SUM", unit = "bytes", width = 12, metric = "none", value = function(row) return row.tx + row.rx end },
	},
	every = function(run)
		local _ = begun or look(run)	-- of a recording nothing was attached
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
