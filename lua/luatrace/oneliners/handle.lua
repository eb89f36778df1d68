-- SPDX-License-Identifier: MIT
-- What a one-liner returns: its result while it runs and after, and its end.
local BPF = require "luatrace"
local bpf = require "luatrace.bpf"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

---What one of count, hist and so on is.
---@class luatrace.oneliners.Kind
---@field name string
---@field read fun(handle: luatrace.OneLiner): any what is counted, as plain Lua data
---@field show fun(handle: luatrace.OneLiner, data: any): string[] lines
---@field clear fun(handle: luatrace.OneLiner)

---A one-liner that was started. Printing it, and tostring(), show what it has so far.
---@class luatrace.OneLiner
---@field kind luatrace.oneliners.Kind
---@field probe string what it is attached to
---@field on boolean it is attached
---@field since ffi.cdata* when it was started, of BPF.now()
---@field shown boolean somebody has looked at its result
---@field package b luatrace.BPF
---@field package opts table
---@field package places string[] by the numbers that programs know them by
---@field package timers luatrace.Timer[]
---@field package result any what it had when it was stopped
local OneLiner = {}
OneLiner.__index = OneLiner

-- Those that are on, in the order of their start.
---@type luatrace.OneLiner[]
local running = {}

-- What the loop of -e wants to be told.
M.on_stop = nil

-- Names of places come from files and the kernel. Of calls, what was attached last is where they begin.
local function places_of(b, probe)
	local places = {}
	if probe.places then
		return probe.places
	elseif not probe.pattern then
		return { format.escape(probe.text) }
	end
	local attached = b:attached()
	for _, place in ipairs(attached[#attached].places) do
		places[#places + 1] = format.escape(place)
	end
	return places
end

M.places_of = places_of

---@param kind luatrace.oneliners.Kind
---@param b luatrace.BPF attached
---@param probe luatrace.oneliners.Probe
---@param opts table checked ones
---@return luatrace.OneLiner
function M.new(kind, b, probe, opts)
	local self = setmetatable({ kind = kind, probe = format.escape(probe.text), on = true, shown = false, b = b,
		opts = opts, places = places_of(b, probe), timers = {}, since = BPF.now() }, OneLiner)
	running[#running + 1] = self
	if opts.seconds then
		self.timers[1] = BPF.after(opts.seconds, function() self:stop() end)
	end
	return self
end

---Whether `value` is one.
---@param value any
---@return boolean
function M.is(value)
	return getmetatable(value) == OneLiner
end

---Those that are on, in the order of their start.
---@return luatrace.OneLiner[]
function M.running()
	local out = {}
	for i, handle in ipairs(running) do
		out[i] = handle
	end
	return out
end

local function is_closed(b)
	return not bpf.state(b).handle
end

local function self_of(self, method)
	if not M.is(self) then
		errors.misuse("%s: call it with a colon: h:%s()", method, method)
	end
	return self
end

---What was counted so far, as tables, strings and numbers.
---@return any
function OneLiner:data()
	self_of(self, "data").shown = true
	if self.on and is_closed(self.b) then	-- by BPF.cleanup()
		self:stop()
	end
	return self.on and self.kind.read(self) or self.result
end

local function runs_missed(self)
	local missed = 0
	if self.on then
		for _, place in ipairs(self.b:attached()) do
			missed = missed + place.missed
		end
		self.missed = missed
	end
	return self.missed or 0
end

function OneLiner:__tostring()
	local data = self:data()
	local lines = self.kind.show(self, data)
	local missed = runs_missed(self)
	if missed > 0 then
		lines[#lines + 1] = ("%s: %d runs left out by the kernel: a program ran on that CPU already"):format(self.probe,
			missed)
	end
	return table.concat(lines, "\n")
end

---Prints the result so far.
function OneLiner:print()
	print(tostring(self_of(self, "print")))
end

---Begins again from nothing. Of one that was stopped, the result is gone.
function OneLiner:clear()
	self_of(self, "clear")
	if self.on then
		self.kind.clear(self)
	else
		self.result = self.kind.none
	end
end

local function forget(self)
	for i, other in ipairs(running) do
		if other == self then
			table.remove(running, i)
			return
		end
	end
end

---Detaches it and frees what it has in the kernel; its result stays. Stopping twice is harmless.
function OneLiner:stop()
	if not self_of(self, "stop").on then
		return
	end
	for _, timer in ipairs(self.timers) do
		timer:cancel()
	end
	forget(self)
	local ok, result = true, self.kind.none
	if not is_closed(self.b) then
		ok, result = pcall(function()
			runs_missed(self)
			return self.kind.read(self)
		end)
	end
	self.on, self.result = false, ok and result or self.kind.none
	self.b:close()
	if M.on_stop then
		M.on_stop()
	end
	if not ok then
		error(result, 0)
	end
end

---Of stacks: its stacks as lines for tools that draw flame graphs.
---@return string
function OneLiner:folded()
	if not self_of(self, "folded").kind.folded then
		errors.misuse("folded: only stacks(…) has stacks; this is %s(…)", self.kind.name)
	end
	return self.kind.folded(self:data())
end

return M
