-- SPDX-License-Identifier: MIT
-- The documents keep their word: every complete script in them runs and prints what is said, and the reference names
-- all that there is.
-- Not in guests: each of its scripts has a second or two, which is no time there.
require "own_network" -- an interface takes one XDP program, and ours shall not be anybody else's
local ffi = require "ffi"
local examples = require "examples"
local live = require "live"
local sh = require "sh"
local t = require "tap"
local C = require "luatrace.abi"

-- The README is for people who read it as text: its one script is run as this says.
local UNMARKED = {
	["README.md"] = { verb = "run", words = { workload = "cat /etc/hostname" }, expect = { "cat\t/etc/hostname" } },
}

local ENDED, TRACED = "it ended by itself", "it was traced and then interrupted"
local ATTACHED = { "perf_event", "bpf%-raw%-tracepoint", "bpf%-link", "bpf_link" }

-- A packet socket looks like any other but for its number, which the kernel lists.
local function is_packet_socket(target)
	local inode = target:match("^socket:%[(%d+)%]$")
	return inode and (sh.read("/proc/net/packet") or ""):find(" " .. inode .. " *\n") ~= nil
end

local function is_attached(pid)
	local room = ffi.new("char[256]")
	for fd = 0, 255 do
		local length = ffi.C.readlink(("/proc/%d/fd/%d"):format(pid, fd), room, 256)
		local target = length > 0 and ffi.string(room, length) or ""
		if is_packet_socket(target) then
			return true
		end
		for _, pattern in ipairs(ATTACHED) do
			if target:find("^anon_inode:.*" .. pattern) then
				return true
			end
		end
	end
	return false
end

local function missing(output, patterns)
	for _, pattern in ipairs(patterns) do
		if not output:find(pattern) then
			return pattern
		end
	end
end

-- Gives it work until it has printed what is expected, has traced long enough, or has ended.
local function work(job, reader, example)
	local seconds = tonumber(example.words.seconds or 5)
	local begun, deadline = nil, live.seconds() + 15
	while live.seconds() < deadline do
		if sh.read(job.status) then
			return ENDED
		end
		begun = begun or is_attached(job.pid) and live.seconds()
		if begun and example.words.workload then
			os.execute("{ " .. example.words.workload .. "; } </dev/null >/dev/null 2>&1")
		end
		local enough = begun and live.seconds() - begun >= seconds
		if enough or begun and not example.words.seconds and not missing(reader:output(), example.expect) then
			return TRACED
		end
		os.execute("sleep 0.02")
	end
	return "it neither ended nor traced"
end

local function run(example, name)
	local words = example.words
	local path = live.file(example.text, words.file or "example.lua")
	-- Through a pipe, as into `| cat`: to a file luatrace writes in blocks, and what it printed would be seen too late.
	local pipe = path .. ".pipe"
	os.execute("mkfifo " .. sh.quote(pipe))
	local reader = live.start("cat " .. sh.quote(pipe))
	local job = live.start("sh -c " .. sh.quote(("cd %s && exec %s %s %s %s >%s 2>&1"):format(
		sh.quote(sh.dir()), live.luatrace, words.options or "", path:match("[^/]+$"), words.args or "", sh.quote(pipe))))
	local how = work(job, reader, example)
	if how ~= ENDED then
		job:kill("INT")
	end
	local status = job:wait()
	reader:wait()
	local output = reader:output()
	local passed = t.eq(status, tonumber(words.status or 0), name .. ": its exit status")
	for _, pattern in ipairs(example.expect) do
		passed = t.like(output, pattern, name .. ": what it prints") and passed
	end
	if not passed then
		t.diag(how .. "; it printed:\n" .. output:sub(1, 2000))
	end
end

local function unsupported(kind)
	local err = ffi.new("lt_error[1]")
	if C.lt_kind_supported(kind, err) < 0 then
		local reason = ffi.string(err[0].message)
		C.lt_error_clear(err)
		return reason
	end
end

local function try_lua(example, name)
	local reason = example.words.needs and unsupported(example.words.needs)
	if reason then
		t.skip(name .. ": " .. reason)
	elseif example.verb == "fragment" then
		t.eq(select(2, loadstring(example.text)), nil, name .. ": a fragment, but Lua")
	elseif example.verb == "run" then
		run(example, name)
	else
		t.ok(false, name .. ": no comment before it says what it is: run or fragment")
	end
end

local function try_c(example, name)
	local path = live.file(example.text, "example.c")
	local status, _, messages = sh.run(("%s cc %s"):format(live.luatrace, sh.quote(path)))
	t.eq(messages, "", name .. ": it compiles without a word")
	t.eq(status, 0, name .. ": status")
end

local function try_document(path)
	for _, example in ipairs(examples.of(path, sh.read(path))) do
		local name = ("%s:%d %s"):format(path, example.line, example.words.file or "")
		if not example.verb and UNMARKED[path] then
			local default = UNMARKED[path]
			example.verb, example.words, example.expect = default.verb, default.words, default.expect
		end
		if example.language == "lua" then
			try_lua(example, name)
		elseif example.language == "c" and example.verb ~= "fragment" then
			try_c(example, name)
		end
	end
end

-- What is not in the reference, of the names that `each` yields.
local function undocumented(reference, names)
	local absent = {}
	for name in pairs(names) do
		if not reference:find("%f[%w_]" .. name .. "%f[^%w_]") then
			absent[#absent + 1] = name
		end
	end
	table.sort(absent)
	return table.concat(absent, " ")
end

local function macros_of(header)
	local names = {}
	for name in header:gmatch("\n#%s*define ([%u%l][%w_]*)") do
		names[name] = true
	end
	for name in header:gmatch("%f[%w_]%.([%l][%l_]*) = __lt_") do
		names[name] = true
	end
	return names
end

try_document("README.md")
try_document("docs/guide.md")
local reference = sh.read("docs/reference.md")
t.eq(undocumented(reference, require("luatrace.bpf").methods), "", "the reference names every function and method")
t.eq(undocumented(reference, require("luatrace.map").methods), "", "and every method of a map")
t.eq(undocumented(reference, macros_of(select(2, sh.run("cat bpf/dialect/*.h")))), "",
	"and every macro and map method of the dialect")
t.done()
