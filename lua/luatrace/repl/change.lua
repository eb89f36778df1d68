-- SPDX-License-Identifier: MIT
-- Commands that change what is attached, and what keeps a session.
local bpf = require "luatrace.bpf"
local chunk = require "luatrace.repl.chunk"
local errors = require "luatrace.errors"
local find = require "luatrace.repl.find"
local later = require "luatrace.later"
local near = require "luatrace.near"
local reload = require "luatrace.reload"
local save = require "luatrace.repl.save"
local session = require "luatrace.repl.session"
---@module "luatrace.timers"
local timers = later "luatrace.timers"

local M = {}

---@param probe string KIND:TARGET
---@param fn_name string?
function M.attach(probe, fn_name)
	if type(probe) ~= "string" then
		errors.raise("attach: takes a probe, e.g. :attach tracepoint:sched:sched_switch on_switch (:help attach)")
	end
	local self = fn_name and find.object_with(fn_name, "attach") or find.object(nil, "attach")
	self:attach { probe = probe, fn_name = fn_name }
	session.note(("%s:attach { probe = %q, fn_name = %s }"):format(find.variable(self) or "b", probe,
		fn_name and ("%q"):format(fn_name) or "nil"))
end

-- Ends what stands for an object: of a one-liner the result stays.
local function close(self)
	local one = find.oneliner_of(self)
	if one then
		one:stop()
	else
		self:close()
	end
end

-- Every program at that probe.
local function detach_probe(what)
	local attached, found = {}, 0
	for _, self in ipairs(find.objects()) do
		for _, link in ipairs(self:attached()) do
			attached[#attached + 1] = link.kind .. ":" .. link.target
			if attached[#attached] == what then
				self:detach { probe = what, fn_name = link.fn_name }
				found = found + 1
				local name = find.variable(self)
				if name then
					session.note(("%s:detach { probe = %q, fn_name = %q }"):format(name, what, link.fn_name))
				end
			end
		end
	end
	if found == 0 then
		errors.raise(("detach: nothing is attached to '%s'%s"):format(what, near.hint(what, attached)))
	elseif found > 1 then
		io.stdout:write(("%d programs were attached there\n"):format(found))
	end
end

---@param what any a probe, an object, its number in :ls, an expression that gives one, or "all": timers too
function M.detach(what)
	if what == nil then
		errors.raise("detach: takes a probe, a BPF object, or all (:ls shows what there is)")
	elseif what == "all" then
		for _, self in ipairs(find.objects()) do
			close(self)
		end
		for _, timer in ipairs(timers.list()) do
			timer:cancel()
		end
	elseif type(what) == "string" and what:find("^[%w_]+:.") then
		detach_probe(what)
	else
		close(find.object(what, "detach"))
	end
end

-- The script that :reload runs again, with what it made.
local script

local function made_since(before, now)
	local known, made = {}, {}
	for _, one in ipairs(before) do
		known[one] = true
	end
	for _, one in ipairs(now) do
		made[#made + 1] = not known[one] and one or nil
	end
	return made
end

-- Ends what a script made.
local function undo(made)
	for _, self in ipairs(made.objects) do
		close(self)
	end
	for _, timer in ipairs(made.timers) do
		timer:cancel()
	end
end

local function run_script(path, arguments)
	local objects, set = find.objects(), timers.list()
	local ok, e = pcall(session.run_file, path, unpack(arguments))
	return { objects = made_since(objects, bpf.objects), timers = made_since(set, timers.list()) }, ok, e
end

---@param path string
---@param ... string the script's arguments
function M.run(path, ...)
	if type(path) ~= "string" then
		errors.raise("run: takes the file of a script")
	end
	local made, ok, e = run_script(path, { ... })
	script = { path = path, arguments = { ... }, made = made }
	if not ok then
		error(e, 0)
	end
	script.note = session.note(e)
end

local function say_kept(kept)
	for _, line in ipairs(kept) do
		io.stdout:write("  ", line, "\n")
	end
end

local function reload_script()
	local old, kept, restore = script.made, {}, chunk.keep_names(session.world)
	local made, ok, e = reload.keeping(old.objects, kept, run_script, script.path, script.arguments)
	if not ok then
		undo(made)
		restore()
		error(e, 0)
	end
	undo(old)
	script.made = made
	if script.note then
		script.note.text = e
	else
		script.note = session.note(e)
	end
	io.stdout:write(("%s: run again; BPF objects: %d, in place of %d\n"):format(script.path, #made.objects, #old.objects))
	say_kept(kept)
end

---@param what any a BPF object; nil: the script
---@param path string? the file of its C text
function M.reload(what, path)
	if what == nil and script then
		reload_script()
		return
	end
	local self = find.object(what, "reload")
	local kept = reload.object(self, path)
	io.stdout:write(tostring(self), ": compiled anew and exchanged\n")
	say_kept(kept)
end

---@param path string
function M.save(path)
	if type(path) ~= "string" then
		errors.raise("save: takes the file to write")
	end
	save.write(path)
end

return M
