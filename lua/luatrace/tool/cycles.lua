-- SPDX-License-Identifier: MIT
-- Cycles in a directed graph, such as of mutexes that are locked one after the other.
local M = {}

---@class luatrace.tool.Edge
---@field from string
---@field to string

---@class luatrace.tool.Cycle
---@field name string of its nodes: the same for each way around
---@field edges luatrace.tool.Edge[] each begins where the one before ends

-- The shortest way from a node to another one, as edges; nil when there is none.
local function path(graph, from, to)
	local came, queue = { [from] = true }, { from }
	for _, node in ipairs(queue) do
		for _, edge in ipairs(graph[node] or {}) do
			if not came[edge.to] then
				came[edge.to] = edge
				queue[#queue + 1] = edge.to
			end
		end
		if came[to] then
			local edges, at = {}, to
			while at ~= from do
				table.insert(edges, 1, came[at])
				at = came[at].from
			end
			return edges
		end
	end
end

---For each edge, the shortest cycle that it is a part of; each cycle once.
---@param edges luatrace.tool.Edge[]
---@param seen table<string, boolean> names of cycles that are known already; those that are found become it
---@return luatrace.tool.Cycle[]
function M.find(edges, seen)
	local graph, out = {}, {}
	table.sort(edges, function(a, b) return a.from < b.from end)
	for _, edge in ipairs(edges) do
		graph[edge.from] = graph[edge.from] or {}
		table.insert(graph[edge.from], edge)
	end
	for _, edge in ipairs(edges) do
		local back = path(graph, edge.to, edge.from)
		if back then
			table.insert(back, 1, edge)
			local names = {}
			for i, one in ipairs(back) do
				names[i] = one.from
			end
			table.sort(names)
			local name = table.concat(names, " ")
			out[#out + 1] = not seen[name] and { name = name, edges = back } or nil
			seen[name] = true
		end
	end
	return out
end

return M
