# SPDX-License-Identifier: Apache-2.0
"""What the tests printed, held against tests/required.txt.

    results.py [--strict] [--partial] [--update] --required FILE NAME=LOG...

Each LOG is the verbose output of one ctest run; NAME is shown with its results when there are several
runs of one program. A result is the line `[       OK ] test_x` (or FAILED, SKIPPED) of a test program.
required.txt has a line `program N` for each program: so many tests of it must have passed, no more and no
fewer, and a skipped one never counts; `program N slow` where only the run named `slow` has it. The tests of attacks (CVE numbers and the like) have a line
`program test_x` as well. The last line printed is the sum.

--strict   nothing is optional: a skipped test and a listed program that did not run are failures
--partial  only some programs were run: what is listed and did not run is not looked at
--without-slow  the run named `slow` was not made, and what only it has is not looked at
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
# What tests/required.txt names one by one: public identifiers of attacks and faults (shared/hardening.md).
ATTACK = re.compile(r"^test_(CVE_\d{4}_\d+|FreeRDP_|SSTIC_|rubyntlm_)")
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


class Required:
    """tests/required.txt: how many tests of each program, and which by name."""

    def __init__(self, text):
        lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
        self.counts = {line[0]: int(line[1]) for line in lines if line[1].isdigit()}
        self.slow = {line[0] for line in lines if line[2:] == ["slow"]}
        self.named = {(line[0], line[1]) for line in lines if not line[1].isdigit()}

    def leave_slow_out(self):
        self.counts = {program: count for program, count in self.counts.items() if program not in self.slow}

    @staticmethod
    def written(verdicts, slow=()):
        programs = {}
        for program, test in verdicts:
            programs.setdefault(program, []).append(test)
        lines = [f"{program} {len(tests)}{' slow' if program in slow else ''}" for program, tests in programs.items()]
        lines += [f"{program} {test}" for program, test in verdicts if ATTACK.match(test)]
        return "".join(f"{line}\n" for line in sorted(lines))


def compare(verdicts, required, strict, partial):
    """What is wrong with the runs beside failed tests. `verdicts` is Results.named()."""
    wrong, passed = [], {}
    for (program, test), verdict in verdicts.items():
        passed.setdefault(program, 0)
        passed[program] += verdict == PASSED
        if verdict == SKIPPED and strict:
            wrong.append(f"{program} {test} was skipped")
        if ATTACK.match(test) and (program, test) not in required.named:
            wrong.append(f"{program} {test} ran, but is not in required.txt")
    for program, count in passed.items():
        wanted = required.counts.get(program)
        if wanted is None:
            wrong.append(f"{program} ran, but is not in required.txt")
        elif count > wanted or (count < wanted and strict):
            wrong.append(f"{program}: {count} tests passed, required.txt says {wanted}")
    if strict and not partial:
        wrong += [f"{program} is in required.txt, but did not run" for program in required.counts if program not in passed]
    if strict:
        wrong += [f"{program} {test} is in required.txt, but did not pass" for program, test in required.named
                  if program in passed and verdicts.get((program, test)) != PASSED]
    return sorted(wrong)


def main():
    parser = argparse.ArgumentParser()
    for flag in ("--strict", "--partial", "--update", "--without-slow"):
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
            slow = {program for _, program, _ in results.of} - {program for run, program, _ in results.of if run != "slow"}
            options.required.write_text(Required.written(verdicts, slow), encoding="ascii")

    required = Required(options.required.read_text(encoding="ascii") if options.required.exists() else "")
    if options.without_slow:
        required.leave_slow_out()
    verdicts = results.named()
    wrong = compare(verdicts, required, options.strict, options.partial)
    failed = sorted(key for key, verdict in results.of.items() if verdict == FAILED)
    skipped = sorted(key for key, verdict in results.of.items() if verdict == SKIPPED)
    if not options.partial and not options.strict:
        ran = {program for program, _ in verdicts}
        skipped += [("-", program, f"({count} tests)") for program, count in sorted(required.counts.items()) if program not in ran]

    for what in options.broken:
        print(f"FAILED   {what}")
    for run, program, test in failed:
        print(f"FAILED   {program} {test} [{run}]")
    for what in wrong:
        print(f"FAILED   {what}")
    if not options.strict:
        for key in skipped:
            print(f"skipped  {key[1]} {key[2]} [{results.reasons.get(key) or 'did not run'}]")
    passed = sum(verdict == PASSED for verdict in results.of.values())
    bad = len(failed) + len(wrong) + len(options.broken)
    print(f"{passed} passed, {bad} failed, {0 if options.strict else len(skipped)} skipped")
    return 1 if bad or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
