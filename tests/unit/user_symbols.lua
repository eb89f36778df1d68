-- SPDX-License-Identifier: MIT
-- Which process is read, and when it is read again: by a clock of the case's own and processes of its making.
local ffi = require "ffi"
local fake_abi = require "fake_abi"
local t = require "tap"

local ERANGE, ESRCH, ESTALE = 34, 3, 116
local fake = fake_abi.install()
local now, opened, freed = 1000000000, 0, 0

-- By pid: the address that has a name there, and that name. A handle is what was there when it was opened.
local living, handles = {}, {}

local function number(handle)
	return tonumber(ffi.cast("uintptr_t", handle))
end
local function live(pid, address, name)
	living[pid] = { address = address, name = name .. "\0" }
end

function fake.lt_now()
	return ffi.cast("uint64_t", now)
end
function fake.lt_process_open(pid, out)
	if not living[pid] then
		return -ESRCH
	end
	opened = opened + 1
	handles[opened] = { pid = pid, process = living[pid] }
	out[0] = ffi.cast("lt_process *", opened)
	return 0
end
function fake.lt_process_free(handle) -- luacheck: ignore
	freed = freed + 1
	handles[number(handle)] = nil
end
local refreshes = 0
function fake.lt_process_refresh(handle)
	local h = handles[number(handle)]
	refreshes = refreshes + 1
	return not living[h.pid] and -ESRCH or living[h.pid] ~= h.process and -ESTALE or 0
end
function fake.lt_process_keep() end -- luacheck: ignore
local ids = {}
function fake.lt_process_symbol(handle, address, symbol)
	local process = handles[number(handle)].process
	if address ~= process.address then
		return -ERANGE
	end
	ids[process.name] = ids[process.name] or refreshes + 1000 * opened
	symbol.name, symbol.module, symbol.offset, symbol.id = process.name, nil, 0, ids[process.name]
	return 0
end

local user_symbols = require "luatrace.user_symbols"
local function later()
	now = now + 200000000
end

t.eq(user_symbols.sym(0x1000, 7), "[unknown]", "no such process")
live(7, 0x1000, "first")
t.eq(user_symbols.sym(0x1000, 7), "first", "a process")
t.eq(user_symbols.sym(0x2000, 7), "[unknown]", "an address that it does not have")
t.eq(opened .. " " .. refreshes, "1 0", "it was read a moment ago")
later()
t.eq(user_symbols.sym(0x2000, 7) .. user_symbols.sym(0x2000, 7), "[unknown][unknown]", "later on, twice")
t.eq(opened .. " " .. refreshes, "1 1", "looks again, once")
living[7].address = 0x2000
t.eq(user_symbols.sym(0x2000, 7), "first", "what it has mapped since")

living[7] = nil
later()
t.eq(user_symbols.sym(0x2000, 7) .. user_symbols.sym(0x1000, 7), "first[unknown]", "it has ended, and is known still")
live(7, 0x3000, "second")
later()
t.eq(user_symbols.sym(0x2000, 7), "first", "also when another has its number")
t.eq(user_symbols.sym(0x3000, 7), "second", "which takes its place when an address is of that one only")
t.eq(opened .. " " .. freed, "2 1", "one is kept")
live(7, 0x1000, "third")
t.ok(user_symbols.remember(7), "to remember a process is to look whether it is the same")
t.eq(user_symbols.sym(0x1000, 7), "third", "at once")

-- By build id: digits that nobody has are looked for again when something was read.
local searches = 0
function fake.lt_process_build_id_symbol(handle, id, _, symbol)
	searches = searches + 1
	local process = handles[number(handle)].process
	if process.build_id ~= id[19] then
		return -ERANGE
	end
	symbol.name, symbol.module, symbol.offset, symbol.id = process.name, nil, 0, 1000000
	return 0
end
local frame = { status = 1, build_id = ("00"):rep(19) .. "2a", offset = 16 }
t.eq(user_symbols.sym(frame, 7), "[unknown]", "a build id that nobody has")
local once = searches
user_symbols.sym(frame, 7)
t.eq(searches, once, "is looked for once")
live(8, 0x1000, "eighth")
living[8].build_id = 0x2a
user_symbols.sym(0x1000, 8)
t.eq(user_symbols.sym(frame, 7), "eighth", "and is found in another process that was read since")
living[8] = nil
t.eq(user_symbols.sym(frame, -1), "eighth", "of no process too")

for pid = 1001, 1000 + 512 do
	live(pid, 0x4000, "many")
	user_symbols.sym(0x4000, pid)
end
t.eq(opened .. " " .. freed, "516 4", "of too many the oldest goes")
living[1512] = nil
t.eq(user_symbols.sym(0x4000, 1512), "many", "not the newest")
t.done()
