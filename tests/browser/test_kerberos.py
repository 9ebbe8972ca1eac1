# SPDX-License-Identifier: Apache-2.0
"""IronRDP's web client by Kerberos, asserted: test_kerberos.py MODULE FOLDER SUITE,... Logs, captures and pictures are left
in FOLDER, and the npm packages below it. Servers are those of the suites' root folders, as root alone can have them."""

import contextlib
import sys

import browser_lab  # first: it says where the others are
import heimdal
import kerberos_tests
import roots
from peers_lab import USER

SUITES = sys.argv[3].split(",")


def _fetch():
    heimdal.fetch()
    for suite in SUITES:
        roots.folder_of(suite)


@contextlib.contextmanager
def _equip(lab):
    lab.module = roots.copy_of(lab.module, lab.work)
    lab.roots = {suite: roots.Root(suite) for suite in SUITES}
    for root in lab.roots.values():
        root.share_desktop(lab.work)
        (root.path / "etc/hosts").write_text("127.0.0.1 localhost\n", encoding="ascii")
    with heimdal.Heimdal(heimdal.fetch(), lab.work / "kdc") as lab.kdc:
        lab.kdc.add_user(USER, lab.password)
        lab.keytab = lab.kdc.add_computer("localhost", "TERMSRV/localhost", "keytab")
        yield


sys.exit(browser_lab.main(kerberos_tests.tests(SUITES), _fetch, equip=_equip))
