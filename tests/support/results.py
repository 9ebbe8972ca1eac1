# SPDX-License-Identifier: Apache-2.0
"""What the tests printed, held against tests/required.txt.

    results.py [--strict] [--partial] [--update] --required FILE NAME=LOG...

Each LOG is the verbose output of one ctest run; NAME is shown with its results when there are several
runs of one program. A result is the line `[       OK ] test_x` (or FAILED, SKIPPED) of a test program.
required.txt has a line `program test_x` for each. The last line printed is the sum.

--strict   nothing is optional: a skipped test and a listed one that did not run are failures
--partial  only some programs were run: what is listed and did not run is not looked at
--update   writes the file anew if everything ran and passed
--broken   something beside the tests that failed; may be given several times
"""

import argparse
import pathlib
import re
import sys

START = re.compile(r"^ *Start +(\d+): (\S+)")
RESULT = re.compile(r"^(\d+): \[ *(OK|FAILED|SKIPPED) *\] (test_\w+)(?: \((.*)\))?")
BEGUN = re.compile(r"^(\d+): \[ *RUN *\] (test_\w+)")
ENDED = re.compile(r"^ *\d+/\d+ Test +#(\d+): (\S+) \.*(\*\*\*| +)(.*?) +[\d.]+ sec")
MOST_LISTED = 50  # of what is wrong with the list itself
PASSED, FAILED, SKIPPED = "OK", "FAILED", "SKIPPED"


class Results:
    """Of all runs: (run, program, test) -> PASSED, FAILED or SKIPPED."""

    def __init__(self):
        self.of = {}
        self.reasons = {}

    def _set(self, key, verdict):
        # CMocka lists the failed ones again in the end; a name that failed once has failed.
        if self.of.get(key) != FAILED:
            self.of[key] = verdict

    def read(self, run, log):
        programs, begun = {}, {}
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := START.match(line):
                programs[match[1]] = match[2]
            elif match := BEGUN.match(line):
                begun.setdefault(match[1], []).append(match[2])
            elif match := RESULT.match(line):
                key = (run, programs.get(match[1], "?"), match[3])
                self._set(key, match[2])
                self.reasons[key] = match[4]
            elif match := ENDED.match(line):
                self._end(run, match, begun.get(match[1], []))

    def _end(self, run, match, begun):
        program, outcome = match[2], match[4].strip()
        own = {test: verdict for (a, b, test), verdict in self.of.items() if (a, b) == (run, program)}
        for test in begun:
            if test not in own:  # it crashed, or its time was over
                self._set((run, program, test), FAILED)
        if outcome not in ("Passed", "Skipped") and FAILED not in own.values():
            self._set((run, program, f"({outcome})"), FAILED)
        elif not own:
            self._set((run, program, "(printed no result)"), FAILED)

    def named(self):
        """(program, test) -> the worst of its verdicts over all runs."""
        worst = {}
        for (_, program, test), verdict in self.of.items():
            before = worst.get((program, test), PASSED)
            worst[program, test] = max(before, verdict, key=(PASSED, SKIPPED, FAILED).index)
        return worst


def compare(results, required, strict, partial):
    """What is wrong with the runs beside failed tests, as (program, test, why)."""
    wrong, named = [], results.named()
    for program, test in sorted(set(named) - required):
        if test.startswith("test_"):
            wrong.append((program, test, "ran, but is not in required.txt"))
    if strict and not partial:
        for program, test in sorted(required - set(named)):
            wrong.append((program, test, "is in required.txt, but did not run"))
    if strict:
        for (program, test), verdict in sorted(named.items()):
            if verdict == SKIPPED:
                wrong.append((program, test, "was skipped"))
    return wrong


def main():
    parser = argparse.ArgumentParser()
    for flag in ("--strict", "--partial", "--update"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--required", type=pathlib.Path)
    parser.add_argument("--broken", action="append", default=[])
    parser.add_argument("logs", nargs="*")
    options = parser.parse_args()

    results = Results()
    for pair in options.logs:
        run, log = pair.split("=", 1)
        results.read(run, pathlib.Path(log))

    if options.update:
        verdicts = results.named()
        if options.broken or not verdicts or set(verdicts.values()) != {PASSED}:
            print(f"{options.required} stays as it is: not everything ran and passed")
        else:
            names = sorted(f"{program} {test}\n" for program, test in verdicts)
            options.required.write_text("".join(names), encoding="ascii")

    lines = options.required.read_text(encoding="ascii").split("\n") if options.required.exists() else []
    required = {tuple(line.split()) for line in lines if line and not line.startswith("#")}
    wrong = compare(results, required, options.strict, options.partial)
    failed = sorted(key for key, verdict in results.of.items() if verdict == FAILED)
    skipped = sorted(key for key, verdict in results.of.items() if verdict == SKIPPED)
    if not options.partial and not options.strict:
        skipped += [("-", *name) for name in sorted(required - set(results.named()))]

    for what in options.broken:
        print(f"FAILED   {what}")
    for run, program, test in failed:
        print(f"FAILED   {program} {test} [{run}]")
    for program, test, why in wrong[:MOST_LISTED]:
        print(f"FAILED   {program} {test} {why}")
    if len(wrong) > MOST_LISTED:
        print(f"FAILED   ... and {len(wrong) - MOST_LISTED} more of that kind")
    if not options.strict:
        for key in skipped:
            print(f"skipped  {key[1]} {key[2]} [{results.reasons.get(key) or 'did not run'}]")
    passed = sum(verdict == PASSED for verdict in results.of.values())
    bad = len(failed) + len(wrong) + len(options.broken)
    print(f"{passed} passed, {bad} failed, {0 if options.strict else len(skipped)} skipped")
    return 1 if bad or not passed else 0


sys.exit(main())
