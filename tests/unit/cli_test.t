#!/bin/bash
# SPDX-License-Identifier: MIT
# The command line: options, scripts, errors, exit statuses, streams.
. "$(dirname "$0")/cli_tap.sh"
here=$PWD

# -- options
run --version
expect 0 "$(head -1 "$tmp/out")
$(tail -n +2 "$tmp/out")" "" "--version says something on stdout"
grep -q '^luatrace [0-9]' "$tmp/out"; report $? "--version begins with name and version"
run --help
[ "$status" = 0 ] && grep -q 'doctor' "$tmp/out" && [ ! -s "$tmp/err" ]; report $? "--help lists the commands"
run -h
[ "$status" = 0 ] && grep -q '^usage: luatrace' "$tmp/out"; report $? "-h is --help"
run
expect 2 "" '^usage: luatrace' "no argument is a usage error"
run --verison
expect 2 "" "^luatrace: unknown option '--verison'; did you mean '--version'" "unknown long option names the nearest"
run -V
expect 2 "" "unknown option '-V'; did you mean '-v'" "unknown letter names the other case"
run -x
expect 2 "" "unknown option '-x'; known: -c -e -v -h --verbose --trust --signed --version --help" "unknown letter lists the known ones"
run --version=3
expect 2 "" "option '--version=3' takes no value" "a value where none belongs"
run -e
expect 2 "" "option '-e' needs a value" "-e without its chunk"
run doctr
expect 2 "" "'doctr': no such command or tool; did you mean 'doctor'" "unknown command names the nearest"
run zqzqzq
expect 2 "" "'zqzqzq': no such command or tool; 'luatrace --help' lists the commands, 'luatrace list' the tools" "unknown command with none near"
cd "$tmp" && echo 'print(1)' >plain.lua && run plain; cd "$here"
expect 2 "" "'plain': no such command or tool; to run the file, write 'luatrace plain.lua'" "a file is named by its file name"

LUATRACE_SIGNED= run -e 'print(1)'
expect 1 "" "^luatrace: LUATRACE_SIGNED is empty: it takes a public key .*; unset it" "an empty variable is no key"
run --signed '' -e 'print(1)'
expect 2 "" "^luatrace: --signed is empty: it takes a public key" "an empty key"
for command in "" list info new replay bundle cc probes cache doctor repl; do
	"$luatrace" $command --help | grep '^.\{81\}'
done >"$tmp/out" 2>"$tmp/err"
status=0
expect 0 "" "" "no line of help is wider than a terminal"

# -- chunks
run -e 'print("hi", ...) print(arg[0], arg[1], arg[2], #arg)' a -v
expect 0 "hi	a	-v
-e	a	-v	2" "" "-e takes arguments, options among them are the chunk's"
run -e 'x = 1' -e 'print(x)'
expect 0 "1" "" "several -e run in order in one state"
run -e 'print(ffi.sizeof("int32_t"), bit.bor(1, 2))'
expect 0 "4	3" "" "ffi and bit are there"
run -ve 'print(1)'
expect 0 "1" "" "-v and -e in one word"
run -e 'x = = 3'
expect 1 "" "^luatrace: \(command line\):1: unexpected symbol" "a syntax error names chunk and line"

# -- scripts
mkdir -p "$tmp/scripts/sub" "$tmp/bin"
cat >"$tmp/scripts/args.lua" <<'LUA'
#!/usr/bin/env luatrace
local beside = require "beside"
print(beside, arg[0]:match("[^/]*$"), arg[1], arg[2], #arg, select("#", ...))
LUA
echo 'return "module"' >"$tmp/scripts/beside.lua"
chmod +x "$tmp/scripts/args.lua"
run "$tmp/scripts/args.lua" --version 'b c'
expect 0 "module	args.lua	--version	b c	2	2" "" "options end at the script; its folder is searched"
run -v "$tmp/scripts/args.lua"
expect 0 "module	args.lua	nil	nil	0	0" "" "a script without arguments"
(cd "$tmp/scripts" && PATH="$(dirname "$luatrace"):$PATH" ./args.lua x) >"$tmp/out" 2>"$tmp/err"; status=$?
expect 0 "module	args.lua	x	nil	1	1" "" "a #! line, by relative path"
(cd "$tmp/scripts" && "$luatrace" args.lua x) >"$tmp/out" 2>"$tmp/err"; status=$?
expect 0 "module	args.lua	x	nil	1	1" "" "NAME.lua without a slash is a file"
ln -s ../scripts/args.lua "$tmp/bin/linked.lua"
run "$tmp/bin/linked.lua"
expect 0 "module	linked.lua	nil	nil	0	0" "" "modules are found through a link to the script"
echo 'print(arg[0] == "'"$tmp"'/neg.lua", arg[-1], arg[-2] ~= nil, arg[-3])' >"$tmp/neg.lua"
run -v "$tmp/neg.lua"
expect 0 "true	-v	true	nil" "" "what stood before the script is at negative indexes"
printf '#!/usr/bin/env luatrace\nprint("stdin", ...) error("no")\n' >"$tmp/in"
"$luatrace" - a b <"$tmp/in" >"$tmp/out" 2>"$tmp/err"; status=$?
expect 1 "stdin	a	b" "^luatrace: stdin:2: no" "- is stdin, its #! line counts as a line"
: >"$tmp/empty.lua"
run "$tmp/empty.lua"
expect 0 "" "" "an empty script"
run "$tmp/nope.lua"
expect 1 "" "^luatrace: $tmp/nope.lua: No such file or directory$" "a missing script"
run "$tmp/"
expect 1 "" "^luatrace: $tmp/: Is a directory$" "a directory"
"$luatrace" -e 'io.open(arg[1], "wb"):write(string.dump(function() end))' "$tmp/code.lua"
run "$tmp/code.lua"
expect 1 "" "^luatrace: $tmp/code.lua: this is LuaJIT bytecode" "bytecode is refused"

# -- tools by name
mkdir -p "$tmp/tree/build" "$tmp/tree/scripts" "$tmp/installed/bin" "$tmp/installed/share/luatrace/scripts" "$tmp/cwd"
cp "$luatrace" "$tmp/tree/build/luatrace"
cp "$luatrace" "$tmp/installed/bin/luatrace"
echo 'print("tree tool", arg[1])' >"$tmp/tree/scripts/hello.lua"
echo 'print("installed tool", pcall(require, "evil"))' >"$tmp/installed/share/luatrace/scripts/hello.lua"
echo 'print("from the current directory")' >"$tmp/cwd/evil.lua"
"$tmp/tree/build/luatrace" hello x >"$tmp/out" 2>"$tmp/err"; status=$?
expect 0 "tree tool	x" "" "a tool of the source tree"
(cd "$tmp/cwd" && "$tmp/installed/bin/luatrace" hello) 2>"$tmp/err" | head -1 | cut -c1-20 >"$tmp/out"; status=0
expect 0 "installed tool	false" "" "an installed tool; no module comes from the current directory"
! (cd "$tmp/cwd" && "$tmp/installed/bin/luatrace" hello) 2>&1 | grep -q "no file '\./"
report $? "nor is one looked for there"
for path in '?.lua;;' './/?.lua' '../cwd/?.lua'; do
	(cd "$tmp/cwd" && LUA_PATH=$path "$tmp/installed/bin/luatrace" hello) 2>"$tmp/err" | head -1 | cut -c1-20 >"$tmp/out"; status=0
	expect 0 "installed tool	false" "" "LUA_PATH=$path"
done
"$tmp/installed/bin/luatrace" helo >"$tmp/out" 2>"$tmp/err"; status=$?
expect 2 "" "did you mean 'hello'" "a mistyped tool"
"$tmp/installed/bin/luatrace" list 2>"$tmp/err" | grep -q '^hello  *(.*no tool'; report $? "list has it, and does not run it"

# -- the runtime from a tree
mkdir -p "$tmp/lua/luatrace"
echo 'return { main = function() print("mine", #require("luatrace.cdef") > 100) return 5 end }' >"$tmp/lua/luatrace/doctor.lua"
LUATRACE_LUA=$tmp/lua run doctor
expect 5 "mine	true" "" "LUATRACE_LUA runs the tree; the cdef stays the binary's"

# -- errors
cat >"$tmp/err.lua" <<'LUA'
local function inner() error("boom") end
local function outer() inner() end
outer()
LUA
run "$tmp/err.lua"
expect 1 "" "err.lua:1: boom" "an error names file and line"
grep -q "err.lua:2: in function 'outer'" "$tmp/err" && grep -q 'err.lua:3: in main chunk' "$tmp/err" &&
	! grep -q '\[C\]' "$tmp/err"; report $? "the traceback has the script's frames and no others"
run -v "$tmp/err.lua"
expect 1 "" "\[C\]: in function 'error'" "-v shows all frames"
run -e 'local function f() return 1 + f() end f()'
expect 1 "" "stack overflow" "a stack overflow"
[ "$(wc -l <"$tmp/err")" -lt 30 ]; report $? "its traceback is short"
run -e 'error{ message = "kprobe x: no", errno = 2, log = "line one\nline two" }'
expect 1 "" "^luatrace: kprobe x: no$" "an error object shows its message"
grep -q '^  at (command line):1$' "$tmp/err" && grep -q 'run with -v for the full log' "$tmp/err" &&
	! grep -q 'line two' "$tmp/err"; report $? "its place in the script, a hint, and no log"
run -v -e 'error{ message = "kprobe x: no", errno = 2, log = "line one\nline two" }'
expect 1 "" "^line two$" "-v shows the log"
run -e 'error{ message = "kprobe x: no" }'
! grep -q 'full log' "$tmp/err"; report $? "no hint where there is no log"
run -e 'io.write("partial") error{ message = "interrupted", interrupted = true }'
expect 0 "partial" "" "an interruption ends quietly, output kept"
run -e 'error()'
expect 1 "" "^luatrace: .*a nil" "an error without a value"
run -e 'error(setmetatable({}, { __tostring = function() return "obj" end }))'
expect 1 "" "^luatrace: obj$" "an error with __tostring"
run -e 'error(setmetatable({}, { __tostring = function() error("again") end }))'
[ "$status" = 1 ] && grep -q '^luatrace: ' "$tmp/err"; report $? "an error while the error is shown"

# -- os.exit
run -e 'io.write("out") os.exit(7)'
expect 7 "out" "" "os.exit keeps status and output"
run -e 'os.exit(false)'
expect 1 "" "" "os.exit(false)"
run -e 'coroutine.wrap(function() keep = ffi.gc(ffi.new("int[1]"), function() print("closed") end) os.exit(3) end)()'
expect 3 "closed" "" "os.exit closes what is open, from a coroutine too"
run -e 'pcall(os.exit, 4) print("not here")'
expect 4 "" "" "os.exit is not caught"

# -- streams
"$luatrace" -e 'for i = 1, 1e6 do print(i) end' 2>"$tmp/err" | head -1 >"$tmp/out"; status=${PIPESTATUS[0]}
expect 141 "1" "" "a reader that goes away ends it quietly"
(trap '' PIPE; "$luatrace" -e 'for i = 1, 1e6 do print(i) end' 2>"$tmp/err" | head -1 >"$tmp/out"; exit "${PIPESTATUS[0]}"); status=$?
expect 141 "1" "" "also when SIGPIPE was ignored by the parent"
"$luatrace" -e 'print(1)' >/dev/full 2>"$tmp/err"; status=$?; : >"$tmp/out"
expect 1 "" "^luatrace: standard output: No space left on device$" "a full disk"
"$luatrace" -e 'print(1) os.exit(0)' >/dev/full 2>"$tmp/err"; status=$?
expect 1 "" "No space left on device" "a full disk and os.exit(0)"
"$luatrace" -e 'print(("x"):rep(100000)) io.stdout:write("x")' >/dev/full 2>"$tmp/err"; status=$?
expect 1 "" "^luatrace: standard output: " "a full disk, seen long before the end"
"$luatrace" --help >/dev/full 2>"$tmp/err"; status=$?
expect 1 "" "No space left on device" "--help on a full disk"
"$luatrace" -e 'print(1)' >&- 2>"$tmp/err"; status=$?
expect 1 "" "standard output: Bad file descriptor" "a closed stdout"
"$luatrace" -e 'io.open("'"$tmp"'/f", "w"):write("x")' <&- >&- 2>"$tmp/err"; status=$?
expect 0 "" "" "a closed stdout that nobody needs"
mkfifo "$tmp/pipe"
"$luatrace" -e 'print("line") require("luatrace.abi").lt_sleep(5e9)' >"$tmp/pipe" & pid=$!
read -r -t 4 line <"$tmp/pipe"; [ "$line" = line ]; report $? "a pipe gets a line when it is made"
kill -KILL $pid; wait $pid 2>/dev/null
if command -v script >/dev/null; then
	script -qec "'$luatrace' -e 'error(\"a\\27]0;b\\7c\\tü\\194\\155\\200\", 0)'" /dev/null >"$tmp/out" 2>"$tmp/err" </dev/null
	grep -qF 'luatrace: a\e]0;b\x07c	ü\xc2\x9b\xc8' "$tmp/out"; report $? "control characters do not reach a terminal"
	mkdir "$tmp/long"
	echo 'return { name = "lt-wordy", version = "1", summary = "s" }' >"$tmp/long/collection.lua"
	echo 'return { summary = ("word "):rep(30) .. "end", every = print }' | tee "$tmp/long/wordy.lua" >"$tmp/long/a-name-of-some-length.lua"
	words=$(printf 'word %.0s' {1..8})
	LUATRACE_PATH=$tmp/long script -qec "stty cols 60; '$luatrace' list lt-wordy" /dev/null 2>"$tmp/err" </dev/null | tr -d '\r' >"$tmp/out"
	status=${PIPESTATUS[0]}
	lines=$(for i in 1 2 3; do printf '\n%17s%s' "" "${words% }"; done; printf '\n%17s%s' "" "${words:10}end" "" "(lt-wordy)")
	expect 0 "a-name-of-some-length$lines
wordy            ${lines:18}" "" "list: what tools show stands under itself"
	for columns in 60 150; do
		script -qec "stty cols $columns; '$luatrace' profile --help" /dev/null </dev/null | tr -d '\r' | sed '/^Example/,$d' | wc -L
	done >"$tmp/out"
	read -r -d '' narrow wide <"$tmp/out"
	[ "$narrow" -gt 50 ] && [ "$narrow" -le 60 ] && [ "$wide" -gt 90 ] && [ "$wide" -le 100 ]
	report $? "help is as wide as the terminal, or 100"
else
	skip "no script(1), which gives a terminal"
fi

# -- signals
sleeper='local C = require "luatrace.abi"
local function say(...) print(...) io.stdout:flush() end
say("ready")
say(C.lt_sleep(20e9), C.lt_interrupted())'
for signal in INT:2 TERM:15; do
	: >"$tmp/out"	# or the last one's "ready" would be taken for this one's
	"$luatrace" -e "$sleeper" >"$tmp/out" 2>"$tmp/err" & pid=$!
	await "$tmp/out" ready
	kill -"${signal%:*}" $pid
	wait $pid; status=$?
	expect 0 "ready
-4	${signal#*:}" "" "a first SIG${signal%:*} ends a wait"
	: >"$tmp/out"
	"$luatrace" -e "$sleeper while true do end" >"$tmp/out" 2>"$tmp/err" & pid=$!
	await "$tmp/out" ready
	kill -"${signal%:*}" $pid
	await "$tmp/out" "^-4"
	sleep 0.1
	kill -"${signal%:*}" $pid
	wait $pid 2>/dev/null; status=$?
	[ "$status" = $((128 + ${signal#*:})) ]; report $? "a second SIG${signal%:*} ends the process as the signal does"
done
: >"$tmp/out"
"$luatrace" -e "$sleeper C.lt_interrupt_clear() say(C.lt_interrupted(), C.lt_sleep(1e6))" >"$tmp/out" 2>"$tmp/err" & pid=$!
await "$tmp/out" ready
kill -INT $pid
wait $pid; status=$?
expect 0 "ready
-4	2
0	0" "" "an interrupt can be cleared"
# timeout(1) signals the process and then the group: that is one interrupt.
bad=0
for _ in 1 2 3 4 5; do
	: >"$tmp/out"
	setsid "$luatrace" -e "$sleeper for i = 1, 3e7 do bit.bxor(i, 1) end say('end')" >"$tmp/out" 2>"$tmp/err" & pid=$!
	await "$tmp/out" ready
	kill -s INT -- $pid -$pid
	wait $pid; status=$?
	[ "$status" = 0 ] && [ "$(tail -1 "$tmp/out")" = end ] || bad=1
done
report $bad "a process and its group signalled together is one interrupt"
run -e 'local C = require "luatrace.abi" local t = C.lt_now() local r = C.lt_sleep(50e6) t = tonumber(C.lt_now() - t) / 1e6 print(r, t >= 50 and t < 5000)'
expect 0 "0	true" "" "lt_sleep sleeps, by lt_now"
run -e 'local C = require "luatrace.abi" print(C.lt_cpu_possible() >= 1, C.lt_is_terminal(0), C.lt_abi_version() == C.LT_ABI_VERSION)'
expect 0 "true	0	true" "" "possible CPUs, terminal, ABI version"

# -- doctor
run doctor
[ "$status" -le 1 ] && [ ! -s "$tmp/err" ] && grep -Eq '^kernel +ok +Linux ' "$tmp/out" &&
	grep -Eq '^Tracing (works|does not work) here' "$tmp/out"; report $? "doctor runs"
awk 'NR > 1 && !/^Tracing / && !/^ / && !/^.+ (ok|limited|missing) /' "$tmp/out" | grep -q . ; [ $? = 1 ]
report $? "each line of it has a status"
run doctor --hep
expect 2 "" "doctor: unknown argument '--hep'; known: --help" "doctor with an unknown option"
run doctor --help
[ "$status" = 0 ] && grep -q '^usage: luatrace doctor' "$tmp/out"; report $? "doctor --help"
nobody=()
[ "$(id -u)" = 0 ] && nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
chmod 755 "$tmp" "$tmp/installed" "$tmp/installed/bin"
(cd / && "${nobody[@]}" "$tmp/installed/bin/luatrace" doctor) >"$tmp/out" 2>"$tmp/err"; status=$?
[ "$status" = 1 ] && [ ! -s "$tmp/err" ] && grep -Eq '^privilege +missing ' "$tmp/out" &&
	grep -q 'to mend: run luatrace with sudo' "$tmp/out" && grep -q '^Tracing does not work here; missing:.*privilege' "$tmp/out"
report $? "doctor without root says so, and what to do"

done_testing
