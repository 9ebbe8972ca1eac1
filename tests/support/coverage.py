# SPDX-License-Identifier: Apache-2.0
"""Lines that ran, by gcov: coverage.py BUILD-FOLDER PART=PERCENT...

winpr-glue/register is a program of its own and left out of winpr-glue."""

import collections
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile


def lines_run(build, top):
    """{source below top: {line: times}}; a header's inline functions count where they are written."""
    runs = collections.defaultdict(collections.Counter)
    data = [str(path.resolve()) for path in pathlib.Path(build).rglob("*.gcda")]
    with tempfile.TemporaryDirectory() as folder:
        # Many objects can share a source's name: one run of gcov for each.
        for number, path in enumerate(data):
            inside = pathlib.Path(folder) / str(number)
            inside.mkdir()
            subprocess.run(["gcov", "--json-format", path], cwd=inside, check=True, timeout=60,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for report in inside.glob("*.gcov.json.gz"):
                found = json.loads(gzip.open(report).read())
                for file in found["files"]:
                    source = pathlib.Path(found["current_working_directory"], file["file"]).resolve()
                    if top in source.parents:
                        for line in file["lines"]:
                            runs[str(source.relative_to(top))][line["line_number"]] += line["count"]
    return runs


def main():
    build, floors = sys.argv[1], [part.split("=") for part in sys.argv[2:]]
    runs = lines_run(build, pathlib.Path.cwd())
    below = False
    for part, floor in floors:
        all_lines = run_lines = 0
        for source in sorted(runs):
            if not source.startswith(part + "/") or source.startswith("winpr-glue/register/"):
                continue
            missed = sorted(line for line, times in runs[source].items() if times == 0)
            all_lines += len(runs[source])
            run_lines += len(runs[source]) - len(missed)
            if missed:
                print(f"{source}: {len(missed)} of {len(runs[source])} did not run: {' '.join(map(str, missed))}")
        percent = 100 * run_lines / max(all_lines, 1)
        below = below or percent < float(floor)
        print(f"{part}: {percent:.1f} % of {all_lines} lines ran (at least {floor} % must)")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
