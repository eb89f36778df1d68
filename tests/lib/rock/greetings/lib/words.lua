-- What both tools of this collection say things with.
local M = {}

function M.of(verb, comm)
	return ("%s, %s"):format(verb, comm)
end

return M
