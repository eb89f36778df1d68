-- SPDX-License-Identifier: MIT
-- Stacks merged from the outside in: a node for each way to a function, and what was counted on it. Nodes are numbers,
-- a parent's below its children's, and found by hashing: a Lua table for each would be most of the work.
local ffi = require "ffi"
local bit = require "bit"

local M = {}

local nodes_ct = ffi.typeof "struct { double now, before; int32_t name, parent, first; }[?]"
local slots_ct = ffi.typeof "int32_t[?]"
local ROOM = 4096

---@class luatrace.tool.Trie
---@field names string[] by name number
---@field nodes ffi.cdata* of each its name's number, its parent (0: the root), what was counted `now`, and `before`
---@field count integer how many nodes there are
---@field total number
---@field total_before number
local Trie = {}
Trie.__index = Trie

---@return luatrace.tool.Trie
function M.new()
	return setmetatable({ ids = {}, names = {}, count = 0, total = 0, total_before = 0, room = ROOM,
		nodes = nodes_ct(ROOM + 1), slots = slots_ct(2 * ROOM), mask = 2 * ROOM - 1,
		hashed = 0 }, Trie)
end

---The number of a name.
---@param name string
---@return integer
function Trie:intern(name)
	local id = #self.names + 1
	self.names[id], self.ids[name] = name, id
	return id
end

-- Where the search for a node begins in a table of `mask` + 1 slots.
local function slot_of(parent, id, mask)
	local hash = bit.bxor(bit.tobit(parent * 40503), bit.tobit(id * 2654435))
	return bit.band(bit.bxor(hash, bit.rshift(hash, 15)), mask)
end

-- Where the hash has room for a node.
local function free_slot(slots, mask, parent, id)
	local slot = slot_of(parent, id, mask)
	while slots[slot] ~= 0 do
		slot = bit.band(slot + 1, mask)
	end
	return slot
end

local function grow_hash(self)
	local nodes, mask = self.nodes, 4 * self.mask + 3
	local slots = slots_ct(mask + 1)
	for node = 1, self.count do
		local one = nodes[node]
		if nodes[one.parent].first ~= node then
			slots[free_slot(slots, mask, one.parent, one.name)] = node
		end
	end
	self.slots, self.mask = slots, mask
end

local function add_node(self, parent, id)
	if self.count == self.room then
		local nodes = nodes_ct(2 * self.room + 1)
		ffi.copy(nodes, self.nodes, ffi.sizeof(self.nodes))
		self.room, self.nodes = 2 * self.room, nodes
	end
	local node = self.count + 1
	self.count = node
	self.nodes[node].name, self.nodes[node].parent = id, parent
	return node
end

-- A node's first child is found by the node, the others are in the hash: most have no others.
local function child_of(self, parent, id)
	local nodes, first = self.nodes, self.nodes[parent].first
	if first == 0 then
		local node = add_node(self, parent, id)
		self.nodes[parent].first = node
		return node
	elseif nodes[first].name == id then
		return first
	end
	local slots, mask = self.slots, self.mask
	local slot = slot_of(parent, id, mask)
	while slots[slot] ~= 0 do
		local node = slots[slot]
		if nodes[node].parent == parent and nodes[node].name == id then
			return node
		end
		slot = bit.band(slot + 1, mask)
	end
	local node = add_node(self, parent, id)
	slots[slot] = node
	self.hashed = self.hashed + 1
	if 2 * self.hashed > mask then
		grow_hash(self)
	end
	return node
end

local function count_at(self, node, count, past)
	local one = self.nodes[node]
	if past then
		one.before = one.before + count
	else
		one.now = one.now + count
	end
end

---Adds a stack.
---@param first string? its outermost frame
---@param frames string[] the others
---@param count number
---@param past boolean? it is of what this is compared with
function Trie:add(first, frames, count, past)
	local ids, node = self.ids, 0
	if first then
		node = child_of(self, 0, ids[first] or self:intern(first))
		count_at(self, node, count, past)
	end
	for i = 1, #frames do
		local name = frames[i]
		node = child_of(self, node, ids[name] or self:intern(name))
		count_at(self, node, count, past)
	end
	if past then
		self.total_before = self.total_before + count
	else
		self.total = self.total + count
	end
end

---@class luatrace.tool.Boxes
---@field list integer[] nodes that are drawn, row by row: 0 is all of it, and -NODE - 1 the children of a node that are
---too thin for boxes of their own, as one
---@field at table<integer, number> of what is in the list: where it begins, in what is counted
---@field depth table<integer, integer> from 0
---@field deepest integer
---@field thin table<integer, integer> by node: how many children are too thin
---@field sum table<integer, number> by node: what these counted
---@field hidden integer how many functions have no box of their own

-- The least value that is drawn: no more than `most` nodes reach it.
local function least_of(self, least, most)
	local values, nodes = {}, self.nodes
	for node = 1, self.count do
		if nodes[node].now >= least then
			values[#values + 1] = nodes[node].now
		end
	end
	if #values > most then
		table.sort(values, function(a, b) return a > b end)
		-- many may have this very value: then none of them is drawn
		least = values[most + 1] * (1 + 1e-9)
	end
	return least
end

-- Children that are drawn, by parent. Of the others how many there are, and how much they counted.
local function children(self, least)
	local kids, thin, sum, hidden, nodes = {}, {}, {}, 0, self.nodes
	for node = 1, self.count do
		local value, parent = nodes[node].now, nodes[node].parent
		if value >= least then
			local list = kids[parent]
			if list then
				list[#list + 1] = node
			else
				kids[parent] = { node }
			end
		elseif value > 0 then
			hidden = hidden + 1
			if parent == 0 or nodes[parent].now >= least then
				thin[parent], sum[parent] = (thin[parent] or 0) + 1, (sum[parent] or 0) + value
			end
		end
	end
	return kids, thin, sum, hidden
end

---Where the boxes are.
---@param share number the least share of the total that is drawn
---@param most integer how many nodes have a box at most
---@return luatrace.tool.Boxes
function Trie:layout(share, most)
	local narrowest = math.max(self.total * share, 1e-300)
	local kids, thin, sum, hidden = children(self, least_of(self, narrowest, most))
	local out = { list = { 0 }, at = { [0] = 0 }, depth = { [0] = 0 }, deepest = 0, thin = thin, sum = sum,
		hidden = hidden }
	local names, nodes, list = self.names, self.nodes, out.list
	local function by_name(a, b) return names[nodes[a].name] < names[nodes[b].name] end
	local function put(node, at, depth)
		list[#list + 1] = node
		out.at[node], out.depth[node], out.deepest = at, depth, math.max(out.deepest, depth)
	end
	local next_one = 1
	while list[next_one] do
		local node = list[next_one]
		local at, depth = out.at[node], out.depth[node] + 1
		if node >= 0 and kids[node] then
			table.sort(kids[node], by_name)
			for _, child in ipairs(kids[node]) do
				put(child, at, depth)
				at = at + nodes[child].now
			end
		end
		if node >= 0 and (sum[node] or 0) >= narrowest then
			put(-node - 1, at, depth)
		end
		next_one = next_one + 1
	end
	return out
end

return M
