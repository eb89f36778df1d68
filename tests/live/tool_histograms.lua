-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- Histograms with slots that are far from each other, or that there are very many of: in each format what was counted
-- is there, and no more time or memory is spent on what was not.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

local path = live.file([==[
local COUNTS = {
	far = { [0] = 3, [2] = 1, [19] = 7, [36] = 1, [2 ^ 31] = 5, [2 ^ 62] = 2 },
	negative = { [-4] = 1, [-2] = 3, [3] = 2 },
	log2 = { [3] = 1, [2 ^ 31] = 5 },
	odd = { [1.5] = 1 },
}
local round = 0
return {
	summary = "histograms of values",
	options = { { "which", choices = { "far", "negative", "log2", "odd", "many" }, default = "far", help = "which" } },
	text = "BPF_HISTOGRAM(counts);",
	every = function(run)
		local counts = COUNTS[run.options.which] or {}
		round = round + 1
		for i = 1, run.options.which == "many" and 50000 or 0 do
			counts[2 * (50000 * round + i)] = 1
		end
		run:hist(counts, { unit = "bytes", linear = run.options.which ~= "log2" })
	end,
}
]==], "far.lua")

-- What fails shall not take the machine with it.
local function run(words)
	local status, out, err = sh.run(("ulimit -v 4000000; timeout 60 %s %s %s"):format(live.luatrace, path, words))
	t.eq(status .. err, "0", words)
	return out
end
local function line(slot, count)
	local stars = math.floor(40 * count / 7)
	return ("        %-10d : %-8d |%s%s|\n"):format(slot, count, ("*"):rep(stars), (" "):rep(40 - stars))
end

local near = { [0] = 3, [2] = 1, [19] = 7, [36] = 1 }
local lines = { "     bytes         : count     distribution\n" }
for slot = 0, 36 do
	lines[#lines + 1] = line(slot, near[slot] or 0)
end
lines[#lines + 1] = "        ...\n" .. line(2 ^ 31, 5) .. "        ...\n" .. line(2 ^ 62, 2)
t.eq(run "-d 0.01", table.concat(lines), "text: long runs of empty slots are one line")
t.like(run "-d 0.01 --which negative", "\n        %-4         : 1 .*\n        %-3         : 0 .*\n        3  ",
	"below 0, too")

local row = tool.decode(run "-d 0.01 --json")[1]
t.eq(#row.buckets, 6, "JSON: those that counted something")
t.eq(("%.0f %.0f %d"):format(row.buckets[5].from, row.buckets[5].to, row.buckets[5].count), "2147483648 2147483648 5",
	"a far one")
t.eq(select(2, run "-d 0.01 --csv":gsub("\n[^\n]+,bytes", "")), 6, "CSV: the same")
t.like(run "-d 0.01 --heatmap", "\nTIME +0 .*COUNT  bytes\n[%d:]+ .* 19\n$", "a heat map")
t.like(run "-d 0.01 --which many --heatmap", " 50000\n$", "of many")

local picture = sh.dir() .. "/picture.svg"
local function svg(words, option)
	run(("%s --%s %s"):format(words, option, picture))
	return sh.read(picture)
end
local drawn = svg("-d 0.01", "svg")
t.eq(select(2, drawn:gsub('class="bar"', "")), 39, "bars of what is near, and of the far")
t.eq(select(2, drawn:gsub(">…</text>", "")), 2, "and marks between")
drawn = svg("0.02 3 --which many", "svg")
t.ok(select(2, drawn:gsub('class="bar"', "")) <= 64, "of many several are a bar")
t.like(drawn, "150,000 counted, 84,464 of them at values that there was no room for", "what is left out is said")
t.like(svg("-d 0.01", "heatmap-svg"), "2,147,483,648 – 4,294,967,295 bytes: 5", "a heat map over time")

local status, _, err = sh.run(("ulimit -v 4000000; timeout 60 %s %s -d 0.01 --which log2"):format(live.luatrace, path))
t.like(status .. err, "^1luatrace: hist: 2147483648 is no slot of a histogram of powers of two %(0 to 64%)\n$",
	"of powers of two there are 64")
status, _, err = sh.run(("%s %s -d 0.01 --which odd"):format(live.luatrace, path))
t.like(status .. err, "^1luatrace: hist: 1%.5 is no slot of a histogram, which is a whole number\n$", "no whole number")
t.done()
