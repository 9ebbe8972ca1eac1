# SPDX-License-Identifier: Apache-2.0
"""Breaks the sources in named ways and requires a test to fail for each: neither a crash nor a hang is enough.

A mutant is the one changed file, compiled as the build compiled it, and the test programs linked with
it before the archives. How they are linked is in a plan of CMake's: see named.cmake.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import types
import typing

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

FAILED_TEST = re.compile(r"^\[  FAILED  \] (test_\w+)", re.MULTILINE)
CRASH = "Test failed with exception"  # which CMocka has caught
MOST_SECONDS = 60  # of one program


class Finding(typing.NamedTuple):
    words: str
    failed: bool  # tests, by what they look at


def _list(text):
    return [item for item in text.split(";") if item]


def _run(command, folder, what):
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False,
                         timeout=MOST_SECONDS)
    check.true(run.returncode == 0, f"{what} builds:\n{run.stderr[-2000:]}")


class Lab:
    """The build's own way of compiling and linking, aimed at a temporary folder."""

    def __init__(self, plan, folder):
        self.folder = pathlib.Path(folder)
        self.sources = pathlib.Path(plan["sources"])
        self.programs = plan["programs"]
        self.commands = json.loads(pathlib.Path(plan["commands"]).read_text(encoding="utf-8"))
        self.link = [*shlex.split(plan["compiler"]), *shlex.split(plan["flags"]), *_list(plan["options"])]
        self.libraries = _list(plan["libraries"])
        self.linked_into = {}
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1))

    def text(self, file):
        return (self.sources / file).read_text(encoding="utf-8")

    def _compile(self, file, text):
        """The object of the file with this text."""
        source = self.folder / pathlib.PurePath(file).name
        target = source.with_suffix(".o")
        source.write_text(text, encoding="utf-8")
        entry = next((entry for entry in self.commands
                      if pathlib.Path(entry["directory"], entry["file"]) == self.sources / file), None)
        check.true(entry is not None, f"{file} is in compile_commands.json")
        words = shlex.split(entry["command"])
        words[words.index("-o") + 1] = str(target)
        # What a mutation leaves unused is no matter.
        words = [str(source) if word == entry["file"] else word for word in words] + ["-w"]
        _run(words, entry["directory"], f"the mutant of {file}")
        return target

    def _build(self, name, *targets):
        how, program = self.programs[name], self.folder / name
        _run([*self.link, *_list(how["options"]), *_list(how["objects"]), *targets, *self.libraries,
              "-o", str(program)], self.folder, name)
        return program

    def _holds(self, name, symbol):
        return symbol.encode() in self._build(name).read_bytes()

    def _programs_with(self, file):
        """Those that the file is linked into at all: the others cannot notice anything."""
        if file in self.linked_into:
            return self.linked_into[file]
        path = pathlib.PurePath(file)
        protocol = path.parent.name
        symbol = f"{protocol}_{path.stem}"
        names = sorted(name for name in self.programs if name.startswith(f"unit_{protocol}_")) or list(self.programs)
        holds = self.pool.map(lambda name: self._holds(name, symbol), names)
        found = [name for name, it_does in zip(names, holds) if it_does]
        self.linked_into[file] = found or names  # a stripped program names nothing
        return self.linked_into[file]

    def _try(self, name, target):
        """What the program found with this object in it, or None."""
        program = self._build(name, str(target))
        try:
            run = subprocess.run([str(program)], cwd=self.folder, capture_output=True, text=True, errors="replace",
                                 check=False, timeout=MOST_SECONDS,
                                 env={**os.environ, "GCOV_PREFIX": str(self.folder)})
        except subprocess.TimeoutExpired:
            return Finding("did not end", False)
        if run.returncode == 0:
            return None
        # CMocka lists them again in the end.
        failed = ", ".join(dict.fromkeys(FAILED_TEST.findall(run.stdout)))
        if CRASH in run.stdout + run.stderr:
            return Finding(f"crashed: {failed}", False)
        return Finding(failed or f"ended with {run.returncode}", bool(failed))

    def noticed(self, file, text):
        """Program by program, what failed when the file had this text."""
        target = self._compile(file, text)
        findings = self.pool.map(lambda name: (name, self._try(name, target)), self._programs_with(file))
        return {name: finding for name, finding in findings if finding is not None}


def none_passes(mutations):
    def test(lab):
        check.true(lab.programs, "there are programs")
        for file in sorted({mutation.file for mutation in mutations}):
            check.equal(lab.noticed(file, lab.text(file)), {}, f"failures with {file} as it is")
    return test


def is_noticed(mutation):
    def test(lab):
        text = lab.text(mutation.file)
        check.equal(text.count(mutation.search), 1, f"times that {mutation.file} holds the text to be broken")
        noticed = lab.noticed(mutation.file, text.replace(mutation.search, mutation.replace))
        failed = any(finding.failed for finding in noticed.values())
        check.true(failed, f"a test fails for this: {mutation.what} ({noticed})")
        print(f"  {mutation.what}; noticed by")
        for program, finding in noticed.items():
            print(f"    {program}: {finding.words}")
    return test


def main(mutations, plan):
    tests = types.SimpleNamespace(test_mutation_none_passes=none_passes(mutations))
    for mutation in mutations:
        setattr(tests, f"test_mutation_{mutation.name}_is_noticed", is_noticed(mutation))
    with tempfile.TemporaryDirectory(prefix="negossp-mutation-") as folder:
        return 1 if check.run_all(tests, Lab(json.loads(pathlib.Path(plan).read_text(encoding="utf-8")), folder)) else 0
