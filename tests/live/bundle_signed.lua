-- SPDX-License-Identifier: MIT
-- Not in guests: it is about files.
-- --signed: what is shown and run of a bundle that a key has signed; and of what nobody has signed, or somebody else,
-- not a line is run, whatever is asked of it.
local live = require "live"
local sh = require "sh"
local t = require "tap"

if sh.run "command -v minisign" ~= 0 then
	t.skip_all "minisign is missing"
end

local own = require "own_home"
local home, work, run, must = own.home, own.work, own.run, own.must

t.like(run "new --collection acme", "^0 ", "a collection")
must("minisign -G -W -p key.pub -s key.sec && minisign -G -W -p other.pub -s other.sec", "keys")
t.like(run "bundle acme/acme -o acme.ltb --sign key.sec", "^0 ", "a signed bundle of it")
local shown = must(live.luatrace .. " -c 'sh -c \"cd /usr/share\"' acme/acme/chdirs.lua -n sh --csv --record recording",
	"a recording")

local TOOLS = "chdirs           directories that processes change to\n"
	.. "exits            how many processes end, by name\n"
for words, want in pairs {
	["list acme.ltb"] = TOOLS, ["acme.ltb --help"] = "usage: luatrace acme.ltb TOOL [argument...]\n\n" .. TOOLS,
	["bundle --verify key.pub acme.ltb"] = "acme.ltb: signed by this key\n",
	["replay --tool acme.ltb recording"] = shown, ["list --help"] = run("list --help"):sub(3),
	["complete 2 luatrace acme.ltb"] = "chdirs\nexits\n", ["complete 2 luatrace acme.ltb ch"] = "chdirs\n",
	["complete 3 luatrace acme.ltb exits --cs"] = "--csv\n", ["complete 3 luatrace info acme.ltb ex"] = "exits\n",
	["complete 5 luatrace replay --tool acme.ltb recording --js"] = "--json\n", ["complete 1 luatrace lis"] = "list\n",
} do
	t.eq(run("--signed key.pub " .. words), "0 " .. want, "of what is signed: " .. words)
end
t.like(run("--signed key.pub info acme.ltb exits"), "^0 usage: luatrace acme%.ltb exits %[", "info, too")
t.like(run("--signed key.pub bundle --list acme.ltb"), "^0 bundle%.lua\nchdirs%.lua\n", "and what is in it")

-- What nobody has signed, or somebody else: not a line of it is run, whatever is asked of it.
local ran, spies = work .. "/was-run", home .. "/.local/share/luatrace/collections"
must(("mkdir -p %s/spy/lib && sed s/acme/spy/ acme/acme/collection.lua >%s/spy/collection.lua"):format(spies, spies),
	"a collection")
sh.write(spies .. "/spy/lib/eye.lua", ("io.open(%q, 'w'):close()\n"):format(ran))
sh.write(spies .. "/spy/spying.lua", "require 'eye'\n" .. sh.read(work .. "/acme/acme/exits.lua"))
t.like(run(("bundle %s/spy -o spy.ltb"):format(spies)), "^0 ", "a bundle that nobody has signed")
t.like(run(("bundle %s/spy -o other.ltb --sign other.sec"):format(spies)), "^0 ", "one that somebody else has")
must("sed s/chdirs/spying/g recording >spied", "a recording for it")
local function spied(words, luatrace)
	os.remove(ran)
	local said = run(words, luatrace)
	return said, os.remove(ran) ~= nil
end
local function quiet(words, luatrace)
	local said, was_run = spied(words, luatrace)
	t.ok(not was_run, "not looked at: " .. words)
	return said
end
for _, words in ipairs { "list", "info spying", "info spy.ltb spying", "replay --tool spy.ltb spied",
	"complete 2 luatrace spying --cs", "complete 3 luatrace spy.ltb spying --cs" } do
	local _, was_run = spied(words)
	t.ok(was_run, "without a key it is run: " .. words)
end
local REFUSED = "only bundles %(FILE%.ltb%) that are signed are run here, by %-%-signed or LUATRACE_SIGNED\n$"
local folder = spies .. "/spy"
for words, who in pairs {
	["./acme/acme/exits.lua"] = "./acme/acme/exits.lua", ["-e 'print(1)'"] = "-e", repl = "the prompt", spying = "spying",
	list = "list", ["list spying"] = "list", ["info spying"] = "info", ["info " .. folder .. "/spying.lua"] = "info",
	["replay spied"] = "replay", ["replay --tool " .. folder .. "/spying.lua spied"] = "replay",
	["replay --tool acme.ltb --tool spying spied"] = "replay",
	["bundle " .. folder .. " -o no.ltb"] = "bundle", ["bundle " .. folder .. " --check"] = "bundle",
} do
	t.like(quiet("--signed key.pub " .. words), "^1 luatrace: " .. who:gsub("%p", "%%%0") .. ": " .. REFUSED, "and said")
end
for bundle, why in pairs { spy = "it is not signed", other = "signed by another key" } do
	for _, words in ipairs { "%s spying", "%s", "%s --help", "list %s", "info %s spying", "replay --tool %s spied",
		"bundle --list %s" } do
		t.like(quiet("--signed key.pub " .. words:format(bundle .. ".ltb")), "^1 .*" .. why, "and said")
	end
	for _, words in ipairs { "2 luatrace %s s", "3 luatrace %s spying --cs", "3 luatrace info %s s",
		"3 luatrace list %s s", "5 luatrace replay --tool %s spied --cs" } do
		words = words:format(bundle .. ".ltb")
		t.eq(quiet("--signed key.pub complete " .. words), "0 ", "completed to nothing")
		local at, line = words:match "^(%d)(.*)$"
		for more, key in ipairs { " --signed=key.pub", " --signed key.pub" } do
			local keyed = line:gsub("luatrace", "%0" .. key)
			t.eq(quiet(("complete %d%s"):format(at + more, keyed)), "0 ", "by a key on the line")
		end
	end
end
for _, words in ipairs { "1 luatrace sp", "2 luatrace info sp", "2 luatrace spying --cs",
	"3 luatrace replay spied --cs" } do
	t.eq(quiet("--signed key.pub complete " .. words), "0 ", "completed to nothing: " .. words)
end
must("ln -s " .. live.luatrace .. " bcc-lua", "by its other name")
sh.write(work .. "/bcc.lua", ("io.open(%q, 'w'):close()\nreturn function() end\n"):format(ran))
t.like(quiet("bcc.lua", "LUATRACE_SIGNED=key.pub ./bcc-lua"), "^1 luatrace: %./bcc%-lua: " .. REFUSED,
	"nor as bcc-lua")
t.ok(select(2, spied("bcc.lua", "./bcc-lua")), "which runs it without a key")
t.done()
