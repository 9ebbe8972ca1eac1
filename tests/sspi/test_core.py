# SPDX-License-Identifier: Apache-2.0
"""What is in a core: memory and registers, by gcore, of a process that has freed its contexts. test_core.py PROGRAM"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

LONGEST = 60


def _secrets(stream):
    """[(name, bytes)] as the program tells them, until it is ready."""
    told = []
    for line in stream:
        if line == "ready\n":
            return told
        digits, name = line.rstrip("\n").split(" ", 1)
        told.append((name, bytes.fromhex(digits)))
    raise check.Failed("the program ended before it was ready")


def _found(program, state):
    """{name: how often it is in the core}, of the exchange in a thread and of the other one."""
    if not shutil.which("gcore"):
        raise check.Skipped("there is no gcore here: install gdb")
    with tempfile.TemporaryDirectory(prefix="negossp-core-") as folder:
        with subprocess.Popen([program, state], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={"LD_BIND_NOW": "1"}) as process:
            told = _secrets(process.stdout)
            done = subprocess.run(["gcore", "-o", f"{folder}/core", str(process.pid)], capture_output=True, text=True,
                                  timeout=LONGEST, check=False)
            process.stdin.close()
            check.equal((process.wait(LONGEST), done.returncode), (0, 0), f"the program's end, and gcore's: {done.stderr}")
        core = pathlib.Path(folder, f"core.{process.pid}").read_bytes()
    check.true(core.startswith(b"\x7fELF") and len(core) > 1 << 20, f"a core of {len(core):,} bytes")
    print(f"{state}: {len(core):,} bytes, {len(told)} secrets looked for")
    half = len(told) // 2
    return [{name: core.count(secret) for name, secret in part} for part in (told[:half], told[half:])]


def test_core_of_a_process_that_has_freed_all_holds_no_secret(program):
    for found in _found(program, "freed"):
        check.equal({name: count for name, count in found.items() if count}, {}, "secrets in the core")


def test_core_of_an_open_exchange_holds_its_keys(program):
    # What there is no remedy for, and what shows that the search finds them.
    ended, there = _found(program, "open")
    print(f"open: {there}")
    for name in ("NTOWFv2", "ExportedSessionKey", "the initiator's signing key", "the acceptor's sealing key"):
        check.true(there[name] > 0, f"{name} is there")
    for name in ("the password", "the NT hash", "SessionBaseKey", "the hash's digits"):
        check.equal(there[name], 0, name)
    check.equal(ended["ExportedSessionKey"], 0, "the key of an exchange before it")


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], sys.argv[1]) else 0)
