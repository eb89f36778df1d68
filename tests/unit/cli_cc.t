#!/bin/bash
# SPDX-License-Identifier: MIT
# `luatrace cc`: its options, what it writes and where, and every kind of bad input. No root needed: nothing is
# loaded but in the last part.
. "$(dirname "$0")/cli_tap.sh"

cat >"$tmp/ok.c" <<'C'
BPF_HASH(counts, u32, u64);
int probe_one(struct pt_regs *ctx) { u32 key = MARK; counts.increment(key); return 0; }
int probe_two(struct pt_regs *ctx) { return 0; }
C
echo 'int f(void *ctx) { return nope; }' >"$tmp/bad.c"
: >"$tmp/empty.c"
printf 'int f(void *ctx) { return 0; }\0' >"$tmp/nul.c"
mark=-DMARK=4242

# -- the command line
run cc --help
[ "$status" = 0 ] && grep -q '^usage: luatrace cc' "$tmp/out"; report $? "--help"
run cc
expect 2 "" "^luatrace: cc: which file" "no file"
run cc a.c b.c
expect 2 "" "^luatrace: cc: one file at a time" "two files"
run cc "$tmp/ok.c" --emti=ir
expect 2 "" "unknown option '--emti=ir'; did you mean '--emit'" "an unknown option names the nearest"
run cc "$tmp/ok.c" --emit=asmm
expect 2 "" "unknown stage 'asmm'; did you mean 'asm'. Known: obj slice source ir asm" "an unknown stage"
run cc "$tmp/ok.c" --type probe_one=kprob
expect 2 "" "unknown kind of program 'kprob'; did you mean 'kprobe'" "an unknown kind"
run cc "$tmp/ok.c" --type probe_one
expect 2 "" "'probe_one': not FUNCTION=KIND" "a type without its kind"
run cc "$tmp/ok.c" -o
expect 2 "" "option '-o' needs a value" "-o without its file"

# -- bad input
run cc "$tmp/nope.c"
expect 1 "" "^luatrace: $tmp/nope.c: No such file or directory$" "a missing file"
run cc "$tmp"
expect 1 "" "^luatrace: $tmp: Is a directory$" "a directory"
run cc "$tmp/empty.c"
expect 1 "" "^luatrace: $tmp/empty.c: the text is empty$" "an empty text"
run cc -
expect 1 "" "^luatrace: <stdin>: the text is empty$" "an empty standard input"

if [ ! -r /sys/kernel/btf/vmlinux ]; then
	skip "no BTF in this kernel: nothing compiles"
	done_testing
	exit
fi
run cc "$tmp/nul.c"
[ "$status" = 1 ] && [ "$(wc -l <"$tmp/err")" = 1 ]; report $? "a text with a NUL: one message"

# -- compiling
run cc "$tmp/ok.c" $mark
expect 0 "" "" "a text that compiles: nothing is said"
run cc "$tmp/ok.c"
expect 1 "" "$tmp/ok.c:2:[0-9]+: error: .*MARK" "messages name the file"
! grep -q 'program\.c' "$tmp/err"; report $? "and not what the compiler calls it"
"$luatrace" cc - <"$tmp/bad.c" >"$tmp/out" 2>"$tmp/err"; status=$?
expect 1 "" "^<stdin>:1:27: error: .*nope" "messages about standard input"
run cc "$tmp/ok.c" $mark --type probe_on=xdp
expect 1 "" "the text has no program 'probe_on'; similar: probe_one" "a type of an unknown function"
for stage in slice:'struct pt_regs' source:4242 ir:'define .*@probe_one' asm:probe_one: obj:ELF; do
	run cc "$tmp/ok.c" -D MARK=4242 "--emit=${stage%%:*}"
	[ "$status" = 0 ] && [ ! -s "$tmp/err" ] && grep -aq -- "${stage#*:}" "$tmp/out"; report $? "--emit=${stage%%:*}"
done

# -- writing
run cc "$tmp/ok.c" $mark -o "$tmp/out.o"
[ "$status" = 0 ] && [ "$(head -c 4 "$tmp/out.o" | tail -c 3)" = ELF ]; report $? "-o writes an object"
[ "$(stat -c %a "$tmp/out.o")" = "$(printf %o $((0666 & ~$(umask))))" ]; report $? "with the usual mode"
ln -s out.o "$tmp/link.o"
: >"$tmp/out.o"
run cc "$tmp/ok.c" $mark -o "$tmp/link.o"
[ -L "$tmp/link.o" ] && [ -s "$tmp/out.o" ]; report $? "through a link"
run cc "$tmp/ok.c" $mark --emit=asm -o "$tmp/out.s"
[ "$status" = 0 ] && grep -q probe_one "$tmp/out.s"; report $? "-o writes another stage"
echo old >"$tmp/kept.o"
run cc "$tmp/bad.c" -o "$tmp/kept.o"
[ "$status" = 1 ] && [ "$(cat "$tmp/kept.o")" = old ]; report $? "a failed compile leaves the file as it was"
run cc "$tmp/ok.c" $mark --type nope=xdp -o "$tmp/kept.o"
[ "$status" = 1 ] && [ "$(cat "$tmp/kept.o")" = old ]; report $? "so does a wrong --type"
run cc "$tmp/ok.c" $mark -o "$tmp"
expect 1 "" "^luatrace: $tmp: Is a directory$" "-o to a directory"
run cc "$tmp/ok.c" $mark -o "$tmp/no/such/out.o"
expect 1 "" "^luatrace: $tmp/no/such/out.o: No such file or directory$" "-o into a missing directory"
run cc "$tmp/ok.c" $mark -o /dev/full
expect 1 "" "^luatrace: /dev/full: No space left on device$" "-o to a full device"
run cc "$tmp/ok.c" $mark -o /dev/null
[ "$status" = 0 ] && [ -c /dev/null ]; report $? "-o to a device writes to it and leaves it there"
"$luatrace" cc "$tmp/ok.c" $mark --emit=ir >/dev/full 2>"$tmp/err"; status=$?; : >"$tmp/out"
expect 1 "" "^luatrace: standard output: No space left on device$" "a full standard output"
(ulimit -f 0; trap '' XFSZ; "$luatrace" cc "$tmp/ok.c" $mark -o "$tmp/kept.o" 2>/dev/null); status=$?
[ "$status" = 1 ] && [ "$(cat "$tmp/kept.o")" = old ]; report $? "a write cut short leaves the file as it was"
! ls "$tmp" | grep -q '\.o\.'; report $? "no draft is left"
if command -v script >/dev/null; then
	script -qec "'$luatrace' cc '$tmp/ok.c' $mark --emit=obj" /dev/null >"$tmp/out" 2>"$tmp/err" </dev/null; status=$?
	[ "$status" = 2 ] && grep -q 'not written to a terminal' "$tmp/out"; report $? "no object to a terminal"
else
	skip "no script(1), which gives a terminal"
fi

# -- an interrupt in the middle
"$luatrace" cc "$tmp/ok.c" $mark -o "$tmp/kept.o" 2>"$tmp/err" & pid=$!
sleep 0.03
kill -INT $pid 2>/dev/null
wait $pid; status=$?
case $status in
130) [ "$(cat "$tmp/kept.o")" = old ] ;;
0) [ -s "$tmp/kept.o" ] ;;
*) false ;;
esac
report $? "an interrupt ends it whole or not at all"

# -- loading
if [ "$(id -u)" != 0 ]; then
	skip "not root: nothing can be loaded"
	done_testing
	exit
fi
run cc "$tmp/ok.c" $mark --load
expect 0 "probe_one kprobe loaded
probe_two kprobe loaded" "" "--load says each program's fate"
run cc "$tmp/ok.c" $mark --load --type probe_two=socket
expect 0 "probe_one kprobe loaded
probe_two socket loaded" "" "--type says the kind"
cat >"$tmp/refused.c" <<'C'
int wrong(struct pt_regs *ctx) { int a[4] = {}; u64 n = bpf_ktime_get_ns(); a[n] = 1; return a[n & 3]; }
int right(struct pt_regs *ctx) { return 0; }
C
run cc "$tmp/refused.c" --load
[ "$status" = 1 ] && grep -q '^wrong kprobe refused: .' "$tmp/out" && grep -qx 'right kprobe loaded' "$tmp/out" &&
	[ "$(wc -l <"$tmp/out")" = 2 ] && [ ! -s "$tmp/err" ]; report $? "a refused program, and the others loaded"
run cc -v "$tmp/refused.c" --load
[ "$status" = 1 ] && grep -q '^processed [0-9]* insns' "$tmp/err"; report $? "-v shows the verifier's log"
echo 'static int nothing;' >"$tmp/none.c"
run cc "$tmp/none.c" --load
expect 1 "" "there is no program in the text to load" "a text without programs"

done_testing
