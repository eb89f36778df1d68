-- SPDX-License-Identifier: MIT
-- luatrace new NAME: a tool to begin with, or a collection.
local C = require "luatrace.abi"
local collections = require "luatrace.tool.collections"
local complete = require "luatrace.tool.complete"
local errors = require "luatrace.errors"

local M = {}

local USAGE = [[
usage: luatrace new NAME
       luatrace new --collection NAME

Writes NAME.lua, a tool that runs as it is, for you to change; or the folder
NAME, a collection of two tools with a module of its own, and the rockspec that
makes a rock of it.
]]

-- What both of the tools that show directories have.
local CHDIRS = [==[
	summary = "directories that processes change to",
	overhead = "one tracepoint program for each chdir(2)",
	-- What an option `sets` is a constant, which the text has as `const volatile`.
	options = {
		{ "absolute", "a", help = "only paths that begin with a slash", sets = "absolute_only" },
	},
	-- --pid, --uid and so on: the text asks wanted().
	filters = { "pid", "tid", "uid", "comm", "cgroup" },
	text = [[
#include <luatrace/filter.h>
struct event {
	u64 ts;
	u32 pid;
	char comm[TASK_COMM_LEN];
	char path[256];
};
const volatile bool absolute_only;
BPF_RINGBUF_OUTPUT(events, 64);

TRACEPOINT_PROBE(syscalls, sys_enter_chdir)
{
	struct event event = { .ts = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32 };

	if (!wanted())
		return 0;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(&event.path, sizeof(event.path), args->filename);
	if (!absolute_only || event.path[0] == '/')
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	-- Each record is a row: a column shows the member of its name, or what `value` makes of the record.
	clock = "ts",
]==]

local TEXT = [==[
#!/usr/bin/env luatrace
-- %s: who changes directories, and where to. Run it with `luatrace ./%s.lua`; try --help, --json, -p PID.
return {
]==] .. CHDIRS .. [==[
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 }, { "PATH" },
	},
}
]==]

-- A collection, by path below the folder that it is written in. %NAME% is its name.
local COLLECTION = {
	["%NAME%-0.1-1.rockspec"] = [==[
-- Makes a rock of the collection: `luarocks make` installs it, `luarocks make --pack-binary-rock` writes a file of it.
rockspec_format = "3.0"
package = "%NAME%"
version = "0.1-1"
source = { url = "git+https://example.org/%NAME%" }
description = { summary = "What it is for, in one line", license = "MIT" }
dependencies = { "lua == 5.1" }
build = { type = "builtin", modules = {}, copy_directories = { "%NAME%" } }
]==],
	["%NAME%/collection.lua"] = [==[
return {
	name = "%NAME%",
	version = "0.1",
	summary = "what it is for, in one line",
	luatrace = ">= 0.1",	-- versions that it works with
}
]==],
	["%NAME%/lib/paths.lua"] = [==[
-- A module of the collection: its tools, and no others, can require it.
local M = {}

---@param path string
---@return string its last part
function M.base(path)
	return path:match "([^/]+)/*$" or path
end

return M
]==],
	["%NAME%/chdirs.lua"] = [==[
-- Try it: luatrace ./%NAME%/chdirs.lua
local paths = require "paths"

return {
]==] .. CHDIRS .. [==[
	columns = {
		{ "PID", width = 7 }, { "COMM", width = 16 },
		{ "NAME", width = 16, value = function(e) return paths.base(require("ffi").string(e.path)) end }, { "PATH" },
	},
}
]==],
	["%NAME%/exits.lua"] = [==[
-- Try it: luatrace ./%NAME%/exits.lua 1
return {
	summary = "how many processes end, by name",
	overhead = "one tracepoint program for each process that ends",
	text = [[
struct name { char comm[TASK_COMM_LEN]; };
BPF_HASH(ends, struct name, u64, 1024);

RAW_TRACEPOINT_PROBE(sched_process_exit)
{
	struct task_struct *task = (struct task_struct *)ctx->args[0];
	struct name name = {};

	if (task->pid == task->tgid) {
		bpf_get_current_comm(&name.comm, sizeof(name.comm));
		ends.increment(name);
	}
	return 0;
}]],
	columns = { { "COMM", width = 16 }, { "COUNT", width = 8, align = "right" } },
	sort = "COUNT",
	every = function(run)
		local rows = run:take_rows "ends"
		for _, row in ipairs(rows) do
			row.count = row.value
		end
		run:rows(rows, "comm")
	end,
}
]==],
}

-- Never over a file that is there.
local function write(path, text)
	local file, why = io.open(path, "wx")
	if not file then
		return nil, why
	end
	local ok
	ok, why = file:write(text)
	return file:close() and ok, ("%s: %s"):format(path, why or "cannot be written")
end

local function write_tool(name)
	local path = name .. ".lua"
	local ok, why = write(path, TEXT:format(name, name))
	if ok and collections.file(collections.shipped(), name) then
		io.stderr:write(("luatrace new: luatrace has a tool '%s' itself, and runs that by the name: this one is run as ./%s, "
			.. "or of a collection as COLLECTION:%s\n"):format(name, path, name))
	end
	return ok and ("%s is written: luatrace ./%s"):format(path, path), why
end

local function write_collection(name)
	for _, folder in ipairs { name, name .. "/" .. name, name .. "/" .. name .. "/lib" } do
		local rc = C.lt_directory_make(folder)
		if rc < 0 then
			return nil, ("%s: %s"):format(folder, errors.describe(rc))
		end
	end
	for path, text in pairs(COLLECTION) do
		local ok, why = write(("%s/%s"):format(name, (path:gsub("%%NAME%%", name))), (text:gsub("%%NAME%%", name)))
		if not ok then
			return nil, why
		end
	end
	return ("%s is written: LUATRACE_PATH=$PWD/%s luatrace chdirs; luatrace bundle %s/%s --check"):format(name, name, name,
		name)
end

---@param ... string arguments
---@return integer status
function M.main(...)
	local words, write_it = { ... }, write_tool
	if words[1] == "--help" or words[1] == "-h" then
		io.write(USAGE)
		return 0
	elseif words[1] == "--collection" then
		write_it = write_collection
		table.remove(words, 1)
	end
	if not words[1] or words[2] or not words[1]:find "^%w[%w_-]*$" then
		io.stderr:write("luatrace new: takes a name of letters, digits, '-' and '_'\n")
		return 2
	elseif write_it == write_tool and complete.is_command(words[1]) then
		io.stderr:write(("luatrace new: '%s' is a command of luatrace's: give the tool another name\n"):format(words[1]))
		return 2
	end
	local said, why = write_it(words[1])
	if not said then
		io.stderr:write(("luatrace new: %s\n"):format(why))
		return 1
	end
	io.write(said, "\n")
	return 0
end

return M
