# SPDX-License-Identifier: Apache-2.0
"""Logons by Kerberos between real programs: a realm with the account of e2e's logons, and where the programs run."""

import dataclasses
import pathlib
import re
import subprocess

import kdc
import logon

HOSTS = "127.0.0.1 localhost u2u.negossp.test alias.negossp.test\n"


class Realm(kdc.Kdc):
    """USER with a ticket, a service on localhost, and one that gives out no service tickets."""

    def __init__(self, work, password):
        folder = pathlib.Path(work, "kdc")
        folder.mkdir()
        super().__init__(folder)
        self._password = password

    def __enter__(self):
        super().__enter__()
        self.add_user(logon.USER, self._password)
        self.add_service("TERMSRV/localhost", "keytab")
        self.add_service("TERMSRV/u2u.negossp.test", "u2u-keytab", "-allow_svr")
        self.ticket(logon.USER, self._password)
        return self


class Lab:
    """Both programs run in `place`, as sandbox.Etc; its name is in those of the logs."""

    def __init__(self, logons, realm, place, name):
        self._logons, self.kdc, self._place, self._name = logons, realm, place, name
        said = subprocess.run([*place.prefix, place.program("xfreerdp"), "/version"], timeout=20, capture_output=True,
                              text=True, check=False).stdout
        self._release = tuple(map(int, re.search(r"version (\d+)\.(\d+)\.", said).groups()))
        self._seen = {}

    def stock_answers_user_to_user(self):
        """With the keytabs made here: 3.15 and 3.16 answer as Active Directory alone has it."""
        return not (3, 15) <= self._release < (3, 17)

    def answers_user_to_user(self):
        """Ours, which lets WinPR answer where it survives every name."""
        return self.stock_answers_user_to_user() and self._release >= (3, 13)

    def outcomes(self):
        """Of all that was run."""
        return list(self._seen.values())

    def once(self, wanted):
        """Each logon is run once, and looked at by several tests."""
        if wanted.name not in self._seen:
            self._seen[wanted.name] = self._logons.run(dataclasses.replace(
                wanted, name=f"{self._name}-{wanted.name}", client_place=self._place, server_place=self._place))
        return self._seen[wanted.name]
