# SPDX-License-Identifier: Apache-2.0
"""negossp-register and a root folder's stock server: test_register.py SUITE COMMAND MODULE FOLDER.

The tests are those of tests/register, which know how to work on a root."""

import os
import pathlib
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "support"), str(_TESTS / "e2e"), str(_TESTS / "register")]

# pylint: disable=wrong-import-position
import check
import roots
import server_tests


def main():
    reason = roots.why_not()
    if reason:
        check.skip_all(server_tests, reason)
        return roots.SKIPPED
    suite, command, module, keep = sys.argv[1:]
    test = [sys.executable, "-B", str(_TESTS / "register/test_server.py"), command, module, keep,
            "--root", str(roots.folder_of(suite))]
    os.execv(test[0], test)


sys.exit(main())
