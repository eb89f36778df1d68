-- SPDX-License-Identifier: MIT
-- Every cell of docs/from.md that is luatrace's works: the Lua ones run, the C ones compile.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local live = require "live"

local TEXT = [[
struct key { u32 pid; u32 cpu; };
struct event { u32 pid; char comm[16]; };
BPF_HASH(counts, int, u64);
BPF_HASH(by_key, struct key, u64);
BPF_PERCPU_ARRAY(per_cpu, u64, 1);
BPF_HISTOGRAM(dist);
BPF_STACK_TRACE(stacks, 128);
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(ring, 8);
int f(struct pt_regs *ctx) { return 0; }
int t(void *ctx) { return 0; }
int raw(struct bpf_raw_tracepoint_args *ctx) { return 0; }
int s(struct bpf_perf_event_data *ctx) { return 0; }
int packet(struct __sk_buff *skb) { return 0; }
int submit(struct pt_regs *ctx)
{
	struct event e = {}, *r = ring.ringbuf_reserve(sizeof(*r));

	if (r)
		ring.ringbuf_submit(r, 0);
	events.perf_submit(ctx, &e, sizeof(e));
	return 0;
}]]

-- The cells of a row, without their backticks; a bar within a cell would need an escape that we do without.
local function cells(line)
	local list = {}
	for cell in line:gmatch("|([^|]*)%f[|]") do
		list[#list + 1] = cell:match("^%s*`(.*)`%s*$") or cell:match("^%s*(.-)%s*$")
	end
	return list
end

-- What a kernel without some kind of probe may say.
local function is_absent_kind(message)
	return message:find("^k%a*probe '[^']*': this kernel has no kprobes")
end

-- One object for many cells: compiling it takes longer than all else.
local b

local function run_cell(name, code)
	b = b or BPF { text = TEXT }
	local env = setmetatable({
		BPF = BPF, b = b, text = TEXT, address = BPF.ksymname("vfs_read"), pid = live.pid, print = function() end,
	}, { __index = _G })
	if code:find("src_file") then
		code = code:gsub('"f.c"', ("%q"):format(live.file(TEXT, "f.c")))
	end
	local chunk, why = loadstring(code, "=cell")
	if not t.ok(chunk, ("%s: it is Lua (%s)"):format(name, tostring(why))) then
		return
	end
	local ok, e = pcall(setfenv(chunk, env))
	local opens = code:find("_buffer%(") or code:find(":on%(")
	if ok and opens then	-- its function gets a record
		b:attach_uprobe { name = "c", sym = "setlocale", fn_name = "submit", pid = live.pid }
		os.setlocale()
		ok, e = pcall(b.perf_buffer_consume, b)
	end
	if not ok and is_absent_kind(tostring(e)) then
		t.skip(("%s: %s"):format(name, tostring(e)))
	else
		t.ok(ok, ("%s: it runs (%s)"):format(name, tostring(e)))
	end
	if opens or code:find("close") or code:find("cleanup") then
		BPF.cleanup()
		b = nil
	end
end

local function compile_cell(name, code)
	local status, _, err = sh.run(("%s cc %s"):format(live.luatrace, live.file(code, "cell.c")))
	t.eq(err, "", name .. ": it compiles without a word")
	t.eq(status, 0, name .. ": status")
end

local section, columns
local tried = 0
for line in sh.read("docs/from.md"):gmatch("[^\n]+") do
	section = line:match("^## (.*)$") or section
	local row = line:find("^|") and cells(line)
	if not row then
		columns = nil
	elseif not columns then
		columns = row
	elseif not line:find("^|%-") then
		local code, kind = row[#columns], columns[#columns]
		local name = ("%s, %s"):format(section, row[1])
		t.eq(#row, #columns, name .. ": the row has all its cells")
		if kind == "luatrace" and columns[1] == "concept" then
			run_cell(name, code)
			tried = tried + 1
		elseif kind == "in the text" then
			compile_cell(name, code)
			tried = tried + 1
		end
	end
end
t.ok(tried > 60, "the document has its tables")
t.done()
