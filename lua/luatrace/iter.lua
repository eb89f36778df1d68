-- SPDX-License-Identifier: MIT
-- Iterators: what a program writes for each task, socket, map element, ..., as text or as typed records.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local layout = require "luatrace.layout"
local map_state = require "luatrace.map_state"

local M = {}

-- enum bpf_cgroup_iter_order.
local ORDERS = { self = 1, descendants_pre = 2, descendants_post = 3, ancestors_up = 4 }

local RULES = { map = "descriptor?", pid = "id?", tid = "id?", cgroup = "string?", order = "string?", type = "string?" }

local function options(where, opts)
	opts = opts or {}
	check.arguments(where, opts, RULES)
	local given = 0
	for _, name in ipairs { "map", "pid", "tid", "cgroup" } do
		given = given + (opts[name] and 1 or 0)
	end
	local fd = map_state.descriptor(opts.map) or -1
	if given > 1 then
		errors.misuse("%s: takes one of map=, pid=, tid= and cgroup=", where)
	elseif type(fd) ~= "number" then
		errors.misuse("%s: map= takes a map", where)
	elseif opts.order and not ORDERS[opts.order] then
		errors.misuse('%s: order= takes "self", "descendants_pre", "descendants_post" or "ancestors_up", not "%s"', where,
			opts.order)
	end
	return ffi.new("lt_iter_opts", fd, opts.pid or -1, opts.tid or -1, opts.cgroup, ORDERS[opts.order] or 0), opts
end

-- A text may say BPF_ITER(task): the program is bpf_iter__task then.
local function program_of(bpf, name)
	local long = "bpf_iter__" .. name
	local has_long = C.lt_object_find_program(bpf.handle, long) >= 0
	return has_long and C.lt_object_find_program(bpf.handle, name) < 0 and long or name
end

-- Reads of at least this size never divide what the kernel has gathered.
local ROOM = 65536

-- A function that gives the next bytes: how many, 0 at the end. Its descriptor is closed there, or when nobody has the
-- function any more.
local function open(bpf, program, opts, buffer, size)
	local err = errors.buffer()
	local fd = C.lt_iter_open(bpf.handle, program, opts, err)
	if fd < 0 then
		errors.raise_c(fd, err, bpf.source:mapper())
	end
	local held = ffi.gc(ffi.new("int32_t[1]", fd), function(it) C.lt_iter_close(it[0]) end)
	return function(at)
		if not held then
			return 0
		end
		local read_err = errors.buffer()
		local length = C.lt_iter_read(held[0], buffer + at, size - at, read_err)
		if length <= 0 then
			C.lt_iter_close(ffi.gc(held, nil)[0])
			held = nil
		end
		if length == -errors.EINTR then
			errors.interrupt()
		elseif length < 0 then
			errors.raise_c(length, read_err)
		end
		return length
	end
end

---All that the iterator writes.
---@param bpf table
---@param fn_name string
---@param opts table?
---@return string
function M.text(bpf, fn_name, opts)
	local raw = options("read_iter", opts)
	local buffer, parts = ffi.new("char[?]", ROOM), {}
	local read = open(bpf, program_of(bpf, fn_name), raw, buffer, ROOM)
	local length = read(0)
	while length > 0 do
		parts[#parts + 1] = ffi.string(buffer, length)
		length = read(0)
	end
	return table.concat(parts)
end

local function record_layout(bpf, program, name)
	local btf = bpf:btf()
	local id = C.lt_output_record_type(bpf.handle, program)
	if name then
		local kind, tag = name:match("^(%a+) ([%w_]+)$")
		id = btf and (kind == "struct" or kind == "union") and btf:find(kind, tag) or 0
		if id == 0 then
			errors.misuse("iter_records: type='%s': the text writes no such struct", name)
		end
	elseif id == 0 then
		errors.misuse("iter_records: '%s' itself passes no struct, or several different ones, to bpf_seq_write: "
			.. 'type="struct NAME" says which', program)
	end
	local record, why = layout.of(btf, id)
	if not record then
		errors.misuse("iter_records: %s", why)
	end
	return record
end

---What the iterator writes by bpf_seq_write, record by record.
---@param bpf table
---@param fn_name string
---@param opts table?
---@return fun(): ffi.cdata*?
function M.records(bpf, fn_name, opts)
	local raw, args = options("iter_records", opts)
	local program = program_of(bpf, fn_name)
	local ct = record_layout(bpf, program, args.type).ct
	local size = ffi.sizeof(ct)
	local room = math.max(ROOM, size)
	local buffer = ffi.new("uint8_t[?]", room)
	local read = open(bpf, program, raw, buffer, room)
	local at, length = 0, 0
	return function()
		while length - at < size do
			ffi.copy(buffer, buffer + at, length - at) -- a part of a record
			at, length = 0, length - at
			local more = read(length)
			if more == 0 then
				if length > 0 then
					errors.raise(("iter_records: '%s': what it wrote ends within a record of %d bytes"):format(program, size))
				end
				return nil
			end
			length = length + more
		end
		local record = ffi.new(ct)
		ffi.copy(record, buffer + at, size)
		at = at + size
		return record
	end
end

return M
