-- SPDX-License-Identifier: MIT
-- The tools that come with luatrace. Its version is luatrace's: the build takes it from here.
return {
	name = "luatrace",
	version = "0.1.0",
	summary = "the tools that come with luatrace",
}
