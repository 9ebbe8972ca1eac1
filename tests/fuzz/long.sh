#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# long.sh [SECONDS [TARGET...]]: builds libFuzzer's targets and runs each (or those named) for so long
# (1800), on one core at the lowest priority. What they learn stays in build-fuzz/corpus; an input that
# breaks a target is left there too, and ends the run with a failure.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-1800}
[ $# -eq 0 ] || shift
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
if [ $# -eq 0 ]; then
	mapfile -t all < <(ctest --test-dir build-fuzz -N -L '^fuzz$' | sed -n 's/^ *Test *#[0-9]*: fuzz_//p')
	set -- "${all[@]}"
fi
for target in "$@"; do
	echo "== $target"
	nice -n 19 bash tests/fuzz/target.sh "build-fuzz/tests/fuzz/fuzz_$target" "build-fuzz/corpus/$target" \
		"-max_total_time=$seconds"
done
