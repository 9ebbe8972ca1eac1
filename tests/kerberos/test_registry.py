#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which mechanisms WinPR's registry lets the module offer, in an /etc of the test's own.

Usage: test_registry.py SSPI_PIPE MODULE [ONLY]
"""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
for _part in ("interop", "support", "e2e"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / _part))

# pylint: disable=wrong-import-position
import kdc
import peer
import report
import sandbox
from krb_tokens import KRB5, NTLM, U2U
from world import from_arguments, offered, require_kerberos, require_ntlm_in_the_same_exchange

PRODUCT = "HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP"


def _registry(key, *values):
    for name in sandbox.REGISTRY_FILES:
        path = pathlib.Path("/etc", name)  # the sandbox's own
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([f"[{PRODUCT}\\{key}]", *values, ""]), encoding="ascii")


def _world(bench):
    world = from_arguments(bench)
    world.ticket()
    return world


def test_registry_without_values_offers_everything(bench):
    _registry("SSPI\\Negotiate")
    assert offered(_world(bench).client())[0] == [KRB5, U2U, NTLM]


def test_registry_excludes_kerberos(bench):
    _registry("SSPI\\Negotiate", '"kerberos"=dword:00000000')
    assert offered(_world(bench).client()) == ([NTLM], "NEGOTIATE")


def test_registry_excludes_kerberos_but_not_u2u(bench):
    _registry("SSPI\\Negotiate", '"kerberos"=dword:00000000', '"u2u"=dword:00000001')
    assert offered(_world(bench).client()) == ([U2U, NTLM], "TGT-REQ")


def test_registry_excludes_u2u(bench):
    _registry("SSPI\\Negotiate", '"u2u"=dword:00000000')
    assert offered(_world(bench).client())[0] == [KRB5, NTLM]


def test_registry_excludes_ntlm(bench):
    _registry("SSPI\\Negotiate", '"ntlm"=dword:00000000')
    assert offered(_world(bench).client())[0] == [KRB5, U2U]


def test_registry_is_replaced_by_a_package_list(bench):
    _registry("SSPI\\Negotiate", '"kerberos"=dword:00000000')
    assert offered(_world(bench).client(packages="kerberos,ntlm"))[0] == [KRB5, U2U, NTLM]


def test_registry_excludes_kerberos_at_the_server(bench):
    _registry("SSPI\\Negotiate", '"kerberos"=dword:00000000')
    world = _world(bench)
    client = world.client(packages="kerberos,ntlm")
    require_ntlm_in_the_same_exchange(client, world.server(), "AP-REQ")


def test_registry_packages_of_our_own(bench):
    _registry("SSPI\\Negossp", '"Packages"=str:"none,kerberos"')
    world = _world(bench)
    sent = require_kerberos(world.client(), world.server())
    assert sent


def test_registry_that_cannot_be_opened_lets_no_acceptor_be(bench):
    _registry("SSPI\\Negotiate")
    for name in sandbox.REGISTRY_FILES:
        path = pathlib.Path("/etc", name)
        path.unlink()
        path.symlink_to(path.name)  # to itself: even root cannot open it
    world = _world(bench)
    client = world.client()
    try:
        world.server().step(client.step(None))
    except peer.Refused as refusal:
        assert refusal.status == peer.SEC_E_UNSUPPORTED_FUNCTION, refusal
    else:
        raise AssertionError("what the file demands was passed over")


if __name__ == "__main__":
    inside = sandbox.MARK in sandbox.os.environ
    reason = None if inside else kdc.missing() or sandbox.why_not()
    if reason:
        sys.exit(report.run(globals(), reason))
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-kerberos-") as work:
        sandbox.Etc(work)
        sys.exit(report.run(globals(), None, *sys.argv[3:4]))
