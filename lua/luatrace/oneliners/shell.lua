-- SPDX-License-Identifier: MIT
-- One-liners of `luatrace -e`: what the chunks have started and have not looked at themselves runs on, until Ctrl-C,
-- the end of the command of -c, or until each has had its seconds; then each shows its result.
local handle = require "luatrace.oneliners.handle"
local loop = require "luatrace.loop"

local M = {}

-- A chunk that prints a result, or takes its data, has had what it wanted.
local function left_running()
	local left = {}
	for _, one in ipairs(handle.running()) do
		if not one.shown then
			left[#left + 1] = one
		end
	end
	return left
end

---Called when the last chunk has ended.
function M.finish()
	local all = left_running()
	if #all == 0 then
		return
	end
	handle.on_stop = function()
		if #left_running() == 0 then
			loop.stop()
		end
	end
	loop.run()
	handle.on_stop = nil
	-- All are shown as they were at the end: detaching one takes a while, in which the others go on.
	local results = {}
	for _, one in ipairs(all) do
		if one.kind.name ~= "trace" then	-- which has printed its lines
			results[#results + 1] = tostring(one)
		end
	end
	if #results > 0 then
		print(table.concat(results, "\n\n"))
		io.stdout:flush()
	end
	for _, one in ipairs(all) do
		one:stop()
	end
end

return M
