#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The module and python3-pyspnego, in both roles.

Usage: test_pyspnego.py SSPI_PIPE MODULE [ONLY]
"""
import sys

import peer
import peers
import pyspnego_end
import report
import tokens
from exchange import (
    converse,
    flip,
    require_bare,
    require_four_legs,
    require_four_legs_without_mic,
    require_messages,
    require_refusal,
    require_refused_exchange,
    require_same_key,
)

BINDINGS = b"tls-server-end-point:" + bytes(range(32))
OTHER_BINDINGS = flip(BINDINGS, -1)

module = peer.Module(sys.argv[1], sys.argv[2])


def both_ways(client, server):
    require_same_key(client, server)
    require_messages(client, server)


# --- a good logon, framed and bare ---------------------------------------------------------------


def test_pyspnego_server_takes_framed_module_client(bench):
    client, server = module.client(bench), pyspnego_end.server(bench)
    require_four_legs(converse(client, server))
    assert server.user() == "Domain\\User"
    both_ways(client, server)
    assert client.command("package") == "NTLM"
    peers.right(*pyspnego_end.called(), "server", peers.SPNEGO)


def test_pyspnego_client_logs_on_to_framed_module_server(bench):
    client, server = pyspnego_end.client(), module.server(bench)
    require_four_legs(converse(client, server))
    both_ways(client, server)
    assert server.command("identity") == "Domain\\User"
    assert server.command("package") == "NTLM"
    peers.right(*pyspnego_end.called(), "client", peers.SPNEGO)


def test_pyspnego_server_takes_bare_module_client(bench):
    client, server = module.client(bench, package="NTLM"), pyspnego_end.server(bench, "ntlm")
    require_bare(converse(client, server))
    both_ways(client, server)
    peers.right(*pyspnego_end.called(), "server", peers.BARE)


def test_pyspnego_client_logs_on_to_bare_module_server(bench):
    client, server = pyspnego_end.client("ntlm"), module.server(bench, package="NTLM")
    require_bare(converse(client, server))
    both_ways(client, server)


def test_pyspnego_bare_client_logs_on_to_module_negotiate_server(bench):
    client, server = pyspnego_end.client("ntlm"), module.server(bench)
    require_bare(converse(client, server))
    both_ways(client, server)
    peers.right(*pyspnego_end.called(), "client", peers.BARE)


def test_pyspnego_negotiate_server_takes_bare_module_client(bench):
    client, server = module.client(bench, package="NTLM"), pyspnego_end.server(bench)
    require_bare(converse(client, server))
    both_ways(client, server)


# --- nobody asks for signing ---------------------------------------------------------------------


def test_pyspnego_client_without_signing_logs_on_where_none_is_asked_for(bench):
    client, server = pyspnego_end.client(unsigned=True), module.server(bench, flags="0")
    require_four_legs_without_mic(converse(client, server))
    require_same_key(client, server)
    assert server.command("identity") == "Domain\\User"


def test_pyspnego_bare_client_without_signing_logs_on_where_none_is_asked_for(bench):
    client, server = pyspnego_end.client("ntlm", unsigned=True), module.server(bench, flags="0")
    require_bare(converse(client, server))
    require_same_key(client, server)


def test_pyspnego_client_without_signing_is_refused_where_it_is_asked_for(bench):
    client, server = pyspnego_end.client(unsigned=True), module.server(bench)
    require_refused_exchange(client, server, "server", peer.SEC_E_UNSUPPORTED_FUNCTION, leg=1)
    assert "message signing was asked for" in server.log(), server.log()


# --- who is let in -------------------------------------------------------------------------------


def test_pyspnego_server_refuses_module_client_with_wrong_password(bench):
    client, server = module.client(bench, password="password"), pyspnego_end.server(bench)
    require_refused_exchange(client, server, "server", "InvalidTokenError")
    require_refusal(lambda: client.step(tokens.REJECT), peer.SEC_E_LOGON_DENIED)
    assert not client.complete
    peers.wrong(*pyspnego_end.called(), "server", peers.SPNEGO)


def test_pyspnego_bare_server_refuses_module_client_with_wrong_password(bench):
    client, server = module.client(bench, package="NTLM", password="password"), pyspnego_end.server(bench, "ntlm")
    require_refused_exchange(client, server, "server", "InvalidTokenError")
    peers.wrong(*pyspnego_end.called(), "server", peers.BARE)


def test_pyspnego_client_with_wrong_password_is_refused_by_module_server(bench):
    client, server = pyspnego_end.client(password="password"), module.server(bench)
    refusal = require_refused_exchange(client, server, "server", peer.SEC_E_LOGON_DENIED)
    assert refusal.last_error not in (0, peer.STALE_ERROR)
    peers.wrong(*pyspnego_end.called(), "client", peers.SPNEGO)


def test_pyspnego_unknown_user_is_refused_like_a_wrong_password(bench):
    client, server = pyspnego_end.client(user="Domain\\nobody"), module.server(bench)
    refusal = require_refused_exchange(client, server, "server", peer.SEC_E_LOGON_DENIED)
    assert refusal.last_error not in (0, peer.STALE_ERROR)


def test_pyspnego_bare_client_with_wrong_password_is_refused_by_module_server(bench):
    client = pyspnego_end.client("ntlm", password="password")
    server = module.server(bench, package="NTLM")
    require_refused_exchange(client, server, "server", peer.SEC_E_LOGON_DENIED)
    peers.wrong(*pyspnego_end.called(), "client", peers.BARE)


def test_pyspnego_server_takes_module_client_without_domain(bench):
    client, server = module.client(bench, domain=None), pyspnego_end.server(bench, domain="")
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_pyspnego_client_without_domain_logs_on_to_module_server(bench):
    client, server = pyspnego_end.client(user="User"), module.server(bench, domain="")
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_pyspnego_server_takes_module_client_with_upn(bench):
    upn = "user@corp.example"
    client = module.client(bench, user=upn, domain=None)
    server = pyspnego_end.server(bench, user=upn, domain="")
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_pyspnego_client_with_upn_logs_on_to_module_server(bench):
    upn = "user@corp.example"
    client, server = pyspnego_end.client(user=upn), module.server(bench, user=upn, domain="")
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_pyspnego_client_may_spell_the_user_in_another_case(bench):
    client, server = pyspnego_end.client(user="Domain\\uSER"), module.server(bench)
    require_four_legs(converse(client, server))
    both_ways(client, server)


# --- channel bindings ----------------------------------------------------------------------------


def test_pyspnego_server_takes_module_client_with_bindings(bench):
    client = module.client(bench, bindings=BINDINGS)
    server = pyspnego_end.server(bench, bindings=BINDINGS)
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_pyspnego_server_refuses_module_client_with_other_bindings(bench):
    client = module.client(bench, bindings=OTHER_BINDINGS)
    server = pyspnego_end.server(bench, bindings=BINDINGS)
    require_refused_exchange(client, server, "server", "BadBindingsError")


def test_pyspnego_client_with_bindings_logs_on_to_module_server(bench):
    client = pyspnego_end.client(bindings=BINDINGS)
    server = module.server(bench, bindings=BINDINGS)
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_pyspnego_client_with_other_bindings_is_refused_by_module_server(bench):
    client = pyspnego_end.client(bindings=OTHER_BINDINGS)
    server = module.server(bench, bindings=BINDINGS)
    require_refused_exchange(client, server, "server", peer.SEC_E_BAD_BINDINGS)


def test_pyspnego_client_without_bindings_logs_on_to_module_server_that_has_some(bench):
    client, server = pyspnego_end.client(), module.server(bench, bindings=BINDINGS)
    require_four_legs(converse(client, server))


# --- what was changed on the way -----------------------------------------------------------------


def alter_mic(leg):
    """Changes the last byte of the mechListMIC, its checksum's or its sequence number's."""

    def tamper(number, token):
        if number != leg:
            return token
        mic = tokens.read(token).mic
        at = token.index(mic)
        return token[:at] + flip(mic, 8) + token[at + len(mic) :]

    return tamper


def test_pyspnego_server_mic_altered_is_refused_by_module_client(bench):
    client, server = module.client(bench), pyspnego_end.server(bench)
    require_refused_exchange(
        client, server, "client", peer.SEC_E_MESSAGE_ALTERED, leg=4, tamper=alter_mic(4)
    )


def test_pyspnego_client_mic_altered_is_refused_by_module_server(bench):
    client, server = pyspnego_end.client(), module.server(bench)
    require_refused_exchange(
        client, server, "server", peer.SEC_E_MESSAGE_ALTERED, leg=3, tamper=alter_mic(3)
    )


def test_pyspnego_server_refuses_module_clients_mic_altered(bench):
    client, server = module.client(bench), pyspnego_end.server(bench)
    require_refused_exchange(client, server, "server", "BadMICError", tamper=alter_mic(3))


def test_pyspnego_sealed_message_altered_is_refused_by_module(bench):
    client, server = pyspnego_end.client(), module.server(bench)
    converse(client, server)
    sealed = client.wrap(b"a message of some length")
    for position in (0, 4, 12, 16, len(sealed) - 1):
        altered = flip(sealed, position)
        require_refusal(lambda: server.unwrap(altered), peer.SEC_E_MESSAGE_ALTERED)
    assert server.unwrap(sealed) == b"a message of some length"
    require_refusal(lambda: server.unwrap(sealed), peer.SEC_E_MESSAGE_ALTERED)


# --- without OpenSSL's legacy provider -----------------------------------------------------------


def no_legacy(bench):
    folder = bench.folder / "no-modules"
    folder.mkdir()
    return {"OPENSSL_MODULES": str(folder)}


def test_pyspnego_server_takes_module_client_without_legacy_provider(bench):
    client, server = module.client(bench, env=no_legacy(bench)), pyspnego_end.server(bench)
    require_four_legs(converse(client, server))
    both_ways(client, server)


def test_pyspnego_client_logs_on_to_module_server_without_legacy_provider(bench):
    client, server = pyspnego_end.client(), module.server(bench, env=no_legacy(bench))
    require_four_legs(converse(client, server))
    both_ways(client, server)


if __name__ == "__main__":
    sys.exit(report.run(globals(), pyspnego_end.load(), *sys.argv[3:4]))
