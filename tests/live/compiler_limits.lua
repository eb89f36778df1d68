-- SPDX-License-Identifier: MIT
-- Texts that mean harm, or just never end: no file but the toolchain's can be read, no process is made, and time and
-- memory have limits that the message names.
-- Not in guests: it fills memory.
local t = require "tap"
local sh = require "sh"
local live = require "live"

local PROGRAM = "\nint f(struct pt_regs *ctx) { return 0; }\n"
local DIR = sh.dir()

local function cc(text, flags)
	sh.write(DIR .. "/bomb.c", text)
	local begin = live.seconds()
	local status, out, err = sh.run(("%s cc %s %s/bomb.c"):format(live.luatrace, flags or "", DIR))
	t.ok(live.seconds() - begin < 90, "it ends")
	t.eq(out, "", "and writes nothing")
	return status, err
end
local function refused(name, text, pattern, flags)
	local status, err = cc(text, flags)
	t.eq(status, 1, name .. ": status")
	t.like(err, pattern, name)
	t.ok(not err:find("hush", 1, true) and not err:find("root:", 1, true), name .. ": nothing of the file")
end

-- Files. The secret is root's alone; /etc/passwd is everybody's.
sh.write(DIR .. "/secret", "hush\n")
sh.run("chmod 600 " .. DIR .. "/secret")
sh.run(("mkdir %s/headers && chmod 755 %s %s/headers"):format(DIR, DIR, DIR))
sh.write(DIR .. "/headers/mine.h", "#define MINE 1\n")
sh.run(("ln -s %s/secret %s/headers/link.h"):format(DIR, DIR))
local SELF = "/proc/self"
for _, file in ipairs { DIR .. "/secret", "/etc/shadow", "/etc/passwd", SELF .. "/environ", SELF .. "/maps",
	"/proc/1/cmdline", SELF .. "/root" .. "/etc/passwd", SELF .. "/cwd" .. "/etc/passwd", "/usr/../etc/passwd",
	"/usr/lib/../../etc/passwd", "/dev/mem" } do
	local short = file:gsub(".*/secret", "secret")
	refused("#include " .. short, ('#include "%s"'):format(file) .. PROGRAM, "fatal error: '[^\n]*' file not found")
	refused("#include_next " .. short, ('#include_next "%s"'):format(file) .. PROGRAM, "error: ")
	refused("#embed " .. short, ('const char a[] = {\n#embed "%s"\n};'):format(file) .. PROGRAM, "error: ")
	refused(".incbin " .. short, ('__asm__(".incbin \\"%s\\"");'):format(file) .. PROGRAM, "error: ")
	refused("__has_include " .. short, ('#if __has_include("%s")\n#error there\n#else\n#error not '
		.. 'there\n#endif'):format(file) .. PROGRAM,
		"error: not there")
end
refused("#include of a directory above", '#include "../secret"' .. PROGRAM, "file not found", "-I " .. DIR
	.. "/headers")
refused("#include through a link", '#include "link.h"' .. PROGRAM, "file not found", "-I " .. DIR .. "/headers")
refused("__has_include of a directory above", '#if __has_include("../secret")\n#error there\n#else\n#error not '
	.. 'there\n#endif' .. PROGRAM,
	"error: not there", "-I " .. DIR .. "/headers")
t.eq(cc('#include "mine.h"\nint f(void *ctx) { return MINE; }\n', "-I " .. DIR .. "/headers"), 0,
	"a header of its own is there")

-- Flags are whole words.
for _, flag in ipairs { "-includefoo", "-isystemfoo", "-Wl,-x", "-Wp,-MD,/tmp/x", "-Wa,-x", "-std=", "-W",
	"-fplugin=/tmp/x.so", "-O0",
	"-o", "@file", "-Xclang", "-MD" } do
	local _, _, err = live.run(('require "luatrace" { text = "int f(void *ctx) { return 0; }", cflags = { %q } '
		.. '}'):format(flag))
	t.like(err, "^luatrace: error: cflag '" .. flag:gsub("%p", "%%%0") .. "': a text may have %-D, %-U, ", flag)
end

-- Endless and enormous texts.
refused("the text includes itself", '#include "program.c"' .. PROGRAM,
	"bomb.c:1:%d+: error: #include nested too deeply")
refused("the text includes its descriptor", '#include "/proc/self/fd/0"' .. PROGRAM, "file not found")
sh.write(DIR .. "/headers/twice.h", '#include "twice.h"\n#include "twice.h"\n')
refused("a header includes itself twice", '#include "twice.h"' .. PROGRAM, "error: ", "-I " .. DIR .. "/headers")
refused("brackets", "int f(void *ctx) { return " .. ("("):rep(300000) .. "1" .. (")"):rep(300000) .. "; }",
	"fatal error: bracket nesting level exceeded maximum of 256")
refused("operators", "int f(void *ctx) { return " .. ("!"):rep(300000) .. "1; }",
	"luatrace: luatrace%-cc was ended by signal 11 %(Segmentation fault%), as by expressions or blocks that are nested "
	.. "too deeply\n")

-- Which limit is met first is the machine's matter, and a build with sanitizers has none of memory.
local function enormous(name, text)
	local status, err = cc(text)
	t.eq(status, 1, name .. ": status")
	t.ok(err:find("^luatrace: the text takes more than 2048 MB of memory to compile, which is the limit; is there a "
		.. "macro, an array or a loop that is too large%?\n$")
		or err:find("^luatrace: the text takes more than 60 seconds of CPU time to compile, which is the limit; is there "
		.. "a macro that never ends, or a loop that is unrolled too often%?\n$")
		or err:find("^luatrace: the text takes more than 120 seconds to compile, which is the limit; "),
		name .. ": " .. err:sub(1, 200))
end
enormous("an array of 8 GB", "int a[] = { [0x7fffffff] = 1 };" .. PROGRAM)
local macros = { "#define A0 1 +\n" }
for i = 1, 40 do
	macros[#macros + 1] = ("#define A%d A%d A%d\n"):format(i, i - 1, i - 1)
end
enormous("a macro bomb", table.concat(macros) .. "int f(void *ctx) { return A39 0; }")
t.eq(live.left_running("luatrace-cc"), "", "no process is left")
t.done()
