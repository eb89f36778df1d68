-- SPDX-License-Identifier: MIT
-- Programs as distributions ship them: Python's USDT probes, a database's functions, a JIT's own map.
-- Not in guests: they are the machine's programs, and the same there.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

local function has(program)
	return sh.run("command -v " .. program) == 0
end

-- Runs a command while the object's probes are on, to its end.
local function run(command)
	local status, out, err = sh.run(command)
	t.eq(status, 0, "the program ran " .. err)
	return out
end

local PYTHON = "/usr/bin/python3"
if pcall(function() BPF.USDT { path = PYTHON }:get_probe_arg_ctype("import__find__load__start", 1) end) then
	local u = BPF.USDT { path = PYTHON }
	u:enable_probe { probe = "python:import__find__load__start", fn_name = "on_import" }
	u:enable_probe { probe = "python:gc__start", fn_name = "on_gc" }
	local b = BPF { usdt = u, text = [[
struct name { char text[24]; };
BPF_HASH(imports, struct name, u64);
BPF_HASH(collections, int, u64);
int on_import(struct pt_regs *ctx)
{
	struct name n = {};
	u64 address = 0;

	bpf_usdt_readarg(1, ctx, &address);
	bpf_probe_read_user_str(n.text, sizeof(n.text), (void *)address);
	imports.increment(n);
	return 0;
}
int on_gc(struct pt_regs *ctx)
{
	int generation = -1;

	bpf_usdt_readarg(1, ctx, &generation);
	collections.increment(generation);
	return 0;
}]] }
	-- os._exit: none of the collections of an interpreter that ends.
	run(PYTHON .. [[ -c '
import gc, os, sys
gc.disable()
for i in range(11):
	import colorsys
	del sys.modules["colorsys"]
for i in range(13): gc.collect(1)
os._exit(0)']])
	t.eq(tonumber(b.imports[{ text = "colorsys" }]), 11, "Python's imports, by the module's name")
	t.ok(tonumber(b.collections[1]) >= 13, "its collections, by generation")
	b:close()
else
	t.skip(PYTHON .. " is missing, or was built without USDT probes")
end

if has "sqlite3" then
	local b = BPF { text = [[
BPF_ARRAY(prepared, u64, 1);
int on_prepare(struct pt_regs *ctx, void *db, const char *sql)
{
	char start[12] = {};

	bpf_probe_read_user_str(start, sizeof(start), sql);
	if (start[0] == 's' && start[7] == '4' && start[8] == '2')
		prepared.increment(0);
	return 0;
}]] }
	b:attach_uprobe { name = "sqlite3", sym = "sqlite3_prepare_v2", fn_name = "on_prepare" }
	run "sqlite3 :memory: 'select 42;select 42;select 42;select 42;select 42;select 42;select 42'"
	t.eq(tonumber(b.prepared[0]), 7, "statements that sqlite3 prepares")
	b:close()
else
	t.skip("sqlite3 is missing")
end

if has "node" then
	-- It writes a log beside its map, into the current directory.
	local job = live.start(("env -C %s "):format(sh.dir()) .. [[node --perf-basic-prof -e '
function luatraceCallsThis(n) { let s = 0; for (let i = 0; i < n; i++) s += i % 7; return s; }
for (let i = 0; i < 2000; i++) luatraceCallsThis(1000);
console.log("ready"); setInterval(() => {}, 1000);']])
	t.ok(job:await "ready", "node compiles a function " .. job:errors())
	local address = live.await(function()
		return (sh.read(("/tmp/perf-%d.map"):format(job.pid)) or ""):match "\n(%x+) %x+ [^\n]*luatraceCallsThis"
	end)
	t.ok(address, "and says where in its map")
	t.like(BPF.sym(tonumber(address or "0", 16) + 1, job.pid, { show_offset = true }), "luatraceCallsThis.*%+0x1$",
		"which names the address")
	job:kill("KILL")
	job:wait()
	os.remove(("/tmp/perf-%d.map"):format(job.pid))
else
	t.skip("node is missing")
end
t.done()
