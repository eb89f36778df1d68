-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- --svg, --heatmap, --heatmap-svg: histograms that are known, as bars and over time.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local terminal = require "terminal"
local tool = require "tool"

local path = live.file([==[
local round = 0
return {
	summary = "histograms that are known",
	options = { { "keep", help = "of a map that counts on" }, { "linear", help = "of values" },
		{ "keys", help = "of several" }, { "none", help = "of nothing" }, { "bars", help = "as histograms" } },
	histograms = "bars",
	text = "BPF_HISTOGRAM(counts);",
	every = function(run)
		round = round + 1
		-- it is an option, which a picture implies
		if not run.options.bars then
			return run:say "no histogram"
		end
		local factor = run.options.keep and round or 1
		local function counts(n) return run.options.none and {} or { [1] = 5 * n * factor, [4] = 95 * n * factor } end
		if not run.options.keys then
			run:hist(counts(1), { unit = "<us>", keep = run.options.keep, linear = run.options.linear })
		else
			for _, output in ipairs(run.outputs) do
				output:hist({ { key = "13 letters of\195\164x", counts = counts(1) },
					{ key = "14 of letters:\195\164", counts = counts(1) }, { key = "</svg>\27[31m\255", counts = counts(1) },
					{ key = 7, counts = counts(1001) } },
					{ unit = "<us>", label = "disk" })
			end
		end
	end,
}
]==], "known.lua")

-- What python's XML parser makes of it: texts, the titles of bars and cells, and how many elements are none of ours.
local reader = live.file([[
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
name = lambda e: e.tag.split("}")[1]
for e in root.iter():
    if name(e) in ("text", "title"):
        print(name(e), ascii(e.text))
    if e.get("class") == "bar":
        print("bar", e.get("width"))
print("foreign", sum(name(e) not in ("svg", "style", "rect", "text", "g", "title", "path") for e in root.iter()))
]], "reader.py")

local function picture(words, option)
	local file = sh.dir() .. "/picture.svg"
	local status, out, err = tool.run(("%s %s --%s %s"):format(path, words, option, file))
	if status ~= 0 or err ~= "" then
		error(("status %d: %s"):format(status, err), 2)
	end
	local _, said, trouble = sh.run(("python3 %s %s"):format(reader, file))
	return trouble == "" and said or trouble, out
end

local said, out = picture("0.01 3", "svg")
t.like(out, "     <us> .*95 .*     <us> .*95 .*     <us> .*95 ", "the tool shows what it shows, too")
t.like(said, "text 'luatrace known'\ntext 'histograms that are known", "title")
t.like(said, "text '300 counted'", "the sum of three")
t.like(said, "title '0 %S+ 1 <us>: 15 %(5%.00%%%)'\n.*bar 25%.26316\n"
	.. ".*title '8 %S+ 15 <us>: 285 %(95%.00%%%)'\n.*bar 480\n",
	"bars with their ranges, shares, units")
t.like(said, "title '2 %S+ 3 <us>: 0 %(", "what nothing was counted of, between")
t.like((picture("0.01 3 --keep", "svg")), "text '300 counted'", "a map that counts on is counted once")
t.like((picture("0.01 1 --linear", "svg")), "title '1 <us>: 5 .*title '4 <us>: 95 ", "of values")
t.like((picture("0.01 1 --none", "svg")), "text 'nothing was counted'.*foreign 0", "of nothing")
said = picture("0.01 1 --keys", "svg")
t.like(said, "text 'disk = 7'.*100,100 counted'.*text 'disk = </svg>\\\\e%[31m\\\\xff'", "panels by key, which is text")
t.like(said, "\nforeign 0\n", "and no element")

said = picture("0.01 3", "heatmap-svg")
t.eq(select(2, said:gsub("title '%d+:%d+:%d+, 8 %S+ 15 <us>: 95'", "")), 3, "heat map: a cell an interval")
t.eq(select(2, said:gsub("title ", "")), 6, "and no other")
t.like(said, "text '95 in a cell'", "its scale")
t.eq(select(2, picture("0.01 3 --keep", "heatmap-svg"):gsub("<us>: 95'", "")), 3,
	"of a map that counts on: what an interval added")
t.like((picture("0.01 1 --linear", "heatmap-svg")), "title '[%d:]+, 4 %S+ 7 <us>: 95'", "of values: by powers of two")
t.like(picture("0.01 2 --keys", "heatmap-svg"), "disk = 7'.*disk = </svg>\\\\e.*\nforeign 0\n", "by key")

local _, ascii = sh.run(("LC_ALL=C %s %s 0.01 2 --heatmap"):format(live.luatrace, path))
t.like(ascii, "^%. below 1/32, : below 1/8, %* below 1/4, # above, of a line's events\n"
	.. "TIME +0 +2 +4 +8 +16 +COUNT  <us>\n%d%d:%d%d:%d%d  :::::          #####       +100\n"
	.. "%d%d:%d%d:%d%d  :::::          #####       +100\n$", "on the terminal, in letters")
local _, blocks = sh.run(("LC_ALL=C.UTF-8 %s %s 0.01 1 --heatmap --keys"):format(live.luatrace, path))
t.like(blocks, "TIME      DISK  .*\n[%d:]+  </svg>\\e%[31m\\xf  ▒▒▒▒▒ +█████ +100\n"
	.. "[%d:]+  7 +▒▒▒▒▒ +█████ +100100\n$", "in blocks, by key")
t.like(blocks, "\n[%d:]+  13 letters of\195\164  .*\n[%d:]+  14 of letters:   ", "a key is cut between characters")
local screen = terminal.start { command = ("%s %s 0.01 1 --heatmap"):format(live.luatrace, path), columns = 80,
	env = "TERM=xterm-256color" }
screen:await("ended 0", "a terminal")
t.like(screen:screen(), "\nTIME      0    2    4    8    16        COUNT  <us>\n[%d:]+ +100\n", "in colours")
t.like(screen:colours(), "\n[%d:]+  \27%[48;5;161m     \27%[49m          \27%[48;5;226m     \27%[49m ",
	"the more, the brighter")
screen:close()
local recording = sh.dir() .. "/recording"
sh.run(("%s %s 0.01 1 --record %s"):format(live.luatrace, path, recording))
local late, _, message = sh.run(("%s replay --tool %s %s --svg %s/late.svg"):format(live.luatrace, path, recording,
	sh.dir()))
t.like(late .. message, "^2luatrace replay [^\n]*/recording: there are no histograms in a recording that was made "
	.. "without %-%-bars\n",
	"of a recording without them")
t.ok(sh.run(("%s %s 0.01 1 --heatmap --json"):format(live.luatrace, path)) == 2, "it is a format of its own")
t.done()
