# SPDX-License-Identifier: Apache-2.0
"""Logons by Kerberos in other releases: test_kerberos.py SUITE,... MODULE FOLDER.

Real clients and servers of the root folders, and a KDC of this machine on the loopback that they share. The
tests are those of tests/kerberos. Logs and captures are left in FOLDER."""

import pathlib
import sys
import tempfile
import types

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / part) for part in ("support", "e2e", "kerberos")]

# pylint: disable=wrong-import-position
import check
import kdc
import logon
import program_lab
import program_tests
import roots
import sandbox

def _tests(suites):
    def in_root(suite, test):
        return lambda labs: test(labs[suite])

    return types.SimpleNamespace(**{
        name.replace("test_programs", f"test_{suite.replace('-', '_')}"): in_root(suite, test)
        for suite in suites for name, test in check.tests_of(program_tests)
        if not name.endswith("for_comparison")})


def _root(suite, work):
    root = roots.Root(suite)
    root.share_desktop(work)
    (root.path / "etc/hosts").write_text(program_lab.HOSTS, encoding="ascii")
    return root


def main():
    suites = sys.argv[1].split(",")
    module, keep = (pathlib.Path(argument).resolve() for argument in sys.argv[2:4])
    tests = _tests(suites)
    reason = roots.why_not() or logon.missing() or kdc.missing() or sandbox.why_not()
    if reason:
        check.skip_all(tests, reason)
        return roots.SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-lab-") as work:
        logons = logon.Lab(sandbox.Etc(work), work, roots.copy_of(module, work), keep)
        with program_lab.Realm(work, logons.password) as realm:
            labs = {suite: program_lab.Lab(logons, realm, _root(suite, work), suite) for suite in suites}
            return 1 if check.run_all(tests, labs) else 0


sys.exit(main())
