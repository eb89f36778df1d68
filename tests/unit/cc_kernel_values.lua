-- SPDX-License-Identifier: MIT
-- The constants that a text has without any header have the values that the C compiler gives them with the headers.
local t = require "tap"
local sh = require "sh"

if not sh.read("/sys/kernel/btf/vmlinux") then
    t.skip_all("no /sys/kernel/btf/vmlinux")
end
local luatrace = os.getenv("LUATRACE") or "build/luatrace"
local source, program = sh.dir() .. "/source.c", sh.dir() .. "/program"

local function compile(lines, flags)
    sh.write(source, table.concat(lines, "\n") .. "\n")
    return sh.run(("cc -w -ftrack-macro-expansion=0 -fno-diagnostics-show-caret -x c %s %s"):format(flags, source))
end

local function joined(...)
    local all = {}
    for _, list in ipairs { ... } do
        for _, line in ipairs(list) do
            all[#all + 1] = line
        end
    end
    return all
end

-- ---- what compiles ---------------------------------------------------------------------------------------------

--- The lines of `source` that errors belong to: their own, or that of the include above them.
local function lines_of_errors(messages)
    local from = "from " .. source:gsub("%p", "%%%0") .. ":(%d+)"
    local bad, included_by, latest = {}, {}, nil
    for line in messages:gmatch("[^\n]+") do
        latest = tonumber(line:match(from)) or latest
        local path, number, kind = line:match("^([^:]+):(%d+):%d+: ([%w ]+):")
        if path then
            included_by[path] = path == source and tonumber(number) or latest or included_by[path]
            latest = nil
            if kind:find("error") and included_by[path] then
                bad[included_by[path]] = true
            end
        end
    end
    return bad
end

--- Those of `lines` that compile below `before`.
local function that_compile(before, lines)
    while true do
        local status, _, messages = compile(joined(before, lines), "-fsyntax-only -fmax-errors=0")
        if status == 0 then
            return lines
        end
        local bad, kept = lines_of_errors(messages), {}
        for i, line in ipairs(lines) do
            kept[#kept + 1] = not bad[#before + i] and line or nil
        end
        assert(#kept < #lines, messages)
        lines = kept
    end
end

-- ---- names and values ------------------------------------------------------------------------------------------

--- Includes of the UAPI headers that the compiler takes in one text; it does not take all.
local function includes()
    local _, said = compile({ "#include <linux/types.h>" }, "-E")
    local root = said:match('"([^"]*)/linux/types%.h"')
    local _, found = sh.run(("cd '%s' && find linux rdma scsi -name '*.h' | LC_ALL=C sort"):format(root))
    local lines = {}
    for path in found:gmatch("[^\n]+") do
        -- the first has its own _IO, and undefines that of others; the second a tag in small letters as a macro
        local odd = path == "linux/soundcard.h" or path == "linux/nvme_ioctl.h"
        lines[#lines + 1] = not odd and "#include <" .. path .. ">" or nil
    end
    return that_compile({}, lines)
end

--- Names that only UAPI headers define, and only once.
local function names_of(headers)
    local _, said = compile(headers, "-E -dD")
    local names, bodies, path = {}, {}, nil
    for line in said:gmatch("[^\n]+") do
        path = line:match('^# %d+ "([^"]*)"') or path
        local name, body = line:match("^#define ([%w_]+) (.+)")
        if name then
            local ours = path:find("/linux/") or path:find("/asm") or path:find("/rdma/") or path:find("/scsi/")
            local again = bodies[name] ~= nil and bodies[name] ~= body
            names[#names + 1] = bodies[name] == nil and name or nil
            bodies[name] = ours and not again and name:find("%u") and not body:find("[{};]") and body
        end
        name = line:match("^#undef ([%w_]+)")
        if name then
            bodies[name] = false
        end
    end
    return names, bodies
end

--- The running kernel's own: release, HZ, and numbers of enumerators, which its types say and which grow by release.
local function is_kernels(name, expansion)
    if name:find("^LINUX_VERSION") then
        return true
    end
    for word in expansion:gmatch("[%a_][%w_]*") do
        if word == "lt_hz" or word:find("MAX") or word:find("LAST") or word:find("NUM") or word:find("_CNT") then
            return true
        end
    end
end

--- "NAME VALUE SIZE" lines.
local function constants(headers)
    local names, bodies = names_of(headers)
    local lines, rows = {}, {}
    for _, name in ipairs(names) do
        if bodies[name] then
            lines[#lines + 1] = ("static const long long lt_value_%s = (%s) | 0;"):format(name, name)
        end
    end
    lines = that_compile(headers, lines)
    local _, expanded = compile(joined(headers, { "#undef HZ", "#define HZ lt_hz" }, lines), "-E -P")
    for name, expansion in expanded:gmatch("lt_value_([%w_]+) = ([^\n]*)\n") do
        if not is_kernels(name, expansion) then
            rows[#rows + 1] = ('{ "%s", (%s), sizeof(%s) },'):format(name, name, name)
        end
    end
    local status, _, messages = compile(joined(headers, {
        "int printf(const char *, ...);",
        "static const struct { const char *name; long long value; int size; } lt_rows[] = {",
    }, rows, {
        "};", "int main(void)", "{", "for (int i = 0; i < (int)(sizeof(lt_rows) / sizeof(*lt_rows)); i++)",
        'printf("%s %llu %d\\n", lt_rows[i].name, lt_rows[i].value, lt_rows[i].size);', "return 0;", "}",
    }), "-o " .. program)
    assert(status == 0, messages)
    local _, said = sh.run(program)
    return said
end

-- ---- the same in a text ----------------------------------------------------------------------------------------

local path = sh.dir() .. "/text.c"
local function cc(lines, flags)
    sh.write(path, "int f(void *ctx) { return 0; }\n" .. table.concat(lines, "\n") .. "\n")
    return sh.run(("%s cc %s %s"):format(luatrace, flags, path))
end

local uses, rows = {}, {}
for name, value, size in constants(includes()):gmatch("(%S+) (%S+) (%S+)\n") do
    uses[#uses + 1] = ("int lt_use_%s = %s;"):format(name, name)
    rows[#rows + 1] = { name = name, value = value, size = size }
end
t.ok(#rows > 10000, #rows .. " constants of UAPI headers")

-- an enumerator of the kernel's types goes before another header's macro
local _, slice = cc(uses, "--emit=slice")
local from_headers, checks, kernels = {}, {}, 0
for name in slice:gmatch("#define ([%w_]+)") do
    from_headers[name] = true
end
for _, row in ipairs(rows) do
    if from_headers[row.name] then
        checks[#checks + 1] = ('_Static_assert((unsigned long long)(%s) == %sULL && sizeof(%s) == %s, "%s");'):format(
            row.name, row.value, row.name, row.size, row.name)
    else
        kernels = kernels + 1
    end
end
t.ok(kernels < #rows / 50, kernels .. " of them are enumerators here")
local status, _, messages = cc(checks, "-o /dev/null")
t.eq(messages, "", "have the headers' values: no messages")
t.eq(status, 0, "have the headers' values: status")
t.done()
