#!/bin/bash
# SPDX-License-Identifier: MIT
# -c: the words of the command, what it is when it runs, and which exit status comes of it. Nothing is traced.
. "$(dirname "$0")/cli_tap.sh"
wait='BPF = require "luatrace" print(BPF.run())'

run -c "printf [%s] a 'b  c' d\\ e \"f'g\\\"\\h\\\\\" '' x\"y\"'z' \$HOME *" -e "$wait"
expect 0 '[a][b  c][d e][f'\''g"\h\][][xyz][$HOME][*]false' "" "words are split as by a shell, and nothing is expanded"
run -c "  echo 	x
 y " -e "$wait"
expect 0 "x y
false" "" "blanks around and between"
run -c "echo 'x y" -e "$wait"
expect 1 "" "^luatrace: -c: a quote is not closed: x y$" "an open quote"
run -c " " -e "$wait"
expect 1 "" "^luatrace: -c: no command is given$" "no word"
run -c "$tmp/nosuch x" -e "$wait"
expect 1 "" "^luatrace: command '$tmp/nosuch': No such file or directory" "a command that is not there"
run -c "$tmp x" -e "$wait"
expect 1 "" "^luatrace: command '$tmp': Permission denied" "one that cannot be executed"
run -c "echo x" doctor
expect 2 "" "-c goes with a script or a tool, not with 'doctor'" "-c and a command of luatrace"
run -c
expect 2 "" "option '-c' needs a value" "-c alone"
run -c "echo x" -e 'print(1)'
expect 1 "1" "-c: the command was not started: the script ended without waiting" "a script that never polls"

# -- whose status
run -c "sh -c 'exit 3'" -e "$wait"
expect 3 "false" "" "the command's exit status"
run -c "sh -c 'kill -TERM \$\$'" -e "$wait"
expect 143 "false" "" "128 and the signal that ended it"
run -c "sh -c 'exit 3'" -e "$wait os.exit(5)"
expect 5 "false" "" "os.exit() wins"
run -c "sh -c 'exit 3'" -e "$wait error('planted')"
expect 1 "false" "planted" "so does an error"
run -c "sh -c 'exit 3'" -e 'BPF = require "luatrace" BPF.sleep(100) print("not here")'
expect 3 "" "" "its end ends a sleep"
run -c "sleep 100" -e "BPF = require 'luatrace' print(BPF.run(0.1))"
expect 0 "true" "" "the script ended first: its own status"
run -c "sh -c 'exit 3'" -e 'BPF = require "luatrace" pid = BPF.target_pid() print(BPF.run(), BPF.run(0)) print(pid > 1, BPF.target_pid() == pid)'
expect 3 "false	true
true	true" "" "only one run is ended; target_pid()"
timeout -k 1 20 "$luatrace" -c "sleep 100" -e '
BPF = require "luatrace" BPF.spawn { "sleep", "100" } BPF.spawn { "sleep", "100" } os.exit(5)' >"$tmp/out" 2>"$tmp/err"
status=$?
expect 5 "" "" "several that are held when the script ends"
run -e 'print(require("luatrace").target_pid())'
expect 0 "nil" "" "no -c, no target"

# As a daemon may start it: then no child's end would be told of.
timeout -k 1 20 env --ignore-signal=CHLD "$luatrace" -c "sh -c 'exit 3'" -e "$wait" >"$tmp/out" 2>"$tmp/err" </dev/null
status=$?
expect 3 "false" "" "started with SIGCHLD ignored"

# -- spawn
run -e 'BPF = require "luatrace"
local function ended(child) print(child.status, child.signal) BPF.stop() end
local c = BPF.spawn { "sh", "-c", "exit 4", on_exit = ended } print(c.pid > 1, c.status) BPF.run()
BPF.spawn { "sh", "-c", "kill -KILL $$", on_exit = ended } BPF.run()
BPF.spawn { "true" } print(BPF.run())
print(pcall(BPF.spawn)) print(pcall(BPF.spawn, {})) print(pcall(BPF.spawn, { 1 })) print(pcall(BPF.spawn, { "a", on_ext = 1 }))
BPF.spawn { "'"$tmp"'/nosuch" }
local ok, e = pcall(BPF.run) print(ok, e.message:match("[^/]*$"), e.errno) print(BPF.run(0))'
expect 0 "true	nil
4	nil
nil	9
false
false	(command line):6: spawn: takes the words of a command, spawn{ \"ls\", \"-l\" }, not nil
false	(command line):6: spawn: no command is given: spawn{ \"ls\", \"-l\" }
false	(command line):6: spawn: word 1 has to be a string without NUL, not number 1
false	(command line):6: spawn: unknown argument 'on_ext'; did you mean 'on_exit'?
false	nosuch': No such file or directory	2
true" "" "spawn: its end, and misuse"
done_testing
