-- SPDX-License-Identifier: MIT
-- Maps against a kernel made of Lua: one with batches, one without, one whose entries vanish while they are read.
local ffi = require "ffi"
local t = require "tap"
local real = require "luatrace.abi"

local fake = require("fake_abi").install()
fake.batches, fake.entries, fake.order = true, {}, {}

local function key_of(p)
	return ffi.cast("uint32_t *", p)[0]
end
local function put(key, value)
	if not fake.entries[key] then
		fake.order[#fake.order + 1] = key
	end
	fake.entries[key] = value
end
local function drop(key)
	fake.entries[key] = nil
	for i, k in ipairs(fake.order) do
		if k == key then
			table.remove(fake.order, i)
		end
	end
end
function fake.lt_map_lookup(_, key, value)
	if fake.broken then
		return -22
	end
	local v = fake.entries[key_of(key)]
	if not v then
		return -2
	end
	ffi.copy(value, v, #v)
	return 0
end
function fake.lt_map_update(_, key, value, flags)
	if flags == 2 and not fake.entries[key_of(key)] then
		return -2
	elseif not fake.entries[key_of(key)] and #fake.order >= fake.max then
		return -7
	end
	put(key_of(key), ffi.string(value, fake.value_bytes))
	return 0
end
function fake.lt_map_delete(_, key)
	if not fake.entries[key_of(key)] then
		return -2
	end
	drop(key_of(key))
	return 0
end
function fake.lt_map_next_key(_, key, following)
	local at = 1
	if key ~= nil then
		for i, k in ipairs(fake.order) do
			if k == key_of(key) then
				at = i + 1	-- of a key that is gone: the first one, as the kernel does
			end
		end
	end
	if not fake.order[at] then
		return -2
	end
	ffi.cast("uint32_t *", following)[0] = fake.order[at]
	return 0
end
-- Buckets of three: a batch that has no room for one is refused.
function fake.lt_map_batch(_, op, from, to, keys, values, count)
	if not fake.batches then
		return -95
	end
	local bucket = fake.bucket or 3
	local start = from ~= nil and ffi.cast("uint32_t *", from)[0] or 0
	local room, done = count[0], 0
	if room < bucket then
		return -28
	end
	local taken = {}
	while done + bucket <= room and fake.order[start + done + 1] and start + done ~= fake.missing do
		for _ = 1, bucket do
			local key = fake.order[start + done + 1]
			if key then
				ffi.cast("uint32_t *", keys)[done] = key
				ffi.copy(values + done * fake.value_bytes, fake.entries[key], fake.value_bytes)
				taken[#taken + 1] = key
				done = done + 1
			end
		end
	end
	count[0] = done
	local last = not fake.order[start + done + 1]
	ffi.cast("uint32_t *", to)[0] = start + done
	if op == real.LT_BATCH_LOOKUP_AND_DELETE then
		ffi.cast("uint32_t *", to)[0] = start
		for _, key in ipairs(taken) do
			drop(key)
		end
	end
	if fake.lost then	-- by someone else, right behind the reading
		drop(fake.lost)
	end
	return start + done == fake.missing and -4 or last and -2 or 0
end
function fake.lt_cpu_possible() return 3 end
local map = require "luatrace.map"

local anchor = {}
local function new(kind, value_size, max)
	local info = ffi.new("lt_map_info")
	anchor[#anchor + 1] = "counts"
	info.name, info.type, info.fd = anchor[#anchor], kind, 3
	info.key_size, info.value_size, info.max_entries = 4, value_size, max
	fake.entries, fake.order, fake.max = {}, {}, max
	fake.value_bytes = kind == 5 and 24 or value_size
	return map.new({ btf = function() end }, info)
end

for _, batches in ipairs { true, false } do
	fake.batches = batches
	local how = batches and "batches: " or "key by key: "
	local c = new(1, 8, 5000)
	t.eq(#c, 0, how .. "empty")
	for i = 1, 1009 do
		c[i] = i * 2
	end
	t.eq(#c, 1009, how .. "#")
	local n, sum = 0, 0ULL
	for k, v in pairs(c) do
		n = n + k
		sum = sum + v
	end
	t.ok(n == 1009 * 1010 / 2 and sum == 1009ULL * 1010ULL, how .. "pairs")
	n = 0
	for k in c:items() do
		c[k] = nil
		n = n + 1
	end
	t.ok(n == 1009 and #c == 0, how .. "deleting what is being read")
	for i = 1, 101 do
		c[i] = i
	end
	n = 0
	for k, v in c:items_lookup_and_delete_batch() do
		n = n + tonumber(v)
		assert(v == k + 0ULL)
	end
	t.ok(n == 101 * 102 / 2 and #c == 0, how .. "reading and deleting")
	for i = 1, 101 do
		c[i] = i
	end
	c:zero()
	t.ok(#c == 101 and c[50] == 0ULL, how .. "zero")
	c:clear()
	t.eq(#c, 0, how .. "clear")
end

fake.batches, fake.bucket = true, 700
local c = new(1, 8, 2000)
for i = 1, 1400 do
	c[i] = i
end
local big = new(1, 512, 2000)	-- room for 508 at once
for i = 1, 1400 do
	put(i, ("x"):rep(512))
end
t.eq(#big, 1400, "a bucket larger than the batch")
fake.bucket = nil

big = new(1, 2048, 2000)	-- room for 127 at once
for i = 1, 300 do
	put(i, string.char(i % 251):rep(2048))
end
local drained = 0
for key, value in big:items_lookup_and_delete_batch() do
	drained = drained + (value[0] == key % 251 and value[2047] == key % 251 and 1 or 1000)
end
t.eq(drained, 300, "read and deleted in several batches")

c = new(1, 8, 50)
c[1], c[2] = 5, 6
fake.lost = 2
c:zero()
fake.lost = nil
t.eq(tostring(c[1]) .. tostring(c[2]), "0ULLnil", "zero: what was deleted meanwhile stays away")
fake.broken = true
t.raises(function() return c[1] end, "map 'counts': reading: .*errno 22", "the kernel refuses a read")
fake.broken = false
c = new(13, 4, 50)
put(1, "\7\0\0\0")
function fake.lt_map_open_id(id) return id == 7 and -2 or -22 end
t.eq(c:inner(1), nil, "an inner map that was replaced meanwhile")

-- As with tries and arrays of maps before 6.14: what is missing ends a batch, and then every one from there on.
for _, missing in ipairs { 0, 5, 20 } do
	fake.bucket, fake.missing = 1, missing
	c = new(11, 8, 50)
	for i = 1, 20 do
		c[i] = i
	end
	local seen = 0ULL
	for _, value in pairs(c) do
		seen = seen + value
	end
	t.eq(#c .. " " .. tostring(seen), "20 210ULL", "a batch that stops at a missing entry: " .. missing)
end
fake.bucket, fake.missing = nil, nil

fake.batches = false
c = new(1, 8, 50)
for i = 1, 50 do
	c[i] = i
end
local n = 0
for _ in pairs(c) do
	n = n + 1
	-- Someone else deletes and adds: the kernel begins again from the first key.
	drop(fake.order[math.min(n + 1, #fake.order)] or 0)
	put(1000 + n, ("\1"):rep(8))
end
t.ok(n <= 50, "reading key by key ends though keys vanish: " .. n)

fake.batches = true
c = new(1, 8, 2)
c[1], c[2] = 1, 2
t.raises(function() c[3] = 3 end, "^map 'counts' is full: it holds 2 entries", "full")
t.raises(function() c.foo = 3 end, "map 'counts': key: expected uint32_t, not string 'foo'",
	"key of a wrong type")
t.raises(function() return c[1.5] end, "expected uint32_t, not number 1.5", "fraction")
t.raises(function() c[1] = {} end, "value: expected uint64_t, not table", "value of a wrong type")
t.eq(c[9], nil, "absent")
t.ok(c:delete(1) and not c:delete(1), "delete tells whether it was there")
t.raises(function() c.items() end, "items: call it on a map, with a colon: t:items", "a dot for a colon")
t.eq(tostring(c), "map 'counts'", "tostring")

local p = new(5, 8, 10)
p[1] = { [0] = 5, [2] = 7 }
local v = p[1]
t.eq(tostring(v), "[5, 0, 7]", "per-CPU: by table")
t.ok(v:sum() == 12ULL and v:max() == 7ULL and v:average() == 4, "per-CPU: sum, max, average")
t.ok(#v == 3 and v[2] == 7ULL and v[3] == nil and v[-1] == nil, "per-CPU: index")
n = 0
for cpu, x in pairs(v) do
	n = n + cpu * tonumber(x)
end
t.eq(n, 14, "per-CPU: pairs")
p[2] = 3
t.eq(tostring(p[2]), "[3, 3, 3]", "per-CPU: one value for all")
p[3] = p[1]
t.eq(tostring(p[3]), "[5, 0, 7]", "per-CPU: values of another key")
t.raises(function() p[1] = { [0] = 5, [1] = "x" } end, "value: %[1%]: expected uint64_t, not string 'x'",
	"per-CPU: a wrong one")

local a = new(2, 4, 4)
for i = 0, 3 do
	put(i, "\0\0\0\0")
end
a[3] = 4000000000
t.ok(a[3] == 4000000000 and #a == 4, "array")
t.raises(function() return a[4] end, "index 4 is out of range: it has the indexes 0 to 3", "beyond its end")
t.raises(function() return a[-1] end, "index %-1 is out of range", "before its start")
t.raises(function() a[1] = nil end, "%(array%): its entries are always there and cannot be deleted", "deleting from it")
a:clear()
t.ok(a[3] == 0 and #a == 4, "clear sets it to zero")

-- Reading compiles: the script's loop becomes a loop of machine code, with the iterator in it.
fake.batches, fake.bucket = true, 3
c = new(1, 8, 5000)
for i = 1, 4001 do
	c[i] = i
end
local function sum_all()
	local keys, values = 0, 0ULL
	for k, value in pairs(c) do
		keys, values = keys + k, values + value
	end
	return keys, values
end
local loops = 0
local function on_trace(what, number, func)
	if what == "stop" and func == sum_all and require("jit.util").traceinfo(number).linktype == "loop" then
		loops = loops + 1
	end
end
require("jit").attach(on_trace, "trace")
local keys, values = sum_all()
require("jit").attach(on_trace)
t.ok(keys == 4001 * 4002 / 2 and values == 4001ULL * 4002ULL / 2ULL, "a hot loop: every entry")
t.ok(loops > 0, "a hot loop: it compiled")

map.close(a)
t.raises(function() return a[1] end, "map 'counts': the BPF object it belongs to is closed", "after closing")
t.raises(function() for _ in pairs(a) do n = n + 1 end end, "is closed", "pairs after closing")
t.done()
