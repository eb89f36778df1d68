-- SPDX-License-Identifier: MIT
-- The annotations that editors read (LuaLS) say what the code says: each public function has them, their parameters are
-- the function's, and the fields of an attach call's arguments are those that it takes.
local t = require "tap"
local sh = require "sh"
local BPF = require "luatrace"
local attach = require "luatrace.attach"

local files = {}
for path in select(2, sh.run("find lua -name '*.lua'")):gmatch "[^\n]+" do
	local lines = {}
	for line in (sh.read(path)):gmatch "([^\n]*)\n" do
		lines[#lines + 1] = line
	end
	files[path] = lines
end

-- The comment that ends above line `at`, as its lines.
local function doc_above(lines, at)
	local first = at
	while first > 1 and lines[first - 1]:find "^%s*%-%-%-" do
		first = first - 1
	end
	local doc = {}
	for i = first, at - 1 do
		doc[#doc + 1] = lines[i]
	end
	return doc
end

-- Every annotated function: as many parameters as are annotated, by these names.
local checked, wrong = 0, {}
for path, lines in pairs(files) do
	for at, line in ipairs(lines) do
		local parameters = line:match "^%s*local function [%w_]+%((.-)%)" or line:match "^%s*function [%w_.:]+%((.-)%)"
			or line:match "^%s*[%w_.]+ = function%((.-)%)"
		local named = {}
		for _, comment in ipairs(parameters and doc_above(lines, at) or {}) do
			named[#named + 1] = comment:match "^%s*%-%-%-@param ([%w_.]+)%??%s"
		end
		if #named > 0 then
			local own = {}
			for name in parameters:gmatch "[%w_.]+" do
				if name ~= "self" and name ~= "_" then
					own[#own + 1] = name
				end
			end
			checked = checked + 1
			if table.concat(own, ", ") ~= table.concat(named, ", ") then
				wrong[#wrong + 1] = ("%s:%d: (%s), annotated (%s)"):format(path, at, table.concat(own, ", "),
					table.concat(named, ", "))
			end
		end
	end
end
t.ok(checked > 200, "functions with annotated parameters")
table.sort(wrong)
t.eq(table.concat(wrong, "\n"), "", "which are those of the function")

-- What a script can reach.
local placed = {}
-- What stands behind a function that loads its module when it is called.
local function behind(f)
	local upvalues = {}
	for i = 1, debug.getinfo(f, "u").nups do
		local name, value = debug.getupvalue(f, i)
		upvalues[name] = value
	end
	return require(upvalues.self.module)[upvalues.name]
end
local function is_annotated(f)
	local info = debug.getinfo(f, "S")
	if info.source:find "luatrace/later%.lua$" then
		f = behind(f)
		info = debug.getinfo(f, "S")
	end
	local lines = files["lua/" .. info.source:match "luatrace[%w_/]*%.lua$"]
	return #doc_above(lines, info.linedefined) > 0
end

-- Or where it is put: BPF.NAME = …
for path, lines in pairs(files) do
	for at, line in ipairs(lines) do
		local name = line:match "^%s*BPF%.([%w_]+) = "
		if name and #doc_above(lines, at) > 0 then
			placed[name] = path
		end
	end
end

-- attach_KIND and detach_KIND are made in a loop, and annotated as fields of the class.
local fields = {}
for _, lines in pairs(files) do
	for _, line in ipairs(lines) do
		local name, args = line:match "^%-%-%-@field ([%w_]+) fun%(self, args: ([^)]*)%)"
		if name then
			fields[name] = args
		end
	end
end
local bare = {}
for name, value in pairs(BPF) do
	if type(value) == "function" and not fields[name] and not placed[name] and not is_annotated(value) then
		bare[#bare + 1] = name
	end
end
table.sort(bare)
t.eq(table.concat(bare, " "), "", "every function of the class has a comment for editors")

-- Classes of arguments, by name: their fields, without those of classes that they stand on.
local classes, current = {}, nil
for _, lines in pairs(files) do
	for _, line in ipairs(lines) do
		local class = line:match "^%-%-%-@class ([%w_.]+)"
		local field = line:match "^%-%-%-@field ([%w_]+)"
		if class then
			classes[class] = classes[class] or {}
			current = classes[class]
		elseif field and current then
			current[field] = true
		elseif not line:find "^%s*%-%-%-" then
			current = nil
		end
	end
end

-- The names in "luatrace.KprobeArgs" or "{ fn_name: string, … }".
local function names_of(annotation)
	local inline, names = annotation:match "^{(.*)}$", {}
	if not inline then
		return classes[annotation] or {}
	end
	for name in inline:gmatch "([%w_]+)%s*:" do
		names[name] = true
	end
	return names
end

local function sorted(set)
	local list = {}
	for name in pairs(set) do
		list[#list + 1] = name
	end
	table.sort(list)
	return table.concat(list, " ")
end

for method, probe in pairs(attach.probes) do
	t.ok(fields["detach_" .. method], "detach_" .. method .. " is annotated")
	t.eq(sorted(names_of(fields["attach_" .. method] or "{}")), sorted(probe.rules),
		"attach_" .. method .. " takes what its annotation says")
end
t.done()
