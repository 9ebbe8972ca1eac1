# SPDX-License-Identifier: Apache-2.0
"""Logons at a desktop's own server: test_hosts.py HOST BUILD FOLDER. Logs, captures and pictures of what the
client saw are left in FOLDER.

The host with the module and without; a stock client, the module's, and one that offers NEGOEX first, as Windows 11
does where it is joined to Entra ID (negossp-probe); right and wrong passwords."""

import pathlib
import secrets
import subprocess
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / part) for part in ("support", "e2e", "lab", "interop")]

# pylint: disable=wrong-import-position
import cases
import check
import hosts
import logon
import logon_tests
import openings
import peers
import roots
import sandbox

CLIENT = "192.0.2.1"   # where the probe comes from
PROBE_RIGHT, PROBE_REFUSED, PROBE_WRONG_PASSWORD = 0, 4, 5


class Bench:
    """A host's lab, and the probe."""

    def __init__(self, host, work, built, keep):
        self._lab = hosts.Lab(host, work, built, keep)
        sandbox.loopback_has(CLIENT)
        self.keytab = self._lab.file("etc/krb5.keytab", b"\x05\x02")
        self.keytab_openings = openings.Openings(self.keytab)
        self._work, self._probe, self._keep = work, built / "negossp-probe", keep
        self.host, self.version = host, self._lab.version()

    def run(self, client_module, server_module, right=True):
        kinds = ["module" if module else "stock" for module in (client_module, server_module)]
        name = f"{kinds[0]}-client-{kinds[1]}-server" + ("" if right else "-wrong")
        return self._lab.run(logon.Logon(name, name, client_module, server_module, password_is_right=right))

    def negoex(self, server_module, right=True):
        """The probe's exit code and story, and the host's log."""
        name = f"negoex-client-{'module' if server_module else 'stock'}-server" + ("" if right else "-wrong")
        folder = self._keep / name
        folder.mkdir(exist_ok=True)
        password = self._work / "probe-password"
        password.write_text((self._lab.password if right else "wrong-" + secrets.token_hex(6)) + "\n", encoding="utf-8")
        with self._lab.server(folder, module=server_module) as (server, port):
            done = subprocess.run([self._probe, "--framing", "negoex", "--any-certificate", "-u", logon.USER, "-p", password,
                                   f"{CLIENT}:{port}"], capture_output=True, text=True, timeout=60, check=False)
            (folder / "probe.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
            server.end()
            return done.returncode, done.stdout, server.text().splitlines()

    def peer(self):
        """The row of docs/peers.md: the host without the module."""
        return self.host.title, self.version, "server", peers.SPNEGO


def _ours(log):
    return [line for line in log if f"[{logon.LOGGER}]" in line and "exchange=" in line]


def _assert_logon(bench, seen, flow):
    check.equal(logon_tests.flow(seen.messages), flow, "the exchange")
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    for side, has_module in (("client", seen.logon.client_module), ("server", seen.logon.server_module)):
        check.equal(len(seen.said(side)), 1 if has_module else 0, f"summary lines of the module in the {side}'s log")
    if bench.host.pictures:
        check.true(seen.share > 0.5, f"most of what the client sees has the desktop's colour ({seen.share:.3f})")
    else:
        check.true(hosts.CAME in seen.server_log, "the host let it in")


def _assert_refused(seen):
    check.true(seen.client_exit not in (None, 0), f"the client was refused ({seen.client_exit})")
    check.true(not any(message.auth_info for message in seen.messages), "no credentials were sent")
    check.true(hosts.CAME not in seen.server_log, "nobody was let in")
    for line in seen.said("server"):
        check.true("exchange=failed" in line and "ntproofstr=FAILED" in line, f"the module says why: {line}")
    check.equal(len(seen.said("server")), 1 if seen.logon.server_module else 0, "lines of the module in the server's log")


def test_stock_client_stock_server(bench):
    _assert_logon(bench, bench.run(False, False), cases.THREE_LEGS)


def test_stock_client_module_server(bench):
    _assert_logon(bench, bench.run(False, True), cases.THREE_LEGS)


def test_module_client_stock_server(bench):
    _assert_logon(bench, bench.run(True, False), cases.FOUR_LEGS)
    peers.right(*bench.peer())


def test_module_client_module_server(bench):
    _assert_logon(bench, bench.run(True, True), cases.FOUR_LEGS)


def test_wrong_password_stock_server(bench):
    _assert_refused(bench.run(True, False, right=False))
    peers.wrong(*bench.peer())


def test_wrong_password_module_server(bench):
    _assert_refused(bench.run(True, True, right=False))


def test_wrong_password_stock_client_module_server(bench):
    _assert_refused(bench.run(False, True, right=False))


def test_negoex_client_is_refused_by_the_stock_server(bench):
    code, story, _ = bench.negoex(False)
    check.true("NegTokenInit [NEGOEX,NTLM]" in story, "NEGOEX is offered first")
    check.equal(code, PROBE_REFUSED, "the probe's exit code")


def test_negoex_client_is_served_by_the_module(bench):
    code, story, log = bench.negoex(True)
    lines = _ours(log)
    check.equal(code, PROBE_RIGHT, f"the probe's exit code ({story[-300:]})")
    check.true("NegTokenInit [NEGOEX,NTLM]" in story, "NEGOEX is offered first")
    check.true(len(lines) == 1 and "exchange=complete" in lines[0] and "offered=NEGOEX,NTLM chosen=NTLM" in lines[0]
               and "mechlistmic=sent/ok" in lines[0], f"the module's line: {lines}")


def test_negoex_client_with_a_wrong_password(bench):
    code, _, log = bench.negoex(True, right=False)
    lines = _ours(log)
    check.equal(code, PROBE_WRONG_PASSWORD, "the probe's exit code")
    check.true(len(lines) == 1 and "exchange=failed" in lines[0], f"the module's line: {lines}")
    # docs/log.md says so: fail2ban has nothing to go by.
    check.equal([line for line in log if CLIENT in line and line not in lines], [], "lines with the client's address")


def test_keytab_was_left_alone_by_all_of_them(bench):
    check.equal(bench.keytab_openings.count(), 0, "how often the machine's keytab was opened, though no client listed Kerberos")
    bench.keytab.read_bytes()
    check.equal(bench.keytab_openings.count(), 1, "what is seen of this test's own look")


def main():
    host = {"gnome": hosts.GNOME, "krdp": hosts.KRDP}[sys.argv[1]]
    built, keep = (pathlib.Path(argument).resolve() for argument in sys.argv[2:4])
    keep.mkdir(parents=True, exist_ok=True)
    return roots.run_tests(sys.modules["__main__"], lambda work: Bench(host, work, built, keep))


sys.exit(main())
