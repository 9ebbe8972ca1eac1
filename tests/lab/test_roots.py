# SPDX-License-Identifier: Apache-2.0
"""The root folders are made, once, and left with nothing mounted."""

import os
import pathlib
import shutil
import sys
import time
import types

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "support"), str(_TESTS / "e2e")]

# pylint: disable=wrong-import-position
import check
import programs
import roots


class Lab:
    """The folders of all suites, made side by side."""

    def __init__(self):
        began = time.monotonic()
        making = {suite: roots.start_making(suite) for suite in (*roots.SUITES, *roots.ON_TOP)}
        self.folders, self.complaints = {}, {}
        for suite, process in making.items():
            out, complaint = process.communicate(timeout=900)
            if process.returncode == 0:
                self.folders[suite] = pathlib.Path(out.strip())
            else:
                self.complaints[suite] = complaint
        print(f"the root folders took {time.monotonic() - began:.0f} s", flush=True)


def _root_is_made(suite, lab):
    check.equal(lab.complaints.get(suite), None, "what root.sh said")
    folder = lab.folders[suite]
    for name in ("xfreerdp", "freerdp-shadow-cli", "winpr-hash"):
        check.true(programs.freerdp(name, folder), f"{suite} has {name}")
    more = [f"bin/{roots.ON_TOP[suite]}"] if suite in roots.ON_TOP else []
    for name in ("bin/cmake", "bin/gcc", "bin/kinit", "sbin/krb5kdc", *more):
        # Some are links to what is there inside of the root alone.
        check.true(os.path.lexists(folder / "usr" / name), f"{suite} has {name}")


def _root_is_made_once(lab):
    for suite, folder in lab.folders.items():
        before = folder.stat().st_ino
        check.equal(roots.folder_of(suite), folder, "the folder")
        check.equal(folder.stat().st_ino, before, "the folder is the one that was there")


def _nothing_is_mounted(lab):
    for suite, folder in lab.folders.items():
        check.equal(roots.mounts_below(folder), [], "what is mounted")
        check.equal([path.name for path in folder.parent.iterdir() if path.name.startswith(".new-")], [],
                    "what is left of the making")


def _tests():
    named = {f"test_{suite.replace('-', '_')}_root_is_made": lambda lab, suite=suite: _root_is_made(suite, lab)
             for suite in (*roots.SUITES, *roots.ON_TOP)}
    return types.SimpleNamespace(**named, test_roots_are_made_once=_root_is_made_once,
                                 test_roots_have_nothing_mounted=_nothing_is_mounted)


def main():
    reason = roots.why_not() or (None if shutil.which("debootstrap") else "not installed: debootstrap")
    if reason:
        check.skip_all(_tests(), reason)
        return roots.SKIPPED
    return 1 if check.run_all(_tests(), Lab()) else 0


sys.exit(main())
