-- SPDX-License-Identifier: MIT
-- Build step: luajit embed_kernel.lua OUT.c "CC" FILE...
-- Writes the table of kernel names that luatrace-cc has of its own: the hand-written files of bpf/kernel/, and what
-- the compiler says of the UAPI headers (and of libc's <sys/socket.h>): macros, enumerators, structs and typedefs.
local ffi = require "ffi"
local bit = require "bit"

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

-- ---- C, read lexically -----------------------------------------------------------------------------------------

local function squeeze(text)
    return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

--- Splits declarations at depth 0: calls `each(text)` with `...;` or `... { ... }` of a function.
local function each_declaration(text, each)
    local start, depth, at, in_function = 1, 0, 1, false
    while true do
        local where, _, char = text:find("([{}();\"'])", at)
        if not where then
            return
        end
        at = where + 1
        if char == '"' or char == "'" then
            local stop = at
            while text:sub(stop, stop) ~= char and stop <= #text do
                stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
            end
            at = stop + 1
        elseif char == "{" or char == "(" then
            if char == "{" and depth == 0 then
                local head = text:sub(start, where - 1)
                in_function = head:find("%)%s*$") and not head:find("__attribute__[%s%(]+[%w_%s,%(%)]+%s*$")
            end
            depth = depth + 1
        elseif char == "}" or char == ")" then
            depth = depth - 1
        end
        if depth == 0 and (char == ";" or char == "}" and in_function) then
            each(squeeze(text:sub(start, where)), in_function)
            start, in_function = at, false
        end
    end
end

-- ---- constant expressions --------------------------------------------------------------------------------------

local precedence = {
    ["|"] = 1, ["^"] = 2, ["&"] = 3, ["<<"] = 4, [">>"] = 4, ["+"] = 5, ["-"] = 5, ["*"] = 6, ["/"] = 6, ["%"] = 6,
}
local apply = {
    ["|"] = bit.bor, ["^"] = bit.bxor, ["&"] = bit.band,
    ["<<"] = function(a, b) return bit.lshift(a, tonumber(b)) end,
    [">>"] = function(a, b) return bit.arshift(a, tonumber(b)) end,
    ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end,
    ["*"] = function(a, b) return a * b end, ["/"] = function(a, b) return a / b end,
    ["%"] = function(a, b) return a % b end,
}

--- The value of an integer constant expression, as int64_t; nil where it is beyond this evaluator.
local function evaluate(text, values)
    local tokens, at = {}, 1
    text = text:gsub("(%f[%w_][0-9][%w]*)", function(number) return (number:gsub("[uUlL]+$", "")) end)
    while at <= #text do
        local token = text:match("^[%w_]+", at) or text:match("^<<", at) or text:match("^>>", at)
            or text:match("^'.'", at) or text:sub(at, at)
        at = at + #token
        if not token:find("^%s") then
            tokens[#tokens + 1] = token
        end
    end
    local position, primary = 1, nil
    local function binary(least)
        local left = primary()
        while precedence[tokens[position]] and precedence[tokens[position]] >= least do
            local operator = tokens[position]
            position = position + 1
            left = apply[operator](left, binary(precedence[operator] + 1))
        end
        return left
    end
    function primary()
        local token = tokens[position] or error("")
        position = position + 1
        if token == "(" then
            local value = binary(1)
            assert(tokens[position] == ")")
            position = position + 1
            return value
        elseif token == "-" then
            return -primary()
        elseif token == "~" then
            return bit.bnot(primary())
        elseif token:find("^'") then
            return ffi.cast("int64_t", token:byte(2))
        elseif token:find("^0[0-7]+$") then
            return ffi.cast("int64_t", tonumber(token, 8))
        elseif token:find("^0[xX]%x+$") then
            local value = ffi.cast("uint64_t", 0)
            for digit in token:sub(3):gmatch("%x") do
                value = value * 16 + tonumber(digit, 16)
            end
            return ffi.cast("int64_t", value)
        elseif token:find("^%d+$") then
            return ffi.cast("int64_t", tonumber(token))
        end
        return values[token] or error("")
    end
    local good, value = pcall(function()
        local result = binary(1)
        assert(position > #tokens)
        return result
    end)
    return good and value or nil
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
            local value = evaluate(base, values)
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

local function add_declaration(text, header, when)
    text = text:gsub("__extension__ ", "")
    local tag, body = text:match("^enum ?([%w_]*) ?[%w_%(%) ]-(%b{}) ?[%w_%(%) ]*;$")
    if body then
        add_enumerators(body:sub(2, -2), header, when)
        if tag ~= "" then
            add("enum " .. tag, "type", ("enum %s { __lt_enum_%s };"):format(tag, tag), header, when)
        end
        return
    end
    tag = text:match("^struct ([%a_][%w_]*) ?{.*}[^{}]*;$") or text:match("^union ([%a_][%w_]*) ?{.*}[^{}]*;$")
    if tag then
        add("struct " .. tag, "type", text, header, when)
    elseif header == "" and text:find("^extern ") then
        add(text:match("([%w_]+) __attribute__"), "type", text, header, when)
    elseif text:find("^typedef ") then
        local plain = text:gsub("%b{}", ""):gsub(" ?__attribute__ ?%b()", ""):gsub("%b[]", "")
        local name = plain:match("%( ?%*([%w_]+) ?%)") or plain:match("([%a_][%w_]*) ?;$")
        if name then
            add(name, "type", text, header, when)
        end
    end
end

-- ---- bpf/kernel/*.h --------------------------------------------------------------------------------------------

local machine = {}

--- `#if KERNEL_HAS(NAME)`, `#if KERNEL_HAS(TAG, MEMBER)`: decided when a text is compiled. `#if __x86_64__`: now.
local function add_hand_written(path)
    local text = read(path):gsub("/%*.-%*/", " "):gsub("\\\n", " ")
    local when, skipping, decided, pending = "", false, false, {}
    local function flush()
        each_declaration(table.concat(pending, "\n"), function(declaration, is_function)
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
            local condition = rest:match("^KERNEL_HAS%((.-)%)$")
            skipping = not condition and not machine[rest]
            when = condition and condition:gsub("%s*,%s*", ".") or ""
            decided = not condition and machine[rest]
        elseif directive == "else" then
            skipping, when = decided, ""
        elseif directive == "endif" then
            skipping, when = false, ""
        elseif directive == "define" and not skipping then
            local name, body = rest:match("^([%w_]+)(.*)$")
            local kind = path:find("members%.h$") and "member" or body:find("^%(") and "macro" or "define"
            add(name, kind, squeeze(body), "", when)
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
        local said = run(("%s -E -dD -x c %s 2>%s"):format(compiler, source, messages))
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

local function add_macro(rest, header, ours)
    local name, parameters, body = rest:match("^([%w_]+)(%b())%s*(.*)$")
    if not name then
        name, body = rest:match("^([%w_]+)%s*(.*)$")
    end
    if not is_wanted(name, body) or not ours then
        return
    end
    if not parameters and not name:find("%u") and not name:find("^__") then
        -- in small letters only names of members: others could be anything in a text
        if body:find("^[%a_][%w_]*[.%[]") then
            add(name, "member", body, header)
        end
        return
    end
    local value = not parameters and evaluate(body, values)
    if value then
        values[name] = value
    end
    add(name, parameters and "macro" or "define", parameters and parameters .. " " .. body or body, header)
end

--- `wanted(path)` gives a header's name as a text includes it, or nil for files whose names are left out.
local function add_headers(headers, wanted)
    local macros, undefined, declarations, header = {}, {}, {}, nil
    local chunk = {}
    local function next_file(path)
        if header and #chunk > 0 then
            declarations[#declarations + 1] = { header, table.concat(chunk, "\n") }
        end
        chunk, header = {}, wanted(path)
    end
    for line in preprocess(headers):gmatch("[^\n]+") do
        local path = line:match('^# %d+ "([^"]*)"')
        if path then
            next_file(path)
        elseif line:find("^#define ") then
            macros[#macros + 1] = { line:sub(9), header }
        elseif line:find("^#undef ") then
            undefined[line:sub(8)] = true
        elseif header and not line:find("^#") then
            chunk[#chunk + 1] = line
        end
    end
    next_file("")
    for _, declaration in ipairs(declarations) do
        each_declaration(declaration[2], function(text, is_function)
            if not is_function then
                add_declaration(text, declaration[1])
            end
        end)
    end
    for _, macro in ipairs(macros) do
        if not undefined[macro[1]:match("^[%w_]+")] then
            add_macro(macro[1], macro[2], macro[2])
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
    local folders = "linux rdma scsi"
    for path in run(("cd '%s' && find %s -name '*.h' 2>/dev/null | LC_ALL=C sort"):format(root, folders)):gmatch("[^\n]+") do
        headers[#headers + 1] = path
    end
    for path in run(("cd '%s' && find asm/ -name '*.h' | LC_ALL=C sort"):format(asm)):gmatch("[^\n]+") do
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

-- ---- as C ------------------------------------------------------------------------------------------------------

local function hash(name)
    local value = 2166136261
    for i = 1, #name do
        value = tonumber(bit.bxor(ffi.cast("uint64_t", value), name:byte(i)) * 16777619ULL % 4294967296ULL)
    end
    return value
end

local blob, size, offsets = {}, 0, {}
local function intern(text)
    if not offsets[text] then
        offsets[text] = size
        blob[#blob + 1] = '\t"' .. text:gsub('[%c"\\?]', function(c) return ("\\%03o"):format(c:byte()) end) .. '\\0"'
        size = size + #text + 1
    end
    return offsets[text]
end

local labels, label_rows = {}, {}
local function label(text)
    if not labels[text] then
        labels[text] = #label_rows
        label_rows[#label_rows + 1] = intern(text)
    end
    return labels[text]
end

-- alternatives of one name stay in their order, side by side
for i, entry in ipairs(entries) do
    entry.order = i
    label(entry.when) -- first, so that they fit into a byte
end
table.sort(entries, function(a, b)
    if a.name ~= b.name then
        return a.name < b.name
    end
    return a.order < b.order
end)

local slots, slot_count = {}, 131072
assert(#entries < 65536, "the table of kernel names is full")
local rows = {}
for i, entry in ipairs(entries) do
    rows[i] = ("\t{ %d, %d, %d, %d, KERNEL_%s },"):format(intern(entry.name), intern(entry.text), label(entry.header),
        label(entry.when), entry.kind:upper())
    if not entries[i - 1] or entries[i - 1].name ~= entry.name then
        local slot = bit.band(hash(entry.name), slot_count - 1)
        while slots[slot] do
            slot = (slot + 1) % slot_count
        end
        slots[slot] = i
    end
end

local out = { "/* Generated by host/cc/embed_kernel.lua. */\n#include \"kernel_names.h\"\n\nconst char kernel_strings[] =" }
out[#out + 1] = table.concat(blob, "\n") .. ";\n\nconst struct kernel_name kernel_names[] = {"
out[#out + 1] = table.concat(rows, "\n") .. ("\n};\nconst uint32_t kernel_name_count = %d;\n"):format(#entries)
out[#out + 1] = "const uint32_t kernel_labels[] = { " .. table.concat(label_rows, ", ") .. " };"
out[#out + 1] = ("const uint16_t kernel_slots[KERNEL_SLOTS] = {")
local line = {}
for slot = 0, slot_count - 1 do
    line[#line + 1] = tostring(slots[slot] or 0)
    if #line == 24 then
        out[#out + 1] = table.concat(line, ",") .. ","
        line = {}
    end
end
out[#out + 1] = table.concat(line, ",") .. "\n};\n"
write(out_path, table.concat(out, "\n"))
