# SPDX-License-Identifier: Apache-2.0
"""IronRDP's web client at FreeRDP's shadow server."""

import os
import pathlib

import browser_lab
import cases
import check
import peers
import program_tests
import wire
from peers_lab import USER, free_port

IRONRDP, OLDER = "@devolutions/iron-remote-desktop-rdp", "ironrdp-wasm"
# Without a KDC's proxy it sends bare NTLM; with one it sends SPNEGO, and offers Kerberos to a server that has a name.
BARE, SPNEGO, KERBEROS_OFFERED = ("127.0.0.1", False), ("127.0.0.1", True), ("localhost", True)
# ERROR_LOGON_FAILURE (MS-ERREF 2.2) as FreeRDP up to 3.24 makes an NTSTATUS of it, and as it is one (2.3.1).
LOGON_FAILURES = ("0xc007052e", "0xc000006d")


def peer(package=IRONRDP):
    return "IronRDP's web client" + (", older" if package == OLDER else ""), f"{package} {browser_lab.version(package)}"


def _run(lab, name, way, password=None, package=IRONRDP, module=True):
    host, kdc_proxy = way
    port = free_port()
    lab.etc.register(lab.module if module else None)
    return lab.run(
        name,
        lambda _: [("shadow", ["freerdp-shadow-cli3", f"/port:{port}", "/bind-address:127.0.0.1",
                               f"/sam-file:{lab.sam}", "/sec:nla"], port)],
        port,
        lambda keys: browser_lab.command(lab, keys.parent, package, destination=f"{host}:{port}", kdc_proxy=kdc_proxy,
                                         password=password or lab.password),
        screen=browser_lab.Canvas)


def bare(lab):
    return lab.once("bare", lambda: _run(lab, "bare", BARE))


def spnego(lab):
    return lab.once("spnego", lambda: _run(lab, "spnego", SPNEGO))


def kerberos_offered(lab):
    return lab.once("kerberos-offered", lambda: _run(lab, "kerberos-offered", KERBEROS_OFFERED))


def logged_on(seen, expected):
    check.equal(program_tests.flow(seen.messages), expected, "the exchange")
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    check.true("logged on" in seen.client_log, f"the client says so: {seen.client_log}")
    check.true(seen.share > 0.5, f"most of the canvas has the server's colour ({seen.share:.3f})")


def line(seen, *parts):
    lines = seen.said("shadow")
    check.equal(len(lines), 1, f"the module's lines in the server's log ({lines})")
    for part in parts:
        check.true(part in lines[0], f"the server's line says {part}: {lines[0]}")


def _refused(seen):
    check.equal(seen.client_exit, 1, "the client's exit code")
    check.true(not any(message.auth_info for message in seen.messages), "no credentials were sent")
    check.true(seen.share == 0.0, f"nothing was shown ({seen.share:.3f})")
    line(seen, "exchange=failed", "SEC_E_LOGON_DENIED", f'user="{USER}"')
    check.true(any(code in seen.client_log for code in LOGON_FAILURES), f"the client was told why: {seen.client_log}")


# --- bare NTLM ----------------------------------------------------------------------------------

def test_bare_ntlm_takes_three_legs(lab):
    logged_on(bare(lab), cases.THREE_LEGS)


def test_bare_ntlm_is_said_to_be_bare(lab):
    line(bare(lab), "exchange=complete", "framing=bare", f'user="{USER}"')
    peers.right(*peer(), "client", peers.BARE)


def test_bare_ntlm_with_a_wrong_password_is_refused(lab):
    _refused(_run(lab, "bare-wrong-password", BARE, "wrong"))
    peers.wrong(*peer(), "client", peers.BARE)


# --- SPNEGO -------------------------------------------------------------------------------------

def test_spnego_takes_four_legs(lab):
    logged_on(spnego(lab), cases.FOUR_LEGS)


def test_spnego_offers_ntlm_alone_to_an_address(lab):
    check.equal(spnego(lab).messages[0].mech_types, (wire.NTLM_OID,), "mechTypes")


def test_spnego_mics_are_right(lab):
    line(spnego(lab), "exchange=complete", "framing=spnego", "mechlistmic=sent/ok", "mic=ok")
    peers.right(*peer(), "client", peers.SPNEGO)


def test_spnego_with_a_wrong_password_is_refused(lab):
    _refused(_run(lab, "spnego-wrong-password", SPNEGO, "wrong"))
    peers.wrong(*peer(), "client", peers.SPNEGO)


# --- Kerberos offered to a server that has no keytab ---------------------------------------------

def test_kerberos_offered_ends_in_ntlm(lab):
    logged_on(kerberos_offered(lab), program_tests.NTLM_AFTER_USER_TO_USER)


def test_kerberos_offered_is_first_and_ntlm_last(lab):
    mechanisms = kerberos_offered(lab).messages[0].mech_types
    check.equal((mechanisms[-1], len(mechanisms)), (wire.NTLM_OID, 3), f"mechTypes ({mechanisms})")


def test_kerberos_offered_asks_for_the_mic_and_gets_it(lab):
    seen = kerberos_offered(lab)
    check.equal((seen.messages[1].neg_state, seen.messages[1].supported_mech), ("request-mic", wire.NTLM_OID), "the choice")
    line(seen, "exchange=complete", "chosen=NTLM", "mechlistmic=sent/ok")
    peers.right(*peer(), "client", peers.SPNEGO_AFTER_KERBEROS)


def test_kerberos_offered_with_a_wrong_password_is_refused(lab):
    _refused(_run(lab, "kerberos-offered-wrong-password", KERBEROS_OFFERED, "wrong"))
    peers.wrong(*peer(), "client", peers.SPNEGO_AFTER_KERBEROS)


# --- another build, with an older sspi-rs ---------------------------------------------------------

def test_older_client_takes_four_legs(lab):
    logged_on(_run(lab, "older-spnego", SPNEGO, package=OLDER), cases.FOUR_LEGS)
    peers.right(*peer(OLDER), "client", peers.SPNEGO)


def test_older_client_with_a_wrong_password_is_refused(lab):
    _refused(_run(lab, "older-spnego-wrong-password", SPNEGO, "wrong", package=OLDER))
    peers.wrong(*peer(OLDER), "client", peers.SPNEGO)


# --- without the module ---------------------------------------------------------------------------

def test_stock_server_takes_bare_ntlm_too(lab):
    seen = _run(lab, "stock-bare", BARE, module=False)
    logged_on(seen, cases.THREE_LEGS)
    check.equal(seen.said("shadow"), [], "the module's lines")


def test_stock_server_for_comparison(lab):
    """No requirement of ours: it records what FreeRDP does without the module."""
    for name, way in (("spnego", SPNEGO), ("kerberos-offered", KERBEROS_OFFERED)):
        seen = _run(lab, f"stock-{name}", way, module=False)
        check.true(seen.messages, "something was seen")
        print(f"comparison: stock server, {name}: {program_tests.flow(seen.messages)}, the client: {seen.client_log.strip()}")


# --- afterwards -----------------------------------------------------------------------------------

def _is_a_browser_here(process):
    try:
        return b"chromium" in (process / "cmdline").read_bytes() \
            and os.readlink(process / "ns/net") == os.readlink("/proc/self/ns/net")
    except OSError:  # it has ended
        return False


def test_no_browser_outlives_its_client(lab):
    """The network namespace is this test's alone."""
    bare(lab)
    check.equal([process.name for process in pathlib.Path("/proc").glob("[0-9]*") if _is_a_browser_here(process)], [],
                "processes that are left")
