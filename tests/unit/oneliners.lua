-- SPDX-License-Identifier: MIT
-- The check of one-liners' expressions: one C expression, and nothing that it could open, close or hide.
local t = require "tap"
local expression = require "luatrace.oneliners.expression"

local function texts(value)
	local out = {}
	for i, e in ipairs(expression.list("count", "by", value)) do
		out[i] = e.text
	end
	return table.concat(out, "|")
end

local function names(text)
	local out = {}
	for name in pairs(expression.one("count", "filter", text).names) do
		out[#out + 1] = name
	end
	table.sort(out)
	return table.concat(out, " ")
end

t.eq(texts "pid", "pid", "one")
t.eq(texts " pid ,\n\tcomm ", "pid|comm", "several, cut at commas")
t.eq(texts { "pid", "comm, f(a, b[c, d])" }, "pid|comm|f(a, b[c, d])", "an array of them; commas within brackets stay")
t.eq(texts 'streq(comm, "a, ;{}#(\\"")', 'streq(comm, "a, ;{}#(\\"")', "a string may hold what it likes")
t.eq(texts "a == '\\''", "a == '\\''", "a character too")
t.eq(texts "a\n\t&& b", "a && b", "lines become one")
t.eq(texts "a / *b", "a / *b", "a division by what a pointer points to")
t.eq(texts "a < b ? c->d[1].e : ~f << 3 >> 2 >= 1 != !g && h || i | j ^ k & l % 0x1fUL",
	"a < b ? c->d[1].e : ~f << 3 >> 2 >= 1 != !g && h || i | j ^ k & l % 0x1fUL", "all operators that change nothing")
t.eq(names "args->fd == 3 && (u32)x1 > .5e3", "args fd u32 x1", "its names")
t.eq(names "f('p')", "f", "not what stands in a character")
t.eq(names 'f("pid")', "f", "or in a string")

local function refuses(text, message, name)
	t.raises(function() expression.one("count", "filter", text) end, message, name)
end

-- What ends the expression, or begins something else.
for _, case in ipairs {
	{ "1; evil()", "count: filter: '1; evil%(%)': ';' has no place in an expression; a text of your own" },
	{ "({ 1 })", "'{' has no place" }, { "1 }", "'}' has no place" },
	{ "1) return 0", "a '%)' too many, or in the wrong place" },
	{ "(1]", "a '%]' too many" }, { "f(a", "a '%(' is not closed" },
	{ "a[1", "a '%[' is not closed" },
	{ "1 // all", "'//' begins a comment, which has no place here; with a space" },
	{ "1 /* all", "'/%*' begins a comment" }, { "1\n#define x", "'#' has no place" }, { "a \\\n b", "'\\' has no place" },
	{ "a <% b", "'<%%' is another way to write a bracket" },
	{ "a :> b", "':>' is another" }, { "%:x", "'%%:' is another" },
	{ "a ??/ b", "'%?%?' is another" }, { '"??/"', "holds no control characters and no '%?%?'" },
	{ '"a', 'the " is not closed' }, { '"a\\"', 'the " is not closed' }, { "'a", "the ' is not closed" },
	{ '"a\nb"', "a string holds no control characters" }, { '"a\\\nb"', "a string holds no control characters" },
	{ 'R"x(", ) ; (x"', "a letter just ahead of \" makes another kind" },
	{ 'L"x"', "a letter just ahead" }, { "1'0'", "a letter just ahead of '" }, { "\0", "byte 0x00 has no place" },
	{ "pid\v", "byte 0x0b has no place" }, { "\195\164", "byte 0xc3 has no place" }, { "a @ b", "'@' has no place" },
	{ "return 1", "'return' is no part of an expression" }, { '_Pragma("x")', "'_Pragma' is no part of" },
	{ 'asm("x")', "'asm' is no part of" }, { "goto x", "'goto' is no part of" },
	-- what changes something, and what does not mean what it looks like
	{ "pid = 3", "'=' assigns, and an expression here changes nothing; '==' compares" },
	{ "pid += 3", "'%+=' has no place here" },
	{ "pid <<= 3", "'<<=' has no place" }, { "n++", "'%+%+' has no place" }, { "--n", "'%-%-' has no place" },
	{ 'comm == "bash"', "== compares where strings lie, not what they are; streq" },
	{ '"bash" != comm', "== compares where strings lie" },
	-- how many there are
	{ "pid == 1, uid == 0", "is 2 expressions, and it takes one; && and || join conditions" },
	{ "", "an expression is missing" }, { "  ", "an expression is missing" }, { ",", "an expression is missing" },
	{ ("x"):rep(1001), "longer than 1000 characters" },
} do
	refuses(case[1], case[2], "refused: " .. case[1]:sub(1, 30))
end
refuses(5, "count: filter: takes a C expression as a string, not number", "a number")
t.raises(function() expression.list("count", "by", {}) end, "count: by: an expression is missing", "an empty list")
t.raises(function() expression.list("count", "by", { "pid", x = 1 }) end, "an array of C expressions, which has no 'x'",
	"a table that is no list")
t.raises(function() expression.list("count", "by", { "pid", false }) end,
	"takes a C expression as a string, not boolean", "a list with something else in it")
t.eq(#expression.list("count", "by", "a,b,c"), 3, "a list may have several")
t.done()
