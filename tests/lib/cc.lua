-- SPDX-License-Identifier: MIT
-- `luatrace cc` of texts. Where the kernel has no BTF, the case that requires this is skipped.
local sh = require "sh"

if not sh.read("/sys/kernel/btf/vmlinux") then
	require("tap").skip_all("no /sys/kernel/btf/vmlinux")
end

local M = {
	luatrace = os.getenv("LUATRACE") or "build/luatrace",
	path = sh.dir() .. "/text.c",	-- where a text is
}

---@param text string
---@param flags string? for the shell
---@param around string? a command that it is run by, with "%s" in its place
---@return integer status
---@return string stdout
---@return string stderr
function M.run(text, flags, around)
	sh.write(M.path, text)
	return sh.run((around or "%s"):format(("%s cc %s %s"):format(M.luatrace, flags or "", M.path)))
end

return M
