#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh [FLOOR]: the lines of module/ that libFuzzer's targets reach all together, with their seeds and
# with what smoke.sh and long.sh have learned in build-fuzz. One line a file, those that nobody reaches
# below in build-fuzz-coverage/unreached, and the sum, which is a failure below FLOOR percent (95). Needs
# clang, and llvm-profdata and llvm-cov of its release.
set -eu
cd "$(dirname "$0")/../.."
floor=${1:-95}
build=build-fuzz-coverage
release=$(clang --version | sed -n 's/.*clang version \([0-9]*\).*/-\1/p;q')
profdata=$(command -v "llvm-profdata$release" llvm-profdata | head -n 1)
cov=$(command -v "llvm-cov$release" llvm-cov | head -n 1)

cmake --preset fuzz -B $build '-DCMAKE_C_FLAGS=-fprofile-instr-generate -fcoverage-mapping' >/dev/null
cmake --build $build --target tests/fuzz/all negossp >/dev/null
rm -rf $build/profiles
objects=("$build/negossp.so")
for program in $build/tests/fuzz/fuzz_*; do
	[ -x "$program" ] && [ -f "$program" ] || continue
	name=$(basename "$program")
	corpora=(tests/fuzz/seeds/"${name#fuzz_}")
	for learned in build-fuzz/tests/fuzz/"$name"-smoke build-fuzz/corpus/"${name#fuzz_}"; do
		[ ! -d "$learned" ] || corpora+=("$learned")
	done
	LLVM_PROFILE_FILE=$build/profiles/$name-%m.profraw "$program" -runs=0 "${corpora[@]}" \
		>"$build/$name.log" 2>&1 || { tail -n 20 "$build/$name.log" && exit 1; }
	objects+=(-object "$program")
done
"$profdata" merge -o $build/all.profdata $build/profiles/*.profraw
report()
{
	"$cov" "$@" "${objects[@]}" -instr-profile $build/all.profdata '-ignore-filename-regex=/(tests|winpr-glue)/'
}
report show | grep -E '^/|^ +[0-9]+\| +0\|' >$build/unreached
report export -summary-only >$build/summary.json
exec python3 - "$PWD" $build/summary.json "$floor" <<'END'
import json
import os
import sys

top, summary, floor = sys.argv[1], sys.argv[2], float(sys.argv[3])
lines = reached = 0
for entry in json.load(open(summary))["data"][0]["files"]:
    count, covered = (entry["summary"]["lines"][what] for what in ("count", "covered"))
    lines, reached = lines + count, reached + covered
    if count:
        print(f"{100 * covered / count:6.1f} % of {count:4} lines  {os.path.relpath(entry['filename'], top)}")
print(f"{100 * reached / lines:6.2f} % of {lines} lines of module/ are reached by the fuzz targets")
sys.exit(100 * reached / lines < floor)
END
