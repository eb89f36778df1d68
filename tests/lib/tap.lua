-- SPDX-License-Identifier: MIT
-- TAP for cases that are scripts: local t = require "tap" (tests/run sets LUA_PATH).
-- A case ends with t.done(); one that ends without it has no plan, and so fails.
local M = {}

local count, failed, running = 0, 0, true

local function line(...)
    io.stdout:write(...)
    io.stdout:write("\n")
    io.stdout:flush() -- what was said before a crash is in the log
end

--- A value as one line of text, cut where it gets long.
local function show(value)
    local text = type(value) == "string" and string.format("%q", value) or tostring(value)
    text = text:gsub("\\?[\r\n]", "\\n"):gsub("%c", "?")
    return #text > 500 and text:sub(1, 500) .. "..." or text
end

--- A name as TAP takes it: `#` would begin a directive.
local function plain(text)
    return (tostring(text):gsub("%c", " "):gsub("#", "\\#"))
end

--- The line of the case that called us: the first frame outside this file.
local function caller()
    local here, level = debug.getinfo(1, "S").source, 2
    while debug.getinfo(level, "S") and debug.getinfo(level, "S").source == here do
        level = level + 1
    end
    local frame = debug.getinfo(level, "Sl")
    return frame and frame.short_src .. ":" .. frame.currentline or "?"
end

local function report(passed, name, ...)
    if not running then
        error(caller() .. ": a test after t.done()", 0)
    end
    count = count + 1
    line(passed and "ok " or "not ok ", count, " - ", plain(name or "unnamed"))
    if not passed then
        failed = failed + 1
        line("#   at ", caller())
        for _, text in ipairs { ... } do
            line("#   ", text)
        end
    end
    return passed
end

--- Pass when `cond` is neither nil nor false.
---@param cond any
---@param name string
---@return boolean passed
function M.ok(cond, name)
    return report(not not cond, name)
end

--- Pass when `got == want`.
---@param got any
---@param want any
---@param name string
---@return boolean passed
function M.eq(got, want, name)
    return report(got == want, name, "got:  " .. show(got), "want: " .. show(want))
end

--- Pass when `text` holds a match of a Lua pattern.
---@param text any
---@param pattern string
---@param name string
---@return boolean passed
function M.like(text, pattern, name)
    local found = type(text) == "string" and text:find(pattern) ~= nil
    return report(found, name, "got:     " .. show(text), "pattern: " .. show(pattern))
end

--- Pass when `fn()` raises an error whose message (a string, or `.message` of an object) matches `pattern`.
---@param fn function
---@param pattern string
---@param name string
---@return boolean passed
function M.raises(fn, pattern, name)
    local returned, err = pcall(fn)
    if returned then
        return report(false, name, "no error was raised", "pattern: " .. show(pattern))
    end
    local message = type(err) == "table" and err.message or err
    local found = tostring(message):find(pattern) ~= nil
    return report(found, name, "raised:  " .. show(message), "pattern: " .. show(pattern))
end

--- Count one test as skipped.
---@param reason string why it cannot run here
function M.skip(reason)
    if type(reason) ~= "string" or reason == "" then
        error("skip needs a reason", 2)
    end
    count = count + 1
    line("ok ", count, " # SKIP ", plain(reason))
end

--- Skip the whole case, before its first test, and end the process.
---@param reason string why it cannot run here
function M.skip_all(reason)
    if type(reason) ~= "string" or reason == "" then
        error("skip_all needs a reason", 2)
    elseif count > 0 then
        error("skip_all after a test", 2)
    end
    line("1..0 # SKIP ", plain(reason))
    os.exit(0, true)
end

--- Say something in the log.
---@param text string
function M.diag(text)
    line("# ", (tostring(text):gsub("\n", "\n# ")))
end

--- End of the case: print the plan. The runner takes the verdict from it.
function M.done()
    if not running then
        error("t.done() twice", 2)
    end
    running = false
    line("1..", count)
    return failed == 0
end

return M
