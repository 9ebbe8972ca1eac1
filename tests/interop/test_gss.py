#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The module and MIT krb5's SPNEGO with gss-ntlmssp, in both roles.

Usage: test_gss.py SSPI_PIPE MODULE GSS_PEER [ONLY]; GSS_PEER is "none" where it could not be built.
"""
import sys

import gss_end
import peer
import peers
import report
from exchange import (
    converse,
    flip,
    require_bare,
    require_four_legs,
    require_messages,
    require_refusal,
    require_refused_exchange,
    require_same_key,
)

BINDINGS = b"tls-server-end-point:" + bytes(range(32))

module = peer.Module(sys.argv[1], sys.argv[2])
gss = gss_end.GssPeer(sys.argv[3])
GSS = ("gss-ntlmssp, MIT krb5", f"{peers.version_of('gss-ntlmssp')}, {peers.version_of('libgssapi-krb5-2')}")


def both_ways(client, server):
    require_same_key(client, server)
    require_messages(client, server)


# --- a good logon, framed and bare ---------------------------------------------------------------


def test_gss_acceptor_takes_framed_module_client(bench):
    client, server = module.client(bench), gss.server(bench)
    require_four_legs(converse(client, server))
    assert server.command("user") == "Domain\\User", server.command("user")
    both_ways(client, server)
    peers.right(*GSS, "server", peers.SPNEGO)


def test_gss_initiator_logs_on_to_framed_module_server(bench):
    client, server = gss.client(bench), module.server(bench)
    require_four_legs(converse(client, server))
    both_ways(client, server)
    assert server.command("identity") == "Domain\\User"
    peers.right(*GSS, "client", peers.SPNEGO)


def test_gss_acceptor_takes_bare_module_client(bench):
    client, server = module.client(bench, package="NTLM"), gss.server(bench, "ntlm")
    require_bare(converse(client, server))
    both_ways(client, server)
    peers.right(*GSS, "server", peers.BARE)


def test_gss_initiator_logs_on_to_bare_module_server(bench):
    client, server = gss.client(bench, "ntlm"), module.server(bench, package="NTLM")
    require_bare(converse(client, server))
    both_ways(client, server)


def test_gss_bare_initiator_logs_on_to_module_negotiate_server(bench):
    client, server = gss.client(bench, "ntlm"), module.server(bench)
    require_bare(converse(client, server))
    both_ways(client, server)
    peers.right(*GSS, "client", peers.BARE)


# --- who is let in -------------------------------------------------------------------------------


def test_gss_acceptor_refuses_module_client_with_wrong_password(bench):
    client, server = module.client(bench, password="password"), gss.server(bench)
    refusal = require_refused_exchange(client, server, "server")
    assert refusal.token, "MIT's acceptor says reject"
    require_refusal(lambda: client.step(refusal.token), peer.SEC_E_LOGON_DENIED)
    assert not client.complete
    peers.wrong(*GSS, "server", peers.SPNEGO)


def test_gss_bare_acceptor_refuses_module_client_with_wrong_password(bench):
    client, server = module.client(bench, package="NTLM", password="password"), gss.server(bench, "ntlm")
    require_refused_exchange(client, server, "server")
    peers.wrong(*GSS, "server", peers.BARE)


def test_gss_initiator_with_wrong_password_is_refused_by_module_server(bench):
    client, server = gss.client(bench, password="password"), module.server(bench)
    require_refused_exchange(client, server, "server", peer.SEC_E_LOGON_DENIED)
    peers.wrong(*GSS, "client", peers.SPNEGO)


def test_gss_bare_initiator_with_wrong_password_is_refused_by_module_server(bench):
    client, server = gss.client(bench, "ntlm", password="password"), module.server(bench)
    require_refused_exchange(client, server, "server", peer.SEC_E_LOGON_DENIED)
    peers.wrong(*GSS, "client", peers.BARE)


def test_gss_initiator_without_domain_logs_on_to_module_server(bench):
    client, server = gss.client(bench, user="User"), module.server(bench, domain="")
    require_four_legs(converse(client, server))
    both_ways(client, server)


# --- channel bindings ----------------------------------------------------------------------------


def test_gss_acceptor_takes_module_client_with_bindings(bench):
    client = module.client(bench, bindings=BINDINGS)
    server = gss.server(bench, bindings=BINDINGS)
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_gss_acceptor_refuses_module_client_with_other_bindings(bench):
    client = module.client(bench, bindings=flip(BINDINGS, -1))
    server = gss.server(bench, bindings=BINDINGS)
    require_refused_exchange(client, server, "server")


def test_gss_initiator_with_bindings_logs_on_to_module_server(bench):
    client = gss.client(bench, bindings=BINDINGS)
    server = module.server(bench, bindings=BINDINGS)
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_gss_initiator_with_other_bindings_is_refused_by_module_server(bench):
    client = gss.client(bench, bindings=flip(BINDINGS, -1))
    server = module.server(bench, bindings=BINDINGS)
    require_refused_exchange(client, server, "server", peer.SEC_E_BAD_BINDINGS)


if __name__ == "__main__":
    reason = "built without libkrb5-dev" if sys.argv[3] == "none" else gss_end.missing()
    sys.exit(report.run(globals(), reason, *sys.argv[4:5]))
