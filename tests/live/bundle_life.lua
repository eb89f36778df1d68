-- SPDX-License-Identifier: MIT
-- Not in guests: it makes there what tests/vm/cases/bundle.lua takes from the build.
-- A collection's life: begun by `luatrace new`, checked, tested by replay, made a rock, installed, listed, run by name,
-- bundled, signed, verified, run without a compiler.
local live = require "live"
local sh = require "sh"
local t = require "tap"

for _, program in ipairs { "luarocks", "minisign" } do
	if sh.run("command -v " .. program) ~= 0 then
		t.skip_all(program .. " is missing")
	end
end

local own = require "own_home"
local home, work, run, must = own.home, own.work, own.run, own.must
local CHDIR = "-c 'sh -c \"cd /usr/share\"' "

t.like(run "new --collection acme", "^0 acme is written", "new")
t.like(run "new --collection acme", "^1 luatrace new: acme: exists already", "never over one that is there")
t.eq(run "bundle acme/acme --check", "0 acme/acme: 2 BPF texts compile for any kernel\n", "checked")

-- What is shown of a recording is a test that needs neither root nor the kernel.
local shown = must(("%s %s acme/acme/chdirs.lua -n sh --csv --record %s/recording"):format(live.luatrace, CHDIR, work),
	"recorded")
t.like(shown, "\n%d+,sh,share,/usr/share\n$", "what it shows")
t.eq(run "replay --tool acme/acme/chdirs.lua recording", "0 " .. shown, "replayed")

local function luarocks(words)
	must("luarocks --lua-version=5.1 " .. words, "luarocks " .. words)
end
-- as its first line says
t.like(sh.read(work .. "/acme/acme-0.1-1.rockspec"), "^[^\n]*`luarocks make %-%-pack%-binary%-rock`",
	"how a rock is made")
must("cp -r acme source && cd source && luarocks --lua-version=5.1 make --pack-binary-rock acme-0.1-1.rockspec "
	.. "&& mv acme-0.1-1.all.rock ..", "made a rock")
luarocks("--tree=" .. home .. "/.luarocks install acme-0.1-1.all.rock")
t.like(run "list acme", "^0 chdirs +[^\n]+%(acme%)\nexits +[^\n]+%(acme%)\n$", "listed")
t.like(run(CHDIR .. "chdirs -n sh"), "\n%d+ +sh +share +/usr/share\n$", "run by name, with its module")
t.eq(run "replay recording", "0 " .. shown, "replayed by its name")

t.like(run "bundle acme/acme -o acme.ltb", "^0 acme%.ltb: 7 files, 2 BPF texts\n", "bundled")
local first = sh.read(work .. "/acme.ltb")
must(live.luatrace .. " bundle acme/acme -o again.ltb", "again")
t.ok(first == sh.read(work .. "/again.ltb"), "the same bytes")
t.eq(run "bundle --list acme.ltb", "0 bundle.lua\nchdirs.lua\ncollection.lua\nexits.lua\nlib/paths.lua\n"
	.. (select(2, sh.run(("unzip -Z1 %s/acme.ltb | grep ^objects | sort"):format(work)))), "what is in it")
t.like(run "info acme.ltb chdirs", "\nCollection:\n +acme 0%.1: ", "described")

must("minisign -G -W -p key.pub -s key.sec && minisign -G -W -p other.pub -s other.sec", "keys")
t.like(run "bundle --verify key.pub acme.ltb", "^1 .*it is not signed: there is no acme%.ltb%.minisig\n",
	"not signed yet")
t.like(run "bundle acme/acme -o acme.ltb --sign key.sec", "^0 ", "signed")
must("minisign -V -q -p key.pub -m acme.ltb", "as minisign sees it")
t.eq(run "bundle --verify key.pub acme.ltb", "0 acme.ltb: signed by this key\n", "verified")
t.eq(run('bundle --verify "$(tail -n 1 key.pub)" acme.ltb'), "0 acme.ltb: signed by this key\n", "by the key itself")
t.like(run "bundle --verify other.pub acme.ltb", "^1 .*signed by another key than the one that is trusted\n",
	"another key")
t.like(run "bundle --verify key.sec acme.ltb", "^1 .*key 'key%.sec': the file has no public key", "no public key")

-- On a machine without a compiler.
local alone = work .. "/alone"
sh.run(("mkdir %s && cp %s %s/luatrace"):format(alone, live.binary, alone))
alone = alone .. "/luatrace"
local function shows(words, name)
	t.like(run(words, alone), "\n%d+ +sh +share +/usr/share\n$", name)
end
shows(CHDIR .. "acme.ltb chdirs -n sh", "run without a compiler")
shows("--signed key.pub " .. CHDIR .. "acme.ltb chdirs -n sh", "signed by the key that is asked for")
shows("--signed other.pub --signed key.pub " .. CHDIR .. "acme.ltb chdirs -n sh", "by one of them")
t.like(run("--signed other.pub acme.ltb chdirs", alone), "^1 .*signed by another key", "not by this one")
for _, words in ipairs { "exits", "./acme/acme/exits.lua", "-e 'print(1)'", "list", "info chdirs", "repl" } do
	t.like(run("--signed key.pub " .. words), "^1 luatrace: .*only bundles %(FILE%.ltb%) that are signed are run here",
		"nothing else is run: " .. words)
end
local TOOLS = "chdirs           directories that processes change to\n"
	.. "exits            how many processes end, by name\n"
t.eq(run "complete 3 luatrace replay recording --js", "0 --json\n", "a recording's options")
t.eq(run "complete 3 luatrace replay recording --pi", "0 ", "not those that come too late for it")
t.like(run("acme.ltb", alone), "^2 .*say which of its tools is to be run: chdirs, exits\n", "which")
t.like(run("acme.ltb -d 1", alone), "^2 .*say which of its tools is to be run, ahead of '%-d': chdirs, exits\n",
	"an option is no tool")
t.eq(run("acme.ltb -h", alone), "0 usage: luatrace acme.ltb TOOL [argument...]\n\n" .. TOOLS, "which, with -h")
t.like(run("acme.ltb exits --help", alone), "^0 usage: luatrace acme%.ltb exits %[", "help of one")
t.eq(run("acme.ltb exits --zz", alone), "2 luatrace acme.ltb exits: unknown option '--zz'\n"
	.. "'luatrace acme.ltb exits --help' lists its options\n", "a wrong option")
t.eq(run("replay --tool acme.ltb recording --zz", alone), "2 luatrace replay --tool acme.ltb recording: unknown option "
	.. "'--zz'\n'luatrace replay --tool acme.ltb recording --help' lists its options\n", "of a recording")
for _, words in ipairs { "acme.ltb chdir", "info acme.ltb chdir" } do
	t.like(run(words, alone), "^2 .*it has no tool 'chdir'; did you mean 'chdirs'%?\n", "none of that name: " .. words)
end
t.like(run("acme.ltb collection", alone), "^2 .*it has no tool 'collection'", "a manifest is no tool")
must("cp acme.ltb acme.zip", "by another name")
t.eq(run("./acme.zip chdirs", alone),
	"1 luatrace: ./acme.zip: this is a zip archive; if it is a bundle, call it FILE.ltb\n", "what it is")
must("sed -i '$ { s/^x/y/; t; s/^./x/ }' acme.ltb.minisig", "a signature that is changed")
t.like(run("--signed key.pub acme.ltb chdirs", alone), "^1 .*acme%.ltb%.minisig: ", "is none")
must("cp again.ltb.minisig acme.ltb.minisig 2>/dev/null || minisign -S -s key.sec -m key.pub -x acme.ltb.minisig",
	"that of another file")
t.like(run("--signed key.pub acme.ltb chdirs", alone), "^1 .*it is not the signature of this file", "is not this one's")

-- Whoever could have changed it.
must("chmod 666 acme.ltb", "others may write to it")
t.like(run("acme.ltb chdirs", alone), "^1 .*acme%.ltb.*'luatrace %-%-trust' runs it all the same\n", "refused")
shows("--trust " .. CHDIR .. "acme.ltb chdirs -n sh", "unless it is asked for")
must("minisign -S -s key.sec -m acme.ltb && chown nobody acme.ltb", "or another's")
t.like(run("acme.ltb chdirs", alone), "^1 .*acme%.ltb.*'luatrace %-%-trust'", "refused")
shows("--signed key.pub " .. CHDIR .. "acme.ltb chdirs -n sh", "a signature says more")

-- Scripts that are no tools.
sh.write(work .. "/two.lua", [==[
local BPF = require "luatrace"
local names = require "names"
local one = BPF { text = [[int f(void *ctx) { return 1; }]] }
local two = BPF { src_file = "two.c", cflags = { "-DN=2" } }
print(names.of(one, two), ...)
if ... == "more" then
	BPF { text = "int g(void *ctx) { return 3; }" }
end
one.counts:poll()
]==])
sh.write(work .. "/names.lua", "return { of = function(a, b) return tostring(a) .. tostring(b) end }\n")
sh.write(work .. "/two.c", "int f(void *ctx) { return N; }\n")
t.like(run "bundle two.lua -o two.ltb", "^0 two%.ltb: 6 files, 2 BPF texts\n$", "a script of two texts, one in a file")
sh.run(("mkdir %s/empty && mv %s/two.ltb %s/empty"):format(work, work, work))
t.like(run("empty/two.ltb a b", alone), "^1 BPF object of [^\n]+\ta\tb\n.*counts",
	"it runs, with its arguments and modules")
t.like(run("empty/two.ltb more", alone), "^1 .*has nothing compiled for this text.*luatrace%-cc",
	"a text that it did not come to")
t.like(run "bundle two.lua -o more.ltb --with 'two.lua more' --with two", "^0 more%.ltb: 7 files, 3 BPF texts\n",
	"--with")
t.like(run("more.ltb more", alone), "^1 BPF object of [^\n]+\tmore\n.*counts", "has it")
t.like(run("more.ltb a", alone), "^1 BPF object of [^\n]+\ta\n.*counts", "and what there is without")
t.like(run "bundle two.lua -o no.ltb --with 'tow more'",
	"^1 .*%-%-with 'tow more': it begins with the name of a tool of the bundle, and 'tow' is none; did you mean 'two'",
	"--with another")

-- Files of texts: in the bundle by their names in the script, and nowhere else where it runs.
must("mkdir -p sub elsewhere/sub && echo 'int f(void *ctx) { return 7; }' | tee three.c >sub/three.c "
	.. "&& echo '#error' | tee elsewhere/three.c >elsewhere/sub/three.c", "files of texts")
local function source_file(name)
	sh.write(work .. "/file.lua", ("require 'luatrace' { src_file = %q }\nprint 'loaded'\n"):format(name))
	return run "bundle ./file.lua -o elsewhere/file.ltb"
end
for _, name in ipairs { "sub/three.c", "./three.c" } do
	t.like(source_file(name), "^0 ", "src_file=" .. name)
	t.eq(run("./file.ltb", "env -C elsewhere " .. live.luatrace), "0 loaded\n", "is the bundle's own")
end
for _, folder in ipairs { "../work", work } do
	t.like(source_file(folder .. "/three.c"), "^1 .*src_file='[^\n]+': a bundle has files that lie beside", folder)
end
must("cp three.c 'my three.c'", "a name with a blank")
sh.run("rm " .. work .. "/elsewhere/file.ltb")
t.like(source_file "my three.c", "^1 .*'my three%.c' has a name with other bytes than letters, digits and",
	"what could not be opened")
t.eq(io.open(work .. "/elsewhere/file.ltb"), nil, "is not written")
sh.write(work .. "/endless.lua", "require 'luatrace' { text = 'int f(void *ctx) { return 1; }' }\nwhile true do end\n")
t.like(run "bundle endless.lua -o endless.ltb", "^0 endless%.ltb: 3 files, 1 BPF texts\n", "a script that has no end")

-- Links.
sh.run(("cp -r %s/acme/acme %s/linked && ln -s . %s/linked/lib/again"):format(work, work, work))
t.like(run "bundle linked -o linked.ltb", "^0 linked%.ltb: 7 files", "a link that leads back")
sh.run(("ln -s /etc/passwd %s/linked/lib/users.lua"):format(work))
t.like(run "bundle linked -o linked.ltb", "^1 [^\n]+/users%.lua: a link that leads out of the collection, to /etc/",
	"one that leads out")

-- Signing is looked at before anything is written.
t.like(run "bundle acme/acme -o new.ltb --sign no.sec", "^1 .*%-%-sign: no%.sec: there is no such file", "no key")
t.eq(io.open(work .. "/new.ltb"), nil, "nothing is written")
t.like(run "bundle acme/acme -o acme.ltb", "acme%.ltb%.minisig is of what was there before: sign it again\n",
	"an old signature")
must("minisign -S -s key.sec -m acme.ltb; : >none.pub; mkdir -p others; cp key.pub others; chown -R 65534 others; "
	.. "mkfifo pipe.pub", "keys")
for key, why in pairs { ["none.pub"] = "the file has no public key", ["pipe.pub"] = "it can't be read as a file",
	["others/key.pub"] = "others belongs to user 65534" } do
	t.like(run(("--signed %s acme.ltb chdirs -n sh"):format(key), alone), "^1 luatrace: key '[^\n]+': [^\n]*" .. why, key)
end

-- Where another user can change what leads to it.
must("ln -s ../acme.ltb others/acme.ltb", "a link in another's folder")
t.like(run("others/acme.ltb chdirs", alone), "^1 [^\n]*others belongs to user 65534", "refused")
sh.run(("mkdir %s/include && echo '#define ANSWER 42' >%s/include/answer.h"):format(work, work))
sh.write(work .. "/included.lua", [==[
local flags = { "-I" .. (arg[0]:match "^(.*)/" or ".") .. "/include" }
require "luatrace" { text = "#include <answer.h>\nint f(void *ctx) { return ANSWER; }", cflags = flags }
print(arg[1], #arg)
]==])
t.like(run "bundle ./included.lua -o empty/included.ltb", "^0 ", "a script that has headers of its own")
t.eq(run("empty/included.ltb a", alone), "0 a\t1\n", "runs without them")
t.like(run("nothere.ltb", alone), "^1 luatrace: bundle 'nothere%.ltb': No such file or directory\n",
	"a bundle that is not there")
sh.write(work .. "/none.lua", "print(1)\n")
t.like(run "bundle none.lua -o none.ltb", "^1 .*none%.lua: no BPF text is found in it", "a script without a text")
t.eq(io.open(work .. "/none.ltb"), nil, "and nothing is written")
sh.write(work .. "/bad.lua", "require'luatrace'{ text = [[\nint f(void *ctx) { return nope; }]] }\n")
t.like(run "bundle bad.lua -o bad.ltb", "^1 .*bad%.lua:2:%d+: error: use of undeclared identifier 'nope'",
	"one that does not compile")
for words, why in pairs { ["bundle"] = "which folder", ["bundle two.lua"] = "-o FILE.ltb is missing",
	["bundle two.lua -o x.zip"] = "-o takes a name that ends with .ltb", ["bundle nothere -o x.ltb"] = "nothere",
	["bundle acme -o x.ltb"] = "acme: there is no collection.lua in it; did you mean 'acme/acme'?",
	["bundle acme/acme -o x.ltb --with nope"] = "--with 'nope'" } do
	t.like(run(words), "^[12] .*" .. why:gsub("%p", "%%%0"), words)
end
t.done()
