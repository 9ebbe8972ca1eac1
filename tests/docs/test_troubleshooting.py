# SPDX-License-Identifier: Apache-2.0
"""docs/troubleshooting.md, row by row: test_troubleshooting.py SUITE MODULE REGISTER SAM MACHINE.

SUITE is `here`, or one of tests/lab's root folders. Each fault is made with the FreeRDP of that place; the page is what it is
compared with. MACHINE is machine.c, built."""

import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / folder) for folder in ("support", "e2e", "lab", "kerberos", "interop")]

# pylint: disable=wrong-import-position
import check
import kdc
import logon
import roots
import sandbox
import trouble_lab
import troubles

HERE = "here"


def _place(suite, work):
    etc = sandbox.Etc(work)
    if suite == HERE:
        return trouble_lab.Place(etc, "/etc")
    root = roots.Root(suite)
    root.share_desktop(work)
    return trouble_lab.Place(root, root.path / "etc")


def _leave_out(suite):
    """Takes away the tests that the suite has no programs for; the rows that they are of."""
    names = [name for name, test in check.tests_of(troubles) if hasattr(test, "row") and suite != HERE]
    return {vars(troubles).pop(name).row for name in names}


def main():
    suite, (module, register, accounts, machine) = sys.argv[1], [pathlib.Path(path).resolve() for path in sys.argv[2:]]
    elsewhere = _leave_out(suite)
    # Files that root cannot read, and mounts, are part of it.
    reason = roots.why_not() or logon.missing() or kdc.missing() or sandbox.why_not()
    if reason:
        check.skip_all(troubles, reason)
        return roots.SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-docs-") as work:
        work = pathlib.Path(work)
        work.chmod(0o755)
        for file, name in ((module, "negossp.so"), (register, "negossp-register"), (machine, "machine.so")):
            shutil.copy(file, work / name)
        with trouble_lab.Lab(_place(suite, work), work, work / "negossp.so", accounts, elsewhere) as lab:
            return 1 if check.run_all(troubles, lab) else 0


sys.exit(main())
