-- SPDX-License-Identifier: MIT
-- Patterns of system calls: tracepoint:syscalls:sys_enter_* and the like. One raw tracepoint sees them all; closing the
-- perf events of hundreds of tracepoints takes the kernel 30 ms each, one after the other (11 s on 6.18).
local C = require "luatrace.abi"
local symbols = require "luatrace.symbols"

local M = {}

-- Numbers are below; x32's and what is no call at all are above.
local MOST = 1024

local HEAD = [[
	u64 lt_nr = %s;
	if (lt_nr >= %d)
		return 0;
]]
local NUMBER = {
	enter = "lt_ctx->args[1]",
	exit = "LT_EXIT_NR((struct pt_regs *)lt_ctx->args[0])",
}

-- A 32-bit program's calls have numbers of their own; the calls' own tracepoints leave them out too.
local MACROS = [[
#ifdef __TARGET_ARCH_x86
#define LT_EXIT_NR(regs) (regs)->orig_ax
#define LT_IS_32_BIT (((struct task_struct *)bpf_get_current_task())->thread_info.status & 2)
#else
#define LT_EXIT_NR(regs) (u32)(regs)->syscallno
#define LT_IS_32_BIT 0
#endif
BPF_ARRAY(lt_calls, u32, %d);
]]

local ONLY = [[
	u32 lt_nr32 = lt_nr, *lt_wanted = lt_calls.lookup((int *)&lt_nr32);
	if (!lt_wanted || !*lt_wanted || LT_IS_32_BIT)
		return 0;
]]

-- The calls that a pattern matches, by number; nil when one has none that is known.
local function numbers_of(names, prefix, whole)
	local numbers = {}
	for _, name in ipairs(names) do
		local number = C.lt_syscall_number(name:sub(#prefix + 1))
		if number >= 0 then
			numbers[number] = name
		elseif not whole then
			return nil
		end
	end
	return numbers
end

---Makes of a pattern of system calls' tracepoints a probe at the raw tracepoint of all, where that is the same.
---@param probe luatrace.oneliners.Probe
---@param regex string the pattern as a regular expression
function M.convert(probe, regex)
	local way, rest = probe.target:match "^syscalls:sys_(%l+)_(.+)$"
	if not NUMBER[way] or not probe.pattern then
		return
	end
	local prefix = "syscalls:sys_" .. way .. "_"
	local names = symbols.get_tracepoints(regex)
	local numbers = #names > 0 and numbers_of(names, prefix, rest == "*")
	if not numbers then
		return
	end
	probe.syscalls = { way = way, numbers = numbers, whole = rest == "*" }
	probe.cookies, probe.context = false, "struct bpf_raw_tracepoint_args"
	probe.method, probe.args = "raw_tracepoint", { tp = "sys_" .. way }
	probe.places = setmetatable({}, { __index = function(_, place)
		return numbers[place - 1] or prefix .. ("? (system call %d)"):format(place - 1)
	end })
end

---@param text luatrace.oneliners.Text
function M.declare(text)
	text:add(MACROS:format(MOST))
end

---What a program begins with: it goes on with the calls that are meant, and their number in lt_nr.
---@param text luatrace.oneliners.Text
---@param probe luatrace.oneliners.Probe
function M.begin(text, probe)
	text:add(HEAD:format(NUMBER[probe.syscalls.way], MOST))
	text:add(ONLY)
end

---Tells the programs which calls are meant.
---@param b luatrace.BPF
---@param probe luatrace.oneliners.Probe
function M.fill(b, probe)
	local numbers = probe.syscalls.numbers
	for number = 0, MOST - 1 do
		if numbers[number] or probe.syscalls.whole then
			b.lt_calls[number] = 1
		end
	end
end

return M
