#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The module and samba's ntlm_auth, in both roles. Usage: test_samba.py SSPI_PIPE MODULE [ONLY]"""
import sys

import peer
import peers
import report
import samba_end
import tokens
from exchange import (
    converse,
    require_bare,
    require_four_legs,
    require_refusal,
    require_refused_exchange,
    require_same_key,
)

module = peer.Module(sys.argv[1], sys.argv[2])
SAMBA = ("samba's ntlm_auth", peers.version_of("winbind"))


def test_samba_gss_spnego_takes_module_client(bench):
    client, server = module.client(bench), samba_end.server(bench, framed=True)
    require_four_legs(converse(client, server))
    require_same_key(client, server)
    assert server.user == "Domain\\User", server.user
    peers.right(*SAMBA, "server", peers.SPNEGO)


def test_samba_gss_spnego_client_logs_on_to_module_server(bench):
    client, server = samba_end.client(bench, framed=True), module.server(bench)
    require_four_legs(converse(client, server))
    require_same_key(client, server)
    assert server.command("identity").upper() == "DOMAIN\\USER"
    peers.right(*SAMBA, "client", peers.SPNEGO)


def test_samba_squid_ntlmssp_takes_bare_module_client(bench):
    client, server = module.client(bench, package="NTLM"), samba_end.server(bench, framed=False)
    require_bare(converse(client, server))
    require_same_key(client, server)
    peers.right(*SAMBA, "server", peers.BARE)


def test_samba_ntlmssp_client_logs_on_to_bare_module_server(bench):
    client, server = samba_end.client(bench, framed=False), module.server(bench, package="NTLM")
    require_bare(converse(client, server))
    require_same_key(client, server)


def test_samba_ntlmssp_client_logs_on_to_module_negotiate_server(bench):
    client, server = samba_end.client(bench, framed=False), module.server(bench)
    require_bare(converse(client, server))
    require_same_key(client, server)
    peers.right(*SAMBA, "client", peers.BARE)


def test_samba_gss_spnego_refuses_module_client_with_wrong_password(bench):
    client = module.client(bench, password="password")
    server = samba_end.server(bench, framed=True)
    require_refused_exchange(client, server, "server")
    require_refusal(lambda: client.step(tokens.REJECT), peer.SEC_E_LOGON_DENIED)
    assert not client.complete
    peers.wrong(*SAMBA, "server", peers.SPNEGO)


def test_samba_squid_ntlmssp_refuses_bare_module_client_with_wrong_password(bench):
    client = module.client(bench, package="NTLM", password="password")
    require_refused_exchange(client, samba_end.server(bench, framed=False), "server")
    peers.wrong(*SAMBA, "server", peers.BARE)


def test_samba_client_with_wrong_password_is_refused_by_module_server(bench):
    client = samba_end.client(bench, framed=True, password="password")
    server = module.server(bench)
    require_refused_exchange(client, server, "server", peer.SEC_E_LOGON_DENIED)
    peers.wrong(*SAMBA, "client", peers.SPNEGO)


def test_samba_bare_client_with_wrong_password_is_refused_by_module_server(bench):
    client = samba_end.client(bench, framed=False, password="password")
    require_refused_exchange(client, module.server(bench), "server", peer.SEC_E_LOGON_DENIED)
    peers.wrong(*SAMBA, "client", peers.BARE)


def test_samba_client_of_unknown_user_is_refused_by_module_server(bench):
    client = samba_end.client(bench, framed=True, user="nobody")
    server = module.server(bench)
    require_refused_exchange(client, server, "server", peer.SEC_E_LOGON_DENIED)


if __name__ == "__main__":
    sys.exit(report.run(globals(), samba_end.missing(), *sys.argv[3:4]))
