#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kerberos user-to-user with a real KDC: where an acceptor offers it, and what it makes of each TGT-REQ.

Where WinPR cannot be let answer (world.answers_user_to_user) the same clients have to get on without it.

Usage: test_u2u.py SSPI_PIPE MODULE [ONLY]
"""
import pathlib
import sys

for _part in ("interop", "support"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / _part))

# pylint: disable=wrong-import-position
import kdc
import krb_tokens
import peer
from exchange import require_refusal, require_refused_exchange
from krb_tokens import KRB5, MS_KRB5, NTLM, U2U
from world import (
    SPN,
    U2U_SPN,
    from_arguments,
    info_lines,
    knowing,
    main,
    require_flow,
    require_ntlm_in_the_same_exchange,
    require_one_info,
    require_sealed,
    seconds,
)

SEC_E_WRONG_PRINCIPAL = 0x80090322
ALIAS = "TERMSRV/alias.negossp.test"
# TGT-REQ is protected by nothing, so the acceptor asks for the mechListMIC; the client's is its last word.
USER_TO_USER = ("TGT-REQ", "TGT-REP", "AP-REQ", "AP-REP", None)
# FreeRDP lists user-to-user first; where it is not offered the MICs are needed for another reason.
SERVICE_TICKET_AFTER_IT = ("TGT-REQ", None, "AP-REQ", "AP-REP", None)


def require_user_to_user(client, server):
    sent = require_flow(client, server, *USER_TO_USER)
    wire = [krb_tokens.read(token) for token in sent]
    assert wire[1].mech == U2U and [bool(token.mic) for token in wire] == [False] * 3 + [True] * 2, wire
    assert [wire[i].state for i in (1, 3, 4)] == ["accept-incomplete", "accept-incomplete", "accept-completed"], wire
    require_sealed(client, server)
    assert "mechlistmic=sent/ok" in server.log(), server.log()


def require_service_ticket_after_it(client, server):
    sent = require_flow(client, server, *SERVICE_TICKET_AFTER_IT)
    wire = [krb_tokens.read(token) for token in sent]
    assert (wire[1].state, wire[1].mech) == ("request-mic", KRB5), wire[1]
    assert [bool(token.mic) for token in wire] == [False] * 3 + [True] * 2, wire
    require_sealed(client, server)


def _with_u2u_service(world):
    world.keytab = world.kdc.add_service(U2U_SPN, "u2u-keytab", "-allow_svr")
    world.ticket()


def _tickets_for_the_keytab(world):
    return [line for line in world.kdc.asked_by(SPN) if " ISSUE: " in line]


# --- where it is offered --------------------------------------------------------------------------


def test_u2u_stock_client_is_answered_where_the_keytab_gets_a_ticket(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.client(stock=True), knowing(world.server())
    if world.answers_user_to_user():
        require_user_to_user(client, server)
    else:
        require_service_ticket_after_it(client, server)
        assert "user-to-user is not offered" in server.log()


def test_u2u_kdc_is_asked_once(bench):
    world = from_arguments(bench)
    world.ticket()
    server = knowing(world.server())
    asked = len(_tickets_for_the_keytab(world))
    assert asked == world.answers_user_to_user(), world.kdc.log()
    for _ in range(3):
        client = world.client()
        server.step(client.step(None))
        server.command("again")
    assert len(_tickets_for_the_keytab(world)) == asked


def test_u2u_is_not_offered_with_a_keytab_that_the_kdc_has_another_key_for(bench):
    world = from_arguments(bench)
    world.kdc.new_key(SPN, "newer-keytab")
    world.ticket()
    server = knowing(world.server())
    assert "user-to-user is not offered" in server.log()
    answer = krb_tokens.read(server.step(world.client(stock=True).step(None)))
    assert (answer.state, answer.mech) == ("request-mic", KRB5), answer


def test_u2u_is_not_offered_where_one_of_the_keytabs_hosts_gets_no_ticket(bench):
    world = from_arguments(bench)
    world.ticket()
    world.kdc.add_service("TERMSRV/other.negossp.test", "keytab", "-allow_tix")
    server = knowing(world.server())
    assert "user-to-user is not offered" in server.log()
    require_service_ticket_after_it(world.client(stock=True), server)


def test_u2u_silent_kdc_keeps_nobody_waiting(bench):
    """The server's own KDC; the client has its ticket already."""
    world = from_arguments(bench)
    world.ticket()
    silent = bench.enter_context(kdc.SilentKdc())
    config = kdc.write_client_config(bench.folder, silent.port, "silent.conf")
    server = world.server(env={"KRB5_CONFIG": str(config)})
    answer = []
    took = seconds(lambda: answer.append(server.step(world.client(stock=True).step(None))))
    assert took < 2, took
    assert krb_tokens.read(answer[0]).mech == KRB5, krb_tokens.read(answer[0])
    assert silent.was_asked() == world.answers_user_to_user()
    if silent.was_asked():
        silent.close()
        server.wait_for_workers()


def test_u2u_is_known_for_the_next_exchange(bench):
    """The question was asked when the credentials were acquired; nobody waited for the answer."""
    world = from_arguments(bench)
    world.ticket()
    config = kdc.write_client_config(bench.folder, bench.enter_context(kdc.SlowKdc(world.kdc, 0.5)).port, "slow.conf")
    server, client = world.server(env={"KRB5_CONFIG": str(config)}), world.client(stock=True)
    first = client.step(None)
    assert krb_tokens.read(server.step(first)).mech == KRB5
    knowing(server)
    server.command("again")
    expected = U2U if world.answers_user_to_user() else KRB5
    assert krb_tokens.read(server.step(first)).mech == expected


# --- exchanges ------------------------------------------------------------------------------------


def test_u2u_logs_on_where_there_are_no_service_tickets(bench):
    world = from_arguments(bench)
    _with_u2u_service(world)
    client, server = world.client(target=U2U_SPN), knowing(world.server())
    if world.answers_user_to_user():
        require_user_to_user(client, server)
        assert info_lines(server) == []
    else:
        require_ntlm_in_the_same_exchange(client, server, "TGT-REQ")
    require_one_info(client, "the KDC gave no ticket" if world.answers_user_to_user() else "no ticket")


def test_u2u_module_client_logs_on_to_stock_server(bench):
    world = from_arguments(bench)
    _with_u2u_service(world)
    client = world.client(target=U2U_SPN)
    require_flow(client, world.server(stock=True), "TGT-REQ", "TGT-REP", "AP-REQ", "AP-REP")


def test_u2u_without_keytab_goes_on_to_ntlm(bench):
    world = from_arguments(bench)
    _with_u2u_service(world)
    server = world.server(keytab=False)
    require_ntlm_in_the_same_exchange(world.client(target=U2U_SPN), server, "TGT-REQ")


def test_u2u_for_an_alias_ends_the_exchange_and_not_the_server(bench):
    """A name that is not in the keytab: WinPR 3.10.3 dies of it (defect D25)."""
    world = from_arguments(bench)
    world.ticket()
    server = knowing(world.server())
    request = world.client(stock=True, target=ALIAS).step(None)
    if world.answers_user_to_user():
        refusal = require_refusal(lambda: server.step(request), SEC_E_WRONG_PRINCIPAL)
        assert "not in the keytab" in str(refusal), refusal
    else:
        assert krb_tokens.read(server.step(request)).mech == KRB5
    server.command("again")
    server.complete = False
    test_flow = require_user_to_user if world.answers_user_to_user() else require_service_ticket_after_it
    test_flow(world.client(stock=True), server)


def test_u2u_without_the_clients_mic_is_refused(bench):
    """A mechListMIC that somebody took away on its way."""
    world = from_arguments(bench)
    world.ticket()

    def without(number, token):
        return krb_tokens.neg_token_resp(None) if number == 5 else token

    require_refused_exchange(world.client(stock=True), knowing(world.server()), "server", peer.SEC_E_MESSAGE_ALTERED,
                             leg=5, tamper=without)  # fmt: skip


def test_u2u_under_plain_kerberos_is_answered_or_refused(bench):
    """As sspi-rs lists it, and with what negossp's own client sends."""
    world = from_arguments(bench)
    _with_u2u_service(world)
    request = world.client(target=U2U_SPN, packages="none,u2u").step(None)
    request = krb_tokens.with_mechs(request, MS_KRB5, KRB5, NTLM)
    server = knowing(world.server())
    if world.answers_user_to_user():
        answer = krb_tokens.read(server.step(request))
        assert (answer.state, answer.mech, answer.inner) == ("accept-incomplete", MS_KRB5, "TGT-REP"), answer
        server = world.server(packages="!u2u")
    refusal = require_refusal(lambda: server.step(request), peer.SEC_E_UNSUPPORTED_FUNCTION)
    assert "!kerberos" in str(refusal), refusal
    answer = krb_tokens.read(world.server(packages="!kerberos").step(request))
    assert (answer.state, answer.mech) == ("request-mic", NTLM), answer


if __name__ == "__main__":
    main(globals())
