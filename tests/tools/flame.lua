-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- --flame: what the boxes say of stacks that are known, whatever these are called; what changed; files that cannot be.
local t = require "tap"
local live = require "live"
local sh = require "sh"
local tool = require "tool"

local path = live.file([==[
local HOSTILE = { "</text><script>alert(1)</script>", "a\"b'c&d]]>", "two\nlines\27[31m",
	"bad \255\254 \192\128 utf-8 \239\191\191", ("long"):rep(1024), "Ω<T>::operator;()", "" }
local function stacks(options)
	local list = { { count = 60, comm = "one", pid = 1, frames = { "main", "work", "copy_[k]" } },
		{ count = 20, comm = "one", pid = 1, frames = { "main", "work" } },
		{ count = 13, comm = "two", pid = 2, frames = { "[unknown]", "compiled_[j]", "small_[i]" } } }
	if options.later then
		list[1].count, list[2].count, list[3].frames[2] = 20, 60, "other_[j]"
	end
	if options.hostile then
		for _, name in ipairs(HOSTILE) do
			list[#list + 1] = { count = 7, comm = name, pid = 3, frames = { name, "main" } }
		end
	end
	for i = 1, options.thin and 1009 or 0 do
		list[#list + 1] = { count = 0.001, comm = "two", pid = 2, frames = { "thin" .. i } }
	end
	return list
end
return {
	summary = "stacks that are known",
	options = { { "hostile", help = "names" }, { "thin", help = "more of them" }, { "later", help = "others" } },
	text = "#include <luatrace/stacks.h>\n",
	stacks = { unit = "<calls>" },
	every = function(run) run:show_stacks(stacks(run.options)) end,
}
]==], "known.lua")

-- What python's XML parser makes of it: a line a box, and how many elements there are that do something.
local reader = live.file([[
import re, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
name = lambda e: e.tag.split("}")[1]
boxes = next(e for e in root.iter() if e.get("id") == "boxes")
for box in boxes:
    title, rect = box[0].text, box[1]
    x, width = rect.get("x")[:-1], rect.get("width")[:-1]
    print("box", box.get("class").split()[0][0], x, width, rect.get("y"), ascii(title))
print("scripts", sum(name(e) == "script" for e in root.iter()))
ours = ("svg", "style", "rect", "text", "g", "title", "script")
print("foreign", sum(name(e) not in ours for e in root.iter()))
print("handlers", sum(a.startswith("on") or "href" in a for e in root.iter() for a in e.attrib))
fits = lambda box, label: len(label.text) * 7.2 <= float(box[1].get("width")[:-1]) * 11.8
print("labels too long", sum(not fits(box, label) for box in boxes for label in box[2:]))
print("texts", ascii([e.text for e in root.iter() if name(e) == "text" and e.get("class") == "sans"]))
]], "reader.py")

local function flame(words, name)
	local file = sh.dir() .. "/" .. (name or "flame.svg")
	local status, out, err = tool.run(("%s -d 0.01 %s --flame %s"):format(path, words, file))
	if status ~= 0 or err ~= "" then
		error(("status %d: %s"):format(status, err), 2)
	end
	local _, said, trouble = sh.run(("python3 %s %s"):format(reader, file))
	return trouble == "" and said or trouble, out, file
end

local said, out, file = flame ""
local all = sh.read(file)
t.like(out, "\n        60 <calls>\n", "the tool shows what it shows, too")
t.like(said, "box a 0 100 72 'all %(93 <calls>, 100%.00%%%)'", "all of it")
t.like(said, "box p 0 86%.02151 54 'one %(80 <calls>, 86%.02%%%)'", "a process, as wide as what was counted in it")
t.like(said, "box p 86%.02151 13%.97849 54 'two %(13 ", "the next one, beside it")
t.like(said, "box u 0 86%.02151 36 'main %(80 ", "a function of the user's, once for two stacks")
t.like(said, "box k 0 64%.51613 0 'copy %(60 ", "one of the kernel, without the mark")
t.like(said, "box n %S+ 13%.97849 36 '%[unknown%] ", "an unknown one")
t.like(said, "box j .* 'compiled %(13 .*\nbox k .*box i %S+ %S+ 0 'small %(13 ", "compiled at run time, and inlined")
t.like(said, "\nscripts 1\nforeign 0\nhandlers 0\nlabels too long 0\n", "one script, ours, and text that fits its box")
local off = select(3, flame("--flame-colour off", "off.svg"))
local function boxes_of(text) return text:match '<svg id="boxes".*' end
t.eq(boxes_of(sh.read(off)), boxes_of(all), "the same again")
local function colour_of(text) return text:match "%.u0 rect{fill:#%x+}" end
t.ok(colour_of(sh.read(off)) ~= colour_of(all), "in other colours: --flame-colour off")

said = flame "--hostile"
t.like(said, "'</text><script>alert%(1%)</script> %(7 <calls>, 4%.93%%%)'", "names are text: markup")
t.like(said, [['a"b\'c&d%]%]> %(7 ]], "quotes")
t.like(said, "'two\\\\nlines\\\\e%[31m %(7 ", "control characters are written out")
t.like(said, "'bad \\\\xff\\\\xfe \\\\xc0\\\\x80 utf%-8 \\\\uffff %(7 ",
	"bytes that are no UTF-8, characters that are no XML")
t.like(said, "'" .. ("long"):rep(1024) .. " %(7 ", "a name of 4 KiB, all of it in the title")
t.like(said, "\nscripts 1\nforeign 0\nhandlers 0\nlabels too long 0\n", "nothing of them became an element")

said = flame "--thin"
t.like(said, "box t %S+ 1%.073301 36 '1,009 functions, each too thin to draw %(1%.009 <calls>, ",
	"thin boxes are one, of their sum")
t.like(said, "texts .*1,009 functions too thin for boxes of their own", "and said")

-- Compared with what --folded showed.
local before = sh.dir() .. "/before.folded"
local _, folded = tool.run(path .. " -d 0.01 --folded")
sh.write(before, folded)
said = flame("--later --flame-diff " .. before)
t.like(said, "box s %S+ 21%.50538 0 'copy %(20 <calls>, 21%.51%%; before 64%.52%%, %-43%.01%)'", "what shrank")
t.like(said, "box g %S+ 13%.97849 18 'other %(13 <calls>, 13%.98%%; before 0%.00%%, %+13%.98%)'", "what grew")
t.like(said, "'main %(80 <calls>, 86%.02%%; before 86%.02%%, %+0%.00%)'", "what did neither")
t.like(said, "texts .*13%.98%% of before was in functions that are gone", "what is gone")

-- Code that a process made itself and told of.
local spin = live.start("python3 " .. live.file([[
import ctypes, mmap, os
code = mmap.mmap(-1, 4096, prot=7)
code.write(b"\xeb\xfe" if os.uname().machine == "x86_64" else b"\0\0\0\x14")
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
path = "/tmp/perf-%d.map" % os.getpid()
with open(path, "x") as file:
    file.write("%x 10 Compiled::loop()\n" % address)
print("pid", os.getpid(), flush=True)
ctypes.CFUNCTYPE(None)(address)()
]], "spin.py"))
local spinning = spin:await "pid (%d+)\n"
out = select(2, tool.run(("profile -p %s -F 997 -d 0.3 --flame %s/spin.svg"):format(spinning, sh.dir())))
spin:kill "KILL"
spin:wait()
os.remove(("/tmp/perf-%s.map"):format(spinning))
said = select(2, sh.run(("python3 %s %s/spin.svg"):format(reader, sh.dir())))
t.like(said, "box j %S+ %S+ %S+ 'Compiled::loop%(%) %(%d+ samples, ", "a function that a perf map names")
t.ok(out:find("    Compiled::loop()\n", 1, true) and not out:find("_[j]", 1, true),
	"without the mark where people read it")

-- In a browser: what keys, clicks and a search do, said in the place of details.
local PLAY = [=[<script><![CDATA[
var said = [], get = function (id) { return document.getElementById(id); };
function key(name) { dispatchEvent(new KeyboardEvent('keydown', { key: name })); }
function boxes() {
	return Array.prototype.filter.call(get('boxes').children, function (g) { return g.style.display !== 'none'; }).length;
}
function search(word) {
	var input = document.getElementsByTagNameNS('*', 'input')[0];
	input.value = word;
	input.dispatchEvent(new Event('input'));
	said.push(get('matched').textContent + ' ' + document.querySelectorAll('.hit').length);
}
said.push(boxes());
['ArrowUp', 'ArrowUp', 'ArrowRight'].forEach(key);
said.push(get('details').textContent);
key('Enter');
said.push(boxes(), get('boxes').children[2].children[1].getAttribute('width'));
key('Escape');
key('Escape');
said.push(boxes());
get('boxes').children[3].dispatchEvent(new MouseEvent('click', { bubbles: true }));
said.push(boxes());
key('/');
['main', '^(one|two)$', '(', 'work'].forEach(search);
get('details').textContent = 'SAID ' + said.join('; ') + '.';
]]></script></svg>]=]
if sh.run "command -v chromium" == 0 then
	sh.write(sh.dir() .. "/played.svg", (all:gsub("</svg>%s*$", function() return PLAY end)))
	local _, page = sh.run(("timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir=%s/chromium "
		.. "--dump-dom file://%s/played.svg"):format(sh.dir(), sh.dir()))
	t.eq(page:match "SAID (.-)%.<", "9; two (13 &lt;calls&gt;, 13.98%); 5; 100%; 9; 5; matched: 86.02% 1; "
		.. "matched: 100.00% 2; matched: 0.00% 0; matched: 86.02% 1", "in a browser: keys, clicks, search")
else
	t.skip "chromium is missing (package chromium)"
end

local function refused(words, status, pattern, name)
	local got, _, err = tool.run(path .. " -d 0.01 " .. words)
	t.ok(got == status and err:find(pattern), name .. ": " .. err)
end
local dir = sh.dir()
refused("--flame=-", 1, "^luatrace: %-%-flame: takes the name of a file, not '%-'\n$", "no name")
refused("--flame=-x.svg", 1, "write './%-x%.svg'", "a name like an option")
refused("--flame " .. dir, 1, "is no regular file; nothing is written over it\n$", "a folder")
refused("--flame /dev/null", 1, "is no regular file", "a device")
t.eq((sh.run "test -c /dev/null"), 0, "which is there still")
refused(("--flame %s/none/x.svg"):format(dir), 1, "^luatrace: %-%-flame: /%S+/none/x.svg: No such file or directory\n$",
	"a folder that is none")
refused("--flame-diff x", 1, "give %-%-flame FILE too", "half of it")
refused(("--flame %s/x.svg --flame-diff %s"):format(dir, path), 1, "line 1 is no folded stack", "no folded file")
refused(("--flame %s/x.svg --flame-diff %s/nothing"):format(dir, dir), 1, "No such file", "no file")
refused(("--flame %s/x.svg --flame-diff %s"):format(dir, dir), 1, "%-%-flame%-diff: " .. dir:gsub("%p", "%%%0")
	.. ": Is a directory", "a folder")
refused("--flame-colour red", 2, "must be one of 'on', 'off'", "no palette")
local _, left = sh.run(("ls -A %s | grep -c 'part$'"):format(dir))
t.eq(left, "0\n", "no part of a file is left")
t.done()
