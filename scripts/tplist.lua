-- SPDX-License-Identifier: MIT
local errors = require "luatrace.errors"
local probed = require "luatrace.tool.probed"

-- Files that a process has mapped to run: those that can have USDT probes.
local function files_of(pid)
	local maps = io.open(("/proc/%d/maps"):format(pid))
	if not maps then
		return nil, ("tplist: --pid: there is no process %d, or its maps are not for this user"):format(pid)
	end
	local files, seen = {}, {}
	for line in maps:lines() do
		local file = line:match "^%x+%-%x+ ..x. %x+ %x+:%x+ %d+ +(/.*)$"
		if file and not seen[file] and not file:find " %(deleted%)$" then
			seen[file], files[#files + 1] = true, ("/proc/%d/root%s"):format(pid, file)
		end
	end
	maps:close()
	return files
end

-- Arguments as other tools take them: of USDT probes they count from 0.
local function as_taken(one)
	local usdt, out = one.probe:find "^usdt:", {}
	for i, argument in ipairs(one.arguments) do
		out[i] = usdt and argument:gsub("arg%d+$", "arg" .. i - 1) or argument
	end
	return table.concat(out, ", ")
end

local function patterns(options)
	local out, files, why = {}, { options.lib }, nil
	if options.pid then
		files, why = files_of(options.pid)
	end
	if not files then
		return nil, why
	end
	for _, file in ipairs(files) do
		out[#out + 1] = ("usdt:%s:%s"):format(file, options.pattern or "*")
	end
	if #out == 0 and not options.pid then
		local pattern = options.pattern or "*:*"
		out[1] = pattern:find "^tracepoint:" and pattern or pattern:find "^usdt:" and pattern or "tracepoint:" .. pattern
	end
	return out
end

return {
	summary = "tracepoints of the kernel and USDT probes of programs, with their arguments",
	description = [[
Lists the kernel's tracepoints whose names, CATEGORY:EVENT, match a pattern with * and ?. With --lib it lists the USDT
probes of a program or library instead, and with --pid those of all files that a process runs; the pattern is of their
names, PROVIDER:NAME, then. -v shows the arguments too, which the other tools take by these names: a tracepoint's as
args->NAME, or data_loc(NAME) of a __data_loc, USDT's as arg0, arg1, ….

`luatrace probes` lists the other kinds as well. Files are looked at as they are, not as they were when the process
began.]],
	overhead = "none: nothing is traced",
	example = [[
# luatrace tplist -v sched:sched_process_ex*
PROBE                                            ARGUMENTS
tracepoint:sched:sched_process_exec              __data_loc char[] filename, pid_t pid, pid_t old_pid
tracepoint:sched:sched_process_exit              char comm[16], pid_t pid, int prio, bool group_dead
]],
	options = {
		{ "pattern", positional = true, metavar = "PATTERN", help = "only those whose names match (default: all)" },
		{ "lib", "l", type = "string", metavar = "FILE", help = "the USDT probes of this program or library" },
		{ "pid", "p", type = "integer", min = 1, metavar = "PID", help = "the USDT probes of this process" },
		{ "verbose", "v", help = "also their arguments" },
	},
	columns = { { "PROBE", width = 48 }, { "ARGUMENTS", when = "verbose" } },
	every = function(run)
		local rows, all, why = {}, patterns(run.options)
		if not all then
			return errors.raise(why)
		end
		for _, pattern in ipairs(all) do
			local ok, found = pcall(probed.find, pattern, run.options.verbose)
			if not ok and not run.options.pid then	-- most files of a process have none
				return errors.raise(found.message or found)
			end
			for _, one in ipairs(ok and found or {}) do
				rows[#rows + 1] = { probe = one.probe, arguments = as_taken(one) }
			end
		end
		run:rows(rows)
	end,
}
