# SPDX-License-Identifier: Apache-2.0
"""Real logons, asserted: test_logons.py MODULE FOLDER. Logs and captures are left in FOLDER."""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
import logon
import logon_tests
import sandbox

SKIPPED = 77


def main():
    module, keep = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if sandbox.MARK not in sandbox.os.environ:
        reason = logon.missing() or sandbox.why_not()
        if reason:
            check.skip_all(logon_tests, reason)
            return SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-e2e-") as work:
        lab = logon.Lab(sandbox.Etc(work), work, module, keep, pathlib.Path(module).with_name("negossp-sam"))
        return 1 if check.run_all(logon_tests, lab) else 0


sys.exit(main())
