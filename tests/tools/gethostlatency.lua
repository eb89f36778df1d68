-- SPDX-License-Identifier: MIT
-- gethostlatency: each call of each function, once, also where one calls another.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

live.needs "uprobe"
if sh.run "command -v /usr/bin/python3" ~= 0 then
	t.skip_all("python3 is missing (package python3)")
end
local script = live.file([[
import ctypes, socket
c = ctypes.CDLL("libc.so.6")
for i in range(7): c.gethostbyname(b"127.0.0.1")
for i in range(5): c.gethostbyname2(b"127.0.0.2", 2)
room, found, error = ctypes.create_string_buffer(1024), ctypes.c_void_p(), ctypes.c_int()
entry = ctypes.create_string_buffer(64)
for i in range(3): c.gethostbyname_r(b"127.0.0.3", entry, room, 1024, ctypes.byref(found), ctypes.byref(error))
c.gethostbyname2_r(b"127.0.0.4", 2, entry, room, 1024, ctypes.byref(found), ctypes.byref(error))
for i in range(11): socket.getaddrinfo("127.0.0.5", 80)
for i in range(2):
	try: socket.getaddrinfo("127.0.0.300", 80, 0, 0, 0, socket.AI_NUMERICHOST)
	except OSError: pass
c.gethostbyname(b"no..name")
]], "lookups.py")

local start = live.seconds()
local rows = tool.rows("gethostlatency -n python3", "/usr/bin/python3 " .. script)
local most, counts, odd = (live.seconds() - start) * 1e3, {}, 0
for _, row in ipairs(rows) do
	local name = ("%s %s"):format(row.host, row.error)
	counts[name] = (counts[name] or 0) + 1
	odd = odd + (row.latency_ms > 0 and row.latency_ms < most and 0 or 1)
end
t.eq(counts["127.0.0.1 nil"], 7, "gethostbyname")
t.eq(counts["127.0.0.2 nil"], 5, "gethostbyname2")
t.eq(counts["127.0.0.3 nil"], 3, "gethostbyname_r")
t.eq(counts["127.0.0.5 nil"], 11, "getaddrinfo")
t.eq(counts["127.0.0.300 EAI_NONAME"], 2, "what failed, and why")
t.eq(counts["no..name failed"], 1, "of gethostbyname")
t.eq(#rows, 7 + 5 + 3 + 1 + 11 + 2 + 1, "and no other")
t.eq(odd, 0, "the time")
t.eq(#tool.rows("gethostlatency -n python3 -x", "/usr/bin/python3 " .. script), 3, "--failed")
t.done()
