-- SPDX-License-Identifier: MIT
-- Figures of a tool as Prometheus gets them: which metrics its columns are, names, units, labels that are anyone's, and
-- how many of them there may be.
local ffi = require "ffi"
local t = require "tap"
local definition = require "luatrace.tool.definition"
local prometheus = require "luatrace.tool.output.prometheus"
local units = require "luatrace.tool.units"

local now = 0	-- seconds
local clock = { now = function() return now * 1e9 end }

---An output for a tool with these columns.
local function output(columns, options, name, every)
	options = options or {}
	options.prometheus_series = options.prometheus_series or 1000
	local tool = definition.check({ summary = "what it shows", text = "none", columns = columns, every = every },
		name or "my-tool.lua")
	return prometheus.new { tool = tool, options = options, clock = clock }
end

---Its text, without what every tool has.
local function text_of(one)
	return (one:text():gsub("^# HELP luatrace_build_info.-\n# TYPE luatrace_build_info gauge\n"
		.. "luatrace_build_info{tool=\"[%w-]+\",version=\"[%d.]+\"} 1\n", ""))
end

-- the samples alone
local function samples(one)
	return (text_of(one):gsub("#[^\n]*\n", ""):gsub("\n$", ""))
end

local records = output {
	{ "PID" }, { "COMM" }, { "LATENCY", unit = "ms", value = function(e) return e.ns and e.ns / 1e6 end },
	{ "SIZE", unit = "KiB" }, { "DEPTH", metric = "counter" }, { "SECTOR", unit = "B", metric = "none" },
	{ "SECRET", unit = "us", when = "secret" },
}
t.eq(text_of(records), "", "nothing has come")
for i = 1, 7 do
	records.row { pid = i, comm = i % 2 == 1 and "odd" or "even", ns = i > 1 and 250e6 or nil, size = 2, depth = i }
end
t.eq(text_of(records), [[
# HELP luatrace_my_tool_events_total what it shows
# TYPE luatrace_my_tool_events_total counter
luatrace_my_tool_events_total{comm="odd"} 4
luatrace_my_tool_events_total{comm="even"} 3
# HELP luatrace_my_tool_latency_seconds what it shows: LATENCY
# TYPE luatrace_my_tool_latency_seconds summary
luatrace_my_tool_latency_seconds_sum{comm="odd"} 0.75
luatrace_my_tool_latency_seconds_count{comm="odd"} 3
luatrace_my_tool_latency_seconds_sum{comm="even"} 0.75
luatrace_my_tool_latency_seconds_count{comm="even"} 3
# HELP luatrace_my_tool_size_bytes what it shows: SIZE
# TYPE luatrace_my_tool_size_bytes summary
luatrace_my_tool_size_bytes_sum{comm="odd"} 8192
luatrace_my_tool_size_bytes_count{comm="odd"} 4
luatrace_my_tool_size_bytes_sum{comm="even"} 6144
luatrace_my_tool_size_bytes_count{comm="even"} 3
# HELP luatrace_my_tool_depth_total what it shows: DEPTH
# TYPE luatrace_my_tool_depth_total counter
luatrace_my_tool_depth_total{comm="odd"} 16
luatrace_my_tool_depth_total{comm="even"} 12
]], "records are counted, and what they measure is summed up")

local latest = output {
	{ "SRTT", unit = "us", metric = "gauge" }, { "COMM" }, { "NAME", field = "comm", label = true },
}
latest.row { srtt = 2e6, comm = "a" }
latest.row { srtt = 3e6, comm = "a" }
t.eq(samples(latest), 'luatrace_my_tool_events_total{comm="a"} 2\nluatrace_my_tool_srtt_seconds{comm="a"} 3',
	"a gauge is that of the last record; labels of one name are one")

local plain = output { { "PID" } }
plain.row { pid = 1 }
plain.row { pid = 2 }
t.eq(samples(plain), "luatrace_my_tool_events_total 2", "without labels")

-- a table's figures
local tables = output({
	{ "PID", label = true }, { "COMM", label = false }, { "COUNT" }, { "TIME", unit = "us", metric = "counter" },
	{ "USED", unit = "%" }, { "BUSY", metric = "gauge" }, { "SIZE", unit = "kB/s" },
}, nil, "some.lua", print)
tables.row { pid = 2, count = 7 }
for _ = 1, 2 do
	tables:interval()
	tables:rows({}, 2, { { pid = 1, count = 3ULL, time = 500, used = 50, busy = 1, size = 1 },
		{ pid = 2, count = -1, time = 1, used = 1, busy = 0 / 0, size = math.huge } })
end
t.eq(samples(tables), [[
luatrace_some_events_total{pid="1"} 6
luatrace_some_events_total{pid="2"} 0
luatrace_some_time_seconds_total{pid="1"} 0.001
luatrace_some_time_seconds_total{pid="2"} 2e-06
luatrace_some_used_ratio{pid="1"} 0.5
luatrace_some_used_ratio{pid="2"} 0.01
luatrace_some_busy{pid="1"} 1
luatrace_some_size_bytes_per_second{pid="1"} 1024
luatrace_some_records_total{pid="2"} 1]], "counters add up, gauges are those of the last interval")
tables:interval()
tables:rows({}, 0, { { pid = 2, count = 1, time = 0, used = 3 }, { pid = 2, count = 1, time = 0, used = 4 } })
t.eq(samples(tables), [[
luatrace_some_events_total{pid="1"} 6
luatrace_some_events_total{pid="2"} 2
luatrace_some_time_seconds_total{pid="1"} 0.001
luatrace_some_time_seconds_total{pid="2"} 2e-06
luatrace_some_used_ratio{pid="2"} 0.07
luatrace_some_records_total{pid="2"} 1]], "rows of the same labels are one")

-- labels
local names = output { { "COMM", label = true }, { "le", label = true } }
local array = ffi.new("char[16]", 'a"b\\c')
names.row { comm = array, le = true }
names.row { comm = "x\n\255\27[31m", le = 18446744073709551615ULL }
names.row { comm = 'x\\n\\xff\27[31m' }
names.row { comm = "x\n\255\27[31m", le = 18446744073709551615ULL }
t.eq(samples(names), [[
luatrace_my_tool_events_total{comm="a\"b\\c",le_="true"} 1
luatrace_my_tool_events_total{comm="x\\n\\xff\\e[31m",le_="18446744073709551615"} 2
luatrace_my_tool_events_total{comm="x\\n\\xff\\e[31m",le_=""} 1]], "what labels are escaped to")
local same = output { { "COMM", label = true } }
same.row { comm = "\n" }
same.row { comm = "\\n" }
t.eq(samples(same), 'luatrace_my_tool_events_total{comm="\\\\n"} 2', "what looks the same is the same series")

-- how many
local many = output({ { "COMM", label = true }, { "N", label = true }, { "LATENCY", unit = "s" } },
	{ prometheus_series = 3 })
for round = 1, 2 do
	for i = 1, 5 do
		many.row { comm = "c" .. i, n = i, latency = round }
	end
end
many.row { comm = "other", n = "other", latency = 1 }
t.eq(samples(many), [[
luatrace_folded_total{metric="luatrace_my_tool_events_total"} 5
luatrace_folded_total{metric="luatrace_my_tool_latency_seconds"} 5
luatrace_my_tool_events_total{comm="c1",n="1"} 2
luatrace_my_tool_events_total{comm="c2",n="2"} 2
luatrace_my_tool_events_total{comm="c3",n="3"} 2
luatrace_my_tool_events_total{comm="other",n="other"} 5
luatrace_my_tool_latency_seconds_sum{comm="c1",n="1"} 3
luatrace_my_tool_latency_seconds_count{comm="c1",n="1"} 2
luatrace_my_tool_latency_seconds_sum{comm="c2",n="2"} 3
luatrace_my_tool_latency_seconds_count{comm="c2",n="2"} 2
luatrace_my_tool_latency_seconds_sum{comm="c3",n="3"} 3
luatrace_my_tool_latency_seconds_count{comm="c3",n="3"} 2
luatrace_my_tool_latency_seconds_sum{comm="other",n="other"} 7
luatrace_my_tool_latency_seconds_count{comm="other",n="other"} 5]], "beyond the limit")
local before = collectgarbage "count"
for i = 1, 20000 do
	many.row { comm = "name " .. i % 5000, n = i, latency = 1 }
end
many = samples(many)
collectgarbage()
t.ok(collectgarbage "count" - before < 1000, "names that are not kept take no memory")
t.like(many, '\nluatrace_my_tool_events_total{comm="other",n="other"} 20005\n', "they are counted")

-- A series that has not changed for long makes room for one that is new, once its last value was scraped.
local aging = output({ { "COMM", label = true } }, { prometheus_series = 3 })
local function counted(...)
	for _, name in ipairs { ... } do
		aging.row { comm = name }
	end
	return (samples(aging):gsub("luatrace_my_tool_events_total{comm=(.-)}", "%1")
		:gsub("luatrace_folded_total{.-}", "folded"):gsub('"', ""):gsub("\n", ", "))
end
local function passed(seconds)
	now = now + seconds
	return counted()
end
for _, name in ipairs { "a", "b", "c", "c" } do
	aging.row { comm = name }
end
now = now + 1000
t.eq(counted "d", "folded 1, a 1, b 1, c 2, other 1", "nobody has seen what there was")
now = now + 200
t.eq(counted("b", "d"), "folded 2, a 1, b 2, c 2, other 2", "not so old yet")
now = now + 101
t.eq(counted(), "folded 2, a 1, b 2, c 2, other 2", "300 seconds since the first scrape")
t.eq(counted("d", "e", "f"), "folded 3, d 1, b 2, e 1, other 3", "two were old, and give their places")
t.eq(passed(100), "folded 3, d 1, b 2, e 1, other 3", "what is old stays while nobody needs its place")
t.eq(passed(100), "folded 3, d 1, b 2, e 1, other 3", "still")
t.eq(counted("e", "a"), "folded 3, d 1, a 1, e 2, other 3", "who comes back begins anew")
t.eq(passed(310), "folded 3, d 1, a 1, e 2, other 3", "a pause")
t.eq(counted("a", "a", "x", "y", "a"), "folded 3, x 1, a 4, y 1, other 3", "the oldest first; what goes on stays")
t.eq(passed(400), "folded 3, x 1, a 4, y 1, other 3", "later")
t.eq(counted("other", "y"), "folded 4, x 1, a 4, y 2, other 4", "that of the others takes no place")

-- histograms
local function buckets(one, name)
	local found = {}
	for le, count in samples(one):gmatch(name .. '_bucket{le="([^"]+)"} (%d+)') do
		found[#found + 1] = le .. ":" .. count
	end
	return table.concat(found, " ")
end
local hist = output()
for _ = 1, 2 do
	hist:hist({ { counts = { [0] = 1, [1] = 2, [3] = 4 } } }, { unit = "msecs" }, "waits")
end
t.eq(buckets(hist, "luatrace_my_tool_waits_seconds"), "0.002:6 0.004:6 0.008:14 0.016:14 0.032:14 0.064:14 0.128:14 "
	.. "0.256:14 0.512:14 1.024:14 2.048:14 4.096:14 8.192:14 16.384:14 32.768:14 65.536:14 +Inf:14", "durations")
t.like(samples(hist), "\nluatrace_my_tool_waits_seconds_count 14$", "their count")
hist:hist({ { counts = { [20] = 1 } } }, { unit = "msecs" }, "waits")
t.like(buckets(hist, "luatrace_my_tool_waits_seconds"), " 524.288:14 1048.576:15 %+Inf:15$",
	"larger ones have buckets too")
local sizes = output()
sizes:hist({ { counts = { [2] = 5 } } }, { unit = "bytes" }, "Size of reads")
sizes:hist({ { counts = { [2] = 5 } } }, { unit = "Kbytes" })
t.like(buckets(sizes, "luatrace_my_tool_size_of_reads_bytes"), "^1:0 3:5 7:5 .* 134217727:5 %+Inf:5$", "sizes")
t.like(buckets(sizes, "luatrace_my_tool_values_bytes"), "^2048:0 4096:5 ", "sizes that were rounded down")
local linear = output()
for _ = 1, 2 do
	linear:hist({ { counts = { [0] = 1, [2] = 2, [900] = 1 } } }, { linear = true, keep = true }, "depth")
end
t.like(buckets(linear, "luatrace_my_tool_depth"), "^0:1 1:1 2:3 .* 128:3 %+Inf:4$",
	"linear ones, of a map that counts on")
local far = output()
far:hist({ { counts = { [-7] = 2, [1] = 1, [2 ^ 31] = 4, [2 ^ 62] = 8 } } }, { linear = true }, "depth")
t.like(buckets(far, "luatrace_my_tool_depth"), "^0:2 1:3 2:3 .* 128:3 %+Inf:15$", "far ones have a bucket together")
local kept = 0
for _ in pairs(far.histograms["luatrace_my_tool_depth"].series.series[1]["luatrace_my_tool_depth"]) do
	kept = kept + 1
end
t.eq(kept, 3, "and take no room")
local keyed = output(nil, { prometheus_series = 2 })
for _, key in ipairs { "sda", "sdb", "sdc", "sdd" } do
	keyed:hist({ { key = key, counts = { [2] = 1 } } }, { unit = "usecs", label = "disk name" }, "dist")
end
t.like(samples(keyed), '\nluatrace_my_tool_dist_seconds_bucket{disk_name="sdb",le="8e%-06"} 1\n', "of a key")
t.like(samples(keyed), '\nluatrace_my_tool_dist_seconds_count{disk_name="other"} 2$', "too many keys")

local stacks = output()
stacks:stacks({ { comm = "a", count = 3 }, { comm = "b", count = 4 }, { comm = "a", count = 4 } }, { unit = "samples" })
t.eq(samples(stacks),
	'luatrace_my_tool_samples_total{comm="a"} 7\nluatrace_my_tool_samples_total{comm="b"} 4', "stacks")

local waits = output()
waits:stacks({ { comm = "a", count = 3e6 } }, { unit = "usecs" })
t.eq(samples(waits), 'luatrace_my_tool_seconds_total{comm="a"} 3', "of time")

local function base(unit)
	local name, scale = units.base(unit)
	return ("%s %g"):format(name, scale)
end
t.eq(table.concat({ base "us", base "msecs", base "MB", base "KiB/s", base "%", base "pages" }, ", "),
	"seconds 1e-06, seconds 0.001, bytes 1.04858e+06, bytes_per_second 1024, ratio 0.01, pages 1", "units")

t.raises(function() output { { "A", metric = "total" } } end,
	"^my%-tool%.lua: column 'A': metric= is one of counter, gauge, none", "no metric")
t.raises(function() output { { "A", label = true, metric = "gauge" } } end, "is a label or a metric, not both$", "both")
t.done()
