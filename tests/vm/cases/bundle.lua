-- SPDX-License-Identifier: MIT
-- A signed bundle that another machine made, verified and run where there is no compiler.
local live = require "live"
local sh = require "sh"
local t = require "tap"

local alone = live.binary:match "^(.*)/" .. "/tests/alone"
if not sh.read(alone .. "/acme.ltb") then
	t.skip_all "no bundle was made: minisign is missing (package minisign)"
end
t.eq(sh.read(alone .. "/luatrace-cc"), nil, "no luatrace-cc is there")
local function run(words)
	local status, out, err = sh.run(("cd %s && ./luatrace %s"):format(alone, words))
	return ("%d %s%s"):format(status, out, err)
end
t.eq(run "bundle --verify acme.pub acme.ltb", "0 acme.ltb: signed by this key\n", "verified")
t.like(run "--signed acme.pub -c 'sh -c \"cd /usr/share\"' acme.ltb chdirs -n sh", "^0 PID +COMM +NAME +PATH\n"
	.. "%d+ +sh +share +/usr/share\n$", "run")
local out = run "--signed acme.pub -c 'sh -c \"true & true & true & wait; exec true\"' acme.ltb exits"
t.like(out, "\ntrue +1\n", "the other tool")
t.like(run "-e 'require\"luatrace\"{ text = \"int f(void *ctx) { return 0; }\" }'",
	"^1 .*luatrace%-cc: the compiler is not installed",
	"what is not in a bundle is not compiled")
t.done()
