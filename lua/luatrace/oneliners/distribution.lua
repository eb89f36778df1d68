-- SPDX-License-Identifier: MIT
-- Histograms by key, with count, sum and maximum beside: what hist() and latency() have in common.
local hist = require "luatrace.hist"
local keys = require "luatrace.oneliners.keys"

local M = {}

-- Each has room for all slots, so there are not as many as of plain counts.
local MOST = 1024

local TEXT = [[
struct lt_dist { u64 count, total, most, below; u64 slots[66]; };
BPF_HASH(lt_dists, struct lt_key, struct lt_dist, %d);
BPF_ARRAY(lt_lost, u64, 1);
static const volatile struct lt_dist lt_none;
static __always_inline void lt_add(struct lt_key *key, u64 value, u64 in_unit, bool below)
{
	struct lt_dist *dist = lt_dists.lookup(key);
	u64 most;
	u32 slot;

	if (!dist) {
		lt_dists.insert(key, (struct lt_dist *)&lt_none);
		dist = lt_dists.lookup(key);
	}
	if (!dist) {
		lt_lost.atomic_increment(0);
		return;
	}
	if (below) {
		lock_xadd(&dist->below, 1);
		return;
	}
	lock_xadd(&dist->count, 1);
	lock_xadd(&dist->total, value);
	/* other CPUs are at it too; who loses four times gives way to larger ones most likely */
#pragma unroll
	for (int i = 0; i < 4; i++) {
		most = dist->most;
		if (value <= most || __sync_val_compare_and_swap(&dist->most, most, value) == most)
			break;
	}
	slot = bpf_log2l(in_unit);
	asm volatile("" : "+r"(slot));	/* the compiler knows that it is small, and the verifier does not */
	if (slot < 66)
		lock_xadd(&dist->slots[slot], 1);
}
]]

---The maps, and lt_add(), which counts a value.
---@param text luatrace.oneliners.Text
function M.write(text)
	text:add(TEXT:format(MOST))
end

---@class luatrace.Distributed
---@field lost integer values of keys that there was no room for
---@field [integer] { key: any[], count: integer, total: number, average: number, max: number, negative: integer, slots:
---table<integer, integer> } the most frequent first; slot n counts values below 2^n, as print_log2_hist has it

---@param handle luatrace.OneLiner
---@return luatrace.Distributed
function M.read(handle)
	local out = { lost = tonumber(handle.b.lt_lost[0]) }
	for key, dist in pairs(handle.b.lt_dists) do
		local slots, count = {}, tonumber(dist.count)
		for slot = 0, 65 do
			local n = tonumber(dist.slots[slot])
			slots[slot] = n > 0 and n or nil
		end
		local total = tonumber(dist.total)
		out[#out + 1] = { key = keys.of(key, handle.opts.by, handle.places), count = count, total = total,
			average = count > 0 and total / count or 0, max = tonumber(dist.most), negative = tonumber(dist.below),
			slots = slots }
	end
	keys.sort(out, "count")
	return out
end

---@param handle luatrace.OneLiner
function M.clear(handle)
	handle.b.lt_dists:clear()
	handle.b.lt_lost[0] = 0
end

local function number(value)
	return value % 1 == 0 and ("%d"):format(value) or ("%.1f"):format(value)
end

---@param handle luatrace.OneLiner
---@param data luatrace.Distributed
---@param label string what is counted, with its unit
---@param divide number from the values to those shown
---@param unit string behind average and maximum
---@return string[]
function M.show(handle, data, label, divide, unit)
	local by, lines = handle.opts.by, {}
	for i = 1, math.min(#data, handle.opts.top) do
		local one = data[i]
		if #by > 0 then
			lines[#lines + 1] = (i > 1 and "\n" or "") .. keys.line(by, one.key)
		end
		for _, line in ipairs(hist.log2(one.slots, label, true)) do
			lines[#lines + 1] = line
		end
		lines[#lines + 1] = ("count %d, average %s%s, max %s%s"):format(one.count, number(one.average / divide), unit,
			number(one.max / divide), unit)
		if one.negative > 0 then
			lines[#lines + 1] = ("negative %d, not in the above"):format(one.negative)
		end
	end
	if #data == 0 then
		lines[1] = ("%s: no values yet"):format(handle.probe)
	elseif #data > handle.opts.top then
		lines[#lines + 1] = ("\n%d of %d shown"):format(handle.opts.top, #data)
	end
	if data.lost > 0 then
		lines[#lines + 1] = ("%d values not counted: there is room for %d histograms"):format(data.lost, MOST)
	end
	return lines
end

return M
