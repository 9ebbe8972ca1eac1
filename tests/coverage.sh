#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The lines that the hermetic tests run: builds with the preset `coverage`, runs them, prints one line a
# file and the two sums, and fails where one of them is below its floor. Needs gcov, which comes with gcc.
set -eu
cd "$(dirname "$0")/.."
cmake --preset coverage >/dev/null
cmake --build build-coverage >/dev/null
find build-coverage -name '*.gcda' -delete
ctest --preset coverage >build-coverage/test.log || {
	tail -n 30 build-coverage/test.log
	exit 1
}
exec python3 -B tests/support/coverage.py build-coverage module=99 winpr-glue=95
