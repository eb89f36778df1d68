-- SPDX-License-Identifier: MIT
-- LINUX_VERSION_CODE, HZ and CONFIG_* are those of the kernel that runs, as it says elsewhere.
-- In guests too.
local t = require "tap"
local sh = require "sh"

local luatrace = os.getenv("LUATRACE") or "build/luatrace"
local path = sh.dir() .. "/text.c"

local function compiled(text, flags)
    sh.write(path, text)
    local status, source, messages = sh.run(("%s cc %s --emit=source %s"):format(luatrace, flags or "", path))
    t.eq(status, 0, "status: " .. messages)
    return source:match("[^\n]*\n*$"), messages
end

local _, uname = sh.run("uname -rv")
local major, minor, patch = (uname:match(" Debian (%S+)") or uname):match("^(%d+)%.(%d+)%.?(%d*)")
local code = major * 65536 + minor * 256 + math.min(tonumber(patch) or 0, 255)
t.eq(compiled "int got = LINUX_VERSION_CODE;", ("int got = %d;\n"):format(code), "LINUX_VERSION_CODE")
t.eq(compiled(("int got = LINUX_VERSION_CODE == KERNEL_VERSION(%d, %d, %d) && KERNEL_VERSION(4, 4, 302) == 0x404ff;")
    :format(major, minor, math.min(tonumber(patch) or 0, 255)))
    :gsub("%s", ""):gsub("%(%((%d+)%)<<16%)", "%1:"):match("got=" .. code .. "==%(" .. major .. ":") ~= nil, true,
    "KERNEL_VERSION")

local _, lines = sh.run("zcat /proc/config.gz || cat /boot/config-$(uname -r)")
if lines == "" then
    t.skip("this kernel's configuration is nowhere to be read")
    t.done()
    return
end

local function set(name)
    return ("\n" .. lines):match("\nCONFIG_" .. name .. "=([^\n]*)\n")
end

t.eq(compiled "int got = HZ;", ("int got = %s;\n"):format(set "HZ"), "HZ")
t.eq(compiled "int got = USER_HZ;", "int got = 100;\n", "USER_HZ")
local yes, module = ("\n" .. lines):match "\nCONFIG_([%w_]+)=y\n", ("\n" .. lines):match "\nCONFIG_([%w_]+)=m\n"
local text, number = set "CC_VERSION_TEXT", set "PHYSICAL_START"
t.eq(compiled("int got = CONFIG_" .. yes .. ";"), "int got = 1;\n", "one built in")
if text then
    t.eq(compiled "char got[] = CONFIG_CC_VERSION_TEXT;", ("char got[] = %s;\n"):format(text), "a string")
end
if number then
    t.eq(compiled "long got = CONFIG_PHYSICAL_START;", ("long got = %s;\n"):format(number), "a number")
end
if module then
    t.eq(compiled(("#if IS_ENABLED(CONFIG_%s) && IS_MODULE(CONFIG_%s) && !IS_BUILTIN(CONFIG_%s) && !defined(CONFIG_%s)\n"
        .. "int got = CONFIG_%s_MODULE;\n#endif\n"):format(module, module, module, module, module)):match("got = 1"),
        "got = 1", "a module")
end
t.eq(compiled([[
#if IS_ENABLED(CONFIG_]] .. yes .. [[) && IS_BUILTIN(CONFIG_]] .. yes .. [[) && !IS_MODULE(CONFIG_]] .. yes .. [[)
#if !IS_ENABLED(CONFIG_LT_NONE) && !defined(CONFIG_LT_NONE)
int got = 2;
#endif
#endif
]]):match("got = 2"), "got = 2", "IS_ENABLED, IS_BUILTIN, IS_MODULE in #if")
t.eq(compiled("int got = CONFIG_" .. yes .. ";", "-DCONFIG_" .. yes .. "=7"), "int got = 7;\n", "a cflag wins")

-- a pin of time: BCC_LINUX_VERSION_CODE
luatrace = "BCC_LINUX_VERSION_CODE=0x050403 " .. luatrace
t.eq(compiled "int got = LINUX_VERSION_CODE;", ("int got = %d;\n"):format(0x050403), "BCC_LINUX_VERSION_CODE")
t.done()
