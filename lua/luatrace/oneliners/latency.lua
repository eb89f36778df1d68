-- SPDX-License-Identifier: MIT
-- latency(): how long calls take, from where they begin to where they end, in one thread.
local distribution = require "luatrace.oneliners.distribution"
local probe = require "luatrace.oneliners.probe"

local M = { name = "latency", none = { lost = 0 } }

-- Nanoseconds, and the headings of print_log2_hist.
local UNITS = {
	ns = { 1, "nsecs" }, us = { 1000, "usecs" }, ms = { 1000000, "msecs" }, s = { 1000000000, "secs" },
}
M.units = UNITS

-- A thread is in many functions of a pattern at once, each by its number, and in several calls of one that calls
-- itself, each by where its frame lies or by how many there are. Some never end (exit(2)): the oldest give way. The
-- kernel's idle threads are one for each CPU, and all are number 0.
local TEXT = [[
struct lt_call { u64 thread, place, frame; };
struct lt_start { u64 ts; %s };
BPF_TABLE("lru_hash", struct lt_call, struct lt_start, lt_starts, 16384);
]]

local CALL = [[
	struct lt_call lt_call = {
		.thread = bpf_get_current_pid_tgid() ?: ~(u64)bpf_get_smp_processor_id(), .place = %s, .frame = %s,
	};]]

-- Where frames are not known, calls are counted as they begin and end, whether they are wanted or not.
local DEPTHS = [[
BPF_TABLE("lru_hash", struct lt_call, u32, lt_depths, 16384);
static __always_inline void lt_enter(struct lt_call *call)
{
	u32 one = 1, *depth = lt_depths.lookup(call);

	if (!depth)
		lt_depths.update(call, &one);
	call->frame = depth ? ++*depth : 1;
}

static __always_inline bool lt_leave(struct lt_call *call)
{
	struct lt_call key = *call;
	u32 *depth = lt_depths.lookup(&key);

	if (!depth)
		return false;
	call->frame = *depth;
	if (!--*depth)
		lt_depths.delete(&key);
	return true;
}
]]
local COUNTED = { kprobe = true, fentry = true }

-- Where a call has its frame: of user code, whose registers are there. On some machines a return takes the address off
-- the stack that the call has put there.
local FRAMES = {
	uprobe = "PT_REGS_SP(lt_ctx)",
	uretprobe = jit.arch == "x64" and "PT_REGS_SP(lt_ctx) - 8" or "PT_REGS_SP(lt_ctx)",
}

local function call_of(program)
	return CALL:format(program:number(), FRAMES[program.probe.kind] or "0")
end

-- The result is known when the call ends, the arguments when it begins.
local function at_exit(list)
	for _, e in ipairs(list) do
		if e.names.retval then
			return true
		end
	end
	return false
end

local function begin(text, program, opts, filter, by)
	program:begin()
	text:add(call_of(program))
	if COUNTED[program.probe.kind] then
		text:add("\tlt_enter(&lt_call);")
	end
	if filter then
		program:filter(opts.filter)
	end
	if by then
		program:fill("lt_key", "lt_k", opts.by, program:number())
	end
end

---@param text luatrace.oneliners.Text
---@param given luatrace.oneliners.Probe
---@param opts table
---@param out? { declare: function, take: fun(program: luatrace.oneliners.Program) } what becomes of a call that took
---lt_ns and has the key lt_k; it is counted unless given
function M.write(text, given, opts, out)
	local entry, exit = probe.pair("latency", given)
	local filter_late = opts.filter ~= nil and at_exit { opts.filter }
	local by_late = at_exit(opts.by)
	local early, late = {}, {}
	if opts.filter then
		table.insert(filter_late and late or early, opts.filter)
	end
	for _, e in ipairs(opts.by) do
		table.insert(by_late and late or early, e)
	end
	local first = text:program(entry, "lt_entry", early)
	local last = text:program(exit, "lt_exit", late)
	text:struct("lt_key", "", opts.by)
	text:add(TEXT:format(by_late and "" or "struct lt_key key;"))
	if COUNTED[entry.kind] then
		text:add(DEPTHS)
	end
	if out then
		text:add("BPF_ARRAY(lt_lost, u64, 1);")
		out.declare()
	else
		text:add("const volatile u64 lt_unit = 1;")
		text.params.lt_unit = UNITS[opts.unit][1]
		distribution.write(text)
	end

	begin(text, first, opts, not filter_late, not by_late)
	text:add("\tstruct lt_start lt_start = {};")
	if not by_late then
		text:add("\t__builtin_memcpy(&lt_start.key, &lt_k, sizeof(lt_k));")
	end
	text:add("\tlt_start.ts = bpf_ktime_get_ns();\n\tif (lt_starts.update(&lt_call, &lt_start))\n"
		.. "\t\tlt_lost.atomic_increment(0);\n\treturn 0;\n}")

	-- The clock is looked at ahead of all else, so that it is not part of what is measured.
	last:begin()
	text:add("\tu64 lt_now = bpf_ktime_get_ns(), lt_ns;")
	text:add(call_of(last))
	if COUNTED[entry.kind] then
		text:add("\tif (!lt_leave(&lt_call))\n\t\treturn 0;")
	end
	text:add("\tstruct lt_start *lt_start = lt_starts.lookup(&lt_call);\n"
		.. "\tif (!lt_start)\n\t\treturn 0;\n\tlt_ns = lt_now - lt_start->ts;")
	if by_late then
		text:add("\tlt_starts.delete(&lt_call);")
	else
		text:add("\tstruct lt_key lt_k;\n\t__builtin_memcpy(&lt_k, &lt_start->key, sizeof(lt_k));\n"
			.. "\tlt_starts.delete(&lt_call);")
	end
	if filter_late then
		last:filter(opts.filter)
	end
	if by_late then
		last:fill("lt_key", "lt_k", opts.by, last:number())
	end
	if out then
		out.take(last)
	else
		text:add("\tlt_add(&lt_k, lt_ns, lt_ns / lt_unit, false);\n\treturn 0;\n}")
	end
	return { last, first }	-- ends first: what begins meanwhile is seen to end
end

M.read, M.clear = distribution.read, distribution.clear

function M.show(handle, data)
	local unit = UNITS[handle.opts.unit]
	return distribution.show(handle, data, unit[2], unit[1], " " .. handle.opts.unit)
end

return M
