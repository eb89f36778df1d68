-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- --prometheus with a real server that scrapes it: the server's figures are the events that there were, and
-- promtool has nothing to say.
local cjson = require "cjson"
local t = require "tap"
local live = require "live"
local sh = require "sh"

local folder = "build/prometheus"
if sh.run("test -x " .. folder .. "/promtool") ~= 0 then
	t.skip_all("Prometheus is missing (tests/lib/fetch-prometheus gets it)")
end

-- Records, and what is counted in the kernel.
local RECORDS = live.file([==[
return {
	summary = "calls of getppid",
	filters = { "pid" },
	text = [[
#include <luatrace/filter.h>
struct event { u64 size; char comm[16]; };
BPF_RINGBUF_OUTPUT(events, 64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event e = { .size = 3 };

	bpf_get_current_comm(&e.comm, sizeof(e.comm));
	if (wanted())
		events.ringbuf_output(&e, sizeof(e), 0);
	return 0;
}]],
	columns = { { "COMM", label = true }, { "SIZE", unit = "KiB" } },
}
]==], "records.lua")
local COUNTED = live.file([==[
return {
	summary = "calls of getppid",
	filters = { "pid" },
	text = [[
#include <luatrace/filter.h>
struct key { u32 key; u32 slot; };
BPF_HASH(calls, u32);
BPF_HISTOGRAM(sizes, struct key);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct key key = { .key = pid, .slot = bpf_log2l(3) };

	if (!wanted())
		return 0;
	calls.atomic_increment(pid);
	sizes.atomic_increment(key);
	return 0;
}]],
	interval = 0.1,
	columns = { { "PID", label = true }, { "CALLS", metric = "counter" }, { "TIME", unit = "ms", metric = "counter" } },
	every = function(run)
		local rows = {}
		for i, entry in ipairs(run:take "calls") do
			rows[i] = { pid = entry.key, calls = entry.value, time = tonumber(entry.value) * 2 }
		end
		run:rows(rows)
		run:hist("sizes", { unit = "bytes", label = "pid" })
	end,
}
]==], "counted.lua")

local COUNT = 101
local held = live.workload("getppid", COUNT)
local jobs, addresses = {}, {}
for i, path in ipairs { RECORDS, COUNTED } do
	jobs[i] = live.start(("%s %s --prometheus :0 -p %d"):format(live.luatrace, path, held.pid))
	addresses[i] = live.await(function() return jobs[i]:errors():match "http://(%S+)/metrics\n" end)
end

local _, port = sh.run [[
python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])']]
port = tonumber(port)
local config = live.file(([[
global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs: [ { job_name: luatrace, static_configs: [ { targets: [ "%s", "%s" ] } ] } ]
]]):format(addresses[1], addresses[2]), "prometheus.yml")
local server = live.start(("%s/prometheus --config.file=%s --storage.tsdb.path=%s/data --log.level=warn "
	.. "--web.listen-address=127.0.0.1:%d"):format(folder, config, sh.dir(), port))

local function get(url)
	local _, out = sh.run(("python3 -c 'import sys, urllib.request; "
		.. "sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' %s"):format(sh.quote(url)))
	return out
end

-- Values by metric and, of buckets, by bound.
local function figures()
	local ok, answer = pcall(cjson.decode,
		get(("http://127.0.0.1:%d/api/v1/query?query=%%7B__name__=~%%22up|luatrace_.*%%22%%7D"):format(port)))
	local found = {}
	for _, one in ipairs(ok and answer.data.result or {}) do
		local labels = one.metric
		local key = labels.__name__ .. (labels.le and " " .. labels.le or "")
		found[key] = (found[key] or 0) + tonumber(one.value[2])
		found.comm, found.pid = found.comm or labels.comm, found.pid or labels.pid
	end
	return found
end

t.ok(live.await(function() return figures().up == 2 end), "the server takes both")
held:begin()
live.await(held.made)
local found
live.await(function()
	found = figures()
	return found.luatrace_records_events_total == COUNT and found.luatrace_counted_calls_total == COUNT
end)
for _, case in ipairs {
	{ "luatrace_records_events_total", COUNT, "records" },
	{ "luatrace_records_size_bytes_sum", COUNT * 3 * 1024, "what they measure" },
	{ "luatrace_records_size_bytes_count", COUNT, "how often" },
	{ "luatrace_lost_records_total", 0, "none is lost" },
	{ "luatrace_counted_calls_total", COUNT, "a table" },
	{ "luatrace_counted_time_seconds_total", COUNT * 2e-3, "in seconds" },
	{ "luatrace_counted_sizes_bytes_bucket 1", 0, "a bucket below" },
	{ "luatrace_counted_sizes_bytes_bucket 3", COUNT, "a bucket" },
	{ "luatrace_counted_sizes_bytes_bucket +Inf", COUNT, "all of them" },
	{ "luatrace_counted_sizes_bytes_count", COUNT, "their number" },
	{ "comm", "workload", "by whom" },
	{ "pid", tostring(held.pid), "by which process" },
} do
	t.eq(found[case[1]], case[2], case[3])
end
for i, address in ipairs(addresses) do
	sh.write(sh.dir() .. "/metrics", get(("http://%s/metrics"):format(address)))
	local status, out, err = sh.run(("%s/promtool check metrics <%s/metrics"):format(folder, sh.dir()))
	t.eq(status .. out .. err, "0", "promtool check metrics")
	jobs[i]:kill "INT"
	t.eq(jobs[i]:wait(), 0, "the tool ends")
end
server:kill "KILL"
server:wait()
t.done()
