#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kerberos and the change of mechanism through the exported tables, with a real KDC.

Usage: test_exchange.py SSPI_PIPE MODULE [ONLY]
"""
import pathlib
import sys

for _part in ("interop", "support"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / _part))

# pylint: disable=wrong-import-position
import kdc
import krb_tokens
import peer
from exchange import converse, require_four_legs, require_refusal, require_refused_exchange
from krb_tokens import KRB5, MS_KRB5, NEGOEX, NTLM, U2U
from world import (
    HOST,
    from_arguments,
    info_lines,
    inners,
    main,
    offered,
    require_bare_kerberos,
    require_flow,
    require_kerberos,
    require_ntlm_in_the_same_exchange,
    require_one_info,
    require_sealed,
    SEC_E_SECPKG_NOT_FOUND,
)

ISC_REQ_MUTUAL_AUTH, ISC_REQ_INTEGRITY = 0x2, 0x10000
ISC_REQ_REPLAY_DETECT, ISC_REQ_SEQUENCE_DETECT, ISC_REQ_CONFIDENTIALITY = 0x4, 0x8, 0x10


# --- Kerberos is used ----------------------------------------------------------------------------


def test_module_to_module_logs_on_with_a_service_ticket(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.client(), world.server()
    sent = require_kerberos(client, server)
    assert list(krb_tokens.read(sent[0]).mechs) == [KRB5, U2U, NTLM], "the order of the list"
    assert krb_tokens.read(sent[1]).mech == KRB5
    for end in (client, server):
        assert "exchange=complete" in end.log() and "chosen=Kerberos" in end.log(), end.log()
        assert info_lines(end) == [], "Kerberos is used: no line says why not"


def test_clear_password_stays_no_longer_than_with_winpr_alone(bench):
    """What WinPR and libkrb5 copy of it, with the module before them and without it; no ticket, so that they
    need it. (For user-to-user a carrier may need it once more: SECURITY.md.) Nothing that is freed is used
    again; the driver's later lines write over the password's beginning, and its end is looked for."""
    world = from_arguments(bench)
    user, password = "careful", "A-Long-Password-Of-Which-The-End-Is-Looked-For"
    world.kdc.add_user(user, password)
    how = {"user": user, "password": password, "env": world.kept_heap()}
    package, packages = ("Kerberos", None) if world.foreign_packages_work() else ("Negotiate", "none,kerberos")

    def count(end):
        return end.copies(password[-20:])

    # A credential of NTLM's keeps no password.
    drivers = count(world.client(package="NTLM", **how))
    counts = {}
    for who, end in (("module", world.client(packages="!u2u", **how)),
                     ("WinPR alone", world.client(stock=True, package=package, packages=packages, **how))):
        before = count(end)
        assert end.step(None), "a token with a ticket in it"
        during = count(end)
        end.command("close")
        counts[who] = (before, during, count(end))
    print("             copies (UTF-16, UTF-8) when acquired, with a ticket, when freed:", counts,
          f"; the driver's: {drivers}", flush=True)
    assert drivers[0] == 0 < drivers[1], drivers
    assert counts["module"][0] == (1, drivers[1]), counts
    for module, alone in zip(counts["module"][1:], counts["WinPR alone"][1:]):
        assert module[0] == 0 and module[1] <= alone[1], counts


def test_ticket_is_enough_without_user_and_password(bench):
    world = from_arguments(bench)
    world.ticket()
    client = world.client(user=None, password=None, domain=None)
    sent = require_kerberos(client, world.server())
    assert NTLM not in krb_tokens.read(sent[0]).mechs, "there is nothing to log on with by NTLM"


def test_ticket_of_a_named_cache_is_used(bench):
    world = from_arguments(bench)
    cache = world.kdc.ticket(peer.USER, peer.PASSWORD, "another-cache")
    require_kerberos(world.client(password=None, ccache=cache), world.server())


def test_password_gets_a_ticket_from_the_kdc(bench):
    world = from_arguments(bench)
    require_kerberos(world.client(), world.server())
    assert world.kdc.asked_by(peer.USER) and "TGS_REQ" in world.kdc.log(), world.kdc.log()


def test_password_without_domain_uses_the_default_realm(bench):
    world = from_arguments(bench)
    require_kerberos(world.client(domain=None), world.server())


def test_module_client_logs_on_to_stock_server(bench):
    world = from_arguments(bench)
    world.ticket()
    sent = converse(world.client(), world.server(stock=True))
    assert inners(sent) == ["AP-REQ", "AP-REP"], inners(sent)


def test_messages_flow_with_every_set_of_flags(bench):
    world = from_arguments(bench)
    world.ticket()
    for flags in (ISC_REQ_REPLAY_DETECT, ISC_REQ_SEQUENCE_DETECT, ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT):
        flags |= ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY
        client = world.client(flags=f"{flags:x}")
        server = world.server()
        require_kerberos(client, server)
        assert int(client.command("granted"), 16) & flags == flags, client.command("granted")
        assert int(server.command("granted"), 16) & flags == flags, server.command("granted")
        signature = client.sign(b"signed")
        server.verify(b"signed", signature)
        require_refusal(lambda: server.verify(b"changed", client.sign(b"signed")))


def test_changed_message_is_refused(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.client(), world.server()
    require_kerberos(client, server)
    sealed = bytearray(client.wrap(b"a message that somebody changes"))
    sealed[-1] ^= 1
    require_refusal(lambda: server.unwrap(bytes(sealed)))
    sealed[-1] ^= 1
    assert server.unwrap(bytes(sealed)) == b"a message that somebody changes", "the right one still counts"


def test_without_mutual_authentication_the_first_call_does_not_complete(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.client(flags=f"{ISC_REQ_CONFIDENTIALITY:x}"), world.server()
    sent = require_flow(client, server, "AP-REQ", None)
    assert krb_tokens.read(sent[1]).state == "accept-completed"
    require_sealed(client, server)


def test_context_without_confidentiality_does_not_seal(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.bare_client(flags=f"{ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY:x}"), world.server()
    server.step(client.step(None))
    granted = int(server.command("granted"), 16)
    assert not granted & ISC_REQ_CONFIDENTIALITY, f"granted only what the client asked for ({granted:x})"
    require_refusal(lambda: server.wrap(b"a password"), 0x80090302)


def test_ms_kerberos_oid_first_is_kerberos(bench):
    world = from_arguments(bench)
    world.ticket()

    def windows(number, token):
        return krb_tokens.with_mechs(token, MS_KRB5, KRB5, NTLM) if number == 1 else token

    sent = require_kerberos(world.client(), world.server(), tamper=windows)
    assert krb_tokens.read(sent[1]).mech == MS_KRB5, "the choice is named as the client lists it first"


def test_bare_kerberos_token_at_the_acceptor(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.bare_client(), world.server()
    require_bare_kerberos(client, server)
    assert server.command("package") == "Kerberos"
    require_sealed(client, server)


def test_bare_kerberos_token_without_keytab_is_refused(bench):
    world = from_arguments(bench)
    world.ticket()
    require_refused_exchange(world.bare_client(), world.server(keytab=False), "server", leg=1)


def test_package_kerberos_goes_through_to_winpr(bench):
    world = from_arguments(bench)
    world.ticket()
    if not world.foreign_packages_work():
        refusal = require_refusal(lambda: world.client(package="Kerberos"), SEC_E_SECPKG_NOT_FOUND)
        assert "does not find its own packages" in str(refusal), refusal
        return
    client, server = world.client(package="Kerberos"), world.server(package="Kerberos")
    require_bare_kerberos(client, server)
    require_sealed(client, server)


def test_ticket_logon_attribute_is_passed_through(bench):
    world = from_arguments(bench)
    world.kdc.add_service(f"HOST/{HOST}", "host-keytab")
    world.ticket()
    client = world.client()
    require_kerberos(client, world.server())
    service, granting = map(int, client.command("ticketlogon").split())
    assert service > 100 and granting > 100, (service, granting)


def test_kdc_proxy_setting_is_kept(bench):
    world = from_arguments(bench)
    world.ticket()
    client = world.client()
    client.command("kdcproxy https://proxy.negossp.test/KdcProxy")
    require_kerberos(client, world.server())


def test_room_for_a_token_of_48000_bytes(bench):
    world = from_arguments(bench)
    world.ticket()
    client = world.client()
    require_kerberos(client, world.server())
    assert client.command("sizes").split()[0] == "48000"


def test_token_larger_than_ntlms_limit(bench):
    """WinPR's Negotiate gives FreeRDP 12256 bytes of room (defect D18)."""
    world = from_arguments(bench)
    world.big_ticket(20000)
    client, server = world.client(), world.server()
    sent = require_kerberos(client, server)
    print(f"             the first token has {len(sent[0])} bytes", flush=True)
    assert len(sent[0]) > 20000


def test_second_exchange_with_the_same_credentials(bench):
    world = from_arguments(bench)
    client, server = world.client(), world.server()
    for _ in range(3):
        require_kerberos(client, server)
        for end in (client, server):
            end.command("again")
            end.complete = False
    assert len(world.kdc.asked_by(peer.USER)) <= 2, "one ticket serves (a second line is preauthentication's)"


# --- Kerberos cannot be used: NTLM in the same exchange ---------------------------------------------


def test_server_without_keytab_goes_on_to_ntlm(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.client(), world.server(keytab=False)
    require_ntlm_in_the_same_exchange(client, server, "AP-REQ")
    require_one_info(server, "there is no keytab that can be read")
    assert info_lines(client) == [], "the client did use Kerberos"


def test_server_with_unreadable_keytab_goes_on_to_ntlm(bench):
    world = from_arguments(bench)
    world.ticket()
    world.keytab = bench.file("keytab-of-nothing", "")
    server = world.server()
    require_ntlm_in_the_same_exchange(world.client(), server, "AP-REQ")
    require_one_info(server, "there is no keytab that can be read")


def test_stock_client_with_ticket_and_server_without_keytab(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.client(stock=True), world.server(keytab=False)
    require_ntlm_in_the_same_exchange(client, server, "TGT-REQ")


def test_ticket_and_stock_server_without_keytab_for_comparison(bench):
    """No requirement of ours: it records what FreeRDP does without the module (D7 in docs/freerdp-defects.md)."""
    world = from_arguments(bench)
    world.ticket()
    for name, stock in (("stock", True), ("module", False)):
        try:
            sent = converse(world.client(stock=stock), world.server(stock=True, keytab=False))
            print(f"             comparison: {name} client, stock server without keytab: {inners(sent)}")
        except peer.Refused as refusal:
            print(f"             comparison: {name} client, stock server without keytab: the {refusal.by} "
                  f"fails with {refusal.status:#x}")


def test_negoex_first_goes_on_to_ntlm(bench):
    """The client of FreeRDP's issue 13168: NEGOEX first, with a token of its own."""
    world = from_arguments(bench)
    world.ticket()

    def entra(number, token):
        return krb_tokens.neg_token_init([NEGOEX, NTLM], b"NEGOEXTS" + bytes(64)) if number == 1 else token

    server = world.server()
    first = world.client(packages="none,ntlm").step(None)
    answer = krb_tokens.read(server.step(entra(1, first)))
    assert (answer.state, answer.mech) == ("request-mic", NTLM), answer


def test_unknown_service_leaves_u2u_and_ntlm(bench):
    world = from_arguments(bench)
    world.ticket()
    client = world.client(target="TERMSRV/unknown.negossp.test")
    assert offered(client) == ([U2U, NTLM], "TGT-REQ")
    require_one_info(client, "the KDC gave no ticket")


def test_user_unknown_to_the_kdc_logs_on_with_ntlm(bench):
    world = from_arguments(bench)
    world.sam.write_text(f"local:::{peer.NT_HASH}:::\n", encoding="ascii")
    client = world.client(user="local")
    require_four_legs(converse(client, world.server()))
    require_one_info(client, "got no credentials")


def test_neither_ticket_nor_realm_is_ntlm_without_asking(bench):
    world = from_arguments(bench)
    config = bench.file("no-realm.conf", "[libdefaults]\n dns_lookup_kdc = false\n dns_lookup_realm = false\n")
    client = world.client(config=config, domain="")
    require_four_legs(converse(client, world.server()))
    require_one_info(client, "neither a ticket nor a realm")
    assert world.kdc.asked_by(peer.USER) == []


def test_krb5_conf_that_cannot_be_read_is_ntlm(bench):
    world = from_arguments(bench)
    client = world.client(config=bench.file("broken.conf", "[libdefaults\n"), domain="")
    require_four_legs(converse(client, world.server()))
    require_one_info(client, "Kerberos is not used")


def test_ip_address_is_ntlm_without_asking(bench):
    world = from_arguments(bench)
    world.ticket()
    world.client().step(None)
    before = world.kdc.log().count("_REQ")
    for address in ("192.0.2.7", "192.0.2.7:3389", "2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:3389"):
        client = world.client(target=f"TERMSRV/{address}")
        assert offered(client) == ([NTLM], "NEGOTIATE"), address
        require_one_info(client, "IP address")
    assert world.kdc.log().count("_REQ") == before > 0, "the KDC was asked"


# --- nobody in between can choose --------------------------------------------------------------------


def test_broken_ticket_is_refused_and_not_followed_by_ntlm(bench):
    world = from_arguments(bench)
    world.ticket()
    server = world.server()
    refusal = require_refused_exchange(
        world.client(), server, "server", peer.SEC_E_LOGON_DENIED, leg=1,
        tamper=lambda number, token: krb_tokens.break_ticket(token) if number == 1 else token,
    )  # fmt: skip
    assert refusal.last_error != peer.STALE_ERROR
    assert "exchange=failed" in server.log() and "chosen=Kerberos" in server.log(), server.log()


def test_ticket_for_another_service_is_refused_and_not_followed_by_ntlm(bench):
    world = from_arguments(bench)
    world.ticket()
    world.keytab = world.kdc.add_service("TERMSRV/other.negossp.test", "other-keytab")
    require_refused_exchange(world.client(), world.server(), "server", peer.SEC_E_LOGON_DENIED, leg=1)


def test_broken_answer_of_the_server_is_refused(bench):
    world = from_arguments(bench)
    world.ticket()
    client = world.client()
    require_refused_exchange(
        client, world.server(), "client", leg=2,
        tamper=lambda number, token: krb_tokens.break_ticket(token) if number == 2 else token,
    )  # fmt: skip


def test_kerberos_taken_off_the_list_on_its_way_is_noticed(bench):
    world = from_arguments(bench)
    world.ticket()

    def downgrade(number, token):
        return krb_tokens.neg_token_init([NTLM], None) if number == 1 else token

    # The client's MIC covers what it sent, and the server got another list.
    refusal = require_refused_exchange(
        world.client(), world.server(), "server", peer.SEC_E_MESSAGE_ALTERED, tamper=downgrade, leg=5
    )
    assert "mechListMIC" in str(refusal)


def test_every_truncation_of_a_kerberos_token_is_refused(bench):
    world = from_arguments(bench)
    world.ticket()
    token = world.client().step(None)
    server = world.server()
    for length in range(1, len(token), 7):
        require_refusal(lambda length=length: server.step(token[:length]))
        server.command("again")
    assert krb_tokens.read(server.step(token)).inner == "AP-REP", "the server lives"


def test_broken_bits_of_a_kerberos_token_never_log_on_with_another_mechanism(bench):
    world = from_arguments(bench)
    world.ticket()
    token = world.client().step(None)
    server, taken = world.server(), 0
    for position in range(len(token) // 8, len(token), 11):
        changed = bytearray(token)
        changed[position] ^= 0x10
        try:
            answer = krb_tokens.read(server.step(bytes(changed)))
            assert answer.inner in ("AP-REP",) or answer.state == "request-mic", (position, answer)
            taken += 1
        except peer.Refused as refusal:
            assert refusal.left == 0
        server.command("again")
    assert taken <= 2, f"{taken} changed tokens were taken"


def test_nobody_is_logged_on_under_an_empty_name(bench):
    """WinPR 3.10's Kerberos does not say whose ticket it was; newer ones do. Never an empty answer."""
    world = from_arguments(bench)
    world.ticket()
    client, server = world.client(), world.server()
    require_kerberos(client, server)
    try:
        answer = server.command("identity")
    except peer.Refused as refusal:
        assert refusal.status == 0x80090302, refusal
    else:
        assert peer.USER.lower() in answer.lower(), answer


if __name__ == "__main__":
    main(globals())
