# SPDX-License-Identifier: Apache-2.0
"""What a test found out about a program that is not ours, for the table that tests/peers/table.py makes of a run. A test
says it last, when all that it asks for was so."""

import subprocess

BARE, SPNEGO = "bare NTLM", "NTLM in SPNEGO"
SPNEGO_AFTER_KERBEROS, USER_TO_USER = "NTLM in SPNEGO after Kerberos", "Kerberos user-to-user in SPNEGO"
RIGHT, WRONG = "right", "wrong"   # the password


def right(name, version, role, framing, verdict="logs on"):
    """`role` is the peer's, "client" or "server"; the module is the other."""
    _say(name, version, role, framing, RIGHT, verdict)


def wrong(name, version, role, framing, verdict="refused"):
    _say(name, version, role, framing, WRONG, verdict)


def _say(*fields):
    print("peer:", " | ".join(fields), flush=True)


def version_of(package):
    """Of a package of Debian's, as the authors of the program call it; empty where it is not installed."""
    whole = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                           check=False, timeout=20).stdout
    return whole.split(":")[-1].rsplit("-", 1)[0].split("+")[0]
