-- SPDX-License-Identifier: MIT
-- Not in guests: its probes are in programs.
-- Tools that are told where their probes are: of a program whose path, name, arguments, symbols, USDT probes, queries
-- and functions are hostile, in each format, as tests/lib/hostile_process.lua has the others.
-- Tools: argdist funccount funclatency funcslower stackcount trace tplist dbslower mysqld_qslower pythoncalls
local hostile = require "hostile_process"
local live = require "live"
local sh = require "sh"
local t = require "tap"

live.needs "usdt"
local NAME = "\27[2J$(touch lt-ran)`id`\n\"q'uo\\ted\",=1;b\t<*[x]?>\255\226\128\174"
local TEXT = "=cmd|' /C x'!A0\27]0;x\7\n\"$(touch lt-ran)\",\r\194\155;</script>\255 %s" .. ("x"):rep(200)
local ESCAPED = "\\e%[2J%$%(touch lt%-ran%)`id`\\n\"q'uo"
local folder = sh.dir() .. "/programs"
sh.run("mkdir " .. folder)

-- A copy of a program under the hostile name.
local function copy(program, within, change)
	local path = ("%s/%s%s"):format(folder, within, NAME)
	local bytes = sh.read("build/tests/" .. program)
	sh.write(path, change and change(bytes) or bytes)
	sh.run("chmod 755 " .. sh.quote(path))
	return path
end

local function replace(bytes, name, by)
	local out, from = {}, 1
	for at in function(_, at) return (bytes:find("\0" .. name .. "\0", at + 1, true)) end, nil, 0 do
		out[#out + 1] = bytes:sub(from, at) .. by
		from = at + 1 + #name
	end
	return table.concat(out) .. bytes:sub(from)
end

-- Names within an ELF file are anyone's too; others of the same length take their place. Notes whose names are no
-- printable ASCII are none.
local PROVIDER, PROBE, SYMBOL = "$(i)\"'", "=\";,", "u\27[2J\255\";,"
local usdt = copy("usdt", "", function(bytes)
	return replace(replace(bytes:gsub("lttest%ztext%z", PROVIDER .. "\0text\0"), "text", PROBE), "usdt_pass", SYMBOL)
end)
local call = ("echo | %s 3"):format(sh.quote(usdt))
local note = sh.quote(("usdt:%s:%s:%s"):format(usdt, PROVIDER, PROBE))
-- a bracket in a name makes a pattern of it
local every = sh.quote("uprobe:" .. usdt .. ":u\27*")
local stat = hostile.process()

local function must(words, command, pattern, least)
	local out = hostile.must(words, command, least)
	t.like(out, pattern, words:match "^%S+" .. ": it shows what is hostile")
end

must("funccount " .. note, call, ESCAPED)
must("funccount " .. every, call, "u\\e%[2J\\xff\";,")
must("funccount tracepoint:syscalls:sys_enter_openat -b 'comm, str(args->filename, 200)'", stat, "\\e%[2J", 20)
must("funccount tracepoint:syscalls:sys_enter_read -b 'comm, args->count'", stat, "COUNT +COMM +COUNT\n.*\\e%[2J",
	20)
must(("argdist %s -C 'comm, str(arg0)'"):format(note), call, "\\e%[2J", 3)
must(("argdist %s -H arg1 -b comm"):format(note), call, "\\e%[2J")
must("funclatency " .. every, call, "u\\e%[2J")
must(("argdist %s -H retval -b 'comm, probe'"):format(sh.quote("uretprobe:" .. usdt .. ":u\27*")), call,
	"\\e%[2J[^\n]* probe = u\\e%[2J\\xff\";,\n")
must(("funcslower %s comm --min-us 0 -a 1"):format(every), call, "\\e%[2J")
must(("trace %s 'str(arg0)'"):format(note), call, "\\e%[2J", 3)
must("trace tracepoint:syscalls:sys_enter_openat 'str(args->filename, 4096)' -n " .. sh.quote "\27[2J\27]0;x\7", stat,
	"\\e%[2J[^\n]+" .. ("/" .. ("d"):rep(200)):rep(19) .. "\n", 3)
must("trace tracepoint:sched:sched_process_exec 'data_loc(filename)'", stat, "\\e%[2J", 20)

-- Functions that a process made, and called what it liked.
local jit = live.start(hostile.PYTHON .. " -B " .. live.file(([[
import ctypes, mmap, os, sys
sys.path.insert(0, %q)
from hostile import NAMES
X86 = bytes.fromhex("554889e5b86e0000000f055dc3")  # push rbp; mov rbp, rsp; getppid(); pop rbp; ret
ARM = bytes.fromhex("fd7bbfa9fd030091a81580d2010000d4fd7bc1a8c0035fd6")
code = mmap.mmap(-1, 4096, prot=7)
for i in range(len(NAMES)):
    code[i * 64:i * 64 + 32] = (X86 if os.uname().machine == "x86_64" else ARM).ljust(32, b"\0")
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
path = "/tmp/perf-%%d.map" %% os.getpid()
with open(path, "xb") as file:
    for i, name in enumerate(NAMES):
        file.write(b"%%x 40 %%s\n" %% (address + i * 64, name.replace(b"\n", b"\r") * 20))
print("ready", flush=True)
for line in sys.stdin:
    for i in range(len(NAMES)):
        ctypes.CFUNCTYPE(ctypes.c_long)(address + i * 64)()
    print("done", flush=True)
]]):format(hostile.top .. "/tests/lib"), "jit.py"))
jit:await "ready\n"
must("stackcount tracepoint:syscalls:sys_enter_getppid -p " .. jit.pid,
	("echo >%s; until grep -q done %s; do sleep 0.02; done"):format(jit.input, jit.out), "\n    \\e%[2J", 19)
jit:kill "KILL"
jit:wait()
os.remove(("/tmp/perf-%d.map"):format(jit.pid))

-- What is listed is not traced, nor recorded.
local words = ("%s tplist -v -l %s"):format(live.luatrace, sh.quote(usdt))
local status, out, err = sh.run(words)
t.eq(status .. err, "0", "tplist: of the file, whose name is no pattern")
t.like(out, "\nusdt:[^\n]*" .. ESCAPED .. "[^\n]*:%$%(i%)\"':=\";, +uint64_t arg0, int32_t arg1\n",
	"tplist: a probe is a line")
local rows = hostile.show("tplist", "tplist", words, out)
t.ok(rows.json and rows.json == select(2, out:gsub("\n", "")) - 1, "tplist: a row each")
out = select(2, sh.run(("%s probes -v %s"):format(live.luatrace, every)))
t.like(out, "^uprobe:[^\n]*" .. ESCAPED .. "[^\n]*:u\\e%[2J\\xff\";,\n$", "luatrace probes: a function is a line")

local probed, mysql = copy("probed", "p"), copy("probed-mysql", "m")
local function queries(program, mode) return ("%s %s 3 %s"):format(sh.quote(program), mode, sh.quote(TEXT)) end
must("dbslower mysql -m 0 -f " .. sh.quote(probed), queries(probed, "mysql"), "\\e%]0;x", 3)
must("dbslower postgres -m 0 -f " .. sh.quote(probed), queries(probed, "postgres"), "\\e%]0;x", 3)
must("mysqld_qslower -m 0 -f " .. sh.quote(mysql), queries(mysql, "dispatch"), "\\e%]0;x", 3)
must("pythoncalls -L -f " .. sh.quote(probed), queries(probed, "python"), "\\e%]0;x", 3)
hostile.done("folded", "flame", "top", "svg", "heatmap", "heatmap-svg", "chrome")
