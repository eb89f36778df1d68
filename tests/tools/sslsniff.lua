-- SPDX-License-Identifier: MIT
-- sslsniff: each plain text that is written and read, of each library, whole, harmless, and no longer than asked for.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

live.needs "uprobe"
if sh.run("command -v openssl && /usr/bin/python3 -c 'import ssl'") ~= 0 then
	t.skip_all("openssl or python3 is missing (packages openssl, python3)")
end
local COUNT = 17
local command = ("/usr/bin/python3 tests/lib/tls.py %s %d"):format(sh.dir(), COUNT)

local rows = tool.rows("sslsniff", command)
local seen = {}
for _, row in ipairs(rows) do
	local name = ("%s %s %s"):format(row.comm, row.op, row.data:gsub("%d+\n$", "N\n"))
	local whole = row.len == #row.data
	seen[name] = (seen[name] or 0) + (whole and 1 or 0)
end
t.eq(seen["python3 write secret \27[31m N\n"], COUNT, "written: each once")
t.eq(seen["python3 read secret \27[31m N\n"], COUNT, "read")
t.eq(seen["openssl write secret of s_client\n"], 1, "by SSL_write")
local page = "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nanswered\n"
t.eq(seen["openssl read " .. page], 1, "by SSL_read")
local gnutls = sh.run("ldd \"$(command -v wget)\" | grep -q gnutls") == 0
if gnutls then
	local text = ""
	for _, row in ipairs(rows) do
		text = text .. (row.comm == "wget" and row.op == "read" and row.data or "")
	end
	t.eq(text, page, "by GnuTLS")
else
	t.skip "wget here does not use GnuTLS"
end
if sh.run("/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(\"libnspr4.so\")'") == 0 then
	t.eq(seen["python3 write secret of NSPR\n"], 1, "by NSS")
else
	t.skip "libnspr4 is missing (package libnspr4)"
end

local _, out = tool.run("sslsniff -n python3 -l openssl", command)
t.like(out, "\n%d+ +python3 +write +15 secret \\e%[31m 0\\n\n", "as a table: harmless")
t.eq(out:find "s_client\n", nil, "--comm")
rows = tool.rows("sslsniff -x -s 7 -l openssl", command)
local short = 0
for _, row in ipairs(rows) do
	short = short + (row.data == "73656372657420" and row.len > 7 and 1 or 0)
end
t.eq(short, 2 * COUNT + 2, "--hex, --size")
local status, _, message = tool.run("sslsniff -f /nonexistent")
t.eq(status, 1, "--file: none")
t.like(message, "/nonexistent", "as it says")
t.done()
