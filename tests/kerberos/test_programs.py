# SPDX-License-Identifier: Apache-2.0
"""Real logons by Kerberos, asserted: test_programs.py MODULE FOLDER. Logs and captures are left in FOLDER."""

import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
for part in ("support", "e2e"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / part))

# pylint: disable=wrong-import-position
import check
import kdc
import logon
import program_tests
import sandbox

SKIPPED = 77
PROGRAMS = ("Xvfb", "xsetroot", "xclock", "import", "convert", "dumpcap", "tshark", "winpr-hash3",
            "freerdp-shadow-cli3", "xfreerdp3", "mount")


def why_not():
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"not installed: {' '.join(missing)}" if missing else kdc.missing() or sandbox.why_not()


def main():
    module, keep = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    reason = None if sandbox.MARK in sandbox.os.environ else why_not()
    if reason:
        check.skip_all(program_tests, reason)
        return SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-kerberos-") as work:
        etc = sandbox.Etc(work)
        with open("/etc/hosts", "a", encoding="ascii") as hosts:  # the sandbox's own
            hosts.write("127.0.0.1 u2u.negossp.test\n")
        lab = logon.Lab(etc, work, module, keep)
        folder = pathlib.Path(work, "kdc")
        folder.mkdir()
        with kdc.Kdc(folder) as lab.kdc:
            lab.kdc.add_user(logon.USER, lab.password)
            lab.kdc.add_service("TERMSRV/localhost", "keytab")
            lab.kdc.add_service("TERMSRV/u2u.negossp.test", "u2u-keytab", "-allow_svr")
            lab.kdc.ticket(logon.USER, lab.password)
            return 1 if check.run_all(program_tests, lab) else 0


sys.exit(main())
