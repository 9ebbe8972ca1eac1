#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# long.sh [SECONDS]: builds libFuzzer's targets and runs each for so long (1800), on one core at the
# lowest priority. What it learns stays in build-fuzz/corpus; an input that breaks a target is left
# there too, and ends the run with a failure.
set -e
cd "$(dirname "$0")/../.."
seconds=${1:-1800}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
for seeds in tests/fuzz/seeds/*/; do
	target=$(basename "$seeds")
	corpus=build-fuzz/corpus/$target
	mkdir -p "$corpus"
	nice -n 19 "build-fuzz/tests/fuzz/fuzz_$target" -seed=1 -max_total_time="$seconds" -timeout=60 \
		-artifact_prefix="$corpus-" -print_final_stats=1 "$corpus" "$seeds"
done
