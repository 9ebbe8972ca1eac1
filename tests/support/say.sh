# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Progress for whoever is watching. Sourced.

if [ -t 1 ]; then
	say_bold=$'\e[1m' say_plain=$'\e[0m'
else
	say_bold='' say_plain=''
fi

say() { printf '%s==>%s %s\n' "$say_bold" "$say_plain" "$*"; }
complain() { printf '%s\n' "$*" >&2; }

# say_timed LOG TEXT COMMAND...: announces, runs with the output in LOG, tells how long it took.
say_timed()
{
	local log=$1 text=$2 start=$SECONDS code=0
	shift 2
	say "$text"
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null || code=$?
	printf '    %s after %d s\n' "$([ "$code" -eq 0 ] && echo 'done' || echo failed)" "$((SECONDS - start))"
	return "$code"
}

# The same, and shows the end of LOG when the command fails.
say_step()
{
	local code=0
	say_timed "$@" || code=$?
	if [ "$code" -ne 0 ]; then
		complain "    exit code $code; the end of $1:"
		tail -n 25 "$1" | sed 's/^/    | /' >&2
	fi
	return "$code"
}
