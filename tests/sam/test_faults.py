# SPDX-License-Identifier: Apache-2.0
"""negossp-sam with each call that can fail made to fail, one after the other, killed at each, and with each that reads
or writes doing half: test_faults.py COMMAND SHIM [ASAN] (../register/fault_calls.c and test_faults.py)."""

import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from sam_lab import DONE, line, NOT, NOT_CHANGED

COMMAND, SHIM = sys.argv[1:3]
ASAN = sys.argv[3] if len(sys.argv) > 3 else None
PRELOAD = f"{ASAN}:{SHIM}" if ASAN else SHIM
KILLED = -9
FAILS, KILLS, CUTS = {}, {"FAULT_KILL": "1"}, {"FAULT_SHORT": "1"}
WAYS = ((FAILS, 30), (CUTS, 1)) if ASAN else ((FAILS, 30), (KILLS, 20), (CUTS, 1))
BEFORE = b"# ours\n" + line("alice", "Password") + b"\n"


def _run(file, arguments, **fault):
    env = {"LD_PRELOAD": PRELOAD, **fault} if fault else {}
    return subprocess.run([COMMAND, "-f", str(file), *arguments], input=b"new\n", capture_output=True, timeout=60, check=False, env=env)


def _each(work, arguments, before, after):
    folder = pathlib.Path(tempfile.mkdtemp(dir=work))
    file, counted = folder / "d/SAM", folder / "count"
    tried = 0

    def begin():
        for path in (folder / "d").glob(".SAM*"):
            path.unlink()
        file.unlink(missing_ok=True)
        if before is not None:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(before)
            file.chmod(0o640)
        elif file.parent.exists():
            file.parent.rmdir()

    def content():
        return file.read_bytes() if file.exists() else None

    for way, at_least in WAYS:
        begin()
        check.equal(_run(file, arguments, FAULT_COUNT=str(counted), **way).returncode, DONE, "exit code when nothing fails")
        calls = int(counted.read_text(encoding="ascii"))
        check.true(calls >= at_least, f"{calls} calls")
        for at in range(1, calls + 1):
            begin()
            run = _run(file, arguments, FAULT_AT=str(at), **way)
            found = content()
            what = f"{arguments}, call {at} of {calls} {way}: {run.returncode} {run.stdout}{run.stderr}"
            check.true(found in (before, after), f"the file is half changed: {what}\n{found}")
            if way is KILLS:
                check.equal(run.returncode, KILLED, what)
            else:
                check.true(run.returncode in (DONE,) if way is CUTS else run.returncode in (DONE, NOT, NOT_CHANGED), what)
                check.true(run.returncode != DONE or found == after, what)
                # Where it did not say that it was done it is not, but for the last word.
                check.true(run.returncode == DONE or run.stdout + run.stderr != b"", f"it says why: {what}")
            mode = file.stat().st_mode & 0o777 if found is not None else None
            check.true(mode in (None, 0o600 if before is None else 0o640), f"mode {mode} after {what}")
            again = _run(file, arguments)
            check.true(again.returncode == DONE or (arguments[0] == "remove" and found == after), f"the next run: {again} after {what}")
            check.equal(content(), after, f"the file after the next run, after {what}")
            check.equal(sorted(path.name for path in file.parent.iterdir()), ["SAM"], f"what lies there after {what}")
            tried += 1
    print(f"{tried} calls made to fail, to be the last, or to do half", flush=True)


def test_faults_when_a_file_is_made(work):
    _each(work, ("add", "alice"), None, line("alice", "new") + b"\n")


def test_faults_when_a_password_is_changed(work):
    _each(work, ("add", "alice"), BEFORE, b"# ours\n" + line("alice", "new") + b"\n")


def test_faults_when_a_user_is_removed(work):
    _each(work, ("remove", "alice"), BEFORE, b"# ours\n")


with tempfile.TemporaryDirectory(prefix="negossp-sam-") as parent:
    FAILED = check.run_all(sys.modules["__main__"], parent)
sys.exit(1 if FAILED else 0)
