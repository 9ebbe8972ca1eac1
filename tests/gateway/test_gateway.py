# SPDX-License-Identifier: Apache-2.0
"""The real xfreerdp3 with the module at a gateway of our own.

Usage: test_gateway.py MODULE FOLDER [ONLY]. The clients' logs are left in FOLDER.

The gateway is the test's TLS server; every logon is checked by pyspnego, channel bindings included. It
is served far enough to see that the client takes its logon for done and goes on.
"""

import pathlib
import shutil
import sys

import paths  # first: it says where the others are
import desktop
import http_server
import peer
import peers
import pyspnego_end
import report
import rpc_gateway
import tokens
from programs import Program, environment, wait_until

MODULE = pathlib.Path(sys.argv[1]).resolve()
KEPT = pathlib.Path(sys.argv[2]).resolve()
ACCOUNT = f"u:{peer.USER},d:{peer.DOMAIN},p:{{password}}"
GATEWAY = "HTTP gateway of these tests, pyspnego inside"
NEEDED = ("xfreerdp3", "Xvfb", "openssl")


def serve(connection, request, visit, given):
    """What a gateway answers to a client that has logged on, and what the client sends then."""
    if request.wants_websocket():
        http_server.accept_websocket(connection, request, given)
        visit.after = connection.some()
    elif request.method == "RDG_OUT_DATA":
        # MS-TSGU 3.3.5.1: a seed of random bytes, after which the other channel is opened. This one is
        # left open: the client is waiting for it.
        connection.write("\r\n".join(["HTTP/1.1 200 OK", *given, "", ""]).encode() + bytes(10))
        connection.some()
    else:
        connection.answer("200 OK", given)
        visit.after = connection.some()


def run_client(bench, gateway, form, password=peer.PASSWORD, enough=None, **variables):
    """xfreerdp3, until `enough` or its end; returns its log and exit code (None: ended by us)."""
    home = bench.folder / "home"
    home.mkdir()
    env = environment(home, **variables)
    screen = bench.enter_context(desktop.Screen(bench.folder, "client", env))
    arguments = form.format(port=gateway.port, account=ACCOUNT.format(password=password))
    # xfreerdp3 reads a port behind the gateway's name from a file, and (3.10.3) drops it on the command line.
    named = bench.file("gateway.rdp", f"gatewayhostname:s:127.0.0.1:{gateway.port}\ngatewayusagemethod:i:1\n"
                       "full address:s:target.example\n")
    client = bench.enter_context(Program(
        ["stdbuf", "-oL", "xfreerdp3", named, f"/gateway:{arguments}", f"/u:{peer.USER}",
         f"/p:{peer.PASSWORD}", "/cert:ignore", f"/sspi-module:{MODULE}"],
        bench.folder / "client.log", {**env, "DISPLAY": screen.display}))
    wait_until(lambda: client.exit_code is not None or (enough and enough()), 25)
    exit_code = client.exit_code
    client.end()
    gateway.end()
    KEPT.mkdir(parents=True, exist_ok=True)
    shutil.copy(client.log, KEPT / f"{bench.folder.name}-client.log")
    assert not gateway.errors, gateway.errors
    return client.text(), exit_code


def complete(gateway, *methods):
    """The visits that logged on, one for each method, right in all that pyspnego and the tokens show."""
    done = [visit for visit in gateway.visits if visit.user]
    seen = [visit.method for visit in done]
    assert sorted(set(seen)) == sorted(methods), (seen, gateway.visits)
    for visit in done:
        assert visit.user == f"{peer.DOMAIN}\\{peer.USER}", visit
        assert visit.bound, "the client's answer does not name the TLS channel"
        assert visit.refusal is None
    return done


def logged_on(gateway, count):
    return lambda: sum(visit.user is not None for visit in gateway.visits) >= count


def went_on(gateway):
    return lambda: any(visit.after for visit in gateway.visits)


def require_bare(visits, scheme):
    for visit in visits:
        assert visit.scheme == scheme, visit
        assert [str(tokens.read(token)) for token in visit.tokens] == ["bare NEGOTIATE", "bare AUTHENTICATE"]


def require_lines(log):
    """The client's own line about each logon says what is so."""
    lines = [line for line in log.splitlines() if "exchange=" in line]
    assert lines, log
    for line in lines:
        assert "exchange=complete" in line and "role=initiator" in line, line
        assert 'target="HTTP/127.0.0.1"' in line, line


HTTP = "{account},type:http,no-websockets"
WEBSOCKET = "{account},type:http"
WST = "{account},url:wss://127.0.0.1:{port}/gateway"
RPC = "{account},type:rpc"


# --- RD Gateway over HTTP and WebSocket (rdg.c) ----------------------------------------------------

def test_http_gateway_takes_both_channels(bench):
    gateway = http_server.Gateway(bench, serve)
    log, _ = run_client(bench, gateway, HTTP, enough=went_on(gateway))
    visits = complete(gateway, "RDG_OUT_DATA", "RDG_IN_DATA")
    require_bare(visits, "Negotiate")
    require_lines(log)
    peers.right(GATEWAY, pyspnego_end.called()[1], "server", peers.BARE)


def test_websocket_gateway_takes_the_client(bench):
    gateway = http_server.Gateway(bench, serve)
    log, _ = run_client(bench, gateway, WEBSOCKET, enough=went_on(gateway))
    require_bare(complete(gateway, "RDG_OUT_DATA"), "Negotiate")
    require_lines(log)
    # A binary frame with the handshake request, masked (RFC 6455 5.2, MS-TSGU 2.2.10.10).
    after = gateway.visits[0].after
    assert after[0] == 0x82 and after[1] & 0x80, after


def test_http_gateway_with_other_bindings_refuses(bench):
    gateway = http_server.Gateway(bench, serve, bindings=False)
    _, exit_code = run_client(bench, gateway, WEBSOCKET)
    complete(gateway)
    assert gateway.visits[0].refusal == "BadBindingsError", gateway.visits
    assert exit_code not in (None, 0)


def test_http_gateway_refuses_a_wrong_password(bench):
    gateway = http_server.Gateway(bench, serve)
    _, exit_code = run_client(bench, gateway, WEBSOCKET, password="wrong")
    complete(gateway)
    assert gateway.visits[0].refusal is not None, gateway.visits
    assert exit_code not in (None, 0)
    peers.wrong(GATEWAY, pyspnego_end.called()[1], "server", peers.BARE)


def test_http_gateway_takes_spnego_where_it_is_asked_for(bench):
    """rdg.c can carry the server's last token, unlike wst.c (D23): framing=spnego works there."""
    gateway = http_server.Gateway(bench, serve)
    log, _ = run_client(bench, gateway, HTTP, enough=went_on(gateway), NEGOSSP_FRAMING="spnego")
    for visit in complete(gateway, "RDG_OUT_DATA", "RDG_IN_DATA"):
        kinds = [tokens.read(token) for token in visit.tokens]
        assert [kind.kind for kind in kinds] == ["init", "resp"], kinds
        assert kinds[1].mic, kinds
    require_lines(log)


# --- the WebSocket transport (wst.c) ---------------------------------------------------------------

def test_wst_gateway_takes_the_client(bench):
    gateway = http_server.Gateway(bench, serve)
    log, _ = run_client(bench, gateway, WST, enough=logged_on(gateway, 1))
    require_bare(complete(gateway, "GET"), "Negotiate")
    require_lines(log)


# --- RPC over HTTP (ncacn_http.c, rpc_bind.c, rpc_client.c) ----------------------------------------

def test_rpc_gateway_takes_both_channels_and_verifies_the_bind(bench):
    rpc = rpc_gateway.RpcGateway()
    gateway = http_server.Gateway(bench, rpc.serve)
    log, _ = run_client(bench, gateway, RPC, enough=lambda: rpc.over)
    assert not rpc.error, rpc.error
    require_bare(complete(gateway, "RPC_IN_DATA", "RPC_OUT_DATA"), "NTLM")
    # BIND, AUTH3 and the first request, whose signature pyspnego verified over the whole PDU.
    assert rpc.seen == ["BIND", "AUTH3", "REQUEST"], rpc.seen
    assert rpc.user == f"{peer.DOMAIN}\\{peer.USER}"
    lines = [line for line in log.splitlines() if "exchange=complete" in line]
    assert len(lines) == 3, lines
    assert sum('target="HTTP/127.0.0.1"' in line for line in lines) == 2, lines


def missing():
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    return f"not installed: {' '.join(lacking)}" if lacking else pyspnego_end.load()


if __name__ == "__main__":
    assert paths
    shutil.rmtree(KEPT, ignore_errors=True)
    sys.exit(report.run(globals(), missing(), *sys.argv[3:4]))
