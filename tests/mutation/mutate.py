#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Changes one thing at a time, by chance but the same for a seed, and lists what no hermetic test notices.

    tests/mutation/mutate.py --seed HEX [--count 60] [--only winpr-glue/] [--workers 2]

Only lines that run hermetically are changed (tests/coverage.sh is run first where its data is missing): an
operator, a constant, a condition, a call or a check that is taken out. The change is made in a copy of the
tree, never in the tree itself. A mutant that does not compile is none, and another is taken for it. The exit
code is 1 when one survives that tests/mutation/equivalent.txt does not know, with the reason why it changes
nothing that anybody could see.
"""

import argparse
import concurrent.futures
import pathlib
import queue
import random
import re
import shutil
import subprocess
import sys
import tempfile
import typing

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tests/support"))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import coverage

PARTS = ("module/", "winpr-glue/")
KNOWN = pathlib.Path(__file__).with_name("equivalent.txt")
# The programs that notice most of what is wrong in a folder, tried first.
FIRST = (("module/base/", "^unit_"), ("module/ntlm/", "^unit_ntlm"), ("module/spnego/", "^unit_spnego"),
         ("module/credssp/", "^unit_ts"), ("module/", "^unit_spnego"), ("winpr-glue/register/", "^register_"),
         ("winpr-glue/kerberos/", "^glue_"), ("winpr-glue/config/", "^glue_"), ("winpr-glue/", "^(glue|sspi)_"))
BUILD_SECONDS, TEST_SECONDS = 300, 240

# What stands in a line, and what takes its place.
SWAPS = ((r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
         (r" && ", " || "), (r" \|\| ", " && "), (r" \+ ", " - "), (r" - ", " + "), (r" \+= ", " -= "), (r" & ", " | "),
         (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"\bNULL\b(?= *[:;)])", "(void*)1"))
NUMBER = re.compile(r"(?<![\w.\"'])(0x[0-9A-Fa-f]+|0|[1-9]\d*)([uUlL]*)\b")
STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
CALL = re.compile(r"^\s*(?:\(void\))?[a-z]\w*\([^;]*\);\s*(?:/\*.*\*/\s*)?$")
CHECK = re.compile(r"^(\s*)REQUIRE\(")
TRIED = re.compile(r"^(\s*)TRY\((.*)\);\s*$")
CONDITION = re.compile(r"^(\s*(?:else )?(?:if|while) \()(.*)(\))\s*$")


class Mutant(typing.NamedTuple):
    file: str
    line: int  # from 1
    before: str
    after: str

    def known_as(self):
        return f"{self.file} | {self.before.strip()} | {self.after.strip()}"


def _changes(line):
    """What could become of a line of code."""
    code = line.split("/*")[0].split("//")[0]
    if code.lstrip().startswith(("#", "*", "static const", "typedef", "case ")):
        return
    hidden = STRING.sub(lambda text: "\0" * len(text[0]), code)
    for pattern, other in SWAPS:
        for found in re.finditer(pattern, hidden):
            yield line[: found.start()] + other + line[found.end():]
    for found in NUMBER.finditer(hidden):
        yield f"{line[: found.start()]}{int(found[1], 0) + 1}{found[2]}{line[found.end():]}"
    if CALL.match(hidden) and not hidden.lstrip().startswith(("return", "REQUIRE", "TRY")):
        yield re.match(r"\s*", line)[0] + ";"
    if found := CHECK.match(hidden):
        yield f"{found[1]}REQUIRE(1 || {line[found.end():]}"
    if found := TRIED.match(hidden):
        yield f"{found[1]}if ({line[found.start(2):found.end(2)]}) {{}}"
    if found := CONDITION.match(hidden):
        yield f"{found[1]}!({line[found.start(2):found.end(2)]})){line[found.end(3):]}"


def candidates(only):
    runs = coverage.lines_run(TOP / "build-coverage", TOP)
    for file in sorted(runs):
        if not file.startswith(PARTS) or not file.startswith(only):
            continue
        lines = (TOP / file).read_text(encoding="utf-8").split("\n")
        for number in sorted(number for number, times in runs[file].items() if times > 0):
            for after in _changes(lines[number - 1]):
                if after != lines[number - 1]:
                    yield Mutant(file, number, lines[number - 1], after)


class Copy:
    """A tree and a build of its own."""

    def __init__(self, folder):
        self.top = pathlib.Path(folder)
        names = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True).stdout
        for name in filter(None, names.decode().split("\0")):
            if (TOP / name).is_file():
                (self.top / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(TOP / name, self.top / name)
        self._run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug"], BUILD_SECONDS)
        if self._run(["cmake", "--build", "build"], 900) != 0:
            raise RuntimeError(f"the tree does not build; see {self.top}/build")

    def _run(self, command, seconds):
        try:
            return subprocess.run(command, cwd=self.top, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=seconds, check=False).returncode
        except subprocess.TimeoutExpired:
            return 1

    def _tests_pass(self, *which):
        # The rules of the house look at the text, and would call any change of it one.
        return self._run(["ctest", "--test-dir", "build", *which, "-L", "^hermetic$", "-E", "^(layout|mutation)", "--timeout",
                          "60", "--stop-on-failure"], TEST_SECONDS) == 0

    def try_out(self, mutant):
        """"survived", "noticed", or "no mutant"."""
        path = self.top / mutant.file
        kept = path.read_text(encoding="utf-8")
        lines = kept.split("\n")
        lines[mutant.line - 1] = mutant.after
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            if self._run(["cmake", "--build", "build"], BUILD_SECONDS) != 0:
                return "no mutant"
            first = next(pattern for folder, pattern in FIRST if mutant.file.startswith(folder))
            return "survived" if self._tests_pass("-R", first) and self._tests_pass() else "noticed"
        finally:
            path.write_text(kept, encoding="utf-8")


def known_equivalents():
    lines = KNOWN.read_text(encoding="utf-8").splitlines() if KNOWN.exists() else []
    return {line.rsplit(" | ", 1)[0] for line in lines if line and not line.startswith("#")}


def run(options, folder):
    chosen = list(candidates(options.only))
    random.Random(int(options.seed, 16)).shuffle(chosen)
    waiting, copies = iter(chosen), queue.Queue()
    for number in range(options.workers):
        copies.put(Copy(pathlib.Path(folder) / str(number)))

    def one(_):
        copy = copies.get()
        try:
            while True:
                mutant = next(waiting)
                outcome = copy.try_out(mutant)
                if outcome != "no mutant":
                    return mutant, outcome
        finally:
            copies.put(copy)

    known, survivors, noticed = known_equivalents(), [], 0
    with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
        for mutant, outcome in pool.map(one, range(min(options.count, len(chosen)))):
            noticed += outcome == "noticed"
            if outcome == "survived":
                equivalent = mutant.known_as() in known
                survivors += [] if equivalent else [mutant]
                print(f"{'equivalent' if equivalent else 'SURVIVED  '} {mutant.file}:{mutant.line}\n"
                      f"    - {mutant.before.strip()}\n    + {mutant.after.strip()}", flush=True)
    print(f"seed {options.seed}: {noticed} noticed, {len(survivors)} survived of {min(options.count, len(chosen))} "
          f"mutants of {len(chosen)} possible changes")
    return 1 if survivors else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if not any((TOP / "build-coverage").rglob("*.gcda")):
        subprocess.run(["bash", TOP / "tests/coverage.sh"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="negossp-mutate-") as folder:
        return run(options, folder)


if __name__ == "__main__":
    sys.exit(main())
