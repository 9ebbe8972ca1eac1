#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# long.sh [-j JOBS] [SECONDS [TARGET...]]: builds libFuzzer's targets and runs each (or those named) until it
# has had so many seconds of CPU time (1800), this run and earlier ones together, at the lowest priority.
# It can be stopped at any time and called again; long.py says what is kept, and where.
set -eu
cd "$(dirname "$0")/../.."
jobs=1
if [ "${1:-}" = -j ]; then
	jobs=$2
	shift 2
fi
seconds=${1:-1800}
[ $# -eq 0 ] || shift
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
if [ $# -eq 0 ]; then
	mapfile -t all < <(ctest --test-dir build-fuzz -N -L '^fuzz$' | sed -n 's/^ *Test *#[0-9]*: fuzz_//p')
	set -- "${all[@]}"
fi
exec nice -n 19 python3 tests/fuzz/long.py "$jobs" "$seconds" build-fuzz "$@"
