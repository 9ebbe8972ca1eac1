#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# target.sh PROGRAM CORPUS OPTION...: runs one of libFuzzer's targets. What it learns stays in the folder
# CORPUS; an input that breaks it is left beside that, and is run again by `PROGRAM FILE`.
set -eu
program=$1 corpus=$2
shift 2
name=$(basename "$program")
name=${name#fuzz_}
here=$(dirname "$(realpath "$0")")
seeds=$here/seeds/$name
if [ -z "$(find "$seeds" -type f -print -quit)" ]; then
	echo "fuzz_$name has no seeds: $seeds"
	exit 1
fi
[ ! -e "$here/$name.dict" ] || set -- "-dict=$here/$name.dict" "$@"
mkdir -p "$corpus"
# Where addresses are the same each time, libFuzzer does the same each time.
fixed=()
! setarch -R true 2>/dev/null || fixed=(setarch -R)
exec "${fixed[@]}" "$program" -seed=1 -timeout=60 -artifact_prefix="$corpus-" -print_final_stats=1 "$@" "$corpus" "$seeds"
