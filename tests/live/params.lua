-- SPDX-License-Identifier: MIT
-- Parameters of a text, BPF { params = … }: what they refuse, and that they hold however the text is loaded.
-- Not in guests: tests/live/vars.lua sets parameters there.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

local before = live.holdings()
local function open(params)
	return BPF { params = params, text = [[
	const volatile u32 pid;
	const volatile u64 limit = 500;
	const volatile char word[8] = "abc";
	const volatile struct { s8 a; u16 b[2]; } pair = { -1, { 5, 6 } };
	int step;
	]] }
end
local function refuses(params, pattern, what)
	t.raises(function() open(params) end, "params.lua:%d+: " .. pattern, what)
end
refuses({ limitt = 1 },
	"params: the text has no 'const volatile' variable 'limitt'; did you mean 'limit'", "an unknown parameter")
refuses({ step = 1 },
	"params: 'step' is not const volatile in the text: declare it so, or set b.vars.step once it is loaded", "a variable")
refuses({ pid = 2 ^ 32 }, "params: pid: 4294967296 does not fit u32", "too large a parameter")
refuses({ pid = "1" }, "params: pid: expected u32, not string '1'", "no number")
refuses({ word = "much too long" }, "params: word: string 'much too long' is longer than",
	"a long text")
refuses({ pair = { c = 1 } }, "params: pair: struct has no member 'c'", "no member")
refuses(5, "BPF: params= takes a table, not number 5", "no table")
local b = open()
t.eq(tostring(b.vars.limit) .. b.vars.word .. b.vars.pid .. b.vars.pair.b[0], "500ULLabc05", "what is not set stays")
b:close()

-- A program that is refused makes the others load one by one; a kind of its own later loads again: all see the same.
b = BPF { params = { value = 77 }, text = [[
const volatile int value = 1;
int got;
BPF_ARRAY(counts, u64, 2);
int mine SEC(".data.mine") = 5;
int refused(struct pt_regs *ctx) { int k = 1; return *counts.lookup(&k); }
TRACEPOINT_PROBE(syscalls, sys_enter_getppid) { got = value; return 0; }
int later(struct pt_regs *ctx) { got = value + 1; return 0; }
]] }
ffi.C.getppid()
t.eq(b.vars.got, 77, "constants of programs that are loaded one by one")
t.raises(function() b:load_func("refused", "kprobe") end, "the verifier refused it", "one of them is refused")
t.eq(b.vars.mine, 5, "a section of the text's own")
t.ok(b:load_func("later", "perf_event").fd >= 0, "and of those that are loaded later")
b:close()

live.collect()
t.eq(live.holdings(), before, "no descriptor is left")
t.done()
