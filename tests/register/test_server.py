# SPDX-License-Identifier: Apache-2.0
"""negossp-register and a real server: test_server.py COMMAND MODULE FOLDER [--root DIR].

Logs are left in FOLDER. With --root it is the FreeRDP below DIR, a Debian's root folder for example; the
MODULE must be one that it can load."""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "support"), str(TESTS / "e2e")]

# pylint: disable=wrong-import-position
import check
import sandbox
import server
import server_tests

SKIPPED = 77


def why_not(root):
    """Why this machine cannot do it, or None."""
    missing = [name for name in ("Xvfb", "mount", "stdbuf") if shutil.which(name) is None]
    if server.server_in(root) is None:
        missing.append(server.SERVERS[0])
    return f"not installed: {' '.join(missing)}" if missing else sandbox.why_not()


def main():
    parser = argparse.ArgumentParser()
    for name in ("command", "module", "folder"):
        parser.add_argument(name, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--root", type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    if sandbox.MARK not in os.environ:
        reason = why_not(options.root)
        if reason:
            check.skip_all(server_tests, reason)
            return SKIPPED
    sandbox.enter()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="negossp-register-") as work:
        lab = server.Lab(work, options.command, options.module, options.folder, options.root)
        return 1 if check.run_all(server_tests, lab) else 0


sys.exit(main())
