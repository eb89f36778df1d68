-- SPDX-License-Identifier: MIT
-- Methods of a BPF object that read: outputs, and the trace pipe. They read for all objects.
local later = require "luatrace.later"
local loop = require "luatrace.loop"
---@module "luatrace.trace"
local trace = later "luatrace.trace"

local M = {}

---Adds the methods to the class.
---@param BPF luatrace.BPF
---@param state_of fun(self: luatrace.BPF, method: string): table
function M.install(BPF, state_of)
	---Waits for records of all open outputs, of all objects, and hands them to their functions.
	---@param timeout_ms number? -1 (the default): until at least one record was handled
	---@return integer handled
	function BPF:perf_buffer_poll(timeout_ms)
		state_of(self, "perf_buffer_poll")
		return loop.poll("perf_buffer_poll", timeout_ms)
	end

	---The same as perf_buffer_poll: all outputs are polled together.
	---@param timeout_ms number?
	---@return integer handled
	function BPF:ring_buffer_poll(timeout_ms)
		state_of(self, "ring_buffer_poll")
		return loop.poll("ring_buffer_poll", timeout_ms)
	end

	---bcc's old name of perf_buffer_poll.
	---@param timeout_ms number?
	---@return integer handled
	function BPF:kprobe_poll(timeout_ms)
		state_of(self, "kprobe_poll")
		return loop.poll("kprobe_poll", timeout_ms)
	end

	---Polls until a signal ends the program.
	function BPF:perf_buffer_poll_loop()
		state_of(self, "perf_buffer_poll_loop")
		while true do
			loop.poll("perf_buffer_poll_loop")
		end
	end
	BPF.kprobe_poll_loop = BPF.perf_buffer_poll_loop

	---Handles what lies in all outputs now, without waiting.
	---@return integer handled
	function BPF:perf_buffer_consume()
		state_of(self, "perf_buffer_consume")
		return loop.consume()
	end
	BPF.ring_buffer_consume = BPF.perf_buffer_consume

	---Prints what bpf_trace_printk() writes, until a signal comes.
	---@param fmt string? "{0}" to "{5}" stand for task, pid, cpu, flags, ts, msg; nil: the lines as they are
	function BPF:trace_print(fmt)
		state_of(self, "trace_print")
		trace.print(fmt)
	end

	---The parts of the next line of bpf_trace_printk().
	---@param nonblocking boolean?
	---@return string? task
	---@return integer? pid
	---@return integer? cpu
	---@return string? flags
	---@return number? ts seconds
	---@return string? msg
	function BPF:trace_fields(nonblocking)
		state_of(self, "trace_fields")
		return trace.fields(nonblocking)
	end

	---The next line of trace_pipe.
	---@param nonblocking boolean?
	---@return string?
	function BPF:trace_readline(nonblocking)
		state_of(self, "trace_readline")
		return trace.readline(nonblocking)
	end

	---Opens trace_pipe, so that nothing is missed before the first read.
	---@return luatrace.TracePipe
	function BPF:trace_open()
		state_of(self, "trace_open")
		return trace.open()
	end
end

return M
