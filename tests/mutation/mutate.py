#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Changes one thing at a time, by chance but the same for a tree and a seed, and lists what no hermetic test notices.

    tests/mutation/mutate.py --seed HEX [HEX...] [--count 60] [--only winpr-glue/] [--workers 2]
    tests/mutation/mutate.py --again FILE

Only lines that run hermetically are changed, by gcov's data: an operator, a constant, a condition, a call or a
statement that is taken out. The change is made in a copy of the tree, never in the tree itself, and the tests
that run the line are run first. A mutant that does not compile is none, and another is taken for it; one that
keeps a test going until its time is over was noticed. One that survives is tried again by tests that run the line
under ASan and UBSan, and ThreadSanitizer where it has to do with locks, as tests/run.sh runs them: who leaks, reads
past an end or does not lock is found there.

The exit code is 1 when one survives that tests/mutation/equivalent.txt does not know. A line of that file is
`file | before | after | reason`: what nobody could see, by its text and not by its number.

Whether new tests notice what survived says --again: it tries that once more, and nothing else. FILE is what a run
over the same sources printed.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import pathlib
import queue
import re
import sys
import tempfile
import typing

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from changes import changes
from copies import Copy
from covering import covering

TOP = pathlib.Path(__file__).resolve().parents[2]
# By folder: the sanitizers, and which lines are theirs.
SANITIZERS = {"asan": ("address,undefined", re.compile("")), "tsan": ("thread", re.compile("lock|once"))}
SANITIZED_TESTS = 100  # of those that run the line
KNOWN = pathlib.Path(__file__).with_name("equivalent.txt")


class Mutant(typing.NamedTuple):
    file: str
    line: int  # from 1
    before: str
    after: str

    def known_as(self):
        return f"{self.file} | {self.before.strip()} | {self.after.strip()}"


def mutants(top, where):
    """All that there could be, in the order of the tree. `where` is (file, line) of what runs."""
    for file in sorted({file for file, _ in where}):
        lines = (top / file).read_text(encoding="utf-8").split("\n")
        for number in sorted(line for name, line in where if name == file):
            for after in dict.fromkeys(changes(lines[number - 1])):
                yield Mutant(file, number, lines[number - 1], after)


def survivors_of(text, every):
    """Those that an earlier run printed; one that is not in the tree any more is an error."""
    printed = re.findall(r"^SURVIVED +(\S+):(\d+)\n +- (.*)\n +\+ (.*)$", text, re.MULTILINE)
    found = [mutant for mutant in every
             if (mutant.file, str(mutant.line), mutant.before.strip(), mutant.after.strip()) in printed]
    if len(found) != len(set(printed)):
        raise SystemExit(f"{len(set(printed))} survived, and {len(found)} of them are in this tree")
    return found


def known_equivalents(text, top):
    """What is listed; a line that fits nothing in the tree any more is an error."""
    known = set()
    for line in filter(None, text.splitlines()):
        if line.startswith("#"):
            continue
        name, reason = line.rsplit(" | ", 1)
        file, before = name.split(" | ", 1)[0], name.split(" | ", 1)[1]
        source = top / file
        if not reason.strip() or not source.is_file() or not any(
                own and before.startswith(f"{own} | ")
                for own in map(str.strip, source.read_text(encoding="utf-8").split("\n"))):
            raise SystemExit(f"{KNOWN.name}: no such line in the tree: {line}\ntake it out, or write it as it is now")
        known.add(name)
    return known


def tried(chosen, count, copies, tests_of):
    """(mutant, outcome) of the first `count` that compile, in their order."""
    free = queue.Queue()
    for copy in copies:
        free.put(copy)

    def one(mutant):
        copy = free.get()
        try:
            return mutant, copy.try_out(mutant, tests_of[mutant.file, mutant.line])
        finally:
            free.put(copy)

    compiled, at = 0, 0
    with concurrent.futures.ThreadPoolExecutor(len(copies)) as pool:
        while compiled < count and at < len(chosen):
            batch = chosen[at: at + count - compiled]
            at += len(batch)
            for mutant, outcome in pool.map(one, batch):
                compiled += outcome != "not built"
                yield mutant, outcome


def sanitizer_notices(mutant, sanitized, tests):
    """Whether tests fail with the change and pass without."""
    some = tests[:SANITIZED_TESTS]
    return any(lines.search(mutant.before) and copy.try_out(mutant, some, all_others=False) in ("failed", "timed out") and
               copy.run_tests(some) == "passed" for copy, lines in sanitized)


def shuffled(every, seed):
    """In an order that more of them, because a test runs new lines or a line is new, does not change."""
    return sorted(every, key=lambda mutant: hashlib.sha256(f"{int(seed, 16)} {mutant.known_as()}".encode()).digest())


def survivors_among(chosen, name, count, copies, sanitized, tests_of, known):
    """How many survived that nobody knew."""
    outcomes, survivors = collections.Counter(), 0
    for mutant, outcome in tried(chosen, count, copies, tests_of):
        equivalent = mutant.known_as() in known
        if outcome == "survived" and not equivalent and \
                sanitizer_notices(mutant, sanitized, tests_of[mutant.file, mutant.line]):
            outcome = "sanitizer"
        outcomes[outcome] += 1
        if outcome == "survived":
            survivors += not equivalent
            print(f"{'equivalent' if equivalent else 'SURVIVED  '} {mutant.file}:{mutant.line}\n"
                  f"    - {mutant.before.strip()}\n    + {mutant.after.strip()}", flush=True)
    print(f"{name}: {outcomes['failed']} noticed, {outcomes['timed out']} by time-out, "
          f"{outcomes['sanitizer']} under a sanitizer, "
          f"{outcomes['survived'] - survivors} equivalent, {survivors} survived of "
          f"{sum(outcomes.values()) - outcomes['not built']} "
          f"mutants ({outcomes['not built']} more did not compile, {len(chosen)} are possible)", flush=True)
    return survivors


def run(options, folder):
    known = known_equivalents(KNOWN.read_text(encoding="utf-8") if KNOWN.exists() else "", TOP)
    # All copies first, so that they are of the same tree whatever is done to it meanwhile.
    copies = [Copy(TOP, folder / str(number)) for number in range(options.workers)]
    sanitized = [(Copy(TOP, folder / name, f"-DNEGOSSP_SANITIZE={sanitizers}"), lines)
                 for name, (sanitizers, lines) in SANITIZERS.items()]
    measured = Copy(TOP, folder / "measured", "-DNEGOSSP_COVERAGE=ON")
    tests_of = covering(measured, measured.hermetic_tests())
    every = list(mutants(measured.top, [where for where in tests_of if where[0].startswith(options.only)]))
    groups = {f"seed {seed}": shuffled(every, seed) for seed in options.seed}
    count = options.count
    if options.again:
        groups = {"again": survivors_of(options.again.read_text(encoding="utf-8"), every)}
        count = len(groups["again"])
    return 1 if sum([survivors_among(chosen, name, count, copies, sanitized, tests_of, known)
                     for name, chosen in groups.items()]) else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", nargs="+", default=[], help="hexadecimal")
    what.add_argument("--again", type=pathlib.Path, metavar="FILE", help="what a run printed")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--only", default="", help="what the file's path below the tree's top begins with")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="negossp-mutate-") as folder:
        return run(options, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
