# SPDX-License-Identifier: Apache-2.0
"""Which hermetic test programs run a line, by gcov: each is run by itself."""

import collections
import json
import pathlib
import subprocess

PARTS = ("module/", "winpr-glue/")


def _gcov(top, data):
    """(source below top, line) of each that ran."""
    run = subprocess.run(["gcov", "--json-format", "--stdout", *data], cwd=top, check=True, timeout=120,
                         capture_output=True, text=True)
    for report in map(json.loads, filter(None, run.stdout.split("\n"))):
        for file in report["files"]:
            source = pathlib.Path(report["current_working_directory"], file["file"]).resolve()
            if top in source.parents and (name := str(source.relative_to(top))).startswith(PARTS):
                yield from ((name, line["line_number"]) for line in file["lines"] if line["count"] > 0)


def covering(copy, tests):
    """{(source, line): [tests]}, first the test that runs the fewest lines: it has the least to do with the
    others' subjects. `copy` is built for gcov."""
    lines_of = {}
    for test in tests:
        for path in copy.build.rglob("*.gcda"):
            path.unlink()
        if copy.run_tests([test]) != "passed":
            raise RuntimeError(f"{test} fails as it is")
        data = [str(path) for path in copy.build.rglob("*.gcda") if "tests" not in path.relative_to(copy.build).parts]
        lines_of[test] = set(_gcov(copy.top, data)) if data else set()
    tests_of = collections.defaultdict(list)
    for test in sorted(tests, key=lambda test: (len(lines_of[test]), test)):
        for where in lines_of[test]:
            tests_of[where].append(test)
    return tests_of
