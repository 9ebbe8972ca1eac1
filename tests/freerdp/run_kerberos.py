#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs test_kerberos.c, or tests/kerberos/test_credssp.c, with a KDC of its own in one temporary folder: run_kerberos.py PROGRAM"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "support"))

import kdc  # pylint: disable=wrong-import-position

SKIPPED = 77
SECONDS = 100
# As in test_kerberos.c.
USER, PASSWORD, SERVICE = "heidi", "Three-Heads-13", "TERMSRV/localhost"


def main():
    reason = kdc.missing()
    if reason:
        subprocess.run([sys.argv[1], reason], timeout=SECONDS, check=True)
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="negossp-nla-kdc-") as folder, kdc.Kdc(folder) as own:
        own.add_user(USER, PASSWORD)
        keytab = own.add_service(SERVICE, "keytab")
        ticket = own.ticket(USER, PASSWORD)
        # What WinPR itself loses: the module calls it for Kerberos, so its stacks are the module's too.
        leaks = f"suppressions={TESTS / 'kerberos' / 'winpr-leaks.supp'}:print_suppressions=0"
        done = subprocess.run([sys.argv[1], own.config, ticket, keytab], env={**os.environ, "LSAN_OPTIONS": leaks},
                              timeout=SECONDS, check=False)  # fmt: skip
        if done.returncode != 0:
            print(f"exit code {done.returncode}; the KDC's log:\n{own.log()}", flush=True)
        return 1 if done.returncode else 0


sys.exit(main())
