-- SPDX-License-Identifier: MIT
-- Build step: luajit embed_kernel.lua OUT.c "CC" FILE...
-- Writes the table of kernel names that luatrace-cc has of its own: the hand-written files of bpf/kernel/, and what
-- the compiler says of the UAPI headers (and of libc's <sys/socket.h>): macros, enumerators, structs and typedefs.
package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local c = require "embed_c"
local table_of = require "embed_table"

local out_path, compiler = arg[1], arg[2]

local function read(path)
    local file = assert(io.open(path, "rb"))
    local data = file:read("*a")
    file:close()
    return data
end

local function write(path, data)
    local file = assert(io.open(path, "wb"))
    assert(file:write(data))
    assert(file:close())
end

-- ---- entries ---------------------------------------------------------------------------------------------------

local entries, by_name = {}, {}

--- kind: "define", "macro" (with parameters), "member" (stands for a path of members), "enumerator", "type",
--- "function".
--- The first to give a name keeps it; `when` (a condition on BTF) makes alternatives, tried in order.
local function add(name, kind, text, header, when)
    local known = by_name[name]
    if known and not (known.open and known.header == header and header == "") then
        return
    end
    local entry = { name = name, kind = kind, text = text, header = header, when = when or "" }
    entry.open = entry.when ~= ""
    by_name[name] = entry
    entries[#entries + 1] = entry
end

local values = {}

local function decimal(value)
    return (tostring(value):gsub("LL$", ""))
end

local function add_enumerators(body, header, when)
    local previous, distance = nil, 0
    for item in (body:gsub("%b()", function(inner) return (inner:gsub(",", "\1")) end) .. ","):gmatch("([^,]*),") do
        local name, expression = item:gsub("\1", ","):match("^%s*([%a_][%w_]*)%s*=?%s*(.-)%s*$")
        if name then
            local base = expression ~= "" and expression or previous or "0"
            distance = expression ~= "" and 0 or previous and distance + 1 or 0
            local value = c.evaluate(base, values)
            previous = base
            if value then
                values[name] = value + distance
                add(name, "enumerator", decimal(value + distance), header, when)
            else
                add(name, "enumerator", ("(%s) + %d"):format(base, distance), header, when)
            end
        end
    end
end

-- ---- declarations of both kinds of source ----------------------------------------------------------------------

local function add_enum(tag, body, header, when)
    add_enumerators(body:sub(2, -2), header, when)
    if tag ~= "" then
        add("enum " .. tag, "type", ("enum %s { __lt_enum_%s };"):format(tag, tag), header, when)
    end
end

--- What a typedef defines besides its name is an entry of its own.
local function add_typedef(text, header, when)
    local plain = text:gsub("%b{}", ""):gsub(" ?__attribute__ ?%b()", ""):gsub("%b[]", "")
    local name = plain:match("%( ?%*([%w_]+) ?%)") or plain:match("([%a_][%w_]*) ?;$")
    local kind, tag, body, rest = text:match("^typedef ([esu]%l+) ?([%w_]*) ?(%b{})(.*)$")
    if kind == "enum" then
        add_enum(tag, body, header, when)
        text = ("typedef enum %s %s"):format(tag ~= "" and tag or ("{ __lt_enum_%s }"):format(name), rest)
    elseif kind and tag ~= "" then
        add("struct " .. tag, "type", ("%s %s %s;"):format(kind, tag, body), header, when)
        text = ("typedef %s %s %s"):format(kind, tag, rest)
    end
    if name then
        add(name, "type", text, header, when)
    end
end

local function add_declaration(text, header, when)
    text = text:gsub("__extension__ ", "")
    local tag, body = text:match("^enum ?([%w_]*) ?[%w_%(%) ]-(%b{}) ?[%w_%(%) ]*;$")
    if body then
        return add_enum(tag, body, header, when)
    end
    tag = text:match("^struct ([%a_][%w_]*) ?{.*}[^{}]*;$") or text:match("^union ([%a_][%w_]*) ?{.*}[^{}]*;$")
    if tag then
        add("struct " .. tag, "type", text, header, when)
    elseif header == "" and text:find("^extern ") then
        add(text:match("([%w_]+) __attribute__"), "type", text, header, when)
    elseif text:find("^typedef ") then
        add_typedef(text, header, when)
    end
end

-- ---- bpf/kernel/*.h --------------------------------------------------------------------------------------------

local machine = {}

--- KERNEL_FLAG(BIT, OTHER, NUMBER): 1 << BIT in a kernel that has this enumerator; 0 in one that has but the OTHER; in
--- older ones, which have macros, NUMBER.
local function add_flag(name, bit, other, number)
    add(name, "define", ("__lt_flag(%s, %s, %s)"):format(bit, other, number), "", "__LT_PORTABLE")
    add(name, "define", ("(1u << %s)"):format(bit), "", bit)
    add(name, "define", "0", "", other)
    add(name, "define", ("(%s)"):format(number), "")
end

--- `#if KERNEL_HAS(NAME)`, `#if KERNEL_HAS(TAG, MEMBER)`, `#if __LT_PORTABLE` (what any kernel is to load): decided
--- when a text is compiled. `#if __x86_64__`: now.
local function add_hand_written(path)
    local text = read(path):gsub("/%*.-%*/", " "):gsub("\\\n", " ")
    local when, skipping, decided, pending = "", false, false, {}
    local function flush()
        c.each_declaration(table.concat(pending, "\n"), function(declaration, is_function)
            local name = is_function and declaration:match("([%w_]+) ?%b() ?{")
            if name then
                add(name, "function", declaration, "", when)
            else
                add_declaration(declaration, "", when)
            end
        end)
        pending = {}
    end
    for line in text:gmatch("[^\n]*") do
        local directive, rest = line:match("^%s*#%s*(%w+)%s*(.-)%s*$")
        if directive then
            flush()
        end
        if directive == "if" or directive == "elif" then
            local condition = rest:match("^KERNEL_HAS%((.-)%)$") or rest:match("^__LT_PORTABLE$")
            skipping = not condition and not machine[rest]
            when = condition and condition:gsub("%s*,%s*", ".") or ""
            decided = not condition and machine[rest]
        elseif directive == "else" then
            skipping, when = decided, ""
        elseif directive == "endif" then
            skipping, when = false, ""
        elseif directive == "define" and not skipping then
            local name, body = rest:match("^([%w_]+)(.*)$")
            local bit, other, number = body:match("^ KERNEL_FLAG%((%S+), (%S+), (.*)%)$")
            local kind = path:find("members%.h$") and "member" or body:find("^%(") and "macro" or "define"
            if bit then
                add_flag(name, bit, other, number)
            else
                add(name, kind, c.squeeze(body), "", when)
            end
        elseif not directive and not skipping then
            pending[#pending + 1] = line
        end
    end
    flush()
end

-- ---- what the machine's headers say ----------------------------------------------------------------------------

local function run(command)
    local pipe = assert(io.popen(command))
    local said = pipe:read("*a")
    pipe:close()
    return said
end

--- Preprocesses one file that includes all `headers`; those that include what is not there are left out.
local function preprocess(headers)
    local source, messages = out_path .. ".tmp.h", out_path .. ".tmp.err"
    for _ = 1, 100 do
        local lines = {}
        for i, header in ipairs(headers) do
            lines[i] = header and "#include <" .. header .. ">" or ""
        end
        write(source, table.concat(lines, "\n") .. "\n")
        local said = run(("%s -w -E -dD -x c %s 2>%s"):format(compiler, source, messages))
        local errors = read(messages)
        os.remove(source)
        os.remove(messages)
        if not errors:find("fatal error", 1, true) then
            return said
        end
        local line = tonumber(errors:match("%.tmp%.h:(%d+)"))
        assert(line and headers[line], "no UAPI headers (linux-libc-dev): " .. errors)
        headers[line] = false
    end
    error("too many UAPI headers do not preprocess")
end

--- Guards and markers are empty. Version and configuration are those of the kernel, not of this machine's headers.
local function is_wanted(name, body)
    return body ~= "" and body ~= name and not machine[name] and not name:find("^_UAPI") and name ~= "HZ"
        and not name:find("^CONFIG_") and not name:find("^LINUX_VERSION")
end

local function add_macro(rest, header)
    local name, parameters, body = rest:match("^([%w_]+)(%b())%s*(.*)$")
    if not name then
        name, body = rest:match("^([%w_]+)%s*(.*)$")
    end
    if not is_wanted(name, body) then
        return
    end
    if not parameters and not name:find("%u") and not name:find("^__") then
        -- in small letters only names of members: others could be anything in a text
        if body:find("^[%a_][%w_]*[.%[]") then
            add(name, "member", body, header)
        end
        return
    end
    local value = not parameters and c.evaluate(body, values)
    if value then
        values[name] = value
    end
    add(name, parameters and "macro" or "define", parameters and parameters .. " " .. body or body, header)
end

--- `wanted(path)` gives a header's name as a text includes it, or nil for files whose names are left out.
local function add_headers(headers, wanted)
    local macros, undefined, chunks, here = {}, {}, {}, nil
    local path, header
    for line in preprocess(headers):gmatch("[^\n]+") do
        local said = line:match('^# %d+ "([^"]*)"')
        if said and said ~= path then -- else a jump over blank lines, perhaps within a declaration
            path, header = said, wanted(said)
            here = header and { header = header }
            chunks[#chunks + 1] = here
        elseif line:find("^#define ") then
            macros[#macros + 1] = { text = line:sub(9), header = header }
        elseif line:find("^#undef ") then
            undefined[line:sub(8)] = true
        elseif here and not line:find("^#") then
            here[#here + 1] = line
        end
    end
    for _, chunk in ipairs(chunks) do
        c.each_declaration(table.concat(chunk, "\n"), function(text, is_function)
            if not is_function then
                add_declaration(text, chunk.header)
            end
        end)
    end
    for _, macro in ipairs(macros) do
        if macro.header and not undefined[macro.text:match("^[%w_]+")] then
            add_macro(macro.text, macro.header)
        end
    end
end

local function list_headers()
    local first = run(("echo '#include <linux/types.h>' | %s -E -x c - 2>&1"):format(compiler))
    local root = first:match('"([^"]*)/linux/types%.h"') or error("no <linux/types.h>: install linux-libc-dev")
    local asm = first:match('"([^"]*)/asm/types%.h"') or root
    -- those that libc's headers would cut short come first
    local headers = { "linux/stat.h", "linux/libc-compat.h", "linux/in.h", "linux/in6.h", "linux/if.h", "linux/ipv6.h",
        "linux/xattr.h" }
    local list = "cd '%s' && find %s -name '*.h' 2>/dev/null | LC_ALL=C sort"
    for path in (run(list:format(root, "linux rdma scsi")) .. run(list:format(asm, "asm/"))):gmatch("[^\n]+") do
        headers[#headers + 1] = path
    end
    return headers
end

for line in run(("echo | %s -E -dM -x c -"):format(compiler)):gmatch("#define ([%w_]+)") do
    machine[line] = true
end
for i = 3, #arg do
    add_hand_written(arg[i])
end
add_headers(list_headers(), function(path)
    return path:match("/(linux/.*)$") or path:match("/(asm/.*)$") or path:match("/(asm%-generic/.*)$")
        or path:match("/(rdma/.*)$") or path:match("/(scsi/.*)$")
end)
-- the kernel's <linux/socket.h> has these, UAPI has not
add_headers({ "sys/socket.h" }, function(path)
    return (path:find("/sys/socket%.h$") or path:find("/bits/socket[%w_]*%.h$")) and "linux/socket.h" or nil
end)
write(out_path, table_of(entries))
