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
t.eq(run "hello", "2 luatrace: 'hello': no such command or tool; 'luatrace --help' lists them\n", "not installed yet")
luarocks(sh.dir(), tree, "install greetings-0.1-1.all.rock")

t.like(run "list greetings",
	"^0 goodbye +processes that end, by name %(greetings%)\nhello +[^\n]+%(greetings%)\n$", "listed")
t.like(run "info hello", "\nCollection:\n +greetings 0%.1: a sample: who starts and who ends\n", "described")
t.eq(run "-c true hello --comm true", "0 GREETING\nhello, true\n", "run by name, with the collection's module")
t.eq(run "-c true goodbye --comm true", "0 GREETING\ngoodbye, true\n", "the other one")
luarocks(sh.dir(), tree, "remove greetings")
t.eq(run "hello", "2 luatrace: 'hello': no such command or tool; 'luatrace --help' lists them\n", "removed")
t.done()
