-- SPDX-License-Identifier: MIT
local t = require "tap"
local hist = require "luatrace.hist"

local function text(lines)
	return table.concat(lines, "\n")
end

t.eq(text(hist.log2({ [1] = 3, [2] = 10, [3] = 40, [5] = 7 }, "usecs")), table.concat({
	"     usecs               : count     distribution",
	"         0 -> 1          : 3        |***                                     |",
	"         2 -> 3          : 10       |**********                              |",
	"         4 -> 7          : 40       |****************************************|",
	"         8 -> 15         : 0        |                                        |",
	"        16 -> 31         : 7        |*******                                 |",
}, "\n"), "log2: the layout of bcc")

local wide = hist.log2({ [33] = 1, [64] = 2 }, "ns", true)
t.eq(wide[1], "               ns                            : count     distribution", "log2: wide header")
t.eq(wide[2], "          4294967296 -> 8589934591           : 1        |**********          |",
	"log2: leading zeros are left out")
t.eq(wide[#wide], " 9223372036854775808 -> 18446744073709551615 : 2        |********************|",
	"log2: the last slot")
t.eq(#hist.log2({ [1] = 0 }, "x"), 0, "log2: nothing counted, nothing printed")
t.eq(hist.log2({ [0] = 2, [1] = 4 }, "x")[2],
	"         0 -> 0          : 2        |********************                    |",
	"log2: a count in slot 0 is shown")
t.eq(hist.log2({ [2] = 1e12 }, "x")[3],
	"         2 -> 3          : 1000000000000 |****************************************|",
	"log2: a large count is written out")

t.eq(text(hist.linear({ [2] = 3, [3] = 9, [4] = 1 }, "kb")), table.concat({
	"     kb            : count     distribution",
	"        0          : 0        |                                        |",
	"        1          : 0        |                                        |",
	"        2          : 3        |*************                           |",
	"        3          : 9        |****************************************|",
	"        4          : 1        |****                                    |",
}, "\n"), "linear: the layout of bcc")
t.eq(hist.linear({ [0] = 1 }, "kb")[2], "        0          : 1        |****************************************|",
	"linear: slot 0")
t.eq(#hist.linear({ [1500] = 1 }, "kb"), 1502, "linear: more than 1024 rows")
t.eq(#hist.linear({ [1500] = 1 }, "kb", true), 2, "linear: leading zeros are left out")
local between = {}
for slot = 18, 33 do
	between[#between + 1] = ("        %d"):format(slot)
end
between = table.concat(between, "\n")
t.eq(text(hist.linear({ [17] = 1, [34] = 1, [52] = 1 }, "kb", false, true)):gsub(" *:[^\n]*", ""), table.concat({
	"     kb", "        ...", "        17", between, "        34", "        ...", "        52" }, "\n"), "linear: gaps")

-- print_*_hist on a map: a stand-in for its state.
local ffi = require "ffi"
local layout = require "luatrace.layout"

local function printed(f)
	local lines, real = {}, print
	_G.print = function(line) lines[#lines + 1] = line end -- luacheck: ignore
	local ok, err = pcall(f)
	_G.print = real -- luacheck: ignore
	return ok and table.concat(lines, "\n") or "ERROR " .. tostring(err)
end

local function map_of(key_layout)
	return { name = "dist", key_layout = key_layout, value_layout = layout.unsigned(8) }
end

local function entries(list)
	local i = 0
	return function()
		i = i + 1
		if list[i] then
			return list[i][1], list[i][2]
		end
	end
end

local plain = map_of(layout.unsigned(4))
t.like(printed(function() hist.print(plain, entries { { 1, 5ULL }, { 2, 5ULL } }, "log2", "ms") end),
	"^     ms .-\n         0 %-> 1          : 5 .-\n         2 %-> 3          : 5 ", "positional arguments")
t.like(printed(function()
	hist.print(plain, entries { { 1, 5ULL } }, "linear", { val_type = "ms", strip_leading_zero = true })
end),
	"^     ms [^\n]*\n        1          : 5 [^\n]*$", "arguments as a table")
t.like(printed(function() hist.print(plain, entries {}, "linear", { valtype = "ms" }) end),
	"unknown argument 'valtype'; did you mean 'val_type'", "a mistyped argument")
t.like(printed(function() hist.print(plain, entries { { 5000, 5ULL } }, "log2") end), "5000 is no slot of a log2",
	"a key that is no slot")
t.like(printed(function()
	hist.print({ name = "m", key_layout = plain.key_layout, value_layout = layout.bytes(12) }, entries {}, "log2")
end),
	"counts integers", "values that are no counts")

local pair_ct = ffi.typeof("struct { char disk[8]; uint64_t slot; }")
local chars = { kind = "chars", size = 8, name = "char[8]" }
local pairs_map = map_of {
	kind = "struct", name = "struct disk_key", size = 16,
	members = {
		{ name = "disk", offset = 0, layout = chars }, { name = "slot", offset = 8, layout = layout.unsigned(8) },
	},
}
local function disks()
	return entries { { pair_ct("sdb", 1), 4ULL }, { pair_ct("sda", 1), 1ULL }, { pair_ct("sdb", 2), 2ULL } }
end
local shown = printed(function() hist.print(pairs_map, disks(), "log2", "usecs", "disk") end)
t.like(shown, "^\ndisk = sda\n     usecs .-\n\ndisk = sdb\n     usecs ", "sections in the order of their names")
t.like(shown, "disk = sdb\n[^\n]*\n         0 %-> 1          : 4 [^\n]*\n         2 %-> 3          : 2 [^\n]*$",
	"a section's counts")
t.like(printed(function()
	hist.print(pairs_map, disks(), "log2", { section_print_fn = function(b) return "<" .. b .. ">" end })
end),
	"^\nBucket ptr = <sda>", "section_print_fn")
t.like(printed(function()
	hist.print(pairs_map, disks(), "log2", { bucket_sort_fn = function(list)
		table.sort(list, function(a, b) return a > b end)
		return list
	end })
end), "= sdb.-= sda", "bucket_sort_fn")
t.like(printed(function() hist.print(pairs_map, disks(), "log2", { bucket_fn = function() return "all" end }) end),
	"^\nBucket ptr = all\n[^\n]*\n         0 %-> 1          : 5 ", "bucket_fn merges")

local pids_ct = ffi.typeof("struct { uint64_t pid, slot; }")
local pids_map = map_of {
	kind = "struct", name = "struct pid_key", size = 16,
	members = {
		{ name = "pid", offset = 0, layout = layout.unsigned(8) }, { name = "slot", offset = 8, layout = layout.unsigned(8) },
	},
}
local function pids()
	return entries { { pids_ct(10, 1), 4ULL }, { pids_ct(19, 1), 1ULL }, { pids_ct(20, 1), 2ULL } }
end
shown = printed(function() hist.print(pids_map, pids(), "log2", { bucket_fn = function(pid) return pid / 10 end }) end)
t.like(shown, "^\nBucket ptr = 1\n[^\n]*\n[^\n]* : 5 [^\n]*\n\nBucket ptr = 2\n", "bucket_fn merges 64-bit numbers")
t.like(printed(function() hist.print(pids_map, pids(), "log2", { bucket_fn = function() end }) end),
	"map 'dist': bucket_fn gave nothing for a bucket", "bucket_fn without a result")
local two = entries { { pids_ct(100, 1), 1ULL }, { pids_ct(20, 1), 1ULL } }
t.like(printed(function() hist.print(pids_map, two, "log2") end),
	"ptr = 20\n.*ptr = 100\n", "sections in the order of their numbers")
t.like(printed(function() hist.print(plain, entries { { -1, 5ULL } }, "log2") end), "%-1 is no slot", "a negative slot")
t.like(printed(function() hist.print(plain, entries { { "5", 5ULL } }, "log2") end),
	"map 'dist': string '5' is no slot of a log2 histogram", "a string as a slot")

-- JSON: the same counts, one line each.
local TS = '{"ts": "%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d", '
t.like(printed(function() hist.print(plain, entries { { 1, 5ULL }, { 3, 7ULL }, { 64, 1ULL } }, "json", "ms") end),
	"^" .. TS .. '"val_type": "ms", "data": %[{"interval%-start": 0, "interval%-end": 1, "count": 5}, '
	.. '{"interval%-start": 2, "interval%-end": 3, "count": 0}, {"interval%-start": 4, "interval%-end": 7, "count": 7}, .*'
	.. '{"interval%-start": 9223372036854775808, "interval%-end": 18446744073709551615, "count": 1}%]}$', "json")
t.like(printed(function() hist.print(plain, entries {}, "json") end),
	'^' .. TS .. '"val_type": "value", "data": %[%]}$',
	"json: nothing counted")
t.like(printed(function() hist.print(pairs_map, disks(), "json", "usecs", "disk") end),
	'^' .. TS .. '[^\n]*"count": 1}%], "disk": "sda"}\n' .. TS .. '[^\n]*"count": 4}, [^\n]*, "disk": "sdb"}$',
	"json: a line for each bucket")
t.like(printed(function()
	hist.print(pairs_map, disks(), "json", { bucket_fn = function() return 'a"b\\c\n\27' end })
end), [["Bucket ptr": "a\"b\\c\n\u001b"}$]], "json: text of others is quoted")
t.like(printed(function()
	hist.print(pairs_map, disks(), "json", { section_print_fn = function(b) return #b end })
end), '"Bucket ptr": 3}$', "json: a number")
t.like(printed(function() hist.print(plain, entries {}, "json", { strip_leading_zero = true }) end),
	"print_json_hist: unknown argument 'strip_leading_zero'", "json: what it does not take")
t.done()
