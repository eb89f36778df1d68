-- SPDX-License-Identifier: MIT
-- What TLS hides from the wire: the plain text that a client of this machine writes, at SSL_write of its library.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

live.needs "uprobe"
if sh.run("command -v openssl") ~= 0 then
	t.skip_all("openssl is missing (package openssl)")
end
local LIBRARY = select(2, sh.run("ldd \"$(command -v openssl)\"")):match("libssl%.so%.3 => (%S+)")
if not LIBRARY then
	t.skip_all("openssl here does not use libssl.so.3")
end

local LINES = 23
local key, cert = live.file("", "key.pem"), live.file("", "cert.pem")
local status, _, err = sh.run(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
	.. "-subj /CN=localhost -keyout %s -out %s"):format(key, cert))
t.eq(status, 0, "a certificate")
if status ~= 0 then
	t.diag(err)
end

local server = live.start(("openssl s_server -accept 127.0.0.1:0 -naccept 1 -quiet -key %s -cert %s"):format(key, cert))
local function port_of(job)
	return live.await(function()
		-- -quiet leaves out the line that names the port: it is the one this process listens at.
		local _, out = sh.run(("ls -l /proc/%d/fd"):format(job.pid))
		local inode = out:match("socket:%[(%d+)%]")
		local tcp = inode and sh.read("/proc/net/tcp") or ""
		local port = tcp:match("0100007F:(%x%x%x%x) 00000000:0000 0A [%x:]+ [%x:]+ %x+ +%d+ +%d+ " .. (inode or ""))
		return port and tonumber(port, 16)
	end)
end
local port = port_of(server)
t.ok(port, "a server")

local b = BPF { text = [[
struct written { u32 pid; int num; char comm[16]; char text[64]; };
BPF_PERF_OUTPUT(writes);
int probe_SSL_write(struct pt_regs *ctx, void *ssl, void *buf, int num)
{
	struct written w = { .num = num };

	w.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&w.comm, sizeof(w.comm));
	bpf_probe_read_user(&w.text, num & 63, buf);
	writes.perf_submit(ctx, &w, sizeof(w));
	return 0;
}]] }
b:attach_uprobe { name = LIBRARY, sym = "SSL_write", fn_name = "probe_SSL_write", pid = -1 }

local client = live.start(("openssl s_client -quiet -connect 127.0.0.1:%d"):format(port or 1))
local sent, seen, bytes, name = {}, {}, 0, nil
b.writes:open_perf_buffer(function(_, w)
	-- s_client shakes hands by a write of nothing.
	if w.pid == client.pid and w.num > 0 then
		seen[#seen + 1] = ffi.string(w.text, math.min(w.num, 64))
		bytes, name = bytes + w.num, ffi.string(w.comm)
	end
end)
for i = 1, LINES do
	sent[i] = ("secret %d of case %d\n"):format(i, live.pid)
	client:write(sent[i])
	if not live.await(function()
		b:perf_buffer_poll(10)
		return #table.concat(seen) >= #table.concat(sent)
	end) then
		break
	end
end
t.eq(table.concat(seen), table.concat(sent), "the plain text of each write")
t.eq(#seen, LINES, "each write once")
t.eq(bytes, #table.concat(sent), "the int argument: how many bytes")
t.eq(name, "openssl", "and who wrote them")
t.ok(live.await(function() return server:output():find(sent[LINES], 1, true) end), "the server got it all")
client:kill("TERM")
client:wait()
server:kill("TERM")
server:wait()
b:close()
t.done()
