-- SPDX-License-Identifier: MIT
-- Counts by key, in BPF and below what is shown: what count() and stacks() have in common.
local M = {}

local TEXT = [[
BPF_HASH(lt_counts, struct lt_key, u64, %d);
BPF_ARRAY(lt_lost, u64, 1);
static __always_inline void lt_add(struct lt_key *key)
{
	u64 *n = lt_counts.lookup(key), one = 1;

	if (!n && lt_counts.insert(key, &one)) {	/* another CPU was faster, or there is no room */
		n = lt_counts.lookup(key);
		if (!n)
			lt_lost.atomic_increment(0);
	}
	if (n)
		lock_xadd(n, 1);
}
]]

---The maps, and lt_add(), which counts a key once.
---@param text luatrace.oneliners.Text
---@param most integer how many keys there is room for
function M.write(text, most)
	text:add(TEXT:format(most))
end

---@param handle luatrace.OneLiner
function M.clear(handle)
	handle.b.lt_counts:clear()
	handle.b.lt_lost[0] = 0
end

---The lines below those of the keys: all together, and what is not among it.
---@param lines string[]
---@param data { total: integer, lost: integer }
---@param shown integer how many keys have lines
---@param keys string what keys are called
---@param most integer
function M.add_total(lines, data, shown, keys, most)
	lines[#lines + 1] = ("%10d  total%s"):format(data.total,
		shown < #data and (" of %d %s, %d shown"):format(#data, keys, shown) or "")
	if data.lost > 0 then
		lines[#lines + 1] = ("%10d  not counted: there is room for %d %s"):format(data.lost, most, keys)
	end
end

return M
