-- SPDX-License-Identifier: MIT
-- Lengths limited in the ways people write it: the verifier sees the limit, and the bytes are the right ones.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "uprobe"
local WAYS = {
	{ "an int parameter, by if and sizeof", "const char *s, int n",
		"u32 size = n; if (size > sizeof(r.text)) size = sizeof(r.text);" },
	{ "an int parameter, by if and a number", "const char *s, int n", "u32 size = n; if (size > 16) size = 16;" },
	{ "a u32 parameter", "const char *s, u32 n", "u32 size = n; if (size > 16) size = 16;" },
	{ "a size_t parameter", "const char *s, size_t n", "u32 size; if (n > 16) n = 16; size = n;" },
	{ "a signed int, both ends", "const char *s, int n", "u32 size; if (n < 0) return 0; if (n > 16) n = 16; size = n;" },
	{ "a register", "const char *s",
		"int n = PT_REGS_PARM3(ctx); u32 size = n; if (size > sizeof(r.text)) size = sizeof(r.text);" },
}

local text = { "struct record { u32 way; u32 size; char text[16]; };\nBPF_PERF_OUTPUT(records);\n" }
for i, way in ipairs(WAYS) do
	text[#text + 1] = ([[
int way%d(struct pt_regs *ctx, int i, %s)
{
	struct record r = { .way = %d };
	%s
	r.size = size;
	bpf_probe_read_user(&r.text, size, s);
	records.perf_submit(ctx, &r, sizeof(r));
	return 0;
}
]]):format(i, way[2], i, way[3])
end
local b = BPF { text = table.concat(text) }
local seen = {}
b.records:open_perf_buffer(function(_, r)
	seen[r.way] = ffi.string(r.text, r.size)
end)

ffi.cdef "ssize_t write(int, const void *, size_t); int fileno(void *);"
local null = io.open("/dev/null", "w")
for i, way in ipairs(WAYS) do
	local ok, err = pcall(b.attach_uprobe, b, { name = "c", sym = "write", fn_name = "way" .. i, pid = live.pid })
	if ok then
		ffi.C.write(ffi.C.fileno(null), "twenty bytes and one more", 25)
		live.consume(b)
		t.eq(seen[i], "twenty bytes and", way[1])
		b:detach_uprobe { fn_name = "way" .. i }
	else
		t.ok(false, way[1])
		t.diag(err)
	end
end
b:close()
t.done()
