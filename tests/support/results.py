# SPDX-License-Identifier: Apache-2.0
"""What the tests printed, held against tests/required.txt.

    results.py [--strict] [--partial] [--update] --required FILE NAME=LOG...

Each LOG is the verbose output of the ctest run NAME (tests/run.sh's run_tests). A result is the line
`[       OK ] test_x` (or FAILED, SKIPPED) of a test program.
required.txt has a line `program N` for each hermetic program: so many tests of it must have passed in each of the
runs in HERMETIC, no more and no fewer, and a skipped one never counts. `program N RUN...` says so of these
runs, and the program is in no other; where not every run has the same number it has several such lines. A run
that the file does not name at all (tests/machines) is held to a program's greatest number. The tests of attacks
(CVE numbers and the like) have a line `program test_x` as well, for every run that has the program. The last
line printed is the sum.

--strict   nothing is optional: a skipped test, and a listed run, program or test that is missing, are failures
--partial  only some runs were made: the others are not looked at
--without-slow  the run named `slow` was not made, and is not looked at
--update   writes the lines of the runs that were made anew if everything in them passed
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
# The runs with the label hermetic: a program that one of them does not have, or not all of, is lost to what it looks for.
HERMETIC = ("release", "asan-ubsan", "tsan", "clang")


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


class Required:
    """tests/required.txt: how many tests of each program in each run, and which by name."""

    def __init__(self, text):
        lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
        self.counts = {(run, line[0]): int(line[1]) for line in lines if line[1].isdigit() for run in line[2:] or HERMETIC}
        self.named = {(line[0], line[1]) for line in lines if not line[1].isdigit()}

    def runs(self):
        return {run for run, _ in self.counts}

    def of(self, run):
        """program -> number, of one run."""
        if run in self.runs():
            return {program: count for (other, program), count in self.counts.items() if other == run}
        return {program: max(count for (_, other), count in self.counts.items() if other == program)
                for _, program in self.counts}

    def update(self, verdicts):
        """To what ran; what other runs have stays."""
        made = {run for run, _, _ in verdicts}
        self.counts = {key: count for key, count in self.counts.items() if key[0] not in made}
        for run, program, _ in verdicts:
            self.counts[run, program] = self.counts.get((run, program), 0) + 1
        ran = {program for _, program, _ in verdicts}
        self.named = {(program, test) for program, test in self.named if program not in ran}
        self.named |= {(program, test) for _, program, test in verdicts if ATTACK.match(test)}

    def written(self):
        runs = {}
        for (run, program), count in self.counts.items():
            runs.setdefault((program, count), []).append(run)
        lines = [f"{program} {count}{'' if sorted(of) == sorted(HERMETIC) else ' ' + ' '.join(sorted(of))}"
                 for (program, count), of in runs.items()]
        lines += [f"{program} {test}" for program, test in self.named]
        return "".join(f"{line}\n" for line in sorted(lines))


def _wrong_in(run, verdicts, required, strict):
    """Of one run: `verdicts` is (program, test) -> verdict."""
    passed, wanted = {}, required.of(run)
    for (program, test), verdict in verdicts.items():
        passed[program] = passed.get(program, 0) + (verdict == PASSED)
        if verdict == SKIPPED and strict:
            yield f"{program} {test} was skipped"
        if ATTACK.match(test) and (program, test) not in required.named:
            yield f"{program} {test} ran, but is not in required.txt"
    for program, count in passed.items():
        if program not in wanted:
            yield f"{program} ran, but is not in required.txt"
        elif count > wanted[program] or (count < wanted[program] and strict):
            yield f"{program}: {count} tests passed, required.txt says {wanted[program]}"
    if strict:
        yield from (f"{program} is in required.txt, but did not run" for program in wanted if program not in passed)
        yield from (f"{program} {test} is in required.txt, but did not pass" for program, test in required.named
                    if program in passed and verdicts.get((program, test)) != PASSED)


def compare(verdicts, required, strict, made, wanted_runs):
    """What is wrong with the runs beside failed tests. `verdicts` is Results.of, `made` the runs that were made."""
    wrong = [f"the run {run} is in required.txt, but was not made" for run in wanted_runs - made if strict]
    for run in made:
        own = {(program, test): verdict for (other, program, test), verdict in verdicts.items() if other == run}
        wrong += [f"{what} [{run}]" for what in _wrong_in(run, own, required, strict)]
    return sorted(wrong)


def main():
    parser = argparse.ArgumentParser()
    for flag in ("--strict", "--partial", "--update", "--without-slow"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--required", type=pathlib.Path)
    parser.add_argument("--broken", action="append", default=[])
    parser.add_argument("logs", nargs="*")
    options = parser.parse_args()

    results, made = Results(), set()
    for pair in options.logs:
        run, log = pair.split("=", 1)
        results.read(run, pathlib.Path(log))
        made.add(run)

    required = Required(options.required.read_text(encoding="ascii") if options.required.exists() else "")
    if options.update:
        if options.broken or set(results.of.values()) != {PASSED}:
            print(f"{options.required} stays as it is: not everything ran and passed")
        else:
            required.update(results.of)
            options.required.write_text(required.written(), encoding="ascii")

    wanted_runs = set() if options.partial else required.runs() - ({"slow"} if options.without_slow else set())
    wrong = compare(results.of, required, options.strict, made, wanted_runs)
    failed = sorted(key for key, verdict in results.of.items() if verdict == FAILED)
    skipped = sorted(key for key, verdict in results.of.items() if verdict == SKIPPED)
    if not options.strict:
        ran = {(run, program) for run, program, _ in results.of}
        skipped += [(run, program, f"({count} tests)") for run in sorted(wanted_runs | made)
                    for program, count in sorted(required.of(run).items()) if (run, program) not in ran]

    for what in options.broken:
        print(f"FAILED   {what}")
    for run, program, test in failed:
        print(f"FAILED   {program} {test} [{run}]")
    for what in wrong:
        print(f"FAILED   {what}")
    if not options.strict:
        for key in skipped:
            print(f"skipped  {key[1]} {key[2]} [{key[0]}: {results.reasons.get(key) or 'did not run'}]")
    passed = sum(verdict == PASSED for verdict in results.of.values())
    bad = len(failed) + len(wrong) + len(options.broken)
    print(f"{passed} passed, {bad} failed, {0 if options.strict else len(skipped)} skipped")
    return 1 if bad or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
