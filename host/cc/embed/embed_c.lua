-- SPDX-License-Identifier: MIT
-- C as embed_kernel.lua needs it: declarations read lexically, and values of constant expressions.
local ffi = require "ffi"
local bit = require "bit"

local M = {}

--- One line, single blanks.
function M.squeeze(text)
    return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

--- Splits declarations at depth 0: calls `each(text)` with `...;` or `... { ... }` of a function.
function M.each_declaration(text, each)
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
            each(M.squeeze(text:sub(start, where)), in_function)
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
function M.evaluate(text, values)
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

return M
