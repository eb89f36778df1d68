-- SPDX-License-Identifier: MIT
-- Not in guests: the verifier takes minutes to give up where it is emulated.
-- What the verifier refuses after a million instructions.
local t = require "tap"
local sh = require "sh"
local live = require "live"
local refusals = require "refusals"

local case = refusals.case

refusals.begin ""
local EFFORT = "the verifier walks through every round of every loop, 1,000,000 instructions in all: fewer rounds, a "
	.. "constant limit, or bpf_loop()"
case("unbounded", "u64 sum = 0, now = bpf_ktime_get_ns();\nwhile (now) {\nsum += now & 1;\nnow = "
	.. "bpf_ktime_get_ns();\n}\n"
	.. "return sum;", 2, "while (now) {", "BPF program is too large. Processed 1000001 insn", EFFORT)
case("too_many", "u32 sum = 0;\nfor (int i = 0; i < 5000000; i++)\nsum += bpf_get_prandom_u32();\nreturn sum;", 2,
	"for (int i = 0; i < 5000000; i++)", "BPF program is too large. Processed 1000001 insn", EFFORT)
case("mutual", "return odd(bpf_get_prandom_u32());", nil, nil, "The sequence of 8193 jumps is too complex.",
	"too many branches wait to be looked at: fewer rounds, a smaller constant limit, or bpf_loop()", nil,
	"static int odd(int n);\nstatic int even(int n) { return n ? odd(n - bpf_get_prandom_u32()) : 1; }\n"
	.. "static int odd(int n) { return n ? even(n - bpf_get_prandom_u32()) + 3 : 0; }\nint NAME(struct pt_regs *ctx)")
refusals.finish()

-- A program is verified once more for its line, not for ever: a case has its time.
local place = live.file("int f(struct pt_regs *ctx)\n{\n\tu64 n = 1;\n\n\twhile (n)\n\t\tn += "
	.. "bpf_get_prandom_u32();\n\treturn 0;\n}\n", "long.c")
local status, out = sh.run(("%s cc %s --load"):format(live.luatrace, place))
t.eq(status, 1, "a long one: exit status")
t.like(out, "^f kprobe refused: BPF program is too large%. Processed 1000001 insn %(line %d: [^\n]*%); the verifier "
	.. "walks", "a long one")
t.done()
