#!/bin/bash
# SPDX-License-Identifier: MIT
# Lines of standard input in the loop: of files, pipes, and what is neither.
. "$(dirname "$0")/cli_tap.sh"

cat >"$tmp/lines.lua" <<'LUA'
local BPF = require "luatrace"
BPF.on_input(function(line)
	print(line and ("[%s]"):format(line:gsub("%z", "NUL")) or "end")
	if not line then BPF.stop() end
end)
print(BPF.run())
LUA
# lines: the script, with this standard input
lines() {
	"$luatrace" "$tmp/lines.lua" >"$tmp/out" 2>"$tmp/err"
	status=$?
}
want='[a]
[]
[b cNUL]
[last]
end
false'
printf 'a\n\nb c\0\nlast' >"$tmp/in"
lines <"$tmp/in"
expect 0 "$want" "" "a file"
# shellcheck disable=SC2002
cat "$tmp/in" | { lines; expect 0 "$want" "" "a pipe"; exit $failed; }
[ $? = 0 ] || failed=1
count=2
lines </dev/null
expect 0 "end
false" "" "nothing"
lines <&-
expect 1 "" "standard input: reading: its descriptor is closed" "a closed one"

head -c 65536 /dev/zero | tr '\0' x >"$tmp/in"
printf 'xyz\nshort\n' >>"$tmp/in"
"$luatrace" -e 'BPF = require "luatrace" BPF.on_input(function(l) print(l and #l) if not l then BPF.stop() end end) BPF.run()' \
	<"$tmp/in" >"$tmp/out" 2>"$tmp/err"; status=$?
expect 0 "65536
3
5
nil" "" "a long line comes in pieces"

# What the writer does step by step is seen step by step, and a timer has its turn meanwhile.
mkfifo "$tmp/fifo"
"$luatrace" -e 'BPF = require "luatrace" io.stdout:setvbuf("line") BPF.on_input(print) BPF.every(0.01, function(t) print("tick") t:cancel() end) BPF.run()
' <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" & pid=$!
exec 9>"$tmp/fifo"
await "$tmp/out" tick; report $? "a timer, while nothing comes"
printf 'one\ntw' >&9
await "$tmp/out" '^one$'; report $? "the first line"
printf 'o\n' >&9
await "$tmp/out" '^two$'; report $? "a line that came in two parts"
exec 9>&-
await "$tmp/out" '^nil$'; report $? "the end"
kill -INT $pid
wait $pid; status=$?
expect 0 "tick
one
two
nil" "" "each once"

seq 1 5003 >"$tmp/in"
"$luatrace" -e 'BPF = require "luatrace" n = 0
turns = 0
BPF.every(0.000001, function() turns = turns + 1 end)
BPF.on_input(function(l) n = n + 1 if n == 4001 then print(turns > 5) BPF.on_input(nil) BPF.after(0.05, BPF.stop) end end) BPF.run() print(n)
BPF.on_input(function(l) print(l) BPF.stop() end) BPF.run()' <"$tmp/in" >"$tmp/out" 2>"$tmp/err"; status=$?
expect 0 "true
4001
nil" "" "lines take turns with the rest, until no longer wanted"
mkfifo "$tmp/open"
exec 9<>"$tmp/open"
printf 'a\nb\n' >&9
timeout -k 1 20 "$luatrace" -e 'BPF = require "luatrace"
BPF.on_input(function(l) if l == "a" then error("planted") end print(l) BPF.stop() end)
print(pcall(BPF.run)) print(BPF.run())' <"$tmp/open" >"$tmp/out" 2>"$tmp/err"; status=$?
exec 9>&-
expect 0 "false	(command line):2: planted
b
false" "" "after an error the next line does not wait for more"
run -e 'require("luatrace").on_input(5)'
expect 1 "" "on_input: fn= takes a function, not number 5" "no function"
done_testing
