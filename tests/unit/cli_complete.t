#!/bin/bash
# SPDX-License-Identifier: MIT
# What shells complete, and the manual pages: of the program, and of each tool.
. "$(dirname "$0")/cli_tap.sh"

# completes WORDS... -- CANDIDATE...: the last of WORDS is what is typed
completes() {
	local words=()
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	run complete $((${#words[@]} - 1)) "${words[@]}"
	expect 0 "$(printf '%s\n' "$@")" "" "${words[*]}"
}

mkdir "$tmp/second" && cp scripts/opensnoop.lua "$tmp/second/"
echo 'return { name = "second", version = "1", summary = "another" }' >"$tmp/second/collection.lua"
export LUATRACE_PATH=$tmp/second
completes luatrace opens -- opensnoop
completes luatrace second:o -- second:opensnoop
completes luatrace info second:o -- second:opensnoop
completes luatrace second:opensnoop --fa -- --failed
completes luatrace offcputime --state -- --state
completes luatrace offcputime --state r -- running
completes luatrace offcputime --state=r -- --state=running
completes luatrace info --h -- --help
completes luatrace replay --t -- --tool
completes luatrace replay "" -- ""
completes luatrace bund -- bundle
completes luatrace --s -- --signed
completes luatrace -v --trust runql -- runqlat runqlen
completes luatrace -c opens -- ""
completes luatrace -c true opens -- opensnoop
completes luatrace opensnoop --fa -- --failed
completes luatrace dbslower -m 1 my -- mysql
completes luatrace info bashr -- bashreadline
completes luatrace bundle --ver -- --verify
completes luatrace cc --emit=s -- --emit=slice --emit=source
completes luatrace probes tracepo -- tracepoint:
completes luatrace trace tp_ -- tp_btf:
completes luatrace ./opensnoop.lua --fa -- ""
completes luatrace nosuchtool --fa -- ""
bundle=build/tests/alone/tools.ltb
if [ -e $bundle ]; then
	completes luatrace $bundle opens -- opensnoop
	completes luatrace info $bundle opens -- opensnoop
	completes luatrace list $bundle opens -- opensnoop
	completes luatrace info $bundle opensnoop "" -- ""
	completes luatrace $bundle opensnoop --fa -- --failed
	completes luatrace $bundle trace raw_tr -- raw_tracepoint:
else
	skip "there is no $bundle, which root alone can make: what completes a bundle's tools was not tried"
fi
run complete
expect 2 "" "takes the number of a word" "without a number"

# As it is typed into a shell: typed NAME SETUP SHELL...
tab=$(printf '\t')
typed() {
	local name=$1 setup=$2 part
	shift 2
	tests/lib/typed.py "PATH=$(dirname "$luatrace"):\$PATH HOME=$(dirname "$luatrace"); $setup" "luatrace opens${tab}X" \
		"luatrace tcpconn${tab}X" "luatrace trace raw_tr${tab}X" "luatrace cc --em${tab}X" "luatrace nosuch${tab}X" \
		"luatrace 'opensnoop' \"--fa${tab}X" "luatrace -c 'true x' info 'bashr${tab}X" "~/luatrace opens${tab}X" \
		"luatrace tests/ru${tab}X" "luatrace opensnoop -o tests/ru${tab}X" "luatrace info second:op${tab}X" \
		"luatrace offcputime --state=ru${tab}X" "luatrace bu${tab}X" "luatrace replay tests/ru${tab}X" -- "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	expect 0 "luatrace|opensnoop|X
luatrace|tcpconnX
luatrace|trace|raw_tracepoint:X
luatrace|cc|--emit=X
luatrace|nosuchX
luatrace|opensnoop|--failed|X
luatrace|-c|true x|info|bashreadline|X
$luatrace|opensnoop|X
luatrace|tests/run|X
luatrace|opensnoop|-o|tests/run|X
luatrace|info|second:opensnoop|X
luatrace|offcputime|--state=running|X
luatrace|bundle|X
luatrace|replay|tests/run|X" "" "$name"
	if [ "$(id -u)" != 0 ]; then
		skip "needs root: $name: names of tracepoints, which the kernel tells root alone, were not tried"
		return
	fi
	part=tracepoint:sched:sched_wakeup_n
	tests/lib/typed.py "PATH=$(dirname "$luatrace"):\$PATH; $setup" "luatrace trace -p 1 $part${tab}X" "luatrace probes '$part${tab}X" \
		"luatrace probes \"$part${tab}X" "luatrace trace \"\$nosuch\" $part${tab}X" -- "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	expect 0 "luatrace|trace|-p|1|${part}ew|X
luatrace|probes|${part}ew|X
luatrace|probes|${part}ew|X
luatrace|trace||${part}ew|X" "" "$name: after a colon"
}
typed bash ". host/cli/completion/luatrace.bash" bash --norc --noprofile -i
if command -v zsh >/dev/null; then
	typed zsh 'fpath=($PWD/host/cli/completion $fpath); autoload -U compinit; compinit -u -D' zsh -f -i
else
	skip "zsh is missing (package zsh): its completion was not tried"
fi

# ---- manual pages ----------------------------------------------------------------------------------------------------

mkdir "$tmp/man"
"$luatrace" docs/man/make.lua 0.0 "$tmp/man" scripts/*.lua >"$tmp/out" 2>"$tmp/err" </dev/null
status=$?
expect 0 "" "" "pages of tools"
tools=$(ls scripts/*.lua | grep -v '/collection\.lua$' | sed 's|.*/||; s|\.lua$||' | sort)
[ "$(ls "$tmp/man" | sed 's/^luatrace-//; s/\.1$//' | sort)" = "$tools" ]
report $? "one of each"
grep -q '^\.B \\-x, \\-\\-failed$' "$tmp/man/luatrace-opensnoop.1" && grep -q '^only opens that failed$' "$tmp/man/luatrace-opensnoop.1"
report $? "with its options"
wrong=
for section in NAME SYNOPSIS DESCRIPTION OPTIONS COST; do
	for page in "$tmp"/man/*.1; do
		grep -q "^.SH $section" "$page" || wrong="$wrong $section:$(basename "$page")"
	done
done
[ -z "$wrong" ] || echo "$wrong" >"$tmp/err"
[ -z "$wrong" ]
report $? "each has all that is said of a tool"
for command in list info new replay bundle cc probes cache doctor repl; do
	grep -Eq "^\.BR? $command" docs/man/luatrace.1 || echo "$command" >>"$tmp/missing"
done
for option in $("$luatrace" --help | grep -o '^ \+.*--[a-z]*' | grep -o -- '--[a-z]*'); do
	grep -q -- "$(echo "$option" | sed 's/-/\\\\-/g')" docs/man/luatrace.1 || echo "$option" >>"$tmp/missing"
done
[ ! -e "$tmp/missing" ] || cp "$tmp/missing" "$tmp/err"
[ ! -e "$tmp/missing" ]
report $? "the program's has each command and option"
if command -v groff >/dev/null; then
	for page in "$tmp"/man/*.1 docs/man/*.1; do
		groff -k -man -ww -Tutf8 -z "$page" 2>&1
	done >"$tmp/out"
	status=$?
	: >"$tmp/err"
	expect 0 "" "" "groff has nothing to say"
else
	skip "groff is missing (package groff-base): the pages were not formatted"
fi
# the packages' version is the program's
[ "$(sed -n '1s/^luatrace (\(.*\)) .*/\1/p' debian/changelog)" = "$("$luatrace" --version | sed -n '1s/luatrace //p')" ]
report $? "the packages' version is the program's"
done_testing
