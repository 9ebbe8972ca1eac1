# SPDX-License-Identifier: Apache-2.0
"""Real logons by Kerberos, asserted: test_programs.py MODULE FOLDER. Logs and captures are left in FOLDER."""

import pathlib
import subprocess
import sys
import tempfile
import types

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


def _every_token_is_decoded(probe):
    def test(lab):
        files = [path for seen in lab.outcomes() for path in seen.tokens]
        text = "".join(path.read_text(encoding="ascii") for path in files)
        check.true(len(text.splitlines()) > 60, f"only {len(text.splitlines())} tokens")
        out = ""
        for path in files:
            done = subprocess.run([probe, "decode", path], capture_output=True, text=True, timeout=20, check=False)
            check.equal((done.returncode, done.stderr), (0, ""), f"exit code and complaints about {path}:\n{done.stdout}")
            out += done.stdout
        names = ("AP-REQ", "AP-REP", "TGT-REQ", "TGT-REP", "AUTHENTICATE")
        check.equal([name for name in names if name not in out], [], "kinds of messages that were not seen")
    return test


def main():
    module, keep = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    tests = types.SimpleNamespace(**dict(check.tests_of(program_tests)),
                                  test_programs_tokens_are_decoded=_every_token_is_decoded(module.with_name("negossp-probe")))
    reason = None if sandbox.MARK in sandbox.os.environ else logon.missing() or kdc.missing() or sandbox.why_not()
    if reason:
        check.skip_all(tests, reason)
        return SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-kerberos-") as work:
        etc = sandbox.Etc(work)
        with open("/etc/hosts", "a", encoding="ascii") as hosts:  # the sandbox's own
            hosts.write(program_lab.HOSTS)
        logons = logon.Lab(etc, work, module, keep)
        with program_lab.Realm(work, logons.password) as realm:
            return 1 if check.run_all(tests, program_lab.Lab(logons, realm, etc, "kerberos")) else 0


sys.exit(main())
