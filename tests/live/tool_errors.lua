-- SPDX-License-Identifier: MIT
-- Not in guests: nothing in it is the kernel's.
-- What a tool says to who runs it has no place in the tool's file; a mistake of the tool does.
local t = require "tap"
local live = require "live"
local sh = require "sh"

local path = live.file([==[
local errors = require "luatrace.errors"
local function given(options, case) return options.case == case end
return {
	summary = "what goes wrong",
	options = { { "case", type = "string", help = "where" } },
	text = function(options)
		return given(options, "text") and errors.raise("--case: not text")
			or "struct pair { u32 a, b; };\nBPF_ARRAY(pairs, struct pair, 1);\n"
			.. "int f(struct bpf_raw_tracepoint_args *ctx) { return 0; }"
	end,
	params = function(options)
		if given(options, "params") then
			errors.raise("--case: not params")
		end
		return given(options, "index") and options.none.there or {}
	end,
	attach = function(run)
		if given(run.options, "attach") then
			errors.raise("--case: not attach")
		elseif given(run.options, "refused") then
			run.b:attach_tracepoint { tp = "sched:lt_none", fn_name = "f" }
		elseif given(run.options, "misuse") then
			run.b:attach_tracepoint { tq = "sched:lt_none", fn_name = "f" }
		end
	end,
	every = function(run)
		if given(run.options, "every") then
			errors.raise("--case: not every")
		elseif given(run.options, "take") then
			run:take "pairs"
		end
	end,
}
]==], "wrong.lua")

local function run(words)
	local status, out, err = sh.run(("%s %s -d 0.01"):format(live.luatrace, words))
	t.eq(status .. out, "1", words)
	return err
end

for _, case in ipairs { "text", "params", "attach", "every" } do
	t.eq(run(("%s --case %s"):format(path, case)), ("luatrace: --case: not %s\n"):format(case), "its message alone")
end
t.like(run(path .. " --case refused"), "^luatrace: tracepoint 'sched:lt_none': [^\n]+\n$", "a refused probe")
local recording = sh.dir() .. "/recording"
run(("%s --case refused --record %s"):format(path, recording))
t.eq(sh.read(recording), nil, "what could not begin leaves no recording")
t.like(run(("-v %s --case params"):format(path)), "\nstack traceback:\n.*wrong%.lua:13: in function 'params'",
	"with -v, from where it came")

t.like(run(path .. " --case index"), "^luatrace: [^\n]*wrong%.lua:15: attempt to index field 'none' %(a nil value%)\n"
	.. "stack traceback:\n\t[^\n]*wrong%.lua:15: in function 'params'\n$", "a mistake of the tool")
t.like(run(path .. " --case misuse"), "^luatrace: [^\n]*wrong%.lua:23: attach_tracepoint: unknown argument 'tq'",
	"a wrong call")
t.like(run(path .. " --case take"), "^luatrace: [^\n]*wrong%.lua:30: take: map 'pairs': an array of numbers can be "
	.. "taken from, or a hash", "a map that cannot be taken from")

-- Other scripts: who runs one has often written it.
local status, _, err = live.run [[
local b = require "luatrace" { text = "int f(struct bpf_raw_tracepoint_args *ctx) { return 0; }" }
b:attach_tracepoint { tp = "sched:lt_none", fn_name = "f" }]]
t.eq(status, 1, "a script")
t.like(err, "\n  at [^\n]*%.lua:2\n$", "has the line")
t.done()
