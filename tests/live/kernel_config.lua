-- SPDX-License-Identifier: MIT
-- LINUX_VERSION_CODE, HZ and CONFIG_* are those of the kernel that runs, as it says elsewhere.
-- In guests too.
local t = require "tap"
local sh = require "sh"

local luatrace = os.getenv("LUATRACE") or "build/luatrace"
local path = sh.dir() .. "/text.c"

-- Lines of NAME VALUE, preprocessed: a table by name.
local function preprocessed(text, environment, flags)
    sh.write(path, text)
    local status, source, messages = sh.run(("%s %s cc %s --emit=source %s"):format(environment, luatrace, flags, path))
    t.eq(status, 0, "status: " .. messages)
    local values = {}
    for name, value in source:gmatch "\ngot_(%w+) ([^\n]*)" do
        values[name] = value
    end
    return values
end

local _, uname = sh.run("uname -rv")
local major, minor, patch = (uname:match(" Debian (%S+)") or uname):match("^(%d+)%.(%d+)%.?(%d*)")
local code = major * 65536 + minor * 256 + math.min(tonumber(patch) or 0, 255)

local _, lines = sh.run("zcat /proc/config.gz || cat /boot/config-$(uname -r)")
lines = "\n" .. lines
local yes, module = lines:match "\nCONFIG_([%w_]+)=y\n", lines:match "\nCONFIG_([%w_]+)=m\n"
if not yes then
    t.skip_all("this kernel's configuration is nowhere to be read")
end

local function set(name)
    return lines:match("\nCONFIG_" .. name .. "=([^\n]*)\n")
end

local text = ([[
int first;
got_version LINUX_VERSION_CODE
got_hz HZ
got_user USER_HZ
got_yes CONFIG_@Y
got_module CONFIG_@M_MODULE CONFIG_@M
got_text CONFIG_CC_VERSION_TEXT
got_number CONFIG_LOG_BUF_SHIFT
#if LINUX_VERSION_CODE == KERNEL_VERSION(@A, @B, @C) && KERNEL_VERSION(4, 4, 302) == 0x404ff
got_compared 1
#endif
#if IS_ENABLED(CONFIG_@Y) && IS_BUILTIN(CONFIG_@Y) && !IS_MODULE(CONFIG_@Y)
got_ifyes 1
#endif
#if IS_ENABLED(CONFIG_@M) && !IS_BUILTIN(CONFIG_@M) && IS_MODULE(CONFIG_@M)
got_ifmodule 1
#endif
#if !IS_ENABLED(CONFIG_LT_NONE) && !defined(CONFIG_LT_NONE)
got_ifnone 1
#endif
]]):gsub("@%u", { ["@Y"] = yes, ["@M"] = module or "NONE", ["@A"] = major, ["@B"] = minor,
    ["@C"] = patch ~= "" and patch or "0" })

local got = preprocessed(text, "", "")
t.eq(got.version, tostring(code), "LINUX_VERSION_CODE")
t.eq(got.compared, "1", "KERNEL_VERSION")
t.eq(got.hz, set "HZ", "HZ")
t.eq(got.user, "100", "USER_HZ")
t.eq(got.yes, "1", "one built in")
t.eq(got.text, set "CC_VERSION_TEXT" or "CONFIG_CC_VERSION_TEXT", "a string")
t.eq(got.number, set "LOG_BUF_SHIFT" or "CONFIG_LOG_BUF_SHIFT", "a number")
t.eq(got.ifyes, "1", "IS_ENABLED, IS_BUILTIN, IS_MODULE of one built in")
t.eq(got.ifnone, "1", "of one that is not")
if module then
    t.eq(got.module, "1 CONFIG_" .. module, "one built as a module")
    t.eq(got.ifmodule, "1", "IS_ENABLED, IS_BUILTIN, IS_MODULE of it")
end

got = preprocessed("int first;\ngot_version LINUX_VERSION_CODE\ngot_yes CONFIG_" .. yes .. "\n",
    "BCC_LINUX_VERSION_CODE=0x050403", "-DCONFIG_" .. yes .. "=7")
t.eq(got.version, tostring(0x050403), "BCC_LINUX_VERSION_CODE")
t.eq(got.yes, "7", "a cflag wins")
t.done()
