#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""FreeRDP 3.15.0 with the patches of this project, seen from outside.

Usage: test_patched.py MODULE ONE_LEG [--patched PREFIX --stock PREFIX] [ONLY]

MODULE is negossp, ONE_LEG the module of one_leg.c.

Each check of CHECKS becomes two tests: it passes on the patched build, and it complains on the build
without patches. What ALSO holds on both. Without prefixes, patches/build.sh makes or finds the builds.
"""
import argparse
import ctypes
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent / name) for name in ("interop", "e2e", "support")]

import pyspnego_end  # noqa: E402
import rdp_tls  # noqa: E402
import report  # noqa: E402
import silence  # noqa: E402
from clients import (  # noqa: E402
    LOGON_FAILURE,
    PASSWORD,
    USER,
    Client,
    Wrong,
    error_code_of_refusal,
    has_field,
    log_on_with_pyspnego,
    need,
)
from der import der  # noqa: E402
from lab import Freerdp, relay, server_that_says  # noqa: E402

RDP_CHECK = pathlib.Path("/usr/share/doc/python3-impacket/examples/rdp_check.py")
XF_EXIT_AUTH_FAILURE = 132
XF_EXIT_LOGON_FAILURE = 134


# --- 0001: how a TSRequest is read ----------------------------------------------------------------

def version_0_is_refused(freerdp, _module):
    """It must not stand for a client that has not said its version yet, and can say another one later."""
    with Client(freerdp.server_port(), "ntlm") as client:
        client.version = 0
        client.send(client.context.step())
        need(client.receive() is None, "version 0 was accepted")


def bytes_after_the_last_field_are_refused(freerdp, _module):
    port = freerdp.server_port()
    for behind in (b"\x05\0", b"\xa3\x03\x04", b"\0"):
        with Client(port, "ntlm") as client:
            client.send_with_bytes_behind(client.context.step(), behind)
            need(client.receive() is None, f"{behind.hex()} was accepted behind the last field")


def two_tokens_in_one_request_are_refused(freerdp, _module):
    with Client(freerdp.server_port(), "ntlm") as client:
        token = client.context.step()
        client.send_two_tokens(token, token)
        need(client.receive() is None, "two negoTokens were accepted")


# --- 0002 to 0004: the server's states ------------------------------------------------------------

def pub_key_auth_with_the_last_token_is_answered(freerdp, _module):
    """D3. Independent: pyspnego's client, SPNEGO with a mechListMIC."""
    log_on_with_pyspnego(freerdp.server_port(), "negotiate")


def final_token_goes_out_once(freerdp, _module):
    """D2."""
    with Client(freerdp.server_port(), "negotiate") as client:
        client.send(client.authenticate())
        final = client.answer()
        need(final.nego_tokens and final.pub_key_auth is None, "no final token alone")
        client.context.step(final.nego_tokens[0].nego_token)
        client.send(**client.pub_key_auth())
        response = client.answer()
        client.verify_pub_key_auth(response)
        need(not response.nego_tokens, "the final token came again beside pubKeyAuth")
        need(client.send_credentials(), "the server hung up after the credentials")


def pub_key_auth_of_bare_ntlm_may_come_later(freerdp, _module):
    """D13."""
    with Client(freerdp.server_port(), "ntlm") as client:
        client.send(client.authenticate())
        client.send(**client.pub_key_auth())
        client.verify_pub_key_auth(client.answer())
        need(client.send_credentials(), "the server hung up after the credentials")


def refused_client_is_sent_nothing_of_its_own(freerdp, _module):
    response = error_code_of_refusal(freerdp.server_port(), USER, PASSWORD + "!")
    need(response.error_code is not None, "no errorCode")
    need(response.pub_key_auth is None, "pubKeyAuth beside errorCode")
    need(not response.nego_tokens, "a token beside errorCode")


def auth_info_is_refused_before_its_time(freerdp, _module):
    with Client(freerdp.server_port(), "ntlm") as client:
        client.send(client.context.step(), auth_info=b"x" * 40)
        need(client.receive() is None, "authInfo beside NEGOTIATE was accepted")


def pub_key_auth_is_refused_before_its_time(freerdp, _module):
    with Client(freerdp.server_port(), "ntlm") as client:
        client.send(client.context.step(), pub_key_auth=b"x" * 40)
        need(client.receive() is None, "pubKeyAuth beside NEGOTIATE was accepted")


def token_is_refused_after_the_last_one(freerdp, _module):
    with Client(freerdp.server_port(), "negotiate") as client:
        token = client.authenticate()
        client.send(token)
        client.context.step(client.answer().nego_tokens[0].nego_token)
        client.send(token, **client.pub_key_auth())
        need(client.receive() is None, "a token was accepted after the last one")


def _rdp_check(freerdp, password):
    """impacket's client: an old protocol version, and it does not verify the echo."""
    source = RDP_CHECK.read_text(encoding="utf-8")
    port = freerdp.server_port()
    script = freerdp.bench.file("rdp_check.py", source.replace("(host,3389)", f"(host,{port})"))
    return subprocess.run(["/usr/bin/python3", script, f"{USER}:{password}@127.0.0.1"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=20).stdout


def _echo(version):
    def echo_is_right(freerdp, _module):
        log_on_with_pyspnego(freerdp.server_port(), "ntlm", version)
    return echo_is_right


def _echo_in_spnego(version):
    def echo_is_right(freerdp, _module):
        log_on_with_pyspnego(freerdp.server_port(), "negotiate", version)
    return echo_is_right


# --- 0006: constant time --------------------------------------------------------------------------

def secrets_are_compared_in_constant_time(freerdp, _module):
    winpr = ctypes.CDLL(str(freerdp.library("libwinpr3.so.3")))
    need(hasattr(winpr, "winpr_SecureMemEqual"), "WinPR has no such comparison")
    equal = winpr.winpr_SecureMemEqual
    equal.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
    need(equal(b"same", b"same", 4) == 1 and equal(b"same", b"sane", 4) == 0, "it is wrong")
    imports = subprocess.run(["nm", "-D", "--undefined-only", freerdp.library("libfreerdp3.so.3")],
                             stdout=subprocess.PIPE, text=True, check=True, timeout=20).stdout
    need("winpr_SecureMemEqual" in imports, "libfreerdp does not use it")


# --- 0007, 0008: what is told about a failure -----------------------------------------------------

def error_code_says_logon_failure(freerdp, _module):
    """D6."""
    port = freerdp.server_port()
    for user, password in ((USER, PASSWORD + "!"), ("mallory", PASSWORD)):
        code = error_code_of_refusal(port, user, password).error_code or 0
        need(code & 0xFFFFFFFF == LOGON_FAILURE, f"errorCode 0x{code & 0xFFFFFFFF:08X} for {user}")


def client_tells_of_a_failure_in_a_later_leg(freerdp, _module):
    """D16. The server answers NEGOTIATE with a CHALLENGE that ends too early."""
    message = bytes.fromhex("3018a003020106a111300f300da00b0409") + b"NTLMSSP\0\2"
    stand, _ = server_that_says(freerdp.bench, message)
    code, text = freerdp.run_client(stand.port, f"/p:{PASSWORD}", "+auth-only", "/auth-pkg-list:!kerberos")
    stand.join()
    need(code == XF_EXIT_AUTH_FAILURE and "ERRCONNECT_AUTHENTICATION_FAILED" in text,
         f"the client ended with {code}:\n{text[-800:]}")


# --- 0009, 0010: where a server finds its module --------------------------------------------------

def shadow_server_loads_the_module_it_is_told_to(freerdp, module):
    """D22."""
    server = freerdp.start_server(f"/sspi-module:{module}")
    need(server.port is not None, "the server does not know the option")
    log_on_with_pyspnego(server.port, "ntlm")
    need(f"Using SSPI Module: {module}" in server.text(), "the module was not loaded")


def plain_string_of_the_registry_is_read(freerdp, module):
    with freerdp.registry(f'"SspiModule"="{module}"'):
        server = freerdp.start_server()
        log_on_with_pyspnego(server.port, "ntlm")
    need(f"Using SSPI Module: {module}" in server.text(), "the value was lost")


# --- 0011: the client's first leg -----------------------------------------------------------------

def client_binds_the_session_after_one_leg(freerdp, module):
    """D4. The package is done at once; whatever the server says then, it has proven nothing."""
    stand, seen = server_that_says(freerdp.bench, der(0x30, der(0xA0, b"\2\1\6")))
    code, text = freerdp.run_client(stand.port, f"/p:{PASSWORD}", f"/sspi-module:{module.one_leg}")
    stand.join()
    if not seen:
        raise RuntimeError(f"the client sent no TSRequest:\n{text[-1500:]}")
    need(has_field(seen[0], 3), "the client sent no pubKeyAuth")
    need(code == XF_EXIT_AUTH_FAILURE, f"the client ended with {code}:\n{text[-800:]}")


# --- 0012: where a client finds its module --------------------------------------------------------

def client_loads_the_module_of_its_own_key(freerdp, module):
    with freerdp.registry(f'"SspiModule"=str:"{module}"', role="Client"):
        code, text = freerdp.run_client(freerdp.server_port(), f"/p:{PASSWORD}", "+auth-only", "/auth-pkg-list:!kerberos")
    need(f"Using SSPI Module: {module}" in text, "the module was not loaded")
    need(code == 0, f"the client ended with {code}:\n{text[-800:]}")


# --- 0013: the oldest version a peer may have -----------------------------------------------------

def server_refuses_versions_below_its_minimum(freerdp, _module):
    server = freerdp.start_server("/credssp-min-version:6")
    need(server.port is not None, "the server does not know the option")
    with Client(server.port, "ntlm", version=5) as client:
        client.send(client.context.step())
        need(client.receive() is None, "version 5 was accepted")
    need("has protocol version 5, the minimum is 6" in server.text(), "it was refused for something else")
    log_on_with_pyspnego(server.port, "ntlm")


def client_refuses_versions_below_its_minimum(freerdp, _module):
    stand, seen = server_that_says(freerdp.bench, der(0x30, der(0xA0, b"\2\1\5")))
    code, text = freerdp.run_client(stand.port, f"/p:{PASSWORD}", "/auth-pkg-list:!kerberos",
                                    "/credssp-min-version:6")
    stand.join()
    need(seen, "the client does not know the option")
    need("has protocol version 5, the minimum is 6" in text, "version 5 was accepted")
    need(code == XF_EXIT_AUTH_FAILURE, f"the client ended with {code}:\n{text[-800:]}")


# --- 0015: the time until a session is there -------------------------------------------------------

TIME_LIMIT = 3


def _server_with_a_time_limit(freerdp, seconds):
    """Set in the registry, where a build that does not know it passes it over. WinPR takes digits without 0x for
    decimal or octal ones."""
    with freerdp.registry(f'"LogonTimeout"=dword:0x{seconds * 1000:x}'):
        return freerdp.server_port()


def client_that_never_logs_on_is_disconnected(freerdp, _module):
    """Silent, or slow: a byte now and then does not give it more time."""
    with silence.clients(lambda: _server_with_a_time_limit(freerdp, TIME_LIMIT)) as clients:
        silence.watch(clients, 2 * TIME_LIMIT)
    held = [client.name for client in clients if client.lasted is None]
    need(not held, f"still connected after {2 * TIME_LIMIT} s: {', '.join(held)}")
    early = [client.name for client in clients if client.lasted < TIME_LIMIT - 0.5]
    if early:
        raise RuntimeError(f"disconnected for something else: {early}")


# --- pass-the-hash --------------------------------------------------------------------------------

def pass_the_hash_reads_no_foreign_memory(freerdp, _module):
    """D14. The length of the sealed authInfo tells how much of the heap went out."""
    server_port = freerdp.server_port()
    stand, seen = relay(freerdp.bench, server_port, *freerdp.tls_key())
    _, text = freerdp.run_client(stand.port, f"/pth:{freerdp.nt_hash()}", "/restricted-admin",
                                 "/auth-pkg-list:!kerberos")
    stand.join()
    if len(seen) < 5:
        raise RuntimeError(f"the client did not come to its credentials: {len(seen)} messages\n{text[-1500:]}")
    need(len(seen[4]) < 300, f"authInfo was in a TSRequest of {len(seen[4])} bytes")


CHECKS = {function.__name__: function for function in (
    version_0_is_refused, bytes_after_the_last_field_are_refused, two_tokens_in_one_request_are_refused,
    pub_key_auth_with_the_last_token_is_answered, final_token_goes_out_once,
    pub_key_auth_of_bare_ntlm_may_come_later, refused_client_is_sent_nothing_of_its_own,
    auth_info_is_refused_before_its_time, pub_key_auth_is_refused_before_its_time,
    token_is_refused_after_the_last_one,
    secrets_are_compared_in_constant_time,
    error_code_says_logon_failure, client_tells_of_a_failure_in_a_later_leg,
    shadow_server_loads_the_module_it_is_told_to, plain_string_of_the_registry_is_read,
    client_binds_the_session_after_one_leg, client_loads_the_module_of_its_own_key,
    server_refuses_versions_below_its_minimum, client_refuses_versions_below_its_minimum,
    client_that_never_logs_on_is_disconnected, pass_the_hash_reads_no_foreign_memory)}
CHECKS.update({f"public_key_echo_of_credssp_{version}_is_right": _echo(version) for version in (2, 3, 4)})
CHECKS.update({f"public_key_echo_of_credssp_{version}_in_spnego_is_right": _echo_in_spnego(version)
               for version in (2, 3, 4)})


# --- what goes on working, on both ----------------------------------------------------------------

def bare_ntlm_client_logs_on(freerdp, _module):
    log_on_with_pyspnego(freerdp.server_port(), "ntlm")


def own_client_logs_on(freerdp, _module):
    port = freerdp.server_port()
    options = ("+auth-only", "/auth-pkg-list:!kerberos")
    code, text = freerdp.run_client(port, f"/p:{PASSWORD}", *options)
    need(code == 0, f"xfreerdp ended with {code}:\n{text[-800:]}")


def own_client_is_refused_with_a_wrong_password(freerdp, _module):
    options = ("+auth-only", "/auth-pkg-list:!kerberos")
    code, text = freerdp.run_client(freerdp.server_port(), f"/p:{PASSWORD}!", *options)
    need(code not in (0, None), f"xfreerdp ended with {code}:\n{text[-800:]}")


def impackets_rdp_check_logs_on(freerdp, _module):
    said = _rdp_check(freerdp, PASSWORD)
    need("Access Granted" in said, f"rdp_check is refused: {said}")


def module_of_servers_changes_no_client(freerdp, module):
    with freerdp.registry(f'"SspiModule"=str:"{module}"'):
        _, text = freerdp.run_client(freerdp.server_port(), f"/p:{PASSWORD}", "+auth-only", "/auth-pkg-list:!kerberos")
    need("Using SSPI Module" not in text, "the client took the server's module")


def version_5_logs_on_without_a_minimum(freerdp, _module):
    log_on_with_pyspnego(freerdp.server_port(), "ntlm", 5)


def session_outlasts_the_time_limit(freerdp, _module):
    """run_client waits for 15 seconds."""
    port = _server_with_a_time_limit(freerdp, 8)
    code, text = freerdp.run_client(port, f"/p:{PASSWORD}", "/auth-pkg-list:!kerberos", "-auto-reconnect")
    need(code is None, f"the client ended with {code}:\n{text[-800:]}")


ALSO = {function.__name__: function for function in (
    bare_ntlm_client_logs_on, own_client_logs_on, own_client_is_refused_with_a_wrong_password,
    impackets_rdp_check_logs_on, module_of_servers_changes_no_client, version_5_logs_on_without_a_minimum,
    session_outlasts_the_time_limit)}


class Modules:
    """negossp's path; and that of the module whose package is done at once."""

    def __init__(self, negossp, one_leg):
        self._negossp = negossp.resolve()
        self.one_leg = one_leg.resolve()

    def __str__(self):
        return str(self._negossp)


# --- tests of them --------------------------------------------------------------------------------

def _passes(check, prefix, module):
    def test(bench):
        freerdp = Freerdp(prefix, bench)
        check(freerdp, module)
    return test


def _complains(check, prefix, module):
    def test(bench):
        freerdp = Freerdp(prefix, bench)
        try:
            check(freerdp, module)
        except Wrong as complaint:
            print(f"as expected: {complaint}")
            return
        raise AssertionError("nothing is wrong without the patch")
    return test


def tests_of(patched, stock, module):
    tests = {}
    for name, check in CHECKS.items():
        tests[f"test_{name}"] = _passes(check, patched, module)
        tests[f"test_unpatched_{name}_not"] = _complains(check, stock, module)
    for name, check in ALSO.items():
        tests[f"test_{name}"] = _passes(check, patched, module)
        tests[f"test_unpatched_{name}_too"] = _passes(check, stock, module)
    for name, test in tests.items():
        test.__name__ = name
    return tests


def _build(*options):
    """The prefix of a build, or None."""
    run = subprocess.run([HERE.parent.parent / "patches" / "build.sh", *options], stdout=subprocess.PIPE,
                         text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("module", type=pathlib.Path)
    arguments.add_argument("one_leg", type=pathlib.Path)
    arguments.add_argument("only", nargs="?")
    arguments.add_argument("--patched")
    arguments.add_argument("--stock")
    given = arguments.parse_args()
    missing = pyspnego_end.load()
    for program in ("Xvfb", "openssl", "nm"):
        if not shutil.which(program):
            missing = f"{program} is not installed"
    if not RDP_CHECK.exists():
        missing = "python3-impacket is not installed"
    patched = stock = None
    if not missing:
        patched = given.patched or _build()
        stock = given.stock or _build("--stock")
        if not patched or not stock:
            missing = "FreeRDP 3.15.0 could not be built"
    return report.run(tests_of(patched, stock, Modules(given.module, given.one_leg)), missing, given.only)


if __name__ == "__main__":
    sys.exit(main())
