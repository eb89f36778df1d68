std = "luajit"
max_line_length = 120
files["scripts/**"] = { read_globals = { "ffi", "bit" } }
files["tests/**"] = { read_globals = { "ffi", "bit" } }
