-- SPDX-License-Identifier: MIT
-- A table that is printed row by row: its columns are declared once, and a row is made in C, field by field, called
-- from compiled Lua.
local ffi = require "ffi"
local C = require "luatrace.abi"
local check = require "luatrace.check"
local errors = require "luatrace.errors"
local format = require "luatrace.format"

local M = {}

---@class luatrace.Column
---@field [1] string the column's name, as the header shows it
---@field width integer? characters, the name's length at least; longer values are not cut
---@field align "left"|"right"? left unless given
---@field decimals integer? of numbers: digits behind the point, 0 to 17
---@field hex boolean? of integers: as 0x…
---@field key string? its name in JSON; the column's in lower case unless given

---@class luatrace.Columns
---@field row fun(self: luatrace.Columns, ...: any) prints a row: a value for each column
local Columns = {}
Columns.__index = Columns

local RULES = { "text", width = "count?", align = "string?", decimals = "u32?", hex = "boolean?", key = "string?" }
local FORMATS = { table = C.LT_LINE_TABLE, json = C.LT_LINE_JSON, csv = C.LT_LINE_CSV }
local MOST_WIDTH, MOST_DECIMALS = 1024, 17

local function characters(text)
	return select(2, text:gsub("[^\128-\191]", ""))
end

local function raw_column(i, column, last)
	local where = ("columns: column %d"):format(i)
	if type(column) ~= "table" or type(column[1]) ~= "string" then
		errors.misuse("%s: takes a table like { \"PID\", width = 7 }, not %s", where,
			type(column) == "table" and "one without a name" or check.given(column))
	end
	check.arguments(where, column, RULES)
	local align = column.align or "left"
	if align ~= "left" and align ~= "right" then
		errors.misuse("%s: align= is \"left\" or \"right\", not %s", where, check.given(align))
	elseif (column.width or 0) > MOST_WIDTH then
		errors.misuse("%s: width= is at most %d, not %d", where, MOST_WIDTH, column.width)
	elseif (column.decimals or 0) > MOST_DECIMALS then
		errors.misuse("%s: decimals= is at most %d, not %d", where, MOST_DECIMALS, column.decimals)
	end
	local width = math.max(column.width or 0, characters(column[1]))
	-- nothing to fill up behind the last one
	width = align == "right" and width or last and 0 or -width
	return { name = column[1], width = width, decimals = column.decimals, hex = column.hex,
		key = column.key or column[1]:lower() }
end

local function put_text(line, value, column)
	C.lt_line_text(line, value, #value, column.width)
end

local function put_number(line, value, column)
	if column.decimals then
		C.lt_line_fixed(line, value, column.decimals, column.width)
	elseif value % 1 == 0 and value >= -2 ^ 63 and value < 2 ^ 63 then
		if column.hex then
			C.lt_line_hex(line, ffi.cast("int64_t", value), column.width)
		else
			C.lt_line_integer(line, value, column.width)
		end
	else
		put_text(line, ("%.14g"):format(value), column)
	end
end

local function put_64_bits(put_decimal)
	return function(line, value, column)
		if column.decimals then
			C.lt_line_fixed(line, tonumber(value), column.decimals, column.width)
		elseif column.hex then
			C.lt_line_hex(line, value, column.width)
		else
			put_decimal(line, value, column.width)
		end
	end
end

local function put_chars(line, value, column)
	C.lt_line_chars(line, value, ffi.sizeof(value), column.width)
end

local function put_enum(line, value, column)
	put_number(line, tonumber(value), column)
end

local function put_bytes(line, value, column)
	local bytes = ffi.cast("uint8_t *", value)
	put_text(line, format.memory({ kind = "bytes", size = ffi.sizeof(value) }, bytes), column)
end

local function put_boolean(line, value, column)
	C.lt_line_boolean(line, value and 1 or 0, column.width)
end

local function put_other(line, value, column)
	put_text(line, tostring(value), column)
end

-- How values of C are put, by the number of their type.
local put_cdata = {
	[tonumber(ffi.typeof("int64_t"))] = put_64_bits(C.lt_line_integer),
	[tonumber(ffi.typeof("uint64_t"))] = put_64_bits(C.lt_line_unsigned),
}

local function learn(id, value)
	local name = tostring(ffi.typeof(value))
	put_cdata[id] = name:find "^ctype<char %(&%)%[%d+%]>$" and put_chars
		or name:find "^ctype<unsigned char %(&%)%[%d+%]>$" and put_bytes
		or name:find "^ctype<enum " and put_enum or name:find "^ctype<bool" and put_boolean or put_other
	return put_cdata[id]
end

local function put(line, value, column)
	local kind = type(value)
	if kind == "string" then
		put_text(line, value, column)
	elseif kind == "number" then
		put_number(line, value, column)
	elseif kind == "cdata" then
		local id = tonumber(ffi.typeof(value))
		local put_it = put_cdata[id] or learn(id, value)
		put_it(line, value, column)
	elseif value == nil then
		C.lt_line_none(line, column.width)
	elseif kind == "boolean" then
		put_boolean(line, value, column)
	else
		put_other(line, value, column)
	end
end

local function finish(line)
	local rc = C.lt_line_end(line)
	if rc < 0 then
		errors.raise("columns: no memory for a row", rc)
	end
end

local function misused(self, rows, more)
	if self ~= rows then
		errors.misuse("row: call it with a colon: rows:row(…)")
	end
	errors.misuse("row: %d values for %d columns", #rows.columns + more, #rows.columns)
end

-- The function that prints a row, made for so many columns: the compiler sees each column's width and value on its own.
local ROW = [[
local put, key, begin, finish, misused, rows = ...
local line, columns = rows.line, rows.columns
return function(self, %s, ...)
	if self ~= rows or select("#", ...) > 0 then
		misused(self, rows, select("#", ...))
	end
	begin(line)
	%s
	finish(line)
end]]
local function make_row(rows)
	local values, puts = {}, {}
	for i = 1, #rows.columns do
		values[i] = "v" .. i
		puts[i] = ("%sput(line, v%d, columns[%d])"):format(rows.format == "json" and ("key(line, columns[%d].key, %d)\n\t")
			:format(i, #rows.columns[i].key) or "", i, i)
	end
	local source = ROW:format(table.concat(values, ", "), table.concat(puts, "\n\t"))
	return assert(loadstring(source, "=columns"))(put, C.lt_line_key, C.lt_line_begin, finish, misused, rows)
end

---A table's columns, in order. `row` prints a value in each: a string, or an array of char of a record (control
---characters and bytes that are no UTF-8 come out escaped), a number, a 64-bit integer; nil is "-". With
---`format = "json"` among them a row is an object of JSON, a line each, with "csv" it is comma-separated values.
---@param columns luatrace.Column[]
---@return luatrace.Columns
function M.new(columns)
	if type(columns) ~= "table" or #columns == 0 then
		errors.misuse("columns: takes a table of columns, like { { \"PID\", width = 7 }, { \"COMM\" } }, not %s",
			type(columns) == "table" and "one without any" or check.given(columns))
	end
	local kind = columns.format or "table"
	if not FORMATS[kind] then
		errors.misuse("columns: format= is \"table\", \"json\" or \"csv\", not %s", check.given(kind))
	end
	local line = C.lt_line_new(FORMATS[kind])
	if line == nil then
		errors.raise("columns: no memory", errors.ENOMEM)
	end
	line = ffi.gc(line, C.lt_line_free)
	local raw = {}
	for i, column in ipairs(columns) do
		raw[i] = raw_column(i, column, i == #columns)
	end
	local rows = setmetatable({ line = line, columns = raw, format = kind }, Columns)
	rows.row = make_row(rows)
	return rows
end

---Prints the names of the columns; in JSON each row has them.
function Columns:header()
	if self.format == "json" then
		return
	end
	C.lt_line_begin(self.line)
	for _, column in ipairs(self.columns) do
		put_text(self.line, column.name, column)
	end
	finish(self.line)
end

return M
