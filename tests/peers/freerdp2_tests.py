# SPDX-License-Identifier: Apache-2.0
"""FreeRDP 2.11: a server that knows NTLM without SPNEGO only, and a client that sends nothing else."""

import cases
import check
import logon_tests
import peers
import wire
from peers_lab import USER, free_port


OLD = ("FreeRDP 2", peers.version_of("freerdp2-x11"))


def _at_old_server(lab, name, password=None, **variables):
    """xfreerdp3 with the module at FreeRDP 2's shadow server."""
    port = free_port()
    return lab.run(
        name,
        lambda _: [("shadow", ["freerdp-shadow-cli", f"/port:{port}", "/bind-address:127.0.0.1",
                               f"/sam-file:{lab.sam}", "/sec:nla"], port)],
        port,
        lambda keys: ["xfreerdp3", f"/v:127.0.0.1:{port}", f"/u:{USER}", f"/p:{password or lab.password}",
                      "/cert:ignore", f"/tls:secrets-file:{keys}", f"/sspi-module:{lab.module}"],
        **variables)


def _old_client(lab, name, password):
    """FreeRDP 2's xfreerdp at FreeRDP 3's shadow server with the module. The client cannot write the TLS
    keys; this server can."""
    port = free_port()
    lab.etc.register(lab.module)
    return lab.run(
        name,
        lambda keys: [("shadow", ["freerdp-shadow-cli3", f"/port:{port}", "/bind-address:127.0.0.1",
                                  f"/sam-file:{lab.sam}", "/sec:nla", f"/tls-secrets-file:{keys}"], port)],
        port,
        lambda _: ["xfreerdp", f"/v:127.0.0.1:{port}", f"/u:{USER}", f"/p:{password}", "/cert:ignore"])


def framed(lab):
    return lab.once("framed", lambda: _at_old_server(lab, "freerdp2-server-framed"))


def raw(lab):
    return lab.once("raw", lambda: _at_old_server(lab, "freerdp2-server-raw", NEGOSSP_FRAMING="raw"))


def old_client(lab):
    return lab.once("client", lambda: _old_client(lab, "freerdp2-client", lab.password))


# --- the server of FreeRDP 2 --------------------------------------------------------------------

def test_old_server_refuses_the_framed_client(lab):
    seen = framed(lab)
    check.equal(logon_tests.flow(seen.messages)[0], ("client", "NegTokenInit", "NEGOTIATE"), "the first token")
    check.true(not any(message.ntlm == "CHALLENGE" for message in seen.messages), "there was no CHALLENGE")
    check.true(seen.client_exit not in (None, 0), f"the client did not get in ({seen.client_exit})")


def test_log_of_the_refused_client_names_the_setting(lab):
    seen = framed(lab)
    check.true(len(seen.said()) >= 1, "the client's module said how the exchange ended")
    check.true("framing=raw" in seen.told(), f"the reason names framing=raw: {seen.said()}")
    # What a CredSSP server has to read: MS-CSSP 3.1.5.
    peers.right(*OLD, "server", peers.SPNEGO, "refused: it reads bare NTLM alone (`framing=raw`)")
    peers.wrong(*OLD, "server", peers.SPNEGO)


def test_old_server_works_with_framing_raw(lab):
    seen = raw(lab)
    check.equal(logon_tests.flow(seen.messages), cases.THREE_LEGS, "the exchange")
    check.true("exchange=complete" in seen.said()[0] and "framing=raw" not in seen.told(), "the client's line")
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    check.true(seen.share > 0.5, f"most of the client's pixels are the server's colour ({seen.share:.3f})")
    peers.right(*OLD, "server", peers.BARE)


def test_old_server_refuses_a_wrong_password(lab):
    seen = _at_old_server(lab, "freerdp2-server-wrong-password", password="wrong", NEGOSSP_FRAMING="raw")
    check.true(seen.client_exit not in (None, 0), f"the client did not get in ({seen.client_exit})")
    check.true(not any(message.auth_info for message in seen.messages), "no credentials were sent")
    peers.wrong(*OLD, "server", peers.BARE)


def _registered_old_server(lab, name, password):
    """FreeRDP 2's client at FreeRDP 2's shadow server, on a machine where the module is registered."""
    port = free_port()
    lab.etc.register(lab.module)
    return lab.run(
        name,
        lambda _: [("shadow", ["stdbuf", "-oL", "freerdp-shadow-cli", f"/port:{port}", "/bind-address:127.0.0.1",
                               f"/sam-file:{lab.sam}", "/sec:nla"], port)],
        port,
        lambda _: ["xfreerdp", f"/v:127.0.0.1:{port}", f"/u:{USER}", f"/p:{password}", "/cert:ignore"])


def test_old_server_goes_on_with_its_own_packages_where_the_module_is_registered(lab):
    seen = _registered_old_server(lab, "freerdp2-registered", lab.password)
    check.true(str(lab.module) in seen.server_logs["shadow"], f"it loaded the module: {seen.server_logs['shadow'][-2000:]}")
    check.equal(seen.said("shadow"), [], "what the module did there")
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    check.true(seen.share > 0.5, f"most of the client's pixels are the server's colour ({seen.share:.3f})")


def test_old_server_refuses_a_wrong_password_where_the_module_is_registered(lab):
    seen = _registered_old_server(lab, "freerdp2-registered-wrong-password", "wrong")
    check.true(str(lab.module) in seen.server_logs["shadow"], "it loaded the module")
    check.true(seen.client_exit not in (None, 0), f"the client did not get in ({seen.client_exit})")


# --- the client of FreeRDP 2 --------------------------------------------------------------------

def test_old_client_logs_on_with_bare_ntlm(lab):
    seen = old_client(lab)
    check.equal(logon_tests.flow(seen.messages), cases.THREE_LEGS, "the exchange")
    check.true(all(message.spnego is None for message in seen.messages), "no SPNEGO from either side")
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    check.true(seen.share > 0.5, f"most of the client's pixels are the server's colour ({seen.share:.3f})")
    peers.right(*OLD, "client", peers.BARE)


def test_old_clients_signatures_begin_with_number_0(lab):
    for message in old_client(lab).messages:
        if message.pub_key_auth is not None:
            check.equal(wire.ntlm_sequence_number(message.pub_key_auth), 0, f"SeqNum of the {message.sender}")


def test_log_of_the_server_says_who_the_old_client_is(lab):
    lines = old_client(lab).said("shadow")
    check.equal(len(lines), 1, "exchanges in the server")
    for part in ("exchange=complete", "framing=bare", f'user="{USER}"', "mechlistmic=not-sent/none"):
        check.true(part in lines[0], f"the server's line says {part}: {lines[0]}")


def test_old_client_with_a_wrong_password_is_refused(lab):
    seen = _old_client(lab, "freerdp2-client-wrong-password", "wrong")
    check.true(seen.client_exit not in (None, 0), f"the client was refused ({seen.client_exit})")
    check.true("SEC_E_LOGON_DENIED" in seen.said("shadow")[0], "the server's line says why")
    peers.wrong(*OLD, "client", peers.BARE)
