-- SPDX-License-Identifier: MIT
-- Calls that took long, each as a record: latency() with another end.
local probes = require "luatrace.oneliners.probe"
local latency = require "luatrace.oneliners.latency"

local M = {}

local TEXT = [[
struct lt_event {
	u64 at, ns, place;
	s64 result;
	u32 pid, tid;
	char comm[TASK_COMM_LEN];
%s};
const volatile u64 lt_least;
BPF_RINGBUF_OUTPUT(lt_events, 64);
/* of a result that is narrower than its register */
const volatile u8 lt_result_bits = 64;
const volatile bool lt_result_signed;
static __always_inline s64 lt_result(u64 value)
{
	u8 above = (64 - lt_result_bits) & 63;

	value <<= above;
	return lt_result_signed ? (s64)value >> above : value >> above;
}
]]

local RECORD = [[
	if (lt_ns < lt_least)
		return 0;
	struct lt_event lt_e = { .at = lt_now, .ns = lt_ns, .place = %s, .result = %s,
		.pid = bpf_get_current_pid_tgid() >> 32, .tid = bpf_get_current_pid_tgid() };
	bpf_get_current_comm(lt_e.comm, sizeof(lt_e.comm));
%s	lt_events.ringbuf_output(&lt_e, sizeof(lt_e), 0);
	return 0;
}]]

-- Where the result of a call is, by the kind of its end. Of a function of the kernel its type is known too, without
-- which a negative int is a large number.
local RESULTS = {
	kretprobe = "PT_REGS_RC(lt_ctx)", uretprobe = "PT_REGS_RC(lt_ctx)", tracepoint = "((s64 *)lt_ctx)[2]",
}

-- Bits of a C type, negative of a signed one. Of a _Bool one byte of the register is the result.
local BITS = { bool = 8, _Bool = 8, char = -8, ["signed char"] = -8, ["unsigned char"] = 8, u8 = 8, s8 = -8,
	short = -16, ["unsigned short"] = 16, ["short unsigned int"] = 16, ["short int"] = -16, u16 = 16, s16 = -16, int = -32,
	["unsigned int"] = 32, u32 = 32, s32 = -32, gfp_t = 32, umode_t = 16, vm_fault_t = 32, ["fmode_t"] = 32 }

-- An expression, and the bits of it that count.
local function result_of(probe)
	local value = probe.syscalls and "lt_ctx->args[1]" or RESULTS[probe.kind]
	if probe.kind == "kretprobe" or probe.kind == "fexit" then
		local arguments, type = probes.arguments(probe)
		value = value or type and ("lt_ctx[%d]"):format(#arguments) or "0"
		return value, type and (BITS[type] or type:find "^enum " and -32) or 64
	end
	return value or "0", 64
end

---@param text luatrace.oneliners.Text
---@param probe luatrace.oneliners.Probe
---@param opts table
function M.write(text, probe, opts)
	for _, e in ipairs(opts.by) do
		e.option = "FIELDS"
	end
	return latency.write(text, probe, opts, {
		declare = function()
			local members = {}
			for i in ipairs(opts.by) do
				members[i] = ("\t__typeof__(((struct lt_key *)0)->k%d) k%d;\n"):format(i, i)
			end
			text:add(TEXT:format(table.concat(members)))
		end,
		take = function(program)
			local copies = {}
			for i in ipairs(opts.by) do
				copies[i] = ("\t__builtin_memcpy(&lt_e.k%d, &lt_k.k%d, sizeof(lt_e.k%d));\n"):format(i, i, i)
			end
			local value, bits = result_of(program.probe)
			text.params.lt_result_bits, text.params.lt_result_signed = math.abs(bits), bits < 0
			text:add(RECORD:format(program:number(), "lt_result(" .. value .. ")", table.concat(copies)))
		end,
	})
end

return M
