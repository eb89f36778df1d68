-- SPDX-License-Identifier: MIT
local errors = require "luatrace.errors"

-- Of each library: its short name; its functions, by how they say how much they took: a result, or through a pointer.
local LIBRARIES = {
	openssl = { name = "ssl", result = { write = { "SSL_write" }, read = { "SSL_read" } },
		pointer = { write = { "SSL_write_ex" }, read = { "SSL_read_ex" } } },
	gnutls = { name = "gnutls", result = { write = { "gnutls_record_send" }, read = { "gnutls_record_recv" } } },
	nss = { name = "nspr4", result = { write = { "PR_Write", "PR_Send" }, read = { "PR_Read", "PR_Recv" } } },
}
local ORDER = { "openssl", "gnutls", "nss" }

local function attach_library(run, library, file)
	for _, how in ipairs { "result", "pointer" } do
		for what, names in pairs(library[how] or {}) do
			for _, name in ipairs(names) do
				run.b:attach_uprobe { name = file, sym = name, fn_name = how == "pointer" and "enter_ex" or "enter" }
				run.b:attach_uretprobe { name = file, sym = name, fn_name = ("%s_%s"):format(what, how) }
			end
		end
	end
end

local function attach(run)
	local options = run.options
	if options.file then
		return attach_library(run, LIBRARIES[options.library or "openssl"], options.file)
	end
	local attached, why = 0, {}
	for _, kind in ipairs(options.library and { options.library } or ORDER) do
		local ok, message = pcall(attach_library, run, LIBRARIES[kind], LIBRARIES[kind].name)
		attached = attached + (ok and 1 or 0)
		why[#why + 1] = not ok and tostring(message) or nil
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
A row for each call by which a program writes plain text to OpenSSL, GnuTLS or NSS, or reads what they have decrypted: LEN is
how many bytes the library took or gave, DATA the first of them (--size), control characters escaped, or all of it in
hexadecimal digits (--hex). Calls that fail, and handshakes, have no rows.

All libraries of this system that are found are traced; --file takes the path of another one, that of a container for
example. Programs that link TLS statically (Go, browsers, Java) are not seen. NSS is traced at NSPR's functions, which its
programs call for plain files and sockets as well.

What is shown are secrets: passwords, cookies, letters.]],
	overhead = "two user probes for each call, about 2 microseconds, and a copy of what is shown",
	options = {
		{ "hex", "x", help = "data as hexadecimal digits" },
		{ "size", "s", type = "integer", min = 0, max = 8192, default = 256, metavar = "BYTES", help = "show so much of each" },
		{ "library", "l", choices = ORDER, metavar = "KIND", help = "only openssl, gnutls or nss" },
		{ "file", "f", type = "string", metavar = "FILE", help = "the library's file; of OpenSSL, or --library says of which" },
	},
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	params = function(options) return { limit = options.size } end,
	text = [[
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
BPF_TABLE("lru_hash", u32, struct call, calls, 10240);
BPF_RINGBUF_OUTPUT(events, 1024);

static __always_inline int note(u64 data, u64 length)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct call call = { .data = data, .length = length };

	if (wanted())
		calls.update(&tid, &call);
	return 0;
}

static __always_inline int show(struct call *call, s64 len, bool writes)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 tid = id, taken = len > limit ? limit : len;
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = id >> 32, .writes = writes, .len = len };
	u64 data = call->data;

	calls.delete(&tid);
	if (len <= 0)
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	if (taken > MOST)
		taken = MOST;
	if (!bpf_probe_read_user(&event.data, taken, (void *)data))
		event.taken = taken;
	events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}

static __always_inline int by_result(struct pt_regs *ctx, bool writes)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct call *call = calls.lookup(&tid);

	return call ? show(call, (int)PT_REGS_RC(ctx), writes) : 0;
}

static __always_inline int by_pointer(struct pt_regs *ctx, bool writes)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct call *call = calls.lookup(&tid);
	u64 length = 0;

	if (!call)
		return 0;
	if ((int)PT_REGS_RC(ctx) == 1)
		bpf_probe_read_user(&length, sizeof(length), (void *)call->length);
	return show(call, length, writes);
}

int enter(struct pt_regs *ctx) { return note(PT_REGS_PARM2(ctx), 0); }
int enter_ex(struct pt_regs *ctx) { return note(PT_REGS_PARM2(ctx), PT_REGS_PARM4(ctx)); }
int write_result(struct pt_regs *ctx) { return by_result(ctx, true); }
int read_result(struct pt_regs *ctx) { return by_result(ctx, false); }
int write_pointer(struct pt_regs *ctx) { return by_pointer(ctx, true); }
int read_pointer(struct pt_regs *ctx) { return by_pointer(ctx, false); }]],
	attach = attach,
	clock = "ts",
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "OP", width = 5, value = function(e) return e.writes ~= 0 and "write" or "read" end },
		{ "LEN", width = 7, align = "right" }, { "DATA", value = data_of },
	},
}
