-- SPDX-License-Identifier: MIT
-- What a program reads of the kernel is the same, compiled for this kernel or for any: of a bundle that was made here,
-- or on the machine of the guest.
local live = require "live"
local sh = require "sh"
local t = require "tap"

live.needs "tracepoint"

local SCRIPT = "tests/lib/portable.lua"

local function values(words)
	local status, out, err = sh.run("cd tests/live && exec " .. words)
	t.eq(status, 0, words:match "[^/ ]*$" .. ": it runs" .. (status ~= 0 and " " .. err or ""))
	local list = {}
	for name, value in out:gmatch "(%l+)\t(%S+)" do
		list[name] = value
	end
	return list
end

local top = select(2, sh.run "pwd"):match "[^\n]+"
local here = values(("%s %s/%s"):format(live.luatrace, top, SCRIPT))

-- By other ways than a program's.
local function said(command)
	return (select(2, sh.run(command)):gsub("%s+$", ""))
end
local release = said "uname -r"
t.eq(here.parent ~= nil and here.pid ~= here.parent, true, "processes")
t.eq(here.uid, "0", "the user")
t.eq(here.mnt, said "readlink /proc/self/ns/mnt | tr -dc 0-9", "the mount namespace")
t.eq(here.subreaper, "1", "a bit-field")
t.eq(here.mtime, said "stat -c %Y tests/live", "a time, which kernels have in different ways")
t.eq(here.number, here.pid, "an element of an array")
local major, minor = release:match "^(%d+)%.(%d+)"
t.eq(here.version, tostring(major * 256 + minor), "the version")
t.eq(here.cpus, said "cat /sys/devices/system/cpu/possible | sed 's/.*-//' | awk '{ print $1 + 1 }'", "CPUs")
t.ok(here.call == "110" or here.call == "173", "a tracepoint's field")
t.eq(here.state .. here.cpu, "11", "members that have moved")
t.eq(here.lacks, "0", "a member that is not there")
t.eq(here.signs, "5", "numbers that have a sign")
t.eq(here.nothing, "0", "the size of a type that is not there")
t.eq(here.counted, "1", "an enumerator of the kernel's own that is asked for")
t.eq(here.known .. here.value, "21", "an enumerator of the text's own, which has the kernel's name up to ___")
if jit.arch == "x64" then
	t.eq(here.poison, tostring(0xdead000000000000ULL):match "%d+", "a wide number of the configuration")
end
t.eq(here.child, "1", "what a list is of")
t.eq(here.release, release:sub(1, 8), "text of the kernel")
t.eq(here.folder, "live", "a file's name")

local function same(bundle, what)
	local there = values(bundle)
	there.pid, there.number = here.pid, there.number == there.pid and here.number
	there.parent, there.arguments = here.parent, here.arguments
	for name, value in pairs(here) do
		t.eq(there[name], value, ("%s: %s"):format(what, name))
	end
end

local made = sh.dir() .. "/made.ltb"
t.eq(sh.run(("%s bundle %s -o %s"):format(live.luatrace, SCRIPT, made)), 0, "a bundle is made")
same(("%s %s"):format(live.luatrace, made), "of this kernel")
-- what the build made, of the kernel that it ran on: no luatrace-cc is beside that program
local alone = live.binary:match "^(.*)/" .. "/tests/alone"
same(("%s/luatrace %s/portable.ltb"):format(alone, alone), "of the build's kernel")
t.done()
