# SPDX-License-Identifier: Apache-2.0
"""negossp-register with each call that can fail made to fail, one after the other, killed at each, and with each
that reads or writes doing half: test_faults.py COMMAND IMPORTER STUB SHIM [ASAN] (command_lab.py, fault_calls.c).
ASAN: the runtime of AddressSanitizer, which the command was built with. It has allocations for itself, and is told nothing by
a kill."""

import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from command_lab import DONE, HAND_WRITTEN, NOT_READABLE, Root, run_tests

ASAN = sys.argv[5] if len(sys.argv) > 5 else None
PRELOAD = f"{ASAN}:{sys.argv[4]}" if ASAN else sys.argv[4]
KILLED = -9
# What is done to a call, and how many of them a run has at least; there are about twice as many.
FAILS, KILLS, CUTS = {}, {"FAULT_KILL": "1"}, {"FAULT_SHORT": "1"}
WAYS = [(FAILS, 40), (CUTS, 1)] if ASAN else [(FAILS, 40), (KILLS, 40), (CUTS, 1)]


class Faulty:
    """A root that begins as another does each time."""

    def __init__(self, lab, version, content):
        self._root = Root(lab)
        if version != "3.10.3":
            self._root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", version)
        self.etc = self._root.path / "etc"
        self.file = self._root.registry if version == "3.10.3" else self.etc / "FreeRDP/credssp.json"
        self._content, self._kept = content, self._root.path / "kept"
        self.begin()

    def begin(self):
        shutil.rmtree(self.etc, ignore_errors=True)
        if self._content is not None:
            self.file.parent.mkdir(parents=True)
            self.file.write_bytes(self._content)

    def run(self, action, **fault):
        env = {"LD_LIBRARY_PATH": str(self._root.path / "lib")}
        if fault:
            env |= {"LD_PRELOAD": PRELOAD, **fault}
        return subprocess.run([str(self._root.command), "--module", self._root.module, action], capture_output=True,
                              text=True, errors="replace", timeout=60, check=False, env=env)

    def count(self, action, **fault):
        counted = self._root.path / "count"
        run = self.run(action, FAULT_COUNT=str(counted), **fault)
        check.equal(run.returncode, DONE, f"exit code of {action} ({run.stdout}{run.stderr})")
        return int(counted.read_text(encoding="ascii"))

    def content(self):
        return self.file.read_bytes() if self.file.exists() else None

    def others(self):
        """What lies beside it."""
        return sorted(str(path.relative_to(self.etc)) for path in self.etc.rglob("*")
                      if path.is_file() and path != self.file) if self.etc.exists() else []


def _each(lab, version, content):
    faulty = Faulty(lab, version, content)
    tried = 0
    for action in ("register", "unregister"):
        before = content
        if action == "unregister":
            faulty.begin()
            check.equal(faulty.run("register").returncode, DONE, "exit code of register")
            before = faulty.content()
        faulty.run(action)
        after = faulty.content()

        def again():
            faulty.begin()
            if action == "unregister":
                faulty.run("register")
            check.equal(faulty.content(), before, "what there was")

        for way, at_least in WAYS:
            again()
            calls = faulty.count(action, **way)
            check.true(calls >= at_least, f"{calls} calls")
            for at in range(1, calls + 1):
                again()
                run = faulty.run(action, FAULT_AT=str(at), **way)
                what = f"{action}, call {at} of {calls} {' '.join(way)}: {run.returncode} {run.stdout}{run.stderr}"
                found = faulty.content()
                check.true(found in (before, after), f"the file is half changed: {what}\n{found}")
                if way is KILLS:
                    check.equal(run.returncode, KILLED, what)
                elif way is CUTS:
                    check.equal((run.returncode, found), (DONE, after), what)
                else:
                    check.true(0 <= run.returncode <= NOT_READABLE, what)
                    if run.returncode == DONE:
                        check.equal(found, after, what)
                    else:
                        check.true(run.stderr + run.stdout != "", f"it says why: {what}")
                # Whoever runs it once more has what was wanted, and nothing else lies there.
                run = faulty.run(action)
                check.equal(run.returncode, DONE, f"exit code of the next run ({run.stdout}{run.stderr}) after {what}")
                check.equal(faulty.content(), after, f"the file after the next run, after {what}")
                check.equal(faulty.others(), [], f"what lies beside it after {what}")
                tried += 1
    print(f"{tried} calls made to fail, to be the last, or to do half", flush=True)


def test_faults_in_a_registry_file_that_is_there(lab):
    _each(lab, "3.10.3", HAND_WRITTEN)


def test_faults_in_a_registry_file_that_is_made(lab):
    _each(lab, "3.10.3", None)


def test_faults_in_json(lab):
    _each(lab, "3.33.1", b'{ "Other": [1, 2] }\n')


sys.exit(run_tests(sys.modules["__main__"]))
