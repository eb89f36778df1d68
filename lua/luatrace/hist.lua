-- SPDX-License-Identifier: MIT
-- Histograms, laid out as people know them from bcc.
local ffi = require "ffi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

local STARS = 40
local RULES = {
	val_type = "text?", section_header = "text?", section_print_fn = "function?", bucket_fn = "function?",
	strip_leading_zero = "boolean?", bucket_sort_fn = "function?",
}
local JSON_RULES = {
	val_type = "text?", section_header = "text?", section_print_fn = "function?", bucket_fn = "function?",
	bucket_sort_fn = "function?",
}

local function stars(count, most, width)
	local length = most > 0 and math.floor(width * count / most) or 0
	return ("*"):rep(length) .. (" "):rep(width - length)
end

local function range(counts)
	local last, most = nil, 0
	for slot, count in pairs(counts) do
		if count > 0 then
			last = math.max(last or slot, slot)
			most = math.max(most, count)
		end
	end
	return last, most
end

---Bounds of a log2 slot, as text: the highest ones are beyond what a double holds exactly.
---@param slot integer
---@return string low
---@return string high
function M.bounds(slot)
	if slot <= 1 then
		return "0", slot == 0 and "0" or "1"
	end
	local low = ffi.cast("uint64_t", 2 ^ (slot - 1))
	return format.plain(low), format.plain(low * 2 - 1)
end

local function rows(counts, first, last, strip, print_row)
	for slot = first, last do
		local count = counts[slot] or 0
		if not strip or count > 0 then
			strip = false
			print_row(slot, count)
		end
	end
end

---The lines of a histogram whose slot n counts values below 2^n: 1 for 0 and 1, 2 for 2 and 3, 3 for 4 to 7, ….
---@param counts table<integer, number>
---@param val_type string
---@param strip boolean?
---@return string[]
function M.log2(counts, val_type, strip)
	local last, most = range(counts)
	local out = {}
	if not last then
		return out
	end
	local header, row, width = "     %-19s : count     distribution", "%10s -> %-10s : %-8s |%s|", STARS
	if last > 32 then
		header, row, width = "               %-29s : count     distribution", "%20s -> %-20s : %-8s |%s|", STARS / 2
	end
	out[1] = header:format(val_type)
	-- Slot 0 is none that the dialect's bpf_log2l() gives; it is shown only when something was counted there.
	rows(counts, (counts[0] or 0) > 0 and 0 or 1, last, strip, function(slot, count)
		local low, high = M.bounds(slot)
		out[#out + 1] = row:format(low, high, format.plain(count), stars(count, most, width))
	end)
	return out
end

-- What is far away has not all that is between.
local LONGEST_RUN = 16

---Calls `row` for slots that counted something and those between them, and `gap` instead of that for each run of more
---than 16 that did not.
---@param counts table<integer, number>
---@param first integer? where it begins, if nothing below it was counted; nil: with the first that counted something
---@param row fun(slot: integer, count: number)
---@param gap fun()? nil: there are none
function M.values(counts, first, row, gap)
	local slots = {}
	for slot, count in pairs(counts) do
		slots[#slots + 1] = count > 0 and slot or nil
	end
	table.sort(slots)
	local at = first or slots[1]
	for _, slot in ipairs(slots) do
		if gap and slot - at > LONGEST_RUN then
			gap()
		else
			for empty = at, slot - 1 do
				row(empty, 0)
			end
		end
		row(slot, counts[slot])
		at = slot + 1
	end
end

---The lines of a histogram with one row a value.
---@param counts table<integer, number>
---@param val_type string
---@param strip boolean?
---@param gaps boolean? long runs of empty rows are one; bcc has them all
---@return string[]
function M.linear(counts, val_type, strip, gaps)
	local last, most = range(counts)
	local out = {}
	if not last then
		return out
	end
	out[1] = ("     %-13s : count     distribution"):format(val_type)
	M.values(counts, not strip and 0 or nil, function(slot, count)
		out[#out + 1] = ("        %-10s : %-8s |%s|"):format(format.plain(slot), format.plain(count),
			stars(count, most, STARS))
	end, gaps and function()
		out[#out + 1] = "        ..."
	end)
	return out
end

---The same as one line of JSON; `header` and `bucket` say which part of the map it is, if any.
---@param counts table<integer, number>
---@param val_type string
---@param header string?
---@param bucket any
---@return string
function M.json(counts, val_type, header, bucket)
	local data = {}
	rows(counts, (counts[0] or 0) > 0 and 0 or 1, range(counts) or 0, false, function(slot, count)
		local low, high = M.bounds(slot)
		data[#data + 1] = ('{"interval-start": %s, "interval-end": %s, "count": %s}'):format(low, high,
			format.plain(count))
	end)
	local section = bucket ~= nil and (", %s: %s"):format(format.json(header), format.json(bucket)) or ""
	return ('{"ts": "%s", "val_type": %s, "data": [%s]%s}'):format(os.date("%Y-%m-%d %H:%M:%S"), format.json(val_type),
		table.concat(data, ", "), section)
end

-- Counts are far below 2^53; as doubles they need no cdata arithmetic.
local function count_of(value)
	if type(value) == "cdata" and tonumber(value) == nil then
		return tonumber(value:sum())
	end
	return tonumber(value)
end

local function check_values(map)
	local kind = map.value_layout.kind
	if kind ~= "int" and kind ~= "enum" then
		errors.misuse("map '%s': a histogram counts integers, its values are %s", map.name, map.value_layout.name)
	end
end

-- A slot beyond these is no count of a histogram but a key of another kind; printing up to it would take for ever.
local MAX_SLOT = { log2 = 64, json = 64, linear = 1e6 }

local function add(counts, key, value, kind, map)
	local slot = type(key) ~= "string" and tonumber(key)
	if not slot or slot < 0 or slot > MAX_SLOT[kind] then
		errors.misuse("map '%s': %s is no slot of a %s histogram (0 to %d)", map.name, check.given(key), kind,
			MAX_SLOT[kind])
	end
	counts[slot] = (counts[slot] or 0) + count_of(value)
end

local function show_bucket(bucket)
	return type(bucket) == "string" and format.escape(bucket) or format.plain(bucket)
end

-- The lines of one histogram: the whole map, or what it counts for `bucket`.
local function add_one(out, kind, counts, opts, bucket)
	local val_type, header = opts.val_type or "value", opts.section_header or "Bucket ptr"
	if kind == "json" then
		out[#out + 1] = M.json(counts, val_type, header, bucket)
		return
	end
	if bucket ~= nil then
		out[#out + 1] = ("\n%s = %s"):format(header, show_bucket(bucket))
	end
	for _, line in ipairs(M[kind](counts, val_type, opts.strip_leading_zero)) do
		out[#out + 1] = line
	end
end

local function plain_hist(out, map, next_entry, kind, opts)
	local counts = {}
	for key, value in next_entry do
		add(counts, key, value, kind, map)
	end
	add_one(out, kind, counts, opts)
end

-- The first two members of the key, and a string equal for equal buckets: cdata is no table key.
local function split_key(map, key)
	local bucket_member, slot_member = map.key_layout.members[1], map.key_layout.members[2]
	local bucket, slot = key[bucket_member.name], key[slot_member.name]
	local p = ffi.cast("uint8_t *", key) + bucket_member.offset
	local id = bucket_member.width and format.plain(bucket) or ffi.string(p, bucket_member.layout.size)
	if bucket_member.layout.kind == "chars" then
		bucket = format.chars(p, bucket_member.layout.size)
	end
	return bucket, slot, id
end

local function by_value(a, b)
	local x, y = a.bucket, b.bucket
	if tonumber(x) and tonumber(y) then
		return x < y
	end
	return tostring(x) < tostring(y)
end

local function collect(map, next_entry, kind, opts)
	local groups, list = {}, {}
	for key, value in next_entry do
		local bucket, slot, id = split_key(map, key)
		if opts.bucket_fn then
			bucket = opts.bucket_fn(bucket)
			if bucket == nil then
				errors.misuse("map '%s': bucket_fn gave nothing for a bucket: it returns what to show it as", map.name)
			end
			id = type(bucket) ~= "cdata" and bucket or tonumber(bucket) and tostring(bucket) or id
		end
		local group = groups[id]
		if not group then
			group = { bucket = bucket, counts = {} }
			groups[id] = group
			list[#list + 1] = group
		end
		add(group.counts, slot, value, kind, map)
	end
	table.sort(list, by_value)
	return list
end

-- The script's own order: it gets the buckets and gives them back sorted.
local function reorder(list, sort)
	local buckets, group_of = {}, {}
	for i, group in ipairs(list) do
		buckets[i] = group.bucket
		group_of[group.bucket] = group	-- the very value comes back, so a cdata works as a key here
	end
	local out = {}
	for _, bucket in ipairs(sort(buckets) or buckets) do
		out[#out + 1] = group_of[bucket]
	end
	return out
end

local function sections(out, map, next_entry, kind, opts)
	local members = map.key_layout.members
	if not members[2] or not members[1].name or not members[2].name or members[2].layout.kind ~= "int" then
		errors.misuse("map '%s': the key of a histogram is an integer or a struct of bucket and slot, in this order; "
			.. "it is %s", map.name, map.key_layout.name)
	end
	local list = collect(map, next_entry, kind, opts)
	if opts.bucket_sort_fn then
		list = reorder(list, opts.bucket_sort_fn)
	end
	for _, group in ipairs(list) do
		add_one(out, kind, group.counts, opts, opts.section_print_fn and opts.section_print_fn(group.bucket) or group.bucket)
	end
end

---A map's histogram.
---@param map table the map's state
---@param next_entry fun(): any, any its entries
---@param kind "log2"|"linear"|"json"
---@param opts table see RULES
---@return string[] lines
function M.lines(map, next_entry, kind, opts)
	check.arguments(("print_%s_hist"):format(kind), opts, kind == "json" and JSON_RULES or RULES)
	check_values(map)
	local out = {}
	if map.key_layout.kind == "struct" then
		sections(out, map, next_entry, kind, opts)
	else
		plain_hist(out, map, next_entry, kind, opts)
	end
	return out
end

---Prints it.
---@param map table the map's state
---@param next_entry fun(): any, any its entries
---@param kind "log2"|"linear"|"json"
---@param val_type string|table|nil or one table with all that follows, by name
---@param section_header string?
---@param section_print_fn? fun(bucket: any): any
---@param bucket_fn? fun(bucket: any): any
---@param strip boolean?
---@param sort? fun(buckets: any[]): any[]
function M.print(map, next_entry, kind, val_type, section_header, section_print_fn, bucket_fn, strip, sort)
	local opts = type(val_type) == "table" and val_type or {
		val_type = val_type, section_header = section_header, section_print_fn = section_print_fn, bucket_fn = bucket_fn,
		strip_leading_zero = strip, bucket_sort_fn = sort,
	}
	for _, line in ipairs(M.lines(map, next_entry, kind, opts)) do
		print(line)
	end
end

return M
