-- SPDX-License-Identifier: MIT
-- Every struct and union of the kernel's BTF, written as C and given back to the compiler, which confirms the size
-- of each and the offset of every member (LT_CHECK_SLICE adds the assertions).
local t = require "tap"
local sh = require "sh"

local file = io.open("/sys/kernel/btf/vmlinux", "rb")
if not file then
    t.skip_all("no /sys/kernel/btf/vmlinux")
end
local data = file:read("*a")
file:close()

-- struct btf_header: magic, version, flags, hdr_len, type_off, type_len, str_off, str_len
local words = ffi.cast("const uint32_t *", data)
local header_size = words[1]
local types, type_size = header_size + words[2], words[3]
local strings = ffi.cast("const char *", data) + header_size + words[4]
local trailing = {
    [1] = { 4, 0 }, [3] = { 12, 0 }, [4] = { 0, 12 }, [5] = { 0, 12 }, [6] = { 0, 8 }, [13] = { 0, 8 },
    [14] = { 4, 0 }, [15] = { 0, 12 }, [17] = { 4, 0 }, [19] = { 0, 12 },
}

local lines, seen, at = {}, {}, types
while at < types + type_size do
    local word = ffi.cast("const uint32_t *", ffi.cast("const char *", data) + at)
    local kind, count = bit.band(bit.rshift(word[1], 24), 0x1f), bit.band(word[1], 0xffff)
    local name = ffi.string(strings + word[0])
    if (kind == 4 or kind == 5) and name ~= "" and not seen[name] then
        seen[name] = true
        lines[#lines + 1] = (kind == 4 and "struct " or "union ") .. name .. ";"
    end
    local extra = trailing[kind] or { 0, 0 }
    at = at + 12 + extra[1] + count * extra[2]
end
t.ok(#lines > 1000, "BTF has " .. #lines .. " named structs and unions")

lines[#lines + 1] = "int program(void *ctx) { return 0; }"
local path = sh.dir() .. "/all.c"
local out = assert(io.open(path, "w"))
out:write(table.concat(lines, "\n"), "\n")
out:close()
local luatrace = os.getenv("LUATRACE") or "build/luatrace"
local status, _, messages = sh.run(luatrace .. " cc -DLT_CHECK_SLICE " .. path)
t.eq(messages, "", "the compiler confirms every size and offset")
t.eq(status, 0, "exit status")
local slice
status, slice = sh.run(luatrace .. " cc --emit=slice -DLT_CHECK_SLICE " .. path)
t.eq(status, 0, "the slice is printed")
t.ok(select(2, slice:gsub("_Static_assert", "")) > 10 * #lines / 3, "with its assertions")
t.done()
