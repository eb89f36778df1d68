-- SPDX-License-Identifier: MIT
-- What bcc-lua's scripts find around them: classes, helpers, the text form of values, and how such a script is told.
local ffi = require "ffi"
local t = require "tap"
local class = require "luatrace.bcclua.class"
local helpers = require "luatrace.bcclua.helpers"
local launch = require "luatrace.bcclua.launch"
local text_form = require "luatrace.bcclua.text_form"

-- Which chunks are scripts of bcc-lua.
for chunk, expected in pairs {
	["return function(BPF, utils) end"] = true,
	["local x = 1 return function(BPF) return x end"] = true,
	["local function main(BPF) return main end\nreturn main"] = true,
	["if arg then return nil end\nreturn function() end"] = true,
	[""] = false,
	["print(1)"] = false,
	["return"] = false,
	["return 1, function() end"] = false,
	["return function() end, 1"] = false,
	["return f(function() end)"] = false,
	["return { function() end }"] = false,
	["local s = 'return function(BPF, utils) end' return s"] = false,
	["-- return function(BPF, utils) end\nreturn nil"] = false,
	["local x = function() end return 1"] = false,
} do
	t.eq(launch.returns_function(assert(loadstring(chunk))), expected, ("told by its bytecode: %s"):format(chunk))
end

-- string
local s = helpers.string
t.eq(s.format("%p|%-12p|%5p|%x", 0xffff8000deadbeefULL, 0xabcULL, 15, 255), "ffff8000deadbeef|abc         |    f|ff",
	"%p of integers")
t.eq(s.format("%%p %d%% %s %p", 5, "%p", 0ULL), "%p 5% %p 0", "%p beside percent signs")
t.like(s.format("%p", {}), "^0x%x+$", "%p of what is no integer is Lua's")
t.eq(s.format("%d", 7), "7", "without %p")
t.ok(s.starts("abc", "ab") and not s.starts("abc", "b") and s.ends("abc", "bc") and s.ends("abc", "")
	and not s.ends("abc", "b"), "starts, ends")
t.eq(s.lstrip("--so=x", "--zz="), "x", "lstrip looks at the length alone")
t.eq((s.escape("a.b*[1]-%")), "a%.b%*%[1%]%-%%", "escape")
local function split(...) return table.concat(s.split(...), "|") end
t.eq(split("a b  c"), "a|b|c", "split at blanks")
t.eq(split(" a b "), "|a|b", "split keeps an empty first part, not an empty last one")
t.eq(split("a.b.c", ".", true), "a|b|c", "split at plain text")
t.eq(split("a,b,c,d", ",", true, 2), "a|b,c,d", "split into n parts")
t.eq(split("a,", ",", true, 2), "a|", "the last of n parts may be empty")
t.eq(#s.split(""), 0, "split of nothing")
t.eq(split("a b", ""), "a b", "split at nothing")
t.eq(helpers.interpolate("%s-%d", { "a", 3 }), "a-3", "a table's items")
t.eq(helpers.interpolate("%p", 16ULL), "10", "one value")
t.eq(helpers.interpolate("%s", nil), "%s", "nil leaves the text")
t.eq(helpers.interpolate("%s", false), "%s", "so does false")

-- table, os
local h = helpers.table
t.eq(h.count { 1, 2, a = 3 }, 3, "count")
t.eq(h.bsearch({ 2, 3, 5, 7 }, 5), 3, "bsearch")
t.eq(h.bsearch({ 2, 3, 5, 7 }, 4), nil, "bsearch of what is not there")
t.eq(h.bsearch({ { v = 2 }, { v = 3 } }, 3, function(x) return x.v end), 2, "bsearch by a function")
t.eq(table.concat(h.join({ 1, 2 }, { 3 }), ","), "1,2,3", "join")
local a = { 1 }
t.ok(h.join(a, nil) == a and h.join(a, {}) == a, "join of one is that one")
local words = ("a b c"):gmatch("%a")
t.eq(table.concat(h.build(words, function(v) return v[1] .. "!" end)), "a!b!c!", "build")
t.eq(h.build(("x"):gmatch("%a"))[1][1], "x", "build without a function")
t.eq(h.values({ a = 7 })[1], 7, "values")
local pairs_seen = {}
for k, v in h.tuples { { 1, 2 }, { 3, 4 } } do
	pairs_seen[#pairs_seen + 1] = k .. "=" .. v
end
t.eq(table.concat(pairs_seen, " "), "1=2 3=4", "tuples")
t.ok(helpers.os.exists("/proc/self/status") and not helpers.os.exists("/nonexistent"), "exists")
t.eq(helpers.os.spawn("echo %d", 7), "7\n", "spawn")

-- class
local Animal = class "Animal"
function Animal:initialize(name) self.name = name end
function Animal:speak() return self.name .. "?" end
function Animal.static.make(cls) return cls:new("made") end
Animal.__eq = function(x, y) return x.name == y.name end
local Dog = class("Dog", Animal)
function Dog:speak() return Animal.speak(self) .. "!" end
Dog:include { bark = function() return "wau" end, static = { loud = true } }
local rex = Dog("rex")
t.eq(rex:speak(), "rex?!", "methods, and those of the super class")
t.eq(rex:bark(), "wau", "include")
t.ok(Dog.loud and Dog:make().class == Dog, "statics are inherited")
t.eq(rex.make, nil, "instances have no statics")
t.ok(rex:isInstanceOf(Animal) and rex:isInstanceOf(Dog) and not Animal("x"):isInstanceOf(Dog), "isInstanceOf")
t.ok(Dog:isSubclassOf(Animal) and not Animal:isSubclassOf(Dog) and Dog.super == Animal, "isSubclassOf")
t.eq(tostring(rex) .. ", " .. tostring(Dog), "instance of class Dog, class Dog", "tostring")
t.ok(rex == Dog("rex") and rex ~= Dog("rax"), "metamethods are inherited")
local Open = class "Open"
function Open.__index(_, name) return "no " .. name end
function Open.known() return 1 end
t.ok(Open().known() == 1 and Open().x == "no x", "__index is asked last")
local told = {}
function Animal.static.subclassed(cls, sub) told[#told + 1] = cls.name .. ">" .. sub.name end
class("Cow", Animal):include { included = function(_, cls) told[#told + 1] = "included in " .. cls.name end }
t.eq(table.concat(told, ", "), "Animal>Cow, included in Cow", "subclassed() and included() are told")
t.ok(Animal:subclass("Cat")("tom"):speak() == "tom?" and Animal:allocate().name == nil, "subclass, allocate")

-- The text form, both ways.
local layout = require "luatrace.layout"
local function both(l, text, name)
	local memory = ffi.new("uint8_t[?]", l.size)
	text_form.read(l, memory, { text = text, at = 1 })
	t.eq(text_form.write(l, memory), text, name)
end
local i32 = { kind = "int", name = "int", size = 4, signed = true, pointer = ffi.typeof("int32_t *") }
both(layout.unsigned(8), "0xfedcba9876543210", "a 64-bit integer")
both(layout.unsigned(1), "0x0", "zero")
both(i32, "0xffffffff", "-1 as its bits")
both({ kind = "int128", size = 16 }, "0x10000000000000002", "128 bits")
both({ kind = "bool", size = 1 }, "0x1", "a boolean")
both({ kind = "float", size = 8, pointer = ffi.typeof("double *") }, "0.25", "a double")
both(layout.bytes(3), "[ 0x1 0x2 0x3 ]", "bytes")
both({ kind = "array", element = i32, count = 2, size = 8 }, "[ 0x7 0xffffffff ]", "an array")
both({ kind = "chars", size = 8 }, '"a b\\x22\\x0a"', "a string, with what a string ends on")
local struct = { kind = "struct", name = "s", size = 8, members = {
	{ layout = i32, offset = 0 }, { layout = { kind = "chars", size = 4 }, offset = 4 } } }
both(struct, '{ 0x5 "abc" }', "a struct")
both({ kind = "union", size = 4, members = { { layout = i32, offset = 0 }, { layout = layout.bytes(4), offset = 0 } } },
	"{ 0x7 }", "a union is its first member")
both({ kind = "struct", name = "s", size = 8, members = { { layout = i32, offset = 0 }, { width = 5, offset = 4 } } },
	"{ 0x7 }", "bits without a name are none")
local function refused(l, text)
	return function() text_form.read(l, ffi.new("uint8_t[?]", l.size), { text = text, at = 1 }) end
end
t.raises(refused(struct, "{ 0x5 }"), "expected a string at", "a struct without its end")
t.raises(refused(i32, "x7"), "expected an integer", "what is no integer")
t.raises(refused(struct, "[ 1 ]"), "expected '{'", "another bracket")
local memory = ffi.new("int32_t[1]")
text_form.read(i32, ffi.cast("uint8_t *", memory), { text = " -12", at = 1 })
t.eq(memory[0], -12, "a decimal number, negative")
t.done()
