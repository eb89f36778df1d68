-- SPDX-License-Identifier: MIT
-- What the live cases share: scripts and workloads that run beside the case, and what a process and the kernel hold.
local ffi = require "ffi"
local sh = require "sh"
local t = require "tap"
local BPF = require "luatrace"
local C = require "luatrace.abi"

local M = {}

ffi.cdef [[
long readlink(const char *, char *, unsigned long);
int getpid(void);
int getppid(void);
int waitpid(int, int *, int);
int close(int);
int bpf_prog_get_next_id(uint32_t, uint32_t *);
int bpf_prog_get_fd_by_id(uint32_t);
int bpf_map_get_next_id(uint32_t, uint32_t *);
int bpf_map_get_fd_by_id(uint32_t);
int bpf_link_get_next_id(uint32_t, uint32_t *);
int bpf_link_get_fd_by_id(uint32_t);
int bpf_obj_get_info_by_fd(int, void *, uint32_t *);
struct mallinfo2 { size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost; };
struct mallinfo2 mallinfo2(void);
]]

local function readlink(path)
	local room = ffi.new("char[4096]")
	local length = ffi.C.readlink(path, room, 4096)
	return length >= 0 and ffi.string(room, length) or nil
end

---The binary that runs this case.
M.binary = readlink("/proc/self/exe")
---The same, as a word for the shell.
M.luatrace = sh.quote(M.binary)
M.pid = ffi.C.getpid()

---Part of a program's or a map's name that no other process uses.
M.mark = ("lt%d"):format(M.pid)

---Ends the case, skipped, unless the kernel has this kind of probe.
---@param kind string
function M.needs(kind)
	local err = ffi.new("lt_error[1]")
	if C.lt_kind_supported(kind, err) < 0 then
		local reason = ffi.string(err[0].message)
		C.lt_error_clear(err)
		t.skip_all(reason)
	end
end

---Seconds, of the clock of bpf_ktime_get_ns().
---@return number
function M.seconds()
	return tonumber(BPF.now()) / 1e9
end

---Calls `done` until it gives something, at most 60 s (guests are slow); what it gave, or nil.
---@generic T
---@param done fun(): T?
---@return T?
function M.await(done)
	local deadline = M.seconds() + 60
	while true do
		local value = done()
		if value then
			return value
		elseif M.seconds() > deadline then
			return nil
		end
		BPF.sleep(0.01)
	end
end

---Handles all records that were made before the call.
---@param b luatrace.BPF
---@return integer handled
function M.consume(b)
	local total = 0
	repeat
		local handled = b:perf_buffer_consume()
		total = total + handled
	until handled == 0
	return total
end

local numbered = 0

---A file with this text, in the case's private directory.
---@param text string
---@param name string?
---@return string path
function M.file(text, name)
	numbered = numbered + 1
	local path = ("%s/%s"):format(sh.dir(), name or ("script%d.lua"):format(numbered))
	sh.write(path, text)
	return path
end

---Runs a script to its end by the binary under test.
---@param text string
---@param options string? words for the shell: luatrace's own
---@param around string? the command, with %s for that of the script; e.g. "%s | head -1"
---@return integer status
---@return string stdout
---@return string stderr
---@return string path of the script
function M.run(text, options, around)
	local path = M.file(text)
	local command = ("%s %s %s"):format(M.luatrace, options or "", path)
	local status, out, err = sh.run((around or "%s"):format(command))
	return status, out, err, path
end

---@class luatrace.test.Job
---@field pid integer
local Job = {}
Job.__index = Job

---Starts a command of the shell beside the case. It must end, or be ended, before the case does.
---@param command string one simple command
---@return luatrace.test.Job
function M.start(command)
	numbered = numbered + 1
	local base = ("%s/job%d"):format(sh.dir(), numbered)
	local job = setmetatable({ out = base .. ".out", err = base .. ".err", status = base .. ".status",
		input = base .. ".in" }, Job)
	sh.write(base .. ".pid", "")
	os.execute("mkfifo " .. job.input)
	-- The outer shell stays for the exit status; the inner one becomes the command.
	os.execute(("( sh -c 'echo $$ >%s.pid; exec '%s <>%s >%s 2>%s; echo $? >%s ) </dev/null >/dev/null 2>&1 &"):format(
		base, sh.quote(command), job.input, job.out, job.err,
			job.status .. ".new; mv " .. job.status .. ".new " .. job.status))
	job.pid = M.await(function() return tonumber(sh.read(base .. ".pid"):match("^(%d+)\n")) end)
		or error("the job does not start: " .. command, 2)
	return job
end

---Writes to its standard input.
---@param text string
function Job:write(text)
	sh.write(self.input, text)
end

---What it has written so far.
---@return string stdout
function Job:output()
	return sh.read(self.out) or ""
end

---@return string stderr
function Job:errors()
	return sh.read(self.err) or ""
end

---Waits for text that matches `pattern` on its standard output.
---@param pattern string
---@return string? match
function Job:await(pattern)
	return M.await(function() return self:output():match(pattern) end)
end

---@param signal string e.g. "INT"
function Job:kill(signal)
	os.execute(("kill -%s %d 2>/dev/null"):format(signal, self.pid))
end

---Waits for its end.
---@return integer status 128 + N when signal N ended it
function Job:wait()
	local status = M.await(function() return tonumber((sh.read(self.status))) end)
	if not status then
		self:kill("KILL")
		error("the job does not end; it said: " .. self:output() .. self:errors(), 2)
	end
	return status
end

---Starts `build/tests/workload MODE COUNT ARG…`, held: it exists and waits. Unlike sh.workload's it can run while the
---case polls: `begin()` lets it run, `made()` is how many events it made, nil while it runs; `wait()` for its end.
---@param ... string|number
---@return { pid: integer, begin: fun(self), made: fun(self): integer?, wait: fun(self): integer }
function M.workload(...)
	local words = { "build/tests/workload --hold" }
	for i = 1, select("#", ...) do
		words[#words + 1] = sh.quote((select(i, ...)))
	end
	local job = M.start(table.concat(words, " "))
	if not job:await("^%d+\n") then
		error("the workload does not start: " .. job:errors(), 2)
	end
	return {
		pid = job.pid,
		begin = function() job:write("go\n") end,
		made = function() return tonumber(job:output():match("\ndone (%d+)\n")) end,
		wait = function() return job:wait() end,
	}
end

---Starts a program of tests/lib/usdt.c, held, as M.workload does; `guarded()` is how often it passed the probe that it
---only passes while somebody listens.
---@param program string
---@param count integer
---@return { pid: integer, begin: fun(self), made: fun(self): integer?, guarded: fun(self): integer? }
function M.usdt(program, count)
	local job = M.start(("%s %d"):format(program, count))
	if not job:await("^%d+\n") then
		error("the program does not start: " .. job:errors(), 2)
	end
	return {
		pid = job.pid,
		begin = function() job:write("go\n") end,
		made = function() return tonumber(job:output():match("\ndone (%d+)")) end,
		guarded = function() return tonumber(job:output():match("\ndone %d+ (%d+)")) end,
	}
end

---Lets a workload run, handles records meanwhile, and all that is left when it has ended.
---@param b luatrace.BPF
---@param held table of M.workload
---@return integer made
function M.poll_through(b, held)
	held:begin()
	local made = M.await(function()
		b:perf_buffer_poll(1)
		return held:made()
	end) or error("the workload does not end", 2)
	M.consume(b)
	return made
end

local function wait_of_record(text, opts)
	local b = BPF { text = text }
	local last
	b.traced[M.pid] = 0
	b:on("events", function() last = M.seconds() end, opts)
	b:perf_buffer_poll(300) -- the first waits are shorter than the latency
	local shortest = math.huge
	for _ = 1, 5 do
		local start = M.seconds()
		last = nil
		ffi.C.getppid()
		b:perf_buffer_poll(5000)
		shortest = math.min(shortest, last and last - start or 5)
	end
	b:close()
	return shortest
end

---Checks how long a record waits, by the options that say so. The shortest of several waits counts: a loaded machine
---makes them longer.
---@param text string its output `events` gets a record for each getppid() of the processes in its hash `traced`
function M.check_latency(text)
	local prompt = wait_of_record(text, { wakeup_events = 1 })
	local batched, long = wait_of_record(text, {}), wait_of_record(text, { latency = 200 })
	t.ok(prompt < 0.02, ("wakeup_events = 1: a record is there at once (%.4f s)"):format(prompt))
	t.ok(batched > 0.02 and batched < 0.15, ("batched: after the latency (%.4f s)"):format(batched))
	t.ok(long > 0.15 and long < 1, ("latency = 200 (%.4f s)"):format(long))
end

---Starts a process of this program that busies one CPU until killed.
---@return luatrace.test.Job
function M.busy()
	return M.start("sh -c 'while :; do :; done'")
end

---Takes away what nobody has any more: a handle, then what it alone held; also what a loop that chance had compiled
---went through.
function M.collect()
	jit.flush()
	collectgarbage()
	collectgarbage()
end

---What this process holds, one line each: descriptors by what they are, and whether it has children.
---@return string
function M.holdings()
	local list = {}
	for fd = 0, 1023 do
		local target = readlink("/proc/self/fd/" .. fd)
		if target then
			list[#list + 1] = target
		end
	end
	table.sort(list)
	-- Nothing to wait for is an error; a zombie would be reaped and shown once.
	list[#list + 1] = ffi.C.waitpid(-1, nil, 1) < 0 and "no child" or "a child"
	return table.concat(list, "\n")
end

---KiB that C and that Lua have allocated and not freed. Resident pages would tell more of the allocators, and of the
---code that Lua's compiler makes, than of what is kept.
---@return number in_c
---@return number in_lua
function M.allocated()
	collectgarbage()
	collectgarbage()
	local heap = ffi.C.mallinfo2()
	return tonumber(heap.uordblks + heap.hblkhd) / 1024, collectgarbage "count"
end

-- The names in struct bpf_prog_info and bpf_map_info begin at these offsets; a link has its program's, whose number
-- stands in struct bpf_link_info.
local PROGRAM = { next = "bpf_prog_get_next_id", open = "bpf_prog_get_fd_by_id", name = 64, size = 80 }
local KINDS = {
	PROGRAM,
	{ next = "bpf_map_get_next_id", open = "bpf_map_get_fd_by_id", name = 24, size = 40 },
	{ next = "bpf_link_get_next_id", open = "bpf_link_get_fd_by_id", program = 8, size = 16 },
}

local function name_of(kind, id)
	local fd = ffi.C[kind.open](id)
	if fd < 0 then
		return nil
	end
	local info, length = ffi.new("char[?]", kind.size), ffi.new("uint32_t[1]", kind.size)
	local rc = ffi.C.bpf_obj_get_info_by_fd(fd, info, length)
	ffi.C.close(fd)
	if rc ~= 0 then
		return nil
	elseif kind.program then
		return name_of(PROGRAM, ffi.cast("uint32_t *", info + kind.program)[0])
	end
	return ffi.string(info + kind.name)
end

---Names of the programs, maps and links (theirs are their programs') in the kernel that hold `mark`.
---@param mark string
---@return string[]
function M.in_kernel(mark)
	local found, id = {}, ffi.new("uint32_t[1]")
	for _, kind in ipairs(KINDS) do
		id[0] = 0
		while ffi.C[kind.next](id[0], id) == 0 do
			local name = name_of(kind, id[0])
			if name and name:find(mark, 1, true) then
				found[#found + 1] = name
			end
		end
	end
	return found
end

---Waits until no program, map or link of that name is left (the kernel frees them some time after the last
---descriptor is closed); what is left after all.
---@param mark string
---@return string
function M.left_in_kernel(mark)
	local left
	M.await(function()
		left = M.in_kernel(mark)
		return #left == 0
	end)
	return table.concat(left, " ")
end

---Waits until no process has `words` in its command line; what is left after all.
---@param words string
---@return string
function M.left_running(words)
	local left
	M.await(function()
		left = {}
		for pid in select(2, sh.run("echo /proc/[0-9]*")):gmatch("/proc/(%d+)") do
			local line = sh.read("/proc/" .. pid .. "/cmdline")
			if line and line:find(words, 1, true) then
				left[#left + 1] = pid .. " " .. line:gsub("%z", " "):sub(1, 60)
			end
		end
		return #left == 0
	end)
	return table.concat(left, ", ")
end

return M
