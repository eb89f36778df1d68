# SPDX-License-Identifier: MIT
# Completion for bash. Words are those of the line, for bash parts "kprobe:vfs_read" at its colon.
_luatrace()
{
	local line=${COMP_LINE:0:COMP_POINT} words word ahead candidate
	read -ra words <<<"$line"
	[[ $line == *[[:blank:]] ]] && words+=("")
	word=${words[-1]}
	ahead=${word%"${word##*:}"}
	COMPREPLY=()
	while read -r candidate; do
		COMPREPLY+=("${candidate#"$ahead"}")
	done < <("${words[0]}" complete $((${#words[@]} - 1)) "${words[@]}" 2>/dev/null)
	if [[ ${COMPREPLY[0]} == *[:=] || ${COMPREPLY[0]} == --emit=* ]]; then
		compopt -o nospace 2>/dev/null
	fi
}
complete -o default -F _luatrace luatrace
