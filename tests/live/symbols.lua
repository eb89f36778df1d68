-- SPDX-License-Identifier: MIT
-- Names of a program's stack: C++, Rust and JIT code, in a container, static and stripped, after its end, by build id.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

live.needs "uprobe"
local COUNT = 97
local TEXT = [[
BPF_STACK_TRACE(stacks, 1024);
BPF_STACK_TRACE_BUILDID(files, 1024);
BPF_HASH(counts, int, u64);
BPF_HASH(by_file, int, u64);
int on_call(struct pt_regs *ctx)
{
	int id = stacks.get_stackid(ctx, BPF_F_USER_STACK);

	if (bpf_get_current_pid_tgid() >> 32 != PID)
		return 0;
	counts.increment(id);
	id = files.get_stackid(ctx, BPF_F_USER_STACK);
	by_file.increment(id);
	return 0;
}]]

-- Starts a program of tests/lib/stacks.c, held before its calls.
local function start(words)
	local job = live.start((words:find("/") and words or "build/tests/" .. words) .. " " .. COUNT)
	local pid, address = (job:await("^%d+ %x+\n") or error(job:errors(), 2)):match("(%d+) (%x+)")
	return job, tonumber(pid), tonumber(address, 16)
end

local function run_to_the_calls(job)
	job:write("go\n")
	return job:await("\ndone (%d+)\n")
end

local function finish(job)
	job:write("end\n")
	job:wait()
end

local function only(counts)
	local id, n
	for key, count in pairs(counts) do
		t.ok(not id, "all calls have one stack")
		id, n = key, tonumber(count)
	end
	return id, n
end

local function traced(pid, attach)
	local b = BPF { text = TEXT, cflags = { "-DPID=" .. pid } }
	attach(b)
	return b
end

local function by_name(program, pid)
	return function(b)
		b:attach_uprobe { name = "build/tests/" .. program, sym = "stacks_inner", fn_name = "on_call", pid = pid }
	end
end

-- The function that the probe is in has made no frame yet, so its caller is in none.
local FRAMES = {
	"stacks_inner", "stacks::jit::Runner<T>::run", "stacks::Runner::run(int)", "js:run;\\e[1m a.js:7", "main",
}

local function check_names(what, b, id, pid)
	local names = b.stacks:get(id, function(address) return BPF.sym(address, pid) end)
	for i = #names, 1, -1 do
		-- Newer kernels know the caller all the same.
		if names[i] == "stacks::jit::run::<u8>" then
			table.remove(names, i)
		end
	end
	for i, name in ipairs(FRAMES) do
		t.eq(names[i], name, ("%s: frame %d"):format(what, i))
	end
end

for _, program in ipairs { "stacks", "stacks-fixed" } do
	local job, pid = start(program)
	local b = traced(pid, by_name(program, pid))
	t.eq(tonumber(run_to_the_calls(job)), COUNT, program .. ": made its calls")
	local id, n = only(b.counts)
	t.eq(n, COUNT, program .. ": each call with its stack")
	check_names(program, b, id, pid)
	local as_in_the_file = b.stacks:get(id, function(address) return BPF.sym(address, pid, { demangle = false }) end)
	t.like(table.concat(as_in_the_file, " "), " _ZN6stacks6Runner3runEi ", "demangle = false")

	-- Folded, root first, what is in names kept from being more than names.
	local line = b.stacks:folded { comm = "a;b\n", pid = pid, user = id, count = n }
	t.like(line, "^a:b\\n;.*main;js:run:\\e%[1m a%.js:7_%[j%];stacks::Runner::run%(int%);stacks::jit::Runner<T>::run;"
		.. ".*stacks_inner 97$", "folded")
	t.eq(b.stacks:folded { comm = "x", pid = pid, user = -14, kernel = -17, count = 5ULL }, "x;[missed] 5",
		"folded: no stack, and one that the map had no room for")
	t.eq(b.stacks:folded { comm = "x", pid = pid, user = 0xffffffff - 16, count = 5 }, "x;[missed] 5",
		"folded: that in a u32")
	t.raises(function() b.stacks:folded { user = id, count = 1 } end, "folded: pid= is missing", "folded without a pid")
	t.raises(function() b.stacks:folded { comm = "x" } end, "folded: count= is missing", "folded without a count")
	t.raises(function() b.counts:folded { count = 1 } end, "map 'counts' is no stack trace map",
		"folded of another map")

	-- By build id: frames know their file.
	local by_file, m = only(b.by_file)
	t.eq(m, COUNT, program .. ": each call with its build ids")
	local frames = b.files[by_file]
	t.eq(frames[1].status, 1, "a frame with a build id")
	t.ok(frames[#frames].status > 0 and #frames < 127, "and no frames that are none")
	t.like(frames[1].build_id, "^%x+$", "which is hexadecimal")
	t.eq(#frames[1].build_id, 40, "of 20 bytes")
	t.eq(BPF.sym(frames[1], pid, true, true), ("stacks_inner+0x0 [%s]"):format(program), "its function")
	t.like(b.files:folded { pid = pid, user = by_file, count = 1 }, "main;js:run:",
		"folded: a JIT's frame has its address")

	-- It has ended, and all of that is still so.
	t.ok(BPF.remember(pid), "remembered")
	finish(job)
	check_names(program .. ", ended", b, id, pid)
	t.eq(BPF.sym(frames[1], -1), "stacks_inner", "by build id, of no process")
	b:close()
end
t.eq(BPF.remember(4194303), false, "no such process to remember")
t.raises(function() BPF.remember(-1) end, "remember: pid= takes an integer from 1", "a wrong pid")
t.raises(function() BPF.sym({ build_id = "zz", offset = 1 }, -1) end, "40 hexadecimal digits", "a wrong build id")

-- A process that nobody looked at while it lived: its file is known by name alone.
do
	local job, pid = start("stacks")
	local copy = live.file("", "copy")
	t.eq(sh.run(("objcopy --remove-section .comment build/tests/stacks %s"):format(copy)), 0, "a copy")
	local b = traced(pid, by_name("stacks", pid))
	run_to_the_calls(job)
	finish(job)
	local id = only(b.counts)
	t.eq(BPF.sym(b.stacks[id][1] or 0, pid), "[unknown]", "nobody looked while it lived")
	BPF.add_module(copy)
	t.eq(BPF.sym(b.files[only(b.by_file)][1], pid), "stacks_inner", "add_module: by build id")
	t.raises(function() BPF.add_module("tests/run") end, "module 'tests/run': not an ELF", "a module that is none")
	b:close()
end

-- All functions that match a pattern, by address: each place once.
do
	local job, pid = start("stacks")
	local path = "build/tests/stacks"
	t.eq(table.concat(BPF.get_user_functions(path, "stacks_"), " "), "stacks_inner", "get_user_functions")
	local pairs_found = BPF.get_user_functions_and_addresses(path, "_(ZN6|RINvNtC6)stacks")
	t.eq(#pairs_found, 3, "get_user_functions_and_addresses")
	local addresses = BPF.get_user_addresses(path, ".*stacks(_inner|3jit|6Runner)")
	t.eq(#addresses, 4, "get_user_addresses")
	local b = traced(pid, function(b)
		for _, address in ipairs(addresses) do
			b:attach_uprobe { name = path, addr = address, fn_name = "on_call", pid = pid }
		end
	end)
	run_to_the_calls(job)
	local total, stacks = 0, 0
	for _, n in pairs(b.counts) do
		total, stacks = total + tonumber(n), stacks + 1
	end
	t.eq(total, 4 * COUNT, "each call of each function")
	t.eq(stacks, 4, "of four stacks")
	finish(job)
	b:close()
	t.raises(function() BPF.get_user_functions(path, "(") end, "get_user_functions: .*not a regular expression",
		"a wrong pattern")
	t.raises(function() BPF.get_user_functions("tests/run", "x") end, "functions 'tests/run': not an ELF", "no ELF file")
	t.raises(function() BPF.get_user_addresses("stacks", 1) end, "get_user_addresses: pattern= takes a string",
		"no pattern")
end

-- Static and stripped: probed by address, no names.
do
	local job, pid, address = start("stacks-static")
	local b = traced(pid, function(b)
		t.raises(function() by_name("stacks-static", pid)(b) end, "the file is stripped", "stripped: no name to probe")
		b:attach_uprobe { name = "build/tests/stacks-static", addr = address, fn_name = "on_call", pid = pid }
	end)
	t.eq(tonumber(run_to_the_calls(job)), COUNT, "static: made its calls")
	local id, n = only(b.counts)
	t.eq(n, COUNT, "static: each call, by the function's address")
	t.eq(BPF.sym(b.stacks[id][1] or 0, pid, true), "[unknown]", "static and stripped: no name")
	t.like(b.stacks:folded { pid = pid, user = id, count = n }, ";%[stacks%-static%] 97$", "folded: the file's")
	finish(job)
	b:close()
end

-- Stripped, with a debug file beside it: as if it were not.
do
	local path = live.file("", "stripped")
	t.eq(sh.run(("objcopy --only-keep-debug build/tests/stacks %s.debug && "
		.. "objcopy -S --add-gnu-debuglink=%s.debug build/tests/stacks %s"):format(path, path, path)), 0, "stripped")
	os.execute("chmod +x " .. path)
	local job, pid = start(path)
	local b = traced(pid, function(b)
		b:attach_uprobe { name = path, sym = "stacks_inner", fn_name = "on_call", pid = pid }
	end)
	t.eq(tonumber(run_to_the_calls(job)), COUNT, "stripped: made its calls")
	local id, n = only(b.counts)
	t.eq(n, COUNT, "stripped: each call, by its name in the debug file")
	check_names("stripped", b, id, pid)
	finish(job)
	b:close()
end

-- In a container: its pid, its /tmp and its files are others.
do
	local probe = live.start("build/tests/stacks --container 1")
	local allowed = live.await(function() return probe:output():find("\n") or sh.read(probe.status) end)
	if not allowed or probe:errors() ~= "" then
		probe:wait()
		t.skip("no namespaces here: " .. probe:errors())
	else
		probe:write("go\nend\n")
		probe:wait()
		local job, pid = start("stacks --container")
		local b = traced(pid, by_name("stacks", pid))
		t.ok(BPF.remember(pid), "container: remembered")
		t.eq(tonumber(run_to_the_calls(job)), COUNT, "container: made its calls")
		local id, n = only(b.counts)
		t.eq(n, COUNT, "container: each call with its stack")
		finish(job)
		check_names("container, ended", b, id, pid)
		b:close()
	end
end
t.done()
