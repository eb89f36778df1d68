# SPDX-License-Identifier: MIT
# What the cases of the command line share: TAP, a private directory, and one way to run the binary.

luatrace=$(realpath "${LUATRACE:-build/luatrace}")
unset LUATRACE_LUA
tmp=$(mktemp -d "${TMPDIR:-/tmp}/luatrace-cli.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
count=0
failed=0

# report PASSED(0 is yes) NAME
report() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $count - $2"
	echo "# status ${status-}"
	sed 's/^/# out: /' "$tmp/out" | head -20
	sed 's/^/# err: /' "$tmp/err" | head -20
}

skip() {
	count=$((count + 1))
	echo "ok $count # SKIP $1"
}

done_testing() {
	echo "1..$count"
	[ "$failed" = 0 ]
}

# run ARGUMENT...: the binary; $status, $tmp/out, $tmp/err are what came of it.
run() {
	"$luatrace" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

# expect STATUS OUT ERR NAME: exit status, exact output, and a pattern (ERE, "" for no message at all).
expect() {
	local bad=0
	[ "$status" = "$1" ] || bad=1
	[ "$(cat "$tmp/out")" = "$2" ] || bad=1
	if [ -n "$3" ]; then
		grep -Eq -- "$3" "$tmp/err" || bad=1
	else
		[ ! -s "$tmp/err" ] || bad=1
	fi
	report "$bad" "$4"
}

# await FILE TEXT: until the file has the text, at most 10 s.
await() {
	local i
	for ((i = 0; i < 500; i++)); do
		grep -q -- "$2" "$1" 2>/dev/null && return 0
		sleep 0.02
	done
	return 1
}
