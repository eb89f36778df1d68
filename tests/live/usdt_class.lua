-- SPDX-License-Identifier: MIT
-- USDT beside the values of usdt.lua: texts behind pointers, what cannot be read, several objects, the class USDT, what
-- there is in a file, and errors.
-- Not in guests: what it adds to usdt.lua does not depend on the kernel.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"

live.needs "usdt"
local COUNT = 211
local PIE, FIXED = "build/tests/usdt", "build/tests/usdt-fixed"

-- Texts, what cannot be read, attaching and detaching, two objects.
local ODD = [[
BPF_HASH(strings, int, char[16]);
BPF_HASH(numbers, int, s64);
BPF_HASH(results, int, int);
int on_text(struct pt_regs *ctx)
{
	char s[16];
	int length;

	bpf_usdt_readarg_p(1, ctx, &s, sizeof(s));
	bpf_usdt_readarg(2, ctx, &length);
	if (s[0] == 'r')
		strings.update(&length, &s);
	numbers.increment(0);
	return 0;
}
#define ODD(n) \
	result = bpf_usdt_readarg(n, ctx, &value); \
	key = n; results.update(&key, &result); numbers.update(&key, &value)
int on_odd(struct pt_regs *ctx)
{
	int key, result;
	s64 value = 5;

	ODD(1); ODD(2); ODD(3); ODD(4); ODD(5); ODD(6);
	return 0;
}
int on_entry(struct pt_regs *ctx)
{
	int key, result;
	s64 value = 5;

	ODD(7);
	return 0;
}
BPF_HASH(lengths, int, u64);
SEC("usdt/%s:lttest:text") int in_section(struct pt_regs *ctx)
{
	int length;

	bpf_usdt_readarg(2, ctx, &length);
	lengths.increment(length);
	return 0;
}]]
-- Few objects: in a guest each takes seconds.
local b, other = BPF { text = ODD:format(PIE) }, BPF { text = ODD:format(PIE) }
do
	b:attach_usdt { name = PIE, probe = "lttest:text", fn_name = "on_text" }
	other:attach_usdt { name = PIE, provider = "lttest", probe = "text", fn_name = "on_text" }
	t.eq(BPF.num_open_uprobes(), 2, "attached")
	local held = live.usdt(PIE, COUNT)
	live.poll_through(b, held)
	for _, object in ipairs { b, other } do
		t.eq(tonumber(object.numbers[0]), COUNT, "each text is seen")
		t.eq(object.strings[5], "row 9", "a text of 5 bytes, by its pointer")
		t.eq(object.strings[6], "row 99", "a text of 6 bytes")
		t.eq(object.strings[7], "row 210", "a text of 7 bytes")
	end
	b:detach_usdt { name = PIE, probe = "lttest:text" }
	other:detach_usdt { fn_name = "on_text" }
	t.eq(BPF.num_open_uprobes(), 0, "detached")
	held = live.usdt(PIE, COUNT)
	live.poll_through(b, held)
	t.eq(tonumber(b.numbers[0]), COUNT, "nothing comes from what is detached")
	held = live.usdt(PIE, COUNT)
	b:attach_usdt { pid = held.pid, probe = "text", fn_name = "on_text" }
	live.poll_through(b, held)
	t.eq(tonumber(b.numbers[0]), 2 * COUNT, "attached again, in all files of a process")
	b:detach_usdt { pid = held.pid }

	b:attach_usdt { name = PIE, probe = "lttest:ambiguous", fn_name = "on_text" }
	t.eq(b:attached()[1].count, 1, "of two providers' the one that is named")
	b:detach_usdt { fn_name = "on_text" }

	-- As libbpf's sections name them.
	b:attach_usdt { fn_name = "in_section" }
	live.poll_through(b, live.usdt(PIE, COUNT))
	t.eq(tonumber(b.lengths[7]), COUNT - 100, "SEC(\"usdt/...\")")
	b:detach_usdt { fn_name = "in_section" }
end

if jit.arch == "x64" then
	b:attach_usdt { name = FIXED, probe = "odd", fn_name = "on_odd" }
	b:attach_uprobe { name = FIXED, sym = "usdt_pass", fn_name = "on_entry" }
	local held = live.usdt(FIXED, 1)
	live.poll_through(b, held)
	for n, want in ipairs { { -95, 0 }, { -95, 0 }, { -95, 0 }, { 0, 7 }, { -14, 0 }, { -2, 0 }, { -2, 0 } } do
		local what = ({ "a float", "relative to a segment", "an unknown symbol", "a constant", "a bad address",
			"beyond the last", "at a uprobe" })[n]
		t.eq(b.results[n], want[1], what .. ": the result")
		t.eq(tonumber(b.numbers[n]), want[2], what .. ": the value")
	end
	b:detach_usdt { fn_name = "on_odd" }
	b:detach_uprobe { fn_name = "on_entry" }
end

-- What there is.
do
	local found = {}
	for _, probe in ipairs(BPF.USDT { path = PIE }:enumerate_probes()) do
		found[probe.provider .. ":" .. probe.name] = probe
	end
	local chosen, text = found["lttest:chosen"], found["lttest:text"]
	t.eq(chosen.num_locations, 1, "one place")
	t.eq(chosen.num_arguments, 8, "eight arguments")
	t.eq(chosen.bin_path, PIE, "its file")
	t.eq(tonumber(chosen.semaphore), 0, "no count of listeners")
	t.ok(found["lttest:guarded"].semaphore ~= 0, "a count of listeners")
	t.like(text.locations[1].arguments[1], "^8@%%", "its operands, as the file has them")
	t.ok(found["lttest2:ambiguous"] and found["lttest:ambiguous"], "both providers")
	if jit.arch == "x64" then
		t.eq(found["lttest:several"].num_locations, 3, "three places")
		local operands = {}
		for _, location in ipairs(found["lttest:several"].locations) do
			operands[location.arguments[8]] = true
		end
		t.ok(operands["8@24(%rdi)"] and operands["8@24(%rsi)"], "where it lies in different places")
		t.eq(found["lttest:indexed"].num_arguments, 8, "commas within parentheses are no ends")
	end
	local pie = BPF.USDT { path = PIE }
	t.eq(pie:get_text(), "", "no text is needed")
	t.eq(pie:get_probe_arg_ctype("lttest:chosen", 1), "int8_t", "the type of a signed argument")
	t.eq(pie:get_probe_arg_ctype("chosen", 8), "uint64_t", "of an unsigned one")
	t.raises(function() pie:get_probe_arg_ctype("chosen", 9) end, "probe 'chosen' has no argument 9",
		"of one that is not there")
	if jit.arch == "x64" then
		t.eq(pie:get_probe_arg_ctype("odd", 1), "double", "of a floating point number")
	end
end

local u = BPF.USDT { path = PIE }
local gone = live.start("true")
gone:wait()
t.raises(function() u:enable_probe { probe = "chosne", fn_name = "on_odd" } end,
	"usdt 'build/tests/usdt': no probe 'chosne'; similar: chosen", "an unknown probe, with near names")
t.raises(function() u:enable_probe { probe = "zzqq", fn_name = "on_odd" } end,
	"no probe 'zzqq'; it has others, as luatrace probes 'usdt:build/tests/usdt:%*' lists them", "nothing near")
t.raises(function() u:enable_probe { probe = "lttset:chosen", fn_name = "on_odd" } end,
	"no probe 'lttset:chosen'; similar: lttest:chosen", "an unknown provider")
t.raises(function() u:enable_probe { probe = "ambiguous", fn_name = "on_odd" } end,
	"several providers have a probe 'ambiguous': lttest2?, lttest2?; name the one, as lttest2?:ambiguous",
	"several providers")
t.raises(function() u:enable_probe { fn_name = "on_odd" } end, "enable_probe: probe= is missing", "no name")
t.raises(function() u.enable_probe { probe = "chosen", fn_name = "on_odd" } end, "with a colon", "a dot for the colon")
t.raises(function() BPF.USDT {} end, "USDT: takes path= .* or pid=", "neither path nor pid")
t.raises(function() BPF.USDT { path = "/nonexistent" } end, "usdt '/nonexistent': no such file", "no such file")
t.raises(function() BPF.USDT { path = "build/tests/workload" } end, "has no USDT probes %(no section .note.stapsdt%)",
	"a file without probes")
t.raises(function() BPF.USDT { path = "tests/run" } end, "usdt 'tests/run': not an ELF program", "no ELF file")
t.raises(function() BPF.USDT { pid = gone.pid } end, "usdt: no process " .. gone.pid, "a process that has ended")
t.raises(function() other:attach_usdt { name = PIE, probe = "chosen", fn_name = "on_odd", pid = gone.pid } end,
	"no process " .. gone.pid, "a process that has ended, with its file")
t.raises(function() other:attach_usdt { name = PIE, probe = "chosen", fn_name = "on_odb" } end, "did you mean 'on_odd'",
	"no such function")
t.raises(function() other:attach_usdt { probe = "chosen", fn_name = "on_odd" } end, "takes name= .* or pid=",
	"neither file nor process")
t.raises(function() other:attach_usdt { name = PIE, fn_name = "on_odd" } end, "attach_usdt: probe= is missing",
	"no probe")
t.raises(function() other:attach_usdt { fn_name = "on_odd" } end,
	"program 'on_odd': no USDT probe is named", "nor by the section")
u:enable_probe { probe = "chosen", fn_name = "nope" }
local PLAIN = "int f(struct pt_regs *ctx) { return 0; }"
t.raises(function() BPF { text = PLAIN, usdt = u } end, "fn_name='nope'",
	"a function that the text lacks")
t.raises(function() BPF { text = PLAIN, usdt = { path = PIE } } end, "usdt= takes a USDT object",
	"no USDT object")
BPF { text = PLAIN, usdt_contexts = {} }:close()	-- bcc's default
t.eq(BPF.num_open_uprobes(), 0, "failures leave nothing attached")
t.done()
