-- SPDX-License-Identifier: MIT
-- Compiling for another kernel: its version and configuration, and what is said where they are not known.
local t = require "tap"
local sh = require "sh"

if not sh.read("/sys/kernel/btf/vmlinux") then
    t.skip_all("no /sys/kernel/btf/vmlinux")
end
local luatrace = os.getenv("LUATRACE") or "build/luatrace"
local path, config = sh.dir() .. "/text.c", sh.dir() .. "/config"

local function cc(text, flags)
    sh.write(path, text)
    local status, out, messages = sh.run(("%s cc %s --emit=source %s"):format(luatrace, flags, path))
    return status, out:match("[^\n]*\n*$"), messages
end

sh.write(config, [[
# CONFIG_OFF is not set
CONFIG_ON=y
CONFIG_MOD=m
CONFIG_WORDS="two \"words\""
CONFIG_NUMBER=-12
CONFIG_HEX=0x1000
CONFIG_HZ=300
CONFIG_EVIL=1 } int f(
CONFIG_OPEN="no end\"
CONFIG_ONCE=y]])
local flags = ("--kernel 5.4.0-9-generic --config %s"):format(config)

for _, case in ipairs {
    { "LINUX_VERSION_CODE", 5 * 65536 + 4 * 256 }, { "HZ", 300 }, { "CONFIG_ON", 1 }, { "CONFIG_MOD_MODULE", 1 },
    { "CONFIG_WORDS", '"two \\"words\\""' }, { "CONFIG_NUMBER", -12 }, { "CONFIG_HEX", "0x1000" }, { "CONFIG_ONCE", 1 },
    { "CONFIG_OFF", "CONFIG_OFF" }, { "CONFIG_MOD", "CONFIG_MOD" }, { "CONFIG_N", "CONFIG_N" },
    { "CONFIG_EVIL", "CONFIG_EVIL" }, { "CONFIG_OPEN", "CONFIG_OPEN" },
} do
    local _, out = cc(("got %s;"):format(case[1]), flags)
    t.eq(out, ("got %s;\n"):format(case[2]), case[1])
end

sh.run(("gzip -k %s"):format(config))
local _, out = cc("got CONFIG_HEX;", ("--config %s.gz"):format(config))
t.eq(out, "got 0x1000;\n", "a compressed file")
sh.run(("truncate -s -9 %s.gz"):format(config))
local status, messages
_, _, messages = cc("got CONFIG_HEX;", ("--config %s.gz"):format(config))
t.eq(messages, "warning: CONFIG_HEX is taken as not set: the kernel's configuration file is damaged\n", "cut off")

status, _, messages = cc("got CONFIG_HEX;", ("--config %s/nope"):format(sh.dir()))
t.eq(messages, ("luatrace: kernel configuration: %s/nope: No such file or directory\n"):format(sh.dir()), "no file")
t.eq(status, 1, "no file: status")
_, _, messages = cc("got CONFIG_HEX;", "--kernel ../x")
t.eq(messages, "luatrace: kernel '../x': not a release such as 6.1.0-45-amd64\n", "no release")

-- not found is said with -v only, for a running kernel may keep it to itself
_, _, messages = cc("got CONFIG_HEX;", "--kernel 5.4.0-9-generic")
t.eq(messages, "", "no configuration: not a word")
_, _, messages = cc("got CONFIG_HEX;", "-v --kernel 5.4.0-9-generic")
t.eq(messages, "note: CONFIG_HEX is taken as not set: there is no /boot/config-5.4.0-9-generic, "
    .. "/lib/modules/5.4.0-9-generic/config, /usr/lib/modules/5.4.0-9-generic/config\n", "no configuration: with -v")

-- types of another kernel and nothing else of it: that may be a mistake
_, _, messages = cc("got CONFIG_HEX LINUX_VERSION_CODE;", "--btf /sys/kernel/btf/vmlinux")
t.like(messages, "^warning: CONFIG_HEX is taken as not set: the kernel of other types has", "foreign: configuration")
t.like(messages, "\nwarning: LINUX_VERSION_CODE is the running kernel's %(%d+%.%d+%.%d+%)", "foreign: version")
t.done()
