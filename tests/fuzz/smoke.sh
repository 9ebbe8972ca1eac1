#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# smoke.sh PROGRAM RUNS: the same runs each time, from the seeds alone; one result as CMocka prints them.
set -u
program=$1 runs=$2
name=test_$(basename "$program")
corpus=$program-smoke
log=$program-smoke.log
rm -rf "$corpus" "$corpus"-*
echo "[ RUN      ] $name"
bash "$(dirname "$0")/target.sh" "$program" "$corpus" "-runs=$runs" >"$log" 2>&1
code=$?
made=$(sed -n 's/^Done \([0-9]*\) runs in .*/\1/p' "$log")
if [ "$code" -eq 0 ] && [ "${made:-0}" -ge "$runs" ]; then
	echo "$made runs"
	echo "[       OK ] $name"
else
	tail -n 60 "$log"
	echo "[  FAILED  ] $name"
	exit 1
fi
