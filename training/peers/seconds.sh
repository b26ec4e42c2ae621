# seconds COMMAND...: the processor time it takes. To be sourced.
seconds() {
	local TIMEFORMAT='%U %S'
	{ time "$@" >/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
}
