-- SPDX-License-Identifier: MIT
-- stacks(): which ways lead to a probe, or what runs when a CPU is looked at.
local BPF = require "luatrace"
local counting = require "luatrace.oneliners.counting"
local format = require "luatrace.format"
local keys = require "luatrace.oneliners.keys"
local user_symbols = require "luatrace.user_symbols"

local M = { name = "stacks", none = { total = 0, lost = 0 } }

local MOST = 8192

local KEY = "struct lt_key { u32 pid; int user, kernel; char comm[TASK_COMM_LEN]; };"

local BODY = [[
	struct lt_key lt_k = { .pid = bpf_get_current_pid_tgid() >> 32 };
	lt_k.user = %s;
	lt_k.kernel = %s;
	bpf_get_current_comm(&lt_k.comm, sizeof(lt_k.comm));
	%slt_add(&lt_k);
	return 0;
}
]]

---@param text luatrace.oneliners.Text
---@param probe luatrace.oneliners.Probe
---@param opts table
function M.write(text, probe, opts)
	local program = text:program(probe, "lt_stack", opts.expressions)
	if opts.user then
		text:add("#include <luatrace/processes.h>")
	end
	text:add(KEY)
	counting.write(text, MOST)
	text:add(("BPF_STACK_TRACE(lt_stacks, %d);"):format(MOST))
	program:begin()
	-- What a CPU does that has nothing to do is no profile.
	if probe.kind == "profile" then
		text:add("\tif (!(bpf_get_current_pid_tgid() >> 32))\n\t\treturn 0;")
	end
	program:filter(opts.filter)
	text:add(BODY:format(opts.user and "lt_stacks.get_stackid(lt_ctx, BPF_F_USER_STACK)" or "-1",
		opts.kernel and "lt_stacks.get_stackid(lt_ctx, 0)" or "-1", opts.user and "see_process();\n\t" or ""))
	return { program }
end

---@param handle luatrace.OneLiner
function M.started(handle)
	if handle.opts.user then
		handle.b:on("lt_processes", function(_, pid) user_symbols.see(pid) end)
	end
end

---@class luatrace.Stacked
---@field total integer
---@field lost integer
---@field [integer] { key: any[], comm: string, pid: integer, count: integer, user: string[], kernel: string[], folded:
---string } the most frequent first; frames innermost first

-- A stack that there was no room for is told as such: get_stackid()'s -EEXIST and -ENOMEM.
local MISSED = { [-17] = true, [-12] = true }

local function frames(handle, id, resolve)
	if MISSED[id] then
		return { "[missed]" }
	end
	return handle.b.lt_stacks:get(id, resolve)
end

---@param handle luatrace.OneLiner
---@return luatrace.Stacked
function M.read(handle)
	local b, out = handle.b, { total = 0, lost = tonumber(handle.b.lt_lost[0]) }
	local by_names = {}
	for key, n in pairs(b.lt_counts) do
		local pid, comm, count = key.pid, keys.plain(key.comm), tonumber(n)
		-- Stacks that go through the same functions are one, wherever in them.
		local folded = b.lt_stacks:folded { comm = comm, pid = pid, user = key.user, kernel = key.kernel, count = 0 }
		local id = pid .. ";" .. folded
		local one = by_names[id]
		if not one then
			one = {
				key = { comm, pid, folded }, comm = comm, pid = pid, count = 0, folded = folded:gsub(" 0$", ""),
				user = frames(handle, key.user, function(address) return user_symbols.frame(address, pid, true) end),
				kernel = frames(handle, key.kernel, BPF.ksym),
			}
			by_names[id], out[#out + 1] = one, one
		end
		one.count, out.total = one.count + count, out.total + count
	end
	keys.sort(out, "count")
	return out
end

M.clear = counting.clear

function M.folded(data)
	local lines = {}
	for i, one in ipairs(data) do
		lines[i] = ("%s %d"):format(one.folded, one.count)
	end
	return table.concat(lines, "\n")
end

---@param handle luatrace.OneLiner
---@param data luatrace.Stacked
---@return string[]
function M.show(handle, data)
	local lines = {}
	local shown = math.min(#data, handle.opts.top)
	for i = 1, shown do
		local one = data[i]
		lines[#lines + 1] = ("%10d  %s (%d)"):format(one.count, format.escape(one.comm), one.pid)
		for _, stack in ipairs { one.kernel, one.user } do
			for _, frame in ipairs(stack) do
				lines[#lines + 1] = "            " .. frame
			end
		end
	end
	counting.add_total(lines, data, shown, "stacks", MOST)
	return lines
end

return M
