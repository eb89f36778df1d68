-- SPDX-License-Identifier: MIT
-- A number limited from below too, then lowered: the verifier sees both limits, also the older ones' (before 6.8 they
-- learn nothing from a comparison with 0).
-- In guests too.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "uprobe"
ffi.cdef "int getppid(void);"
local b = BPF { text = [[
struct stack64 { u64 depth, slots[2]; };
struct stack32 { u32 depth, slots[4]; };
BPF_ARRAY(wide, struct stack64, 1);
BPF_ARRAY(narrow, struct stack32, 1);
int pop_wide(struct pt_regs *ctx)
{
	int zero = 0;
	struct stack64 *s = wide.lookup(&zero);

	if (!s || s->depth < 1 || s->depth >= 3)
		return 0;
	s->slots[s->depth - 1] += 7;
	s->depth--;
	return 0;
}
int pop_narrow(struct pt_regs *ctx)
{
	int zero = 0;
	struct stack32 *s = narrow.lookup(&zero);
	u32 depth = s ? s->depth : 0;

	if (depth != 0 && depth <= 4) {
		s->slots[depth - 1] += 9;
		s->depth = depth - 1;
	}
	return 0;
}]] }
b.wide[0] = { depth = 2 }
b.narrow[0] = { depth = 4 }
for _, fn in ipairs { "pop_wide", "pop_narrow" } do
	b:attach_uprobe { name = "c", sym = "getppid", fn_name = fn, pid = live.pid }
end
for _ = 1, 7 do
	ffi.C.getppid()
end
local w, n = b.wide[0], b.narrow[0]
t.eq(("%d %d %d"):format(tonumber(w.depth), tonumber(w.slots[0]), tonumber(w.slots[1])), "0 7 7",
	"64 bits: each slot once")
t.eq(("%d %d %d %d %d"):format(n.depth, n.slots[0], n.slots[1], n.slots[2], n.slots[3]), "0 9 9 9 9",
	"32 bits: each slot once")
b:close()
t.done()
