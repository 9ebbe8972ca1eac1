# SPDX-License-Identifier: Apache-2.0
"""Real logons by Kerberos, asserted: test_programs.py MODULE FOLDER. Logs and captures are left in FOLDER."""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
for part in ("support", "e2e"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / part))

# pylint: disable=wrong-import-position
import check
import kdc
import logon
import program_lab
import program_tests
import sandbox

SKIPPED = 77


def main():
    module, keep = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    reason = None if sandbox.MARK in sandbox.os.environ else logon.missing() or kdc.missing() or sandbox.why_not()
    if reason:
        check.skip_all(program_tests, reason)
        return SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-kerberos-") as work:
        etc = sandbox.Etc(work)
        with open("/etc/hosts", "a", encoding="ascii") as hosts:  # the sandbox's own
            hosts.write(program_lab.HOSTS)
        logons = logon.Lab(etc, work, module, keep)
        with program_lab.Realm(work, logons.password) as realm:
            return 1 if check.run_all(program_tests, program_lab.Lab(logons, realm, etc, "kerberos")) else 0


sys.exit(main())
