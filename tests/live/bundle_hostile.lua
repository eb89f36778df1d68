-- SPDX-License-Identifier: MIT
-- Not in guests: it is about files.
-- Bundles that are cut off, changed, or made to do harm: refused with the reason, and nothing of them is run.
local ffi = require "ffi"
local C = require "luatrace.abi"
local live = require "live"
local sh = require "sh"
local t = require "tap"

local dir = sh.dir() .. "/bundles"
os.execute("mkdir -p " .. dir)
sh.write(sh.dir() .. "/hello.lua", [==[
local b = require "luatrace" { text = [[int kprobe__nothing(void *ctx) { return 0; }]], auto_attach = false }
print "it runs"
]==])
local GOOD = sh.dir() .. "/hello.ltb"
local status, _, said = sh.run(("%s bundle %s/hello.lua -o %s"):format(live.luatrace, sh.dir(), GOOD))
t.eq(status, 0, "a bundle: " .. said)
t.eq(sh.run(("python3 tests/lib/hostile_bundles.py %s %s"):format(GOOD, dir)), 0, "others, made by hand")

local function run(name)
	local code, out, message = sh.run(("LUATRACE_CACHE=%s/cache %s %s/%s.ltb"):format(sh.dir(), live.luatrace, dir, name))
	return code, out, message
end

local code, out = run "good"
t.eq(code, 0, "one that is as it has to be")
t.eq(out, "it runs\n", "and runs")

local REASONS = {
	climbs = "'lib/%.%./%.%./out%.lua' has a path with", dotdot = "'%.%.' has a path with",
	absolute = "has an absolute path",
	link = "'lib/link%.lua' is a link", device = "'lib/device%.lua' is a link, or no plain file",
	folder = "'lib/' is a folder", strange = "has a name with other bytes", nul = "NUL byte",
	long = "more than 255 bytes", bomb = "'lib/bomb%.lua' is larger than", bombs = "more than 256 MiB",
	many = "more than 4096 files", twice = "twice", encrypted = "is encrypted", method = "compressed in a way",
	sum = "is damaged", overlap = "overlap", moved = "not where its list", later = "a newer luatrace has made it",
	format = "luatrace .* made it, and this is", object = "luatrace .* made it, and this is",
	machine = "it is for z80 machines", endless = "it does not end", calls = "attempt to index global 'os'",
	bytecode = "this is LuaJIT bytecode", nothing = "no zip archive", ["no-manifest"] = "bundle%.lua: it is missing",
}
os.remove "/tmp/luatrace-was-run"
for name, reason in pairs(REASONS) do
	local why
	code, out, why = run(name)
	t.ok(code == 1 and out == "", name .. ": nothing runs")
	t.like(why, reason, name .. ": why")
end
t.eq(io.open "/tmp/luatrace-was-run", nil, "a manifest calls nothing")
t.eq(io.open(sh.dir() .. "/../out.lua"), nil, "and nothing is written")

-- In one process: an open is a millisecond.
local bytes, copy = sh.read(GOOD), sh.dir() .. "/copy.ltb"
local err = ffi.new "lt_error[1]"
local function opens(content)
	sh.write(copy, content)
	local out_handle = ffi.new "lt_bundle *[1]"
	local rc = C.lt_bundle_open(copy, out_handle, err)
	C.lt_bundle_free(out_handle[0])
	return rc == 0, ffi.string(err[0].message)
end
t.ok(opens(bytes), "the good one opens")
local opened = 0
for size = 0, #bytes - 1, 64 do
	opened = opened + (opens(bytes:sub(1, size)) and 1 or 0)
end
t.eq(opened, 0, "cut off after each 64 bytes: none opens")
local _, why = opens(bytes:sub(1, #bytes - 512))
t.like(why, "cut off or damaged", "why")
opened = 0
for at = 1, #bytes do
	local changed = bit.bxor(bytes:byte(at), bit.lshift(1, at % 8))
	opened = opened + (opens(bytes:sub(1, at - 1) .. string.char(changed) .. bytes:sub(at + 1)) and 1 or 0)
end
t.eq(opened, 0, "one bit of each byte is another: none opens")
_, why = opens(bytes:sub(1, 99) .. string.char(bit.bxor(bytes:byte(100), 1)) .. bytes:sub(101))
t.like(why, "its digest is another one", "why")
t.ok(not opens(bytes .. "\n"), "with something behind its end")
t.ok(not opens "", "an empty file")
_, why = opens("#!/bin/sh\n")
t.like(why, "it is none: `luatrace bundle` makes them", "no archive at all")
t.done()
