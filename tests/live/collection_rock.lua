-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- A collection as a rock: built, packed, installed from the file, run by the names of its tools, removed.
local t = require "tap"
local live = require "live"
local sh = require "sh"

if sh.run "command -v luarocks" ~= 0 then
	t.skip_all "luarocks is missing"
end

local home, tree = sh.dir() .. "/home", sh.dir() .. "/home/.luarocks"
local at_home = ("env -u XDG_DATA_HOME -u LUATRACE_PATH HOME=%s "):format(sh.quote(home))

local function luarocks(folder, into, words)
	local status, out, err = sh.run(("cd %s && %s luarocks --lua-version=5.1 --tree=%s %s"):format(folder, at_home, into,
		words))
	t.eq(status, 0, "luarocks " .. words .. (status == 0 and "" or ": " .. out .. err))
end

local function run(words)
	local status, out, err = sh.run(at_home .. live.luatrace .. " " .. words)
	return ("%d %s%s"):format(status, out, err)
end

local source = sh.dir() .. "/source"
sh.run(("mkdir %s && cp -r tests/lib/rock %s"):format(home, source))
luarocks(source, sh.dir() .. "/built", "make greetings-0.1-1.rockspec")
luarocks(source, sh.dir() .. "/built", "pack greetings")
sh.run(("mv %s/greetings-0.1-1.*.rock %s/greetings-0.1-1.all.rock; rm -r %s %s/built"):format(source, sh.dir(), source,
	sh.dir()))
local UNKNOWN = "no such command or tool; 'luatrace --help' lists the commands, 'luatrace list' the tools\n"
t.eq(run "hello", "2 luatrace: 'hello': " .. UNKNOWN, "not installed yet")
luarocks(sh.dir(), tree, "install greetings-0.1-1.all.rock")

t.like(run "list greetings",
	"^0 goodbye +processes that end, by name %(greetings%)\nhello +[^\n]+%(greetings%)\n$", "listed")
t.like(run "info hello", "\nCollection:\n +greetings 0%.1: a sample: who starts and who ends\n", "described")
t.eq(run "-c true hello --comm true", "0 GREETING\nhello, true\n", "run by name, with the collection's module")
t.eq(run "-c true goodbye --comm true", "0 GREETING\ngoodbye, true\n", "the other one")

-- Modules of the tree, which are no part of the collection's folder.
local folder = tree .. "/lib/luarocks/rocks-5.1/greetings/0.1-1/greetings"
local modules = tree .. "/share/lua/5.1"
sh.run("mkdir -p " .. modules)
sh.write(modules .. "/faraway.lua", "return { word = 'far' }\n")
sh.write(folder .. "/afar.lua", "local far = require 'faraway'\n" .. sh.read(folder .. "/hello.lua"))
t.like(run "-c true afar --comm true", "^0 GREETING\n", "a module of the tree")
local packed = sh.dir() .. "/packed.ltb"
t.like(run("bundle greetings -o " .. packed), "^0 ", "bundled by its name")
t.like(run("bundle --list " .. packed), "\nlib/faraway%.lua\n", "with it")
t.like(run("-c true " .. packed .. " afar --comm true"), "^0 GREETING\nhello, true\n", "so that it runs")
t.like(run(("bundle %s -o %s"):format(folder, packed)), "^0 ", "bundled by its folder")
t.like(run("bundle --list " .. packed), "\nlib/faraway%.lua\n", "with it too")
if sh.run "test $(id -u) = 0" == 0 then
	sh.run("chown 65534 " .. modules .. "/faraway.lua")
	t.like(run "afar", "^1 luatrace: 'afar' is of a collection that is refused: [^\n]*/faraway%.lua belongs to user 65534",
		"another's module")
	sh.run("rm -r " .. modules .. "; chown 65534 " .. tree .. "/share")
	t.like(run "afar", "^1 [^\n]*refused: [^\n]*/share belongs to user 65534", "or where one could be put")
	sh.run("chown 0 " .. tree .. "/share")
else
	t.skip "another user's module: needs root"
end
luarocks(sh.dir(), tree, "remove greetings")
t.eq(run "hello", "2 luatrace: 'hello': " .. UNKNOWN, "removed")
t.done()
