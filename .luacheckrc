std = "luajit"
max_line_length = 120
files["scripts/**"] = { read_globals = { "ffi", "bit" } }
files["tests/**"] = { read_globals = { "ffi", "bit" } }
-- Scripts of bcc-lua: Lua's libraries have more there
files["tests/live/bcclua_*"] = { read_globals = {
	os = { other_fields = true }, string = { other_fields = true }, table = { other_fields = true },
} }
