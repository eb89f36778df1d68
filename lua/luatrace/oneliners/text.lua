-- SPDX-License-Identifier: MIT
-- The BPF text of a one-liner. Each expression stands on lines of its own, so that what the compiler or the verifier
-- say of such a line is said of the expression: what is around it nobody has written.
-- Nothing of the traced system is put into it but names and types of a function's parameters, which are C already.
local BPF = require "luatrace"
local errors = require "luatrace.errors"
local keys = require "luatrace.oneliners.keys"
local names = require "luatrace.oneliners.names"

local near = require "luatrace.near"
local syscalls = require "luatrace.oneliners.syscalls"

local M = {}

-- LT_TEXT tells an array of char, which is copied as it is, from what is a number or an address. str() reads a string
-- where a pointer leads, of a process or of the kernel; data_loc() is the pointer to a tracepoint's field of no fixed
-- length.
-- Arrays of a tracepoint's context are copied by a helper: its pointer with an offset added is one that the verifier
-- lets no program read through.
local NEAR = [[
#define LT_COPY(to, size, from) __builtin_memcpy(to, from, size)
#define LT_NEAR(e) (e)
]]
local FAR = [[
static __always_inline char *lt_copy(char *to, u32 size, const void *from)
{
	asm volatile("" : "+r"(from));
	bpf_probe_read_kernel(to, size, from);
	return to;
}
#define LT_COPY(to, size, from) lt_copy(to, size, from)
#define LT_NEAR(e) (*(char (*)[sizeof(__typeof__(e))])lt_copy((char [sizeof(__typeof__(e))]){}, \
	sizeof(__typeof__(e)), (const void *)(e)))
]]

local PRELUDE = [[
#define LT_TEXT(e) __builtin_types_compatible_p(__typeof__(e), char[sizeof(__typeof__(e))])
#define LT_TYPE(e) __typeof__(__builtin_choose_expr(LT_TEXT(e), *(char (*)[sizeof(__typeof__(e))])0, (e) + 0))
#define LT_PUT(to, e) do { \
	if (LT_TEXT(e)) LT_COPY((char *)&(to), sizeof(to), (const void *)(e)); \
	else *(__typeof__((e) + 0) *)&(to) = (e); } while (0)
#define data_loc(field) ((char *)args + (args->data_loc_##field & 0xffff))
#define str(...) LT_STR(__VA_ARGS__, 64, 64)
#define LT_STR(p, n, ...) (*(char (*)[n])lt_str((char [n]){}, (n), (const void *)(p)))
#define LT_AS_TEXT(e) __builtin_choose_expr(!LT_TEXT(e), str(e), \
	__builtin_choose_expr(__builtin_constant_p(e), (e), LT_NEAR(e)))
#define streq(a, b) lt_same(LT_AS_TEXT(a), sizeof(LT_AS_TEXT(a)), LT_AS_TEXT(b), sizeof(LT_AS_TEXT(b)))
static __always_inline char *lt_str(char *room, u32 size, const void *from)
{
	if (bpf_probe_read_user_str(room, size, from) < 0)
		bpf_probe_read_kernel_str(room, size, from);
	return room;
}
static __always_inline bool lt_same(const char *a, u32 a_size, const char *b, u32 b_size)
{
#pragma unroll
	for (u32 i = 0; i < (a_size < b_size ? a_size : b_size); i++) {
		if (a[i] != b[i])
			return false;
		if (!a[i])
			return true;
	}
	return a_size == b_size;
}
]]

---@class luatrace.oneliners.Text
---@field where string
---@field lines string[]
---@field filtered boolean?
---@field private count integer of lines
---@field private origin table<integer, luatrace.Expression>
---@field private declared table<string, string>
---@field private programs luatrace.oneliners.Program[]
---@field params table<string, any> values of its `const volatile` variables
local Text = {}
Text.__index = Text

---@param where string the function that it is for
---@param filtered boolean? only events that <luatrace/filter.h> is asked for
---@return luatrace.oneliners.Text
function M.new(where, filtered)
	local text = setmetatable({ where = where, lines = {}, count = 0, origin = {}, declared = {}, params = {},
		programs = {}, filtered = filtered }, Text)
	if filtered then
		text:add("#include <luatrace/filter.h>")
	end
	text:add(PRELUDE)
	return text
end

---@param lines string
function Text:add(lines)
	self.lines[#self.lines + 1] = lines:gsub("\n$", "")
	self.count = self.count + select(2, self.lines[#self.lines]:gsub("\n", "")) + 1
end

---An expression on a line of its own.
---@param before string
---@param e luatrace.Expression
---@param after string
function Text:add_expression(before, e, after)
	for _, line in ipairs { before, e.text, after } do
		self:add(line)
		self.origin[self.count] = e
	end
end

---A program's beginning, and what its expressions may name.
---@class luatrace.oneliners.Program
---@field text luatrace.oneliners.Text
---@field probe luatrace.oneliners.Probe
---@field name string
---@field private names table<string, luatrace.oneliners.Name>
---@field private expressions luatrace.Expression[]
---@field private local_names table<string, boolean>
local Program = {}
Program.__index = Program

-- In the order of the alphabet: pairs() has another one in each run, and a text that differs is compiled anew.
local function used(program, expressions, fn)
	local found = {}
	for _, e in ipairs(expressions) do
		for name in pairs(e.names) do
			found[#found + 1] = program.names[name] and name
		end
	end
	table.sort(found)
	for _, name in ipairs(found) do
		if program.names[name] then	-- unless fn() has just taken it out
			fn(name, program.names[name])
		end
	end
end

-- `target`, the process of luatrace -c: a constant, so that the text is the same for each command.
function Text:declare_target(expressions)
	for _, e in ipairs(expressions) do
		if e.names.target and not self.params.target then
			self.params.target = BPF.target_pid()
				or names.refuse(self.where, e, "target is the process of luatrace -c, and there is no such command")
			self:add("const volatile u32 target;")
		end
	end
end

---A program of the text, with the declarations for its expressions' types, which the text's structs are made of.
---@param probe luatrace.oneliners.Probe
---@param own string its name
---@param expressions luatrace.Expression[] all that will stand in it
---@return luatrace.oneliners.Program
function Text:program(probe, own, expressions)
	local program = setmetatable({ text = self, probe = probe, name = names.program_name(probe, own),
		names = names.at(probe, expressions), expressions = expressions, local_names = {} }, Program)
	self:declare_target(expressions)
	used(program, expressions, function(name, entry)
		if not self.declared[name] then
			self.declared[name] = entry.declaration
			self:add(("extern %s;"):format(entry.declaration))
		elseif self.declared[name] ~= entry.declaration then	-- args of where a call begins, and of where it ends
			program.names[name] = nil
		end
	end)
	table.insert(self.programs, program)
	if #self.programs == 1 then
		self:add(program:names_args() and FAR or NEAR)
	end
	if probe.syscalls and #self.programs == 1 then
		syscalls.declare(self)
	end
	return program
end

-- Whether something of a tracepoint's context is read as it lies there.
function Program:names_args()
	local found = false
	used(self, self.expressions, function(name) found = found or name == "args" end)
	return found
end

---"int NAME(CONTEXT *lt_ctx, …)" and its opening brace.
function Program:begin()
	local registers = -1
	used(self, self.expressions, function(_, entry)
		registers = math.max(registers, entry.register or -1)
	end)
	local parameters = { self.probe.context .. " *lt_ctx" }
	for i = 0, registers do
		parameters[#parameters + 1] = "u64 lt_a" .. i
	end
	self.text:add(("int %s(%s)\n{"):format(self.name, table.concat(parameters, ", ")))
	if self.text.filtered then
		self.text:add("\tif (!wanted())\n\t\treturn 0;")
	end
	if self.probe.syscalls then
		syscalls.begin(self.text, self.probe)
	end
end

---Declares what the expressions name, with its values. Of names that are there it does nothing.
---@param expressions luatrace.Expression[]
function Program:locals(expressions)
	used(self, expressions, function(name, entry)
		if self.local_names[name] then
			return
		end
		self.local_names[name] = true
		if entry.fill then
			self.text:add(("\t%s = {};\n\t%s"):format(entry.declaration, entry.fill))
		else
			self.text:add(("\t__typeof__(%s) %s = (__typeof__(%s))(%s);"):format(name, name, name, entry.value))
		end
	end)
end

---Ends the run unless the expression holds.
---@param filter luatrace.Expression?
function Program:filter(filter)
	if filter then
		self:locals { filter }
		self.text:add_expression("\tif (!(", filter, "\t)) return 0;")
	end
end

---Members k1, k2, … of a struct, one for each expression; where there is none, `none`.
---@param tag string
---@param first string members ahead of them
---@param list luatrace.Expression[]
function Text:struct(tag, first, list)
	self:add(("struct %s {\n%s"):format(tag, first))
	for i, e in ipairs(list) do
		if keys.is_probe(e) then
			self:add(("\tu64 k%d;"):format(i))
		else
			self:add_expression("\tLT_TYPE(", e, ("\t) k%d;"):format(i))
		end
	end
	self:add((#list == 0 and "\tu64 none;\n" or "") .. "};")
end

---A variable of such a struct, filled. Padding between its members is zero, for a key is all of its bytes.
---@param tag string
---@param variable string
---@param list luatrace.Expression[]
---@param number string C expression for the number of the place
function Program:fill(tag, variable, list, number)
	self:locals(list)
	self.text:add(("\tstruct %s %s;\n\t__builtin_memset(&%s, 0, sizeof(%s));"):format(tag, variable, variable, variable))
	for i, e in ipairs(list) do
		if keys.is_probe(e) then
			self.text:add(("\t%s.k%d = %s;"):format(variable, i, number))
		else
			self.text:add_expression(("\tLT_PUT(%s.k%d,"):format(variable, i), e, "\t);")
		end
	end
end

---The number of the place that the program runs at, in C.
---@return string
function Program:number()
	return self.probe.cookies and "bpf_get_attach_cookie(lt_ctx)" or self.probe.syscalls and "(lt_nr + 1)" or "1"
end

-- Of the programs that may stand there, the one whose name it could be: what to say instead of the compiler.
local function about_name(text, e, name)
	for _, program in ipairs(text.programs) do
		for _, own in ipairs(program.expressions) do
			if own == e then
				local known = { "probe" }
				for each in pairs(program.names) do
					known[#known + 1] = each
				end
				local why = names.why_not(program.probe, name)
				return why and "; " .. why or near.hint(name, known)
			end
		end
	end
	return ""
end

local function line_of(text, number)
	local at = 0
	for line in (table.concat(text.lines, "\n") .. "\n"):gmatch "[ \t]*([^\n]*)\n" do
		at = at + 1
		if at == number then
			return line
		end
	end
end

-- The verifier's "(<text>:41: LINE)", where the line may have brackets of its own.
local function name_place(text, message)
	local number = tonumber(message:match "%(<text>:(%d+)")
	if not number then
		return message
	end
	local from, to = message:find(("(<text>:%d: %s)"):format(number, line_of(text, number) or ""), 1, true)
	if not from then	-- a long one is cut off
		from, to = message:find "%(<text>:%d+[^)]*%)"
	end
	local origin = text.origin[number]
	local place = origin and ("(%s: '%s')"):format(origin.option, origin.text) or "(in the text of this one-liner)"
	return from and message:sub(1, from - 1) .. place .. message:sub(to + 1) or message
end

-- What was said of a line of the text, of the expression that stands there.
local function translate(text, e)
	local line, said = e.message:match "^<text>:(%d+):%d+: error: ([^\n]*)"
	local expression = line and text.origin[tonumber(line)]
	local message = e.message
	if expression then
		local unknown = said:match "undeclared identifier '([^']+)'"
		if unknown then
			said = ("use of undeclared identifier '%s'%s"):format(unknown, about_name(text, expression, unknown))
		end
		message = ("%s: %s: '%s': %s"):format(text.where, expression.option, expression.text, said)
	else
		message = ("%s: %s"):format(text.where, name_place(text, message))
	end
	return errors.new(message, e.errno, e.log)
end

---Calls `fn`, and raises what it raises as said of expressions.
---@param fn function
---@param ... any its arguments
---@return any
function Text:protect(fn, ...)
	local ok, result = pcall(fn, ...)
	if not ok then
		error(errors.is(result) and not result.interrupted and translate(self, result) or result, 0)
	end
	return result
end

---@return string
function Text:source()
	return table.concat(self.lines, "\n") .. "\n"
end

---What it is compiled with: what is around an expression nobody has written, and need not be warned of.
---@param cflags string[]? as of BPF { … }
---@return string[]
function Text:flags(cflags)	-- luacheck: ignore 212
	return { "-w", unpack(cflags or {}) }
end

---Compiles and loads it.
---@param params table<string, any>? more of them
---@param cflags string[]? as of BPF { … }
---@param max_entries table<string, integer>? as of BPF { … }
---@param params_named_by table<string, string>? as of BPF { … }
---@return luatrace.BPF
function Text:open(params, cflags, max_entries, params_named_by)
	for name, value in pairs(params or {}) do
		self.params[name] = value
	end
	return self:protect(BPF, { text = self:source(), cflags = self:flags(cflags), params = self.params,
		params_named_by = params_named_by, auto_attach = false, max_entries = max_entries })
end

return M
