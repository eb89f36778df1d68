-- SPDX-License-Identifier: MIT
-- Processes for cases: run a command to its end, or hold a workload until tracing is on.
local ffi = require "ffi"

local M = {}

ffi.cdef [[
char *mkdtemp(char *);
]]

local dir

--- A private directory for this case, removed when the state closes: M.dir() .. "/x" needs no clean-up.
---@return string path
function M.dir()
    if not dir then
        local template = (os.getenv("TMPDIR") or "/tmp") .. "/luatrace-case.XXXXXX"
        local path = ffi.new("char[?]", #template + 1, template)
        if ffi.C.mkdtemp(path) == nil then
            error("no temporary directory: " .. template, 2)
        end
        dir = ffi.string(path)
        M.guard = newproxy(true)
        getmetatable(M.guard).__gc = function()
            os.execute("rm -rf " .. M.quote(dir))
        end
    end
    return dir
end

--- A word for the shell.
---@param word string|number
---@return string
function M.quote(word)
    return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

---@param path string
---@return string? content nil when there is no such file
function M.read(path)
    local file = io.open(path, "rb")
    if not file then
        return nil
    end
    local text = file:read("*a")
    file:close()
    return text
end

---@param path string
---@param text string
function M.write(path, text)
    local file = assert(io.open(path, "wb"))
    assert(file:write(text))
    assert(file:close())
end

--- Run a shell command to its end, without input.
---@param command string
---@return integer status its exit status; 128 + N when signal N ended it
---@return string stdout
---@return string stderr
function M.run(command)
    local out, err, status = M.dir() .. "/stdout", M.dir() .. "/stderr", M.dir() .. "/status"
    M.write(M.dir() .. "/command", command)
    -- The status goes through a file: os.execute's return value differs between Lua dialects.
    os.execute(("sh %s </dev/null >%s 2>%s; echo $? >%s"):format(
        M.quote(M.dir() .. "/command"), M.quote(out), M.quote(err), M.quote(status)))
    return tonumber(M.read(status)), M.read(out), M.read(err)
end

--- Start `build/tests/workload MODE COUNT ARG... --hold`: it exists, and waits.
---@param ... string|number the workload's arguments
---@return { pid: integer, go: fun(self): integer } held
--- `go` lets it run, waits for its end and returns how many events it made
function M.workload(...)
    local words = { "exec build/tests/workload --hold" }
    for i = 1, select("#", ...) do
        words[#words + 1] = M.quote((select(i, ...)))
    end
    local said = M.dir() .. "/workload"
    M.write(said, "")
    local pipe = assert(io.popen(table.concat(words, " ") .. " >" .. M.quote(said), "w"))
    local pid, tries = nil, 0
    while not pid do
        pid = tonumber(M.read(said):match("^(%d+)\n"))
        tries = tries + 1
        if not pid and tries > 500 then
            error("the workload does not start; its words on stderr are in the log", 2)
        end
        os.execute("sleep 0.01")
    end
    local held = { pid = pid }
    function held.go()
        pipe:write("go\n")
        pipe:close()
        local made = M.read(said):match("\ndone (%d+)\n")
        return tonumber(made) or error("the workload did not end well: " .. M.read(said), 2)
    end
    return held
end

return M
