# SPDX-License-Identifier: Apache-2.0
"""negossp-register with each call that can fail made to fail, one after the other, alone and with all that follow, killed
at each, and with each that reads or writes doing half: test_faults.py COMMAND IMPORTER STUB SHIM [ASAN] (command_lab.py, fault_calls.c).
ASAN: the runtime of AddressSanitizer, which the command was built with. It has allocations for itself, and is told nothing by
a kill."""

import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from command_lab import DONE, HALF_CHANGED, HAND_WRITTEN, NOT, NOT_READABLE, Root, run_tests

ASAN = sys.argv[5] if len(sys.argv) > 5 else None
PRELOAD = f"{ASAN}:{sys.argv[4]}" if ASAN else sys.argv[4]
KILLED = -9
# What is done to a call, and how many of them a run has at least; there are about twice as many.
FAILS, ALL_FAIL, KILLS, CUTS = {}, {"FAULT_ON": "1"}, {"FAULT_KILL": "1"}, {"FAULT_SHORT": "1"}
WAYS = {"it fails": (FAILS, 40), "it does half": (CUTS, 1)} | ({} if ASAN else {"it is the last": (KILLS, 40)})
# Of two files the first may have to be put back, which fails as well.
WAYS_OF_TWO = WAYS | {"all fail from there": (ALL_FAIL, 40)}
JSON = b'{ "Other": [1, 2] }\n'


class Faulty:
    """A root with one FreeRDP that reads a registry file, or also one, in a folder that is named, that reads JSON."""

    def __init__(self, lab, *contents):
        self._root = Root(lab)
        self.etc = self._root.path / "etc"
        self._files = [self._root.registry]
        self._folders = []
        if len(contents) > 1:
            self._folders = ["--libdir", self._root.add_freerdp("other", "etc/other/HKLM.reg", "3.33.1", "etc/other/credssp.json")]
            self._files.append(self.etc / "other/credssp.json")

    def begin(self, contents):
        shutil.rmtree(self.etc, ignore_errors=True)
        for file, content in zip(self._files, contents):
            if content is not None:
                file.parent.mkdir(parents=True)
                file.write_bytes(content)

    def run(self, action, **fault):
        env = {"LD_LIBRARY_PATH": str(self._root.path / "lib")}
        if fault:
            env |= {"LD_PRELOAD": PRELOAD, **fault}
        # Its child may live longer, and hold its lock: until all of them have closed the pipe.
        ends, held = os.pipe()
        run = subprocess.run([str(self._root.command), "--module", self._root.module, *self._folders, *action.split()], capture_output=True,
                             text=True, errors="replace", timeout=60, check=False, env=env, pass_fds=(held,))
        os.close(held)
        os.read(ends, 1)
        os.close(ends)
        return run

    def count(self, action, **fault):
        counted = self._root.path / "count"
        run = self.run(action, FAULT_COUNT=str(counted), **fault)
        check.equal(run.returncode, DONE, f"exit code of {action} ({run.stdout}{run.stderr})")
        return int(counted.read_text(encoding="ascii"))

    def contents(self):
        return [file.read_bytes() if file.exists() else None for file in self._files]

    def others(self):
        """What lies beside them."""
        return sorted(str(path.relative_to(self.etc)) for path in self.etc.rglob("*")
                      if path.is_file() and path not in self._files) if self.etc.exists() else []


def _judge(way, run, found, before, after, what):
    """Each file is the old or the new one, and what was said is true."""
    check.true(all(text in (old, new) for text, old, new in zip(found, before, after)), f"a file is half changed: {what}\n{found}")
    if way is KILLS:
        check.equal(run.returncode, KILLED, what)
    elif way is CUTS:
        check.equal((run.returncode, found), (DONE, after), what)
    else:
        check.true(0 <= run.returncode <= (HALF_CHANGED if way is ALL_FAIL else NOT_READABLE), what)
        if run.returncode != DONE:
            check.true(run.stderr + run.stdout != "", f"it says why: {what}")
        if run.returncode == HALF_CHANGED:
            check.true("cannot put back" in run.stderr, f"it says which: {what}")
        elif run.returncode == DONE:
            check.equal(found, after, what)
        elif run.returncode not in (NOT, NOT_READABLE):
            check.equal(found, before, f"nothing is changed: {what}")


def _each(lab, *contents):
    """How often there were files of both kinds, by what was done."""
    faulty, registered = Faulty(lab, *contents), None
    ways = WAYS_OF_TWO if len(contents) > 1 else WAYS
    tried, halves = 0, {way: 0 for way in ways}
    for action in ("register", "status --report", "unregister"):
        before = registered or list(contents)
        faulty.begin(before)
        check.equal(faulty.run(action).returncode, DONE, f"exit code of {action}")
        after = registered = faulty.contents()
        for name, (way, at_least) in ways.items():
            if action.startswith("status") and way is not FAILS:
                continue
            faulty.begin(before)
            calls = faulty.count(action, **way)
            check.true(calls >= at_least, f"{calls} calls")
            for at in range(1, calls + 1):
                faulty.begin(before)
                run = faulty.run(action, FAULT_AT=str(at), **way)
                what = f"{action}, call {at} of {calls}, {name}: {run.returncode} {run.stdout}{run.stderr}"
                found = faulty.contents()
                _judge(way, run, found, before, after, what)
                halves[name] += found not in (before, after)
                # Whoever runs it once more has what was wanted, and nothing else lies there.
                run = faulty.run(action)
                check.equal(run.returncode, DONE, f"exit code of the next run ({run.stdout}{run.stderr}) after {what}")
                check.equal(faulty.contents(), after, f"the files after the next run, after {what}")
                check.equal(faulty.others(), [], f"what lies beside them after {what}")
                tried += 1
    print(f"{tried} calls made to fail, alone or with all that follow, to be the last, or to do half", flush=True)
    return halves


def test_faults_in_a_registry_file_that_is_there(lab):
    _each(lab, HAND_WRITTEN)


def test_faults_in_a_registry_file_that_is_made(lab):
    _each(lab, None)


def test_faults_in_a_registry_file_and_json(lab):
    halves = _each(lab, HAND_WRITTEN, JSON)
    print(f"one file new and one old: {halves}")
    for name, count in halves.items():
        check.equal(count > 0, name in ("all fail from there", "it is the last"), f"one file new and one old when {name}")


sys.exit(run_tests(sys.modules["__main__"]))
