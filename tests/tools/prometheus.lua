-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- --prometheus: what a tool counted of a known number of events, over HTTP, whatever its other peers do.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

-- A request as it is, and what comes back.
local ASK = [[
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
peer = socket.create_connection((host, int(port)), 30)
peer.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
while True:
    piece = peer.recv(65536)
    if not piece:
        break
    sys.stdout.buffer.write(piece)
]]
local ask_path = live.file(ASK, "ask.py")

local function start(words)
	local job = live.start(("%s %s"):format(live.luatrace, words))
	local address = live.await(function() return job:errors():match "^luatrace: metrics at http://(%S+)/metrics\n" end)
	if not address then
		error("no address: " .. job:errors(), 2)
	end
	return job, address
end

local function ask(address, request)
	local _, out = sh.run(("python3 %s %s %s"):format(ask_path, sh.quote(address), sh.quote(request)))
	return out
end

local function scrape(address)
	return ask(address, [[GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n]])
end

local function stop(job)
	job:kill "INT"
	return job:wait()
end

-- Peers that say nothing, half of a request or something else, and that do not read; they stay.
local PEERS = [[
import socket, sys, time
host, port = sys.argv[1].rsplit(":", 1)
peers = []
for say in [b"", b"GET /metr", b"\x16\x03\x01", b"GET /metrics HTTP/1.0\r\n\r\n", b"A" * 20000]:
    for i in range(8):
        peer = socket.create_connection((host, int(port)), 30)
        try:
            peer.sendall(say)
        except OSError:
            pass
        peers.append(peer)
print("there", flush=True)
time.sleep(60)
]]

local COUNT, MISSES, NAMES = 97, 13, 29
local file = sh.dir() .. "/file"
sh.write(file, "")

-- Opens files once it is told to; perl's $0 is the task's name.
local opener = live.start((([[perl -e '<STDIN>; $0 = "a\"b\\c\n\xff\e[m";
	for (1..HITS) { open F, "<", "FILE" or die } for (1..MISSES) { open F, "<", "FILE-none" and die } <STDIN>;
	for (1..NAMES) { $0 = "name$_"; open F, "<", "FILE" or die } exit 0']])
	:gsub("%u%u%u%u+", { HITS = COUNT, MISSES = MISSES, NAMES = NAMES, FILE = file })))

local job, address = start(("opensnoop --prometheus 127.0.0.1:0 -p %d --prometheus-series 9 --record %s/recording")
	:format(opener.pid, sh.dir()))
local peers = live.start(("python3 %s %s"):format(live.file(PEERS, "peers.py"), address))
peers:await "there"
opener:write "\n"
local samples = {
	('luatrace_opensnoop_events_total{comm="a\\"b\\\\c\\\\n\\\\xff\\\\e[m",error=""} %d\n'):format(COUNT),
	('luatrace_opensnoop_events_total{comm="a\\"b\\\\c\\\\n\\\\xff\\\\e[m",error="ENOENT"} %d\n'):format(MISSES),
}
local out = live.await(function()
	local text = scrape(address)
	return text:find(samples[2], 1, true) and text
end) or scrape(address)
t.like(out, "^HTTP/1%.1 200 OK\r\nContent%-Type: text/plain; version=0%.0%.4; charset=utf%-8\r\n", "an answer")
t.like(out, "\n# TYPE luatrace_opensnoop_events_total counter\n", "of one type")
t.eq(out:match "\n(luatrace_opensnoop_events_total.*)", table.concat(samples),
	"what was opened, by a process with an odd name")
t.like(out, '\nluatrace_lost_records_total{output="events"} 0\n', "nothing is lost")
t.like(out, '\nluatrace_build_info{tool="opensnoop",version="[%d.]+"} 1\n', "of what it is")
opener:write "\n"
opener:wait()
out = scrape(address)
local series, total = 0, 0
for value in out:gmatch '\nluatrace_opensnoop_events_total{[^}]+} (%d+)' do
	series, total = series + 1, total + tonumber(value)
end
t.eq(series, 10, "as many series as asked for, and that of the others")
t.eq(total, COUNT + MISSES + NAMES, "none is left out")
t.like(out, '\nluatrace_opensnoop_events_total{comm="other",error="other"} 22\n', "the others")
t.like(out, '\nluatrace_folded_total{metric="luatrace_opensnoop_events_total"} 22\n', "how many they are")
t.like(ask(address, [[GET /x<b> HTTP/1.0\r\n\r\n]]),
	"^HTTP/1%.1 404 Not Found\r\n.*\r\n\r\n404 Not Found\n$", "no page")
peers:kill "KILL"
t.eq(stop(job), 0, "it ends as without")
t.eq(job:output(), "", "nothing is shown")
t.like(job:errors(), "^luatrace: metrics at http://127%.0%.0%.1:%d+/metrics\n$", "but where it is")

local status, said, err = tool.replay(sh.dir() .. "/recording")
t.eq(status .. err, "0", "replay")
t.eq(said:match "\n(luatrace_opensnoop.*)", out:match "\n(luatrace_opensnoop.*)", "its figures are the same")

-- what is counted in the kernel, by intervals
job, address = start "syscount --prometheus :0 --failed -n lt-fails 0.05"
sh.run(([[perl -e '$0 = "lt-fails"; for (1..%d) { rmdir "%s-none" and die }']]):format(MISSES, file))
sh.run(([[perl -e '$0 = "lt-fails"; for (1..%d) { rmdir "%s-none" and die }']]):format(MISSES, file))
local count = live.await(function()
	local now = tonumber(scrape(address):match '\nluatrace_syscount_events_total{syscall="rmdir"} (%d+)\n')
	return now == 2 * MISSES and now
end)
t.eq(count, 2 * MISSES, "a table's counter")
status, said, err = sh.run(("%s opensnoop --prometheus %s"):format(live.luatrace, address))
t.eq(status .. said, "1", "an address that is in use")
t.eq(err, ("luatrace: --prometheus: %s: the port is in use\n"):format(address), "why")
stop(job)

-- what shows nothing before it ends has nothing to serve
local late = live.file([==[
return {
	summary = "what there was in the end",
	text = "BPF_ARRAY(sums, u64, 1);",
	finish = function(run) run:say("sums %d", #run:read "sums") end,
}
]==], "late.lua")
status, said, err = sh.run(("%s %s --prometheus :0 -d 0.1"):format(live.luatrace, late))
t.eq(status .. said, "1", "a tool that shows what it has in the end")
t.eq(err, "luatrace: --prometheus: late shows nothing before it ends: it has neither records nor intervals\n", "why")
status, said, err = sh.run(("%s %s -d 0.1"):format(live.luatrace, late))
t.eq(status .. said .. err, "0sums 1\n", "without")
status, said, err = sh.run(("%s tcpretrans --flows --prometheus :0 -d 0.1"):format(live.luatrace))
t.eq(status .. said, "1", "an option with which it does so")
t.eq(err, "luatrace: --flows is shown in the end, and --prometheus serves what there is before: without --flows it "
	.. "counts by state and kind\n", "what to do")

for _, case in ipairs {
	{ "--prometheus x", "^luatrace: %-%-prometheus: 'x': not an address to listen at, which is IP:PORT, " },
	{ "--prometheus 192.0.2.1:80", "^luatrace: %-%-prometheus: 192%.0%.2%.1:80: this machine has no such address\n" },
	{ "--prometheus :0 --json",
		"^luatrace opensnoop: option '%-%-json' can not be used together with option '%-%-prom" },
	{ "--prometheus :0 --prometheus-series 0",
		"^luatrace opensnoop: %-%-prometheus%-series takes a whole number from 1 " },
} do
	status, said, err = sh.run(("%s opensnoop %s"):format(live.luatrace, case[1]))
	t.ok(status ~= 0 and said == "", case[1])
	t.like(err, case[2], "what it says")
end

t.done()
