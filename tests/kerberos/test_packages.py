#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which mechanisms package lists and the environment let the module offer and take.

Usage: test_packages.py SSPI_PIPE MODULE [ONLY]
"""
import pathlib
import sys

for _part in ("interop", "support"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / _part))

# pylint: disable=wrong-import-position
import krb_tokens
import peer
from exchange import require_refusal
from krb_tokens import KRB5, NTLM, U2U
from world import (
    SPN,
    from_arguments,
    info_lines,
    main,
    offered,
    require_kerberos,
    require_ntlm_in_the_same_exchange,
    require_one_info,
)


def test_package_list_without_kerberos(bench):
    world = from_arguments(bench)
    world.ticket()
    client = world.client(packages="!kerberos")
    assert offered(client) == ([NTLM], "NEGOTIATE")
    assert info_lines(client) == [], "who excludes Kerberos need not be told"


def test_package_list_without_kerberos_but_with_u2u(bench):
    world = from_arguments(bench)
    world.ticket()
    assert offered(world.client(packages="!kerberos,u2u")) == ([U2U, NTLM], "TGT-REQ")
    assert offered(world.client(packages="none,u2u,ntlm")) == ([U2U, NTLM], "TGT-REQ")


def test_package_list_with_u2u_alone_says_why_it_is_not_used(bench):
    world = from_arguments(bench)
    world.ticket()
    client = world.client(packages="none,u2u,ntlm", target="TERMSRV/192.0.2.7")
    assert offered(client) == ([NTLM], "NEGOTIATE")
    require_one_info(client, "IP address")


def test_package_list_without_ntlm(bench):
    world = from_arguments(bench)
    world.ticket()
    assert offered(world.client(packages="!ntlm")) == ([KRB5, U2U], "AP-REQ")


def test_package_list_with_kerberos_alone(bench):
    world = from_arguments(bench)
    world.ticket()
    client, server = world.client(packages="none,kerberos"), world.server(packages="none,kerberos")
    sent = require_kerberos(client, server)
    assert list(krb_tokens.read(sent[0]).mechs) == [KRB5]


def test_package_list_with_kerberos_alone_fails_without_ticket(bench):
    world = from_arguments(bench)
    client = world.client(packages="none,kerberos", user="nobody")
    refusal = require_refusal(lambda: client.step(None), 0x8009030E)
    assert refusal.last_error != peer.STALE_ERROR


def test_package_list_that_excludes_everything_is_an_error_at_acquire(bench):
    world = from_arguments(bench)
    for packages in ("!kerberos,!u2u,!ntlm", "!kerberos,!ntlm", "none"):
        for make in (world.client, world.server):
            refusal = require_refusal(lambda make=make, packages=packages: make(packages=packages))
            assert "no mechanism is left" in str(refusal), refusal


def test_server_without_kerberos_in_its_list_goes_on_to_ntlm(bench):
    world = from_arguments(bench)
    world.ticket()
    require_ntlm_in_the_same_exchange(world.client(), world.server(packages="!kerberos"), "AP-REQ")


def test_environment_chooses_packages(bench):
    world = from_arguments(bench)
    world.ticket()
    assert offered(world.client(env={"NEGOSSP_PACKAGES": "!kerberos"})) == ([NTLM], "NEGOTIATE")
    assert offered(world.client(env={"NEGOSSP_PACKAGES": "!ntlm"}))[0] == [KRB5, U2U]
    server = world.server(env={"NEGOSSP_PACKAGES": "!kerberos"})
    require_ntlm_in_the_same_exchange(world.client(), server, "AP-REQ")


def test_environment_cannot_give_a_server_what_its_list_excludes(bench):
    world = from_arguments(bench)
    world.ticket()
    server = world.server(packages="!kerberos", env={"NEGOSSP_PACKAGES": "kerberos,ntlm"})
    require_ntlm_in_the_same_exchange(world.client(), server, "AP-REQ")


def test_server_that_demands_a_target_name_takes_no_kerberos(bench):
    """WinPR's Kerberos looks at no target name and no bindings, so it must not be the client's choice."""
    world = from_arguments(bench)
    world.ticket()
    server = world.server(env={"NEGOSSP_TARGET_CHECK": "required", "NEGOSSP_TARGET_NAME": SPN})
    require_ntlm_in_the_same_exchange(world.client(), server, "AP-REQ")


def test_server_that_demands_bindings_takes_no_kerberos(bench):
    world = from_arguments(bench)
    world.ticket()
    server, client = world.server(env={"NEGOSSP_CHANNEL_BINDINGS": "required"}), world.client()
    answer = krb_tokens.read(server.step(client.step(None)))
    assert (answer.state, answer.mech) == ("request-mic", NTLM), answer


def test_server_without_ntlm_that_demands_bindings_takes_nobody(bench):
    world = from_arguments(bench)
    world.ticket()
    server = world.server(packages="!ntlm", env={"NEGOSSP_CHANNEL_BINDINGS": "required"})
    first = world.client().step(None)
    require_refusal(lambda: server.step(first), 0x8009030E)


if __name__ == "__main__":
    main(globals())
