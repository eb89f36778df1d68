-- SPDX-License-Identifier: MIT
-- The second argument of bcc-lua's scripts.
return {
	argparse = require "luatrace.argparse",
	posix = require "luatrace.bcclua.posix",
	USDT = require "luatrace.bcclua.usdt",
}
