# SPDX-License-Identifier: MIT
# Completion for bash. Words are those of the line, without their quotes; what bash completes may be less than a word, for
# it parts "kprobe:vfs_read" at its colon.
_luatrace()
{
	local line=${COMP_LINE:0:COMP_POINT} words=() word candidate
	local pattern="^[[:blank:]]*((\"[^\"]*(\"|\$)|'[^']*('|\$)|\\\\.|[^[:blank:]\"'\\\\])+)"
	while [[ $line =~ $pattern ]]; do
		words+=("${BASH_REMATCH[1]//[\"\'\\]/}")
		line=${line:${#BASH_REMATCH[0]}}
	done
	[[ -n $line ]] && words+=("")
	word=${words[-1]}
	local program=${words[0]/#\~\//$HOME/} ahead=${word%"${2#[\"\']}"}
	COMPREPLY=()
	while read -r candidate; do
		COMPREPLY+=("${candidate#"$ahead"}")
	done < <("$program" complete $((${#words[@]} - 1)) "${words[@]}" 2>/dev/null)
	if [[ ${COMPREPLY[0]} == *[:=] || ${COMPREPLY[0]} == --emit=* ]]; then
		compopt -o nospace 2>/dev/null
	fi
}
complete -o default -F _luatrace luatrace
