-- SPDX-License-Identifier: MIT
local errors = require "luatrace.errors"

-- Of each library its short name and its functions, with the program at their return: by result or through a pointer.
local LIBRARIES = {
	openssl = { "ssl", { SSL_write = "write_result", SSL_read = "read_result", SSL_write_ex = "write_pointer",
		SSL_read_ex = "read_pointer" } },
	gnutls = { "gnutls", { gnutls_record_send = "write_result", gnutls_record_recv = "read_result" } },
	nss = { "nspr4", { PR_Write = "write_result", PR_Send = "write_result", PR_Read = "read_result",
		PR_Recv = "read_result" } },
}
local ORDER = { "openssl", "gnutls", "nss" }

local function attach_library(run, library, file)
	for name, leave in pairs(library[2]) do
		run:attach_function(file, name, { enter = leave:find "pointer" and "enter_ex" or "enter", leave = leave })
	end
end

local function attach(run)
	local options = run.options
	if options.file then
		return attach_library(run, LIBRARIES[options.tls or "openssl"], options.file)
	end
	local attached, why = 0, {}
	for _, kind in ipairs(options.tls and { options.tls } or ORDER) do
		local ok, message = pcall(attach_library, run, LIBRARIES[kind], LIBRARIES[kind][1])
		message = tostring(message)
		if ok then
			attached = attached + 1
		elseif message:find("no such library", 1, true) then
			why[#why + 1] = message
		else
			error(message, 0)
		end
	end
	if attached == 0 then
		errors.raise("sslsniff: no library to trace: " .. table.concat(why, "; "), errors.ENOENT)
	end
end

local function data_of(event, run)
	local text = ffi.string(event.data, event.taken)
	if not run.options.hex then
		return text
	end
	return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

return {
	summary = "plain text that programs send and receive through TLS libraries",
	description = [[
A row for each call by which a program writes plain text to OpenSSL, GnuTLS or NSS, or reads what they have decrypted:
LEN is how many bytes the library took or gave, DATA the first of them (--size), control characters escaped, or all of
it in hexadecimal digits (--hex). Calls that fail, and handshakes, have no rows.

All libraries of this system that are found are traced; --file takes the path of another one, that of a container for
example. Programs that link TLS statically (Go, browsers, Java) are not seen. NSS is traced at NSPR's functions, which
its programs call for plain files and sockets as well.

What is shown are secrets: passwords, cookies, letters.]],
	overhead = "two user probes for each call, a few microseconds, and a copy of what is shown",
	example = [[
# luatrace sslsniff -n openssl
PID     COMM             OP        LEN DATA
7626    openssl          write      19 secret of s_client\n
7626    openssl          read       47 HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nanswered\n
]],
	options = {
		{ "hex", "x", help = "data as hexadecimal digits" },
		{ "size", "s", type = "integer", min = 0, max = 8192, default = 256, metavar = "BYTES",
			help = "show so much of each", sets = "limit" },
		{ "tls", "l", choices = ORDER, metavar = "KIND", help = "only openssl, gnutls or nss" },
		{ "file", "f", type = "string", metavar = "FILE",
			help = "the library's file; of OpenSSL, or --tls says of which" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/calls.h>
#include <luatrace/filter.h>
enum { MOST = 8192 };
struct event {
	u64 ts, len;
	u32 pid, writes, taken;
	char comm[TASK_COMM_LEN];
	u8 data[MOST];
};
struct call { u64 data, length; };
const volatile u32 limit = 256;
BPF_CALLS(calls, struct call, 65536);
BPF_RINGBUF_OUTPUT(events, 1024);

static __always_inline int note(u64 data, u64 length)
{
	struct call call = { .data = data, .length = length };

	if (wanted())
		begin_call(calls, 0, &call);
	return 0;
}

static __always_inline int show(u64 data, s64 len, bool writes)
{
	u32 taken = len > limit ? limit : len;
	struct event event = {
		.ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32, .writes = writes, .len = len,
	};

	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	if (taken > MOST)
		taken = MOST;
	if (!bpf_probe_read_user(&event.data, taken, (void *)data))
		event.taken = taken;
	/* no more than was taken */
	events.ringbuf_output(&event, offsetof(struct event, data) + taken, 0);
	return 0;
}

static __always_inline int leave(struct pt_regs *ctx, bool pointer, bool writes)
{
	s64 length = (int)PT_REGS_RC(ctx);
	struct call call;

	if (!end_call(calls, 0, &call))
		return 0;
	if (pointer && (length != 1 || bpf_probe_read_user(&length, sizeof(length), (void *)call.length)))
		length = 0;
	return length > 0 ? show(call.data, length, writes) : 0;
}

int enter(struct pt_regs *ctx) { return note(PT_REGS_PARM2(ctx), 0); }
int enter_ex(struct pt_regs *ctx) { return note(PT_REGS_PARM2(ctx), PT_REGS_PARM4(ctx)); }
int write_result(struct pt_regs *ctx) { return leave(ctx, false, true); }
int read_result(struct pt_regs *ctx) { return leave(ctx, false, false); }
int write_pointer(struct pt_regs *ctx) { return leave(ctx, true, true); }
int read_pointer(struct pt_regs *ctx) { return leave(ctx, true, false); }]],
	attach = attach,
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "OP", width = 5, label = true, value = function(e) return e.writes ~= 0 and "write" or "read" end },
		{ "LEN", width = 7, align = "right" }, { "DATA", value = data_of },
	},
}
