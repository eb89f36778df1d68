-- SPDX-License-Identifier: MIT
-- Maps of every type from Lua: written, read, enumerated, deleted, with exact values; and what a type cannot do, in
-- words.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

ffi.cdef [[
int open(const char *, int);
int socket(int, int, int);
int bind(int, const void *, uint32_t);
int connect(int, const void *, uint32_t);
int getsockname(int, void *, uint32_t *);
long syscall(long, ...);
]]

local b = BPF { text = [[
struct key { u32 a; u64 b; };
struct value { u64 count; s16 last; u8 low:3, high:5; };
BPF_TABLE("hash", struct key, struct value, hash, 16);
BPF_TABLE("lru_hash", u32, u64, lru_hash, 1024);
BPF_TABLE("percpu_hash", u32, u64, percpu_hash, 16);
BPF_TABLE("lru_percpu_hash", u32, u64, lru_percpu_hash, 64);
BPF_TABLE("percpu_array", int, u64, percpu_array, 3);
BPF_TABLE("array", int, struct value, array, 3);
BPF_TABLE("histogram", int, u64, histogram, 7);
BPF_TABLE("hash", u32, __int128, wide, 4);
union either { u32 a; u16 b; };
struct sums { u32 each[3]; union either either; };
BPF_HASH(sums, u32, struct sums, 4);
struct v4 { u32 length; u8 address[4]; };
struct v6 { u32 length; u8 address[16]; };
BPF_LPM_TRIE(routes, struct v4, u32, 16);
BPF_LPM_TRIE(routes6, struct v6, u32, 16);
BPF_LPM_TRIE(plain, u64, u32, 16);
struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(map_flags, BPF_F_NO_PREALLOC); __uint(max_entries, 4);
	__uint(key_size, 12); __uint(value_size, 4); } odd SEC(".maps");
BPF_PROG_ARRAY(programs, 4);
BPF_CGROUP_ARRAY(groups, 2);
BPF_DEVMAP(devices, 4);
BPF_CPUMAP(processors, 2);
BPF_XSKMAP(xsks, 4);
BPF_SOCKMAP(sockets, 4);
BPF_TABLE("sockmap", u32, u64, sockets_of, 4);
BPF_TABLE("sockhash", u64, u64, sockets_by, 4);
BPF_SK_STORAGE(of_sockets, u64);
BPF_INODE_STORAGE(of_files, struct value);
BPF_TASK_STORAGE(of_tasks, u64);
BPF_CGROUP_STORAGE(of_groups, u64);
BPF_PERCPU_CGROUP_STORAGE(of_groups_percpu, u64);
BPF_STACK_TRACE(stacks, 16)
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(ring, 1);
BPF_QUEUE(queue, u64, 4);
struct { __uint(type, BPF_MAP_TYPE_BLOOM_FILTER); __type(value, u32); __uint(max_entries, 4); } filter SEC(".maps");
int fn(struct pt_regs *ctx) { return 0; }
]] }

-- Everything a keyed map does: `k` and `other` are keys, `v` a value, `shown` what it reads as.
local function check(name, k, other, v, shown)
	local m = b[name]
	m[k] = v
	t.eq(tostring(m[k]), shown, name .. ": written and read")
	t.eq(m[other], nil, name .. ": nothing at another key")
	local seen = {}
	for key, value in pairs(m) do
		seen[#seen + 1] = tostring(value) == shown and tostring(m[key]) == shown and "right" or tostring(value)
	end
	t.eq(table.concat(seen, " "), "right", name .. ": pairs")
	t.eq(#m, 1, name .. ": #")
	t.ok(m:delete(k) and not m:delete(k) and m[k] == nil, name .. ": deleted once")
	m[k] = v
	for _, value in m:items_lookup_and_delete_batch() do
		t.eq(tostring(value), shown, name .. ": read and deleted")
	end
	t.eq(#m, 0, name .. ": empty")
	m[k] = v
	m:clear()
	t.eq(m[k], nil, name .. ": cleared")
end
check("hash", { 1, 2 ^ 40 }, { 1, 2 ^ 41 }, { count = 2 ^ 60, last = -5, low = 7, high = 17 },
	"value{count=1152921504606846976, last=-5, low=7, high=17}")
check("lru_hash", 4, 5, 9, "9ULL")
check("wide", 4, 5, 9, "0x9")
local every = {}
for cpu = 1, #b.percpu_array[0] do
	every[cpu] = "9"
end
every = "[" .. table.concat(every, ", ") .. "]"
check("percpu_hash", 4, 5, 9, every)
check("lru_percpu_hash", 4, 5, 9, every)
check("routes", "10.1.0.0/16", "10.2.0.0/16", 9, "9")
check("routes6", "fd00:1::/32", "fd00:2::/32", 9, "9")
check("devices", 1, 2, 1, "1")
check("processors", 0, 1, 192, "192")

-- 128 bits: numbers, and both halves.
b.wide[1] = ffi.new("uint64_t[2]", { 5, 7 })
t.ok(b.wide[1].lo == 5 and b.wide[1].hi == 7, "128 bits")
t.eq(tostring(b.wide[1]), "0x70000000000000005", "as text")
b.wide[1] = -2
t.eq(tostring(b.wide[1]), "0xfffffffffffffffffffffffffffffffe", "a negative number")
t.raises(function() b.wide[1] = 1.5 end, "value: expected __int128, not number 1.5", "a fraction")
t.raises(function() b.wide[1] = 2 ^ 100 end, "is not exact: give both halves", "more than a number holds exactly")

-- Arrays.
b.array[2] = { count = 3, low = 5 }
t.eq(tostring(b.array[2]) .. #b.array, "value{count=3, last=0, low=5, high=0}3", "array")
b.array:clear()
t.eq(b.array[2].count, 0ULL, "array: cleared")
t.raises(function() b.array[1] = { high = 32 } end, "value: high: 32 does not fit u8:5", "too large for its bits")
t.raises(function() b.array:items_lookup_and_delete_batch() end, "%(array%): its entries are always there",
	"array: drained")
b.histogram[6] = 5
t.eq(b.histogram[6], 5ULL, "histogram")

t.raises(function() b.sums[1] = { each = { [0] = 1, [9] = 1 } } end, "each: more than the 3 elements of u32%[3%]",
	"an element behind the end")
t.raises(function() b.sums[1] = { each = { x = 1 } } end, "each: u32%[3%] has no element %[x%]", "an element by name")
t.raises(function() b.sums[1] = { either = { a = 1, b = 2 } } end, "either: union either takes one of its members",
	"two members of a union")

-- A value for each CPU.
local cpus = #b.percpu_array[1]
t.raises(function() b.percpu_array[1] = { [0] = 1, [cpus] = 2 } end,
	("value: there is no CPU %%[%d%%], they are 0 to %d"):format(cpus, cpus - 1), "a CPU that is not there")
t.raises(function() b.percpu_array[1] = { 1 } end, "a table of values for each CPU begins with %[0%]", "without CPU 0")
b.percpu_array[1] = { [0] = 10, [1] = cpus > 1 and 20 or nil }
local total = cpus > 1 and 30 or 10
t.eq(b.percpu_array:sum(1), total + 0ULL, "t:sum(k)")
t.eq(b.percpu_array:max(1), (cpus > 1 and 20 or 10) + 0ULL, "t:max(k)")
t.eq(b.percpu_array:average(1), total / cpus, "t:average(k)")
t.eq(tostring(b.percpu_array:getvalue(1)), tostring(b.percpu_array[1]), "t:getvalue(k)")
t.eq(b.percpu_hash:sum(77), nil, "t:sum of a key that is not there")
t.raises(function() return b.lru_hash:sum(1) end,
	"sum: map 'lru_hash' %(lru_hash%) has no value for each CPU", "t:sum of one value")

-- The longest prefix wins; keys as text and as structs are the same.
b.routes["10.0.0.0/8"], b.routes["10.1.0.0/16"], b.routes[{ 32, { 10, 1, 2, 3 } }] = 8, 16, 32
t.eq(b.routes["10.1.2.3"] .. " " .. b.routes["10.1.2.4"] .. " " .. b.routes["10.9.9.9/32"], "32 16 8", "longest prefix")
t.eq(b.routes["11.0.0.1"], nil, "none")
b.plain["192.168.0.0/16"] = 5
t.eq(b.plain["192.168.255.255"], 5, "the default key of a trie")
b.routes6["::/0"], b.routes6["fd00::1"] = 1, 2
t.eq(b.routes6["fd00::1"] .. b.routes6["fd00::2"], "21", "IPv6")
t.raises(function() b.routes["10.0.0.0/33"] = 1 end,
	"map 'routes': key: expected \"10.0.0.0/8\", not string '10.0.0.0/33'", "too long a prefix")
t.raises(function() b.routes6["10.0.0.0/8"] = 1 end, "expected \"fd00::/8\"", "the other family")
t.raises(function()
	for i = 1, 16 do
		b.routes[("20.%d.0.0/16"):format(i)] = 1
	end
end, "map 'routes' is full: it holds 16 entries", "a full trie")
t.raises(function() b.odd["10.0.0.0/8"] = 1 end, "a string is a key of 4 %+ 4 bytes", "a key of neither family")

-- Programs: read as the kernel's number of what is there.
b.programs[1] = b:load_func("fn", "kprobe")
t.ok(b.programs[1] > 0 and b.programs[2] == nil and #b.programs == 1, "a program's number")
b.programs[1] = nil
t.eq(b.programs[1], nil, "a program taken out")
local other = BPF { text = "int fn(struct pt_regs *ctx) { return 0; }" }
local gone = other:load_func("fn", "kprobe")
other:close()
t.raises(function() b.programs[1] = gone end, "function 'fn': the BPF object it belongs to is closed",
	"a function of a closed object")
t.raises(function() b.programs:zero() end, "%(prog%) holds no numbers: t:clear%(%) empties it", "programs: zero")
t.raises(function() b.programs[1] = 0 end, "the kernel refuses what is put there: its programs are", "no program")

-- Sockets: read as their cookies.
local function connected_socket()
	local server, client = ffi.C.socket(2, 2, 0), ffi.C.socket(2, 2, 0)
	local address, length = ffi.new("uint8_t[16]"), ffi.new("uint32_t[1]", 16)
	ffi.cast("uint16_t *", address)[0] = 2
	address[4], address[7] = 127, 1
	assert(ffi.C.bind(server, address, 16) == 0)
	assert(ffi.C.getsockname(server, address, length) == 0)
	assert(ffi.C.connect(client, address, 16) == 0)
	return client
end
local socket = connected_socket()
b.sockets_of[2] = socket
b.sockets_by[2 ^ 40] = socket
t.ok(b.sockets_of[2] > 0 and b.sockets_of[2] == b.sockets_by[2 ^ 40], "a socket's cookie")
t.eq(#b.sockets_of .. #b.sockets_by, "11", "sockmap and sockhash: #")
t.ok(b.sockets_of:delete(2) and not b.sockets_of:delete(2), "sockmap: deleted once")
b.sockets_by:clear()
t.eq(#b.sockets_by, 0, "sockhash: cleared")
b.sockets[1] = socket
t.raises(function() return b.sockets[1] end, "sockets are read as their cookies, for which its values have no room",
	"32 bits are no cookie")
t.raises(function() b.sockets[1] = 0 end, "refuses what is put there: it holds descriptors of connected sockets",
	"no socket")

-- A value for a socket, a file, a task, by its descriptor.
local file = ffi.C.open("/", 0)
local PIDFD_OPEN = 434
local pidfd = tonumber(ffi.C.syscall(ffi.cast("long", PIDFD_OPEN), ffi.cast("long", live.pid),
	ffi.cast("long", 0)))
for name, fd in pairs { of_sockets = socket, of_tasks = pidfd } do
	local m = b[name]
	t.eq(m[fd], nil, name .. ": nothing yet")
	m[fd] = 2 ^ 50
	t.eq(m[fd], 2 ^ 50 + 0ULL, name .. ": written and read")
	t.ok(m:delete(fd) and not m:delete(fd), name .. ": deleted once")
	t.raises(function() return #m end, "its entries cannot be enumerated: ask for one by its owner's descriptor",
		name .. ": pairs")
	t.raises(function() m[999] = 1 end, "its keys are descriptors, of a", name .. ": no descriptor")
end
b.of_files[file] = { count = 5 }
t.eq(tostring(b.of_files[file]), "value{count=5, last=0, low=0, high=0}", "of_files: a struct")

-- What programs fill, and what cannot be read.
t.eq(#b.of_groups + #b.of_groups_percpu, 0, "of cgroups: none")
t.raises(function() b.of_groups[{ 1, 1 }] = 5 end,
	"a value is there once a program that uses the map is attached to the cgroup", "of a cgroup without a program")
t.raises(function() b.of_groups:clear() end, "a value goes when its cgroup goes: set it to zero", "of cgroups: clear")
t.eq(#b.stacks, 0, "stacks: none")
t.raises(function() b.stacks[1] = {} end, "%(stacktrace%): its stacks are what get_stackid%(%) puts there", "a stack")
t.raises(function() return b.groups[1] end, "map 'groups' %(cgroup_array%): the kernel does not tell what it holds",
	"cgroups: read")
t.raises(function() b.groups[1] = "/nosuch" end, "^cgroup '/nosuch': No such file or directory; ",
	"a cgroup that is not there")
t.raises(function() b.groups[1] = "/proc" end, "^cgroup '/proc': this directory is no cgroup of version 2", "no cgroup")
local _, mounted = sh.run("findmnt -n -t cgroup2 -o TARGET")
if mounted:match("%S+") then
	local held = live.holdings()
	b.groups[1] = mounted:match("%S+")
	t.eq(live.holdings(), held, "the map holds the cgroup, the script does not")
	t.ok(b.groups:delete(1), "a cgroup by its path")
end
t.raises(function() return b.xsks[1] end, "%(xskmap%): the kernel does not tell what it holds", "AF_XDP sockets: read")
t.raises(function() b.xsks[1] = 0 end, "it holds descriptors of bound AF_XDP sockets", "no AF_XDP socket")
t.raises(function() b.processors[1] = 1e6 end, "the key is a CPU, the value the length of its queue",
	"a queue too long")
t.raises(function() return b.events[1] end, "map 'events' is an output: read it with t:open_perf_buffer%(fn%)", "perf")
t.raises(function() return #b.ring end, "map 'ring' is an output: read it with t:open_ring_buffer%(fn%)", "ring buffer")
t.raises(function() return b.queue[1] end, "map 'queue' %(queue%) has no keys: t:push%(v%), t:pop%(%), t:peek%(%)",
	"queue")
t.raises(function() return b.filter[1] end, "luatrace does not read or write maps of this type",
	"a type of later kernels")

-- Batches from the script's tables.
b.lru_hash:items_update_batch({ 1, 2, 3 }, { 10, 20ULL, 30 })
t.eq(tostring(b.lru_hash[1] + b.lru_hash[2] + b.lru_hash[3]), "60ULL", "items_update_batch")
b.percpu_hash:items_update_batch({ 5 }, { { [0] = 7 } })
t.eq(b.percpu_hash:sum(5), 7ULL, "items_update_batch: a value for each CPU")
b.routes:clear()
b.routes:items_update_batch({ "1.0.0.0/8", "2.0.0.0/8" }, ffi.new("uint32_t[2]", { 1, 2 }))
t.eq(b.routes["1.1.1.1"] .. b.routes["2.2.2.2"], "12", "items_update_batch: texts, and an array of C")
b.array:items_update_batch({ 0, 1 }, { { count = 4 }, { count = 5 } })
t.eq(b.array[0].count + b.array[1].count, 9ULL, "items_update_batch: an array")
b.devices:items_update_batch({ 0, 3 }, { 1, 1 })
t.eq(b.devices[3], 1, "items_update_batch: a type whose batches the kernel lacks or has")
t.eq(b.lru_hash:items_delete_batch({ 9, 1, 8, 7, 3, 1 }), 2, "items_delete_batch: those that are there")
t.eq(#b.lru_hash, 1, "items_delete_batch: the others stay")
t.eq(b.devices:items_delete_batch({ 0, 1, 3 }), 2, "items_delete_batch, one by one")
b.lru_hash:items_delete_batch()
t.eq(#b.lru_hash, 0, "items_delete_batch: all")
b.lru_hash:items_update_batch({}, {})
t.raises(function() b.hash:items_update_batch({ { 1 } }, {}) end, "map 'hash': 1 keys and 0 values", "not as many")
t.raises(function() b.hash:items_update_batch(5, {}) end, "items_update_batch: keys= takes a table, or an array of C",
	"no table")
local memory = ffi.new("uint32_t[8]")
t.raises(function() b.lru_hash:items_delete_batch(ffi.cast("uint32_t *", memory)) end,
	"items_delete_batch: keys= takes a table, or an array of C with elements of 4 bytes, not unsigned int *", "a pointer")
t.raises(function() b.lru_hash:items_delete_batch(b.hash) end, "of 4 bytes, not map 'hash'", "a map as keys")
for what, list in pairs { gap = { 1, nil, 3 }, zero = { [0] = 1, 2 }, name = { 1, x = 2 } } do
	t.raises(function() b.lru_hash:items_delete_batch(list) end,
		"keys= takes a table that counts from 1, without gaps", "not from 1 on: " .. what)
end
t.raises(function() b.array:items_update_batch(ffi.new("int[1]", 3), ffi.new("uint8_t[16]")) end,
	"map 'array': an index is out of range: it has the indexes 0 to 2", "indexes of C are not looked at before")
t.raises(function() b.hash:items_update_batch({ { 1 }, { "x" } }, {}) end, "map 'hash': key: a: expected",
	"a wrong key")
t.raises(function() b.array:items_delete_batch({ 1 }) end, "cannot be deleted", "items_delete_batch of an array")
t.raises(function() b.array:items_delete_batch() end, "cannot be deleted", "items_delete_batch of all of an array")
local keys, values = {}, {}
for i = 1, 17 do
	keys[i], values[i] = { i }, { i }
end
t.raises(function() b.hash:items_update_batch(keys, values) end, "map 'hash' is full: it holds 16 entries", "too many")
t.eq(#b.hash, 16, "those before it are written")
b:close()
t.raises(function() b:get_table("hash") end, "closed", "the object is closed")
t.done()
