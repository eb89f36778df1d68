-- SPDX-License-Identifier: MIT
-- Tools whose probes and expressions the user names. The one-liners check them and make the text; a tool says what it
-- does with what is counted.
local C = require "luatrace.abi"
local errors = require "luatrace.errors"
local expression = require "luatrace.oneliners.expression"
local ffi = require "ffi"
local handle = require "luatrace.oneliners.handle"
local keys = require "luatrace.oneliners.keys"
local oneliners = require "luatrace.oneliners"

local M = {}

---Probes of which each has another text, of what counts or shows events, and of what times calls: command lines that a
---bundle is good for, with all probes like them.
local SYSCALL = jit.arch == "x64" and "kprobe:__x64_sys_" or "kprobe:__arm64_sys_"
M.EVENTS = { "kprobe:vfs_read", "kprobe:vfs_*", SYSCALL .. "read", SYSCALL .. "re*", "fentry:vfs_read",
	"tracepoint:sched:sched_switch", "tracepoint:sched:*",
	"tracepoint:syscalls:sys_enter_*", "tracepoint:syscalls:sys_exit_*", "raw_tracepoint:sched_switch" }
M.CALLS = { "kprobe:vfs_read", "kprobe:vfs_*", SYSCALL .. "read", SYSCALL .. "re*", "fentry:vfs_read",
	"tracepoint:syscalls:sys_enter_read",
	"tracepoint:syscalls:sys_enter_*", "uprobe:c:malloc", "uprobe:c:mallo*" }

-- The text of the tool that runs, and its object.
local current, object

-- What is wrong with an argument has no place in a file: in a coroutine there is no caller to name.
local function checked(fn, ...)
	local ok, result = coroutine.resume(coroutine.create(fn), ...)
	if not ok then
		error(errors.is(result) and result or errors.new(tostring(result), errors.EINVAL), 0)
	end
	return result
end

---A tool's text, for a probe as `luatrace probes` has it.
---@param tool string its name, for messages
---@param kind "count"|"hist"|"trace"|"stacks"|"latency" whose options it has
---@param probe string
---@param options table of the one-liner
---@param write? fun(text: luatrace.oneliners.Text, probe: luatrace.oneliners.Probe, opts: table): table[] writes it,
---where it is another text than the one-liner's; returns the programs in the order that they are attached in
---@return luatrace.oneliners.Text
function M.text(tool, kind, probe, options, write)
	current = checked(oneliners.text, tool, kind, probe, options, write)
	return current
end

---Attaches its programs.
---@param text luatrace.oneliners.Text
---@param b luatrace.BPF
function M.attach(text, b)
	object = b
	checked(text.protect, text, oneliners.attach_all, text.where, b, text.attached)
end

---Expressions of an option.
---@param tool string
---@param option string
---@param value string|string[]
---@return luatrace.Expression[]
function M.list(tool, option, value)
	return checked(expression.list, tool, option, value)
end

local places

---Names of the places that the probe stands for, by number.
---@param run luatrace.Run
---@return table<integer, string>
function M.places(run)
	places = places or run:observe("places", function()
		local of_calls = {}
		for number, name in pairs(current.probe.syscalls and current.probe.syscalls.numbers or {}) do
			of_calls[number + 1] = name
		end
		return next(of_calls) and of_calls or handle.places_of(object, current.probe)
	end)
	return places or {}
end

---The values of expressions in a record or a key.
---@param run luatrace.Run
---@param record ffi.cdata* with members k1, k2, …
---@param list luatrace.Expression[]
---@return any[]
function M.values(run, record, list)
	return keys.of(record, list, M.places(run))
end

---Columns of expressions, of records that have their values as members k1, k2, ….
---@param list luatrace.Expression[]
---@param ... string what the tool's own columns are called
---@return luatrace.ToolColumn[]
function M.record_columns(list, ...)
	local columns = M.columns(list, ...)
	for i, column in ipairs(columns) do
		local member, is_place = "k" .. i, keys.is_probe(list[i])
		function column.value(record, run)
			local value = keys.plain(record[member])
			if is_place then
				return M.places(run)[value] or "[unknown]"
			end
			return value
		end
	end
	return columns
end

local WIDTHS = { comm = 16, probe = 32, func = 32, pid = 7, tid = 7, uid = 6 }

---Columns of expressions; a row has their values by number. No two are called the same in JSON.
---@param list luatrace.Expression[]
---@param ... string what the tool's own columns are called
---@return luatrace.ToolColumn[]
function M.columns(list, ...)
	local columns, taken = {}, { time = true }
	for _, field in ipairs { ... } do
		taken[field] = true
	end
	for i, e in ipairs(list) do
		local heading = keys.heading(e)
		local field = heading:lower():gsub("[^%w]+", "_"):gsub("^_+", ""):gsub("_+$", "")
		if not field:find "^%l" or taken[field] then
			field = "value" .. i
		end
		taken[field] = true
		columns[i] = { heading:upper(), field = field, label = true, value = function(row) return row[i] end,
			width = math.max(WIDTHS[e.text] or e.names.str and 24 or 8, #heading) }
	end
	return columns
end

---Rows of what count() counts.
---@param run luatrace.Run
---@param list luatrace.Expression[] its `by`
---@return table[] rows
function M.counts(run, list)
	local rows = {}
	for i, entry in ipairs(run:take("lt_counts", true)) do
		local row = M.values(run, entry.key, list)
		row.count = tonumber(entry.value)
		rows[i] = row
	end
	run:say_lost("lt_lost", "events of keys")
	return rows
end

---Histograms of what hist() and latency() count, the most frequent first.
---@param run luatrace.Run
---@param list luatrace.Expression[] its `by`
---@param divide number from the values to the sums that are shown
---@return luatrace.tool.Histogram[]
function M.histograms(run, list, divide)
	local out = {}
	for i, entry in ipairs(run:take("lt_dists", true)) do
		local dist, counts = entry.value, {}
		local count, total = tonumber(dist.count), tonumber(dist.total)
		for slot = 0, 65 do
			local n = tonumber(dist.slots[slot])
			counts[slot] = n > 0 and n or nil
		end
		out[i] = { counts = counts, count = count, sums = { { "count", count },
			{ "average", math.floor(total / math.max(count, 1) / divide + 0.5) },
			{ "total", math.floor(total / divide + 0.5) }, { "max", math.floor(tonumber(dist.most) / divide + 0.5) } } }
		local values = M.values(run, entry.key, list)
		if #list == 1 then
			out[i].key = values[1]
		elseif #list > 1 then
			out[i].key = keys.line(list, values)
		end
		if dist.below > 0 then
			table.insert(out[i].sums, { "negative", tonumber(dist.below) })
		end
	end
	table.sort(out, function(a, b) return a.count > b.count end)
	run:say_lost("lt_lost", "events of keys")
	return out
end

---What the keys of histograms are called.
---@param list luatrace.Expression[]
---@return string?
function M.label(list)
	return #list == 1 and keys.heading(list[1]) or #list > 1 and "key" or nil
end

---What there is to attach to.
---@param pattern string "KIND:TARGET"
---@param details boolean? with arguments
---@return { probe: string, arguments: string[] }[]
function M.find(pattern, details)
	return checked(M.try_find, pattern, details)
end

---@param pattern string
---@param details boolean?
---@return { probe: string, arguments: string[] }[]
function M.try_find(pattern, details)
	local blob, err = ffi.gc(ffi.new("lt_blob[1]"), C.lt_blob_free), errors.buffer()
	local count = C.lt_probe_list(pattern, details and 1 or 0, blob, err)
	if count < 0 then
		errors.raise_c(count, err)
	end
	local out = {}
	for line in (count > 0 and ffi.string(blob[0].data, blob[0].size) or ""):gmatch "[^\n]+" do
		local argument = line:match "^    (.*)"
		if argument then
			table.insert(out[#out].arguments, argument)
		else
			out[#out + 1] = { probe = line, arguments = {} }
		end
	end
	return out
end

---Whether a probe may be several places.
---@param probe string
---@return boolean
function M.is_pattern(probe)
	return probe:find "[*?[]" ~= nil
end

return M
