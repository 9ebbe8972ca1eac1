#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What MIT's acceptor says when it refuses a ticket, and what our client makes of it.

Usage: test_errors.py SSPI_PIPE MODULE GSS_PEER [ONLY]; GSS_PEER is "none" where it could not be built.
"""
import pathlib
import sys
import time

for _part in ("interop", "support"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / _part))

# pylint: disable=wrong-import-position
import gss_end
import kdc
import krb_tokens
import peer
import report
from exchange import require_refusal
from world import SPN, from_arguments

gss = gss_end.GssPeer(sys.argv[3])


def acceptor(world, keytab, config=None):
    """MIT's, with that keytab."""
    return gss.kerberos_server(world.bench, {"KRB5_CONFIG": str(config or world.config),
                                             "KRB5_KTNAME": f"FILE:{keytab}", "KRB5RCACHENAME": "none:"})


def refusal_of(world, server, token):
    """The token with which MIT's acceptor refuses; and it holds a KRB-ERROR."""
    refusal = require_refusal(lambda: server.step(token))
    assert refusal.token, "MIT's acceptor says why"
    answer = krb_tokens.read(refusal.token)
    print("             answer:", answer, flush=True)
    assert (answer.state, answer.inner) == ("reject", "KRB-ERROR"), answer
    return refusal.token


def require_words(world, server, *words, wait=0):
    """Our client is refused as by any reject, and its one line has the words."""
    world.ticket()
    client = world.client()
    first = client.step(None)
    time.sleep(wait)
    answer = refusal_of(world, server, first)
    require_refusal(lambda: client.step(answer), peer.SEC_E_LOGON_DENIED)
    print("             words:", client.log().partition("reason=")[2].strip(), flush=True)
    lines = [line for line in client.log().splitlines() if "exchange=failed" in line]
    assert len(lines) == 1 and all(word in lines[0] for word in words), lines
    assert "unauthenticated" in lines[0] and "!kerberos" in lines[0], lines


def test_keytab_of_an_older_key_is_told(bench):
    world = from_arguments(bench)
    world.kdc.new_key(SPN, "newer")
    require_words(world, acceptor(world, world.keytab), "KRB_AP_ERR_BADKEYVER", "make the keytab anew")


def test_keytab_of_another_service_is_told(bench):
    world = from_arguments(bench)
    other = world.kdc.add_service("TERMSRV/other.negossp.test", "other")
    require_words(world, acceptor(world, other), "Kerberos error", "keytab")


def test_clocks_that_differ_are_told_by_how_much(bench):
    """There is one clock here: so the server allows for a second, and gets a message that is three seconds old."""
    world = from_arguments(bench)
    text = world.config.read_text(encoding="ascii").replace("[libdefaults]", "[libdefaults]\n    clockskew = 1", 1)
    strict = bench.file("strict.conf", text)
    require_words(world, acceptor(world, world.keytab, strict), "error 37, KRB_AP_ERR_SKEW (the server's is ", "ours", wait=3)


if __name__ == "__main__":
    reason = "built without libkrb5-dev" if sys.argv[3] == "none" else kdc.missing()
    sys.exit(report.run(globals(), reason, *sys.argv[4:5]))
