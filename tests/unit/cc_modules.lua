-- SPDX-License-Identifier: MIT
-- Types of modules: BTF made here that goes on where this kernel's ends, as --btf of two modules.
local t = require "tap"
local sh = require "sh"
local kernel_btf = "/sys/kernel/btf/vmlinux"

local file = io.open(kernel_btf, "rb")
if not file then
    t.skip_all("no " .. kernel_btf)
end
local data = file:read("*a")
file:close()

-- How many types the kernel has, and how many bytes of strings.
local words = ffi.cast("const uint32_t *", data)
local at, strings_size, count = words[1] + words[2], words[5], 1
local types_end = at + words[3]
local trailing = {
    [1] = { 4, 0 }, [3] = { 12, 0 }, [4] = { 0, 12 }, [5] = { 0, 12 }, [6] = { 0, 8 }, [13] = { 0, 8 },
    [14] = { 4, 0 }, [15] = { 0, 12 }, [17] = { 4, 0 }, [19] = { 0, 12 },
}
while at < types_end do
    local info = ffi.cast("const uint32_t *", ffi.cast("const char *", data) + at)[1]
    local extra = trailing[bit.band(bit.rshift(info, 24), 0x1f)] or { 0, 0 }
    at = at + 12 + extra[1] + bit.band(info, 0xffff) * extra[2]
    count = count + 1
end

local function u32(...)
    local out = {}
    for i, value in ipairs { ... } do
        out[i] = ffi.string(ffi.new("uint32_t[1]", value), 4)
    end
    return table.concat(out)
end

-- int; struct NAME; enum { NAME_MODE = value }; typedef struct NAME NAME_t; struct lt_both, twice as large
local function module(name, size, value)
    local strings, where = "", {}
    local names = { "int", name, "lt_number", name .. "_mode", name:upper() .. "_MODE", name .. "_t", "lt_both" }
    for _, word in ipairs(names) do
        where[#where + 1] = strings_size + #strings
        strings = strings .. word .. "\0"
    end
    local types = u32(where[1], 0x01000000, 4, 0x01000020)
        .. u32(where[2], 0x04000001, size, where[3], count, 0)
        .. u32(where[4], 0x06000001, 4, where[5], value)
        .. u32(where[6], 0x08000000, count + 1)
        .. u32(where[7], 0x04000001, size * 2, where[3], count, 0)
    sh.write(("%s/%s.btf"):format(sh.dir(), name), u32(0x0001eb9f, 24, 0, #types, #types, #strings) .. types .. strings)
    return ("--btf %s/%s.btf"):format(sh.dir(), name)
end

local luatrace, path = os.getenv("LUATRACE") or "build/luatrace", sh.dir() .. "/text.c"
local kernel = "--btf " .. kernel_btf .. " "
local alpha, beta = module("lt_alpha", 8, 11), module("lt_beta", 12, 13)
sh.write(sh.dir() .. "/lt_bad.btf", "\159\235\1\0 no BTF")
local bad = ("--btf %s/lt_bad.btf "):format(sh.dir())

local function cc(text, flags)
    sh.write(path, text)
    return sh.run(("%s cc %s %s"):format(luatrace, flags, path))
end

local function compiles(name, text, flags, expected)
    local status, _, messages = cc(text, flags)
    t.eq(messages, expected or "", name)
    t.eq(status, 0, name .. ": status")
end

compiles("a struct", "int f(struct pt_regs *ctx, struct lt_alpha *a) { return a->lt_number; }", kernel .. alpha)
compiles("its size", "_Static_assert(sizeof(struct lt_beta) == 12, \"\");", kernel .. beta)
compiles("an enumerator", "_Static_assert(LT_BETA_MODE == 13, \"\");", kernel .. alpha .. " " .. beta)
compiles("a typedef", "_Static_assert(sizeof(lt_alpha_t) == 8, \"\");", kernel .. alpha)
compiles("of two modules", "_Static_assert(sizeof(lt_alpha_t) + sizeof(struct lt_beta) + LT_BETA_MODE == 33, \"\");",
    kernel .. alpha .. " " .. beta)
compiles("together with the kernel's", [[
int f(struct pt_regs *ctx, struct task_struct *task, struct lt_beta *beta) { return task->pid + beta->lt_number; }]],
    kernel .. bad .. beta)
compiles("one name in both: the first has it", "_Static_assert(sizeof(struct lt_both) == 24, \"\");",
    kernel .. beta .. " " .. alpha)
compiles("the module is named with -v", "_Static_assert(sizeof(struct lt_alpha) == 8, \"\");", kernel .. "-v " .. alpha,
    "note: lt_alpha: of module 'lt_alpha'\n")
compiles("none is looked at without need", "int f(struct pt_regs *ctx, struct task_struct *t) { return t->pid; }",
    kernel .. "-v " .. alpha)

local status, _, messages = cc("int f(struct lt_gamma *g) { return g->x; }", kernel .. bad .. alpha)
t.eq(status, 1, "of no module: status")
t.like(messages, "note: struct lt_gamma is neither in the kernel's types nor in those of its 2 loaded modules; "
    .. "if a module defines it, load that first %(modprobe%)\n", "of no module: what to do")
t.done()
