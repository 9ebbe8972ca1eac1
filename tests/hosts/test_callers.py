# SPDX-License-Identifier: Apache-2.0
"""Whom fail2ban's filter finds in the log of testing's gnome-remote-desktop: test_callers.py BUILD FOLDER. The log is left
in FOLDER. Of the hosts that say no address test_hosts.py has it, of freerdp-proxy tests/peers."""

import pathlib
import re
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / part) for part in ("support", "e2e", "lab", "interop")]

# pylint: disable=wrong-import-position
import banned
import check
import hosts
import logon
import roots
import sandbox

ALICE, MALLORY, BYSTANDER = "192.0.2.1", "198.51.100.1", "203.0.113.1"


class Bench:
    """The server's log after logons from three addresses."""

    def __init__(self, work, built, keep):
        lab = hosts.Lab(hosts.GNOME_OF_TESTING, work, built, keep)
        self.work = work
        for address in (ALICE, MALLORY, BYSTANDER):
            sandbox.loopback_has(address)
        with lab.server(keep, module=True, more={"G_MESSAGES_DEBUG": "all"}) as (server, port):
            def knock(address, password, code):
                done = subprocess.run([built / "negossp-probe", "--any-certificate", "-u", logon.USER, "-p", lab.password_file(password),
                                       f"{address}:{port}"], capture_output=True, text=True, timeout=60, check=False)
                check.equal(done.returncode, code, f"the probe's exit code from {address} ({done.stdout[-300:]})")

            knock(ALICE, lab.password, 0)
            knock(MALLORY, "wrong", 5)
            knock(ALICE, "wrong", 5)
            # Who came long before and does nothing is not who is refused.
            with socket.create_connection((BYSTANDER, port), 10):
                knock(MALLORY, "wrong", 5)
            server.end()
            self.log = server.text().splitlines()

    def line(self, words):
        return next(line for line in self.log if words in line)


def test_addresses_are_those_of_who_was_refused(bench):
    found = [MALLORY, ALICE, MALLORY]
    check.equal(banned.found_among(bench.log, bench.work), found, "whom fail2ban would ban")
    check.equal(banned.found_in_journal(bench.log, bench.work), found, "the same from the journal")
    check.equal(banned.times_among(bench.log, bench.work), [line[1:9] for line in bench.log if "exchange=failed" in line], "when")


def test_refusals_without_an_address_ban_nobody(bench):
    check.equal(banned.found_among([line for line in bench.log if "[Throttler]" not in line], bench.work), [], "without G_MESSAGES_DEBUG")


def test_who_was_let_in_is_not_who_is_refused(bench):
    came, complete, refused = (bench.line(words) for words in (f"Accepting connection from {ALICE}", "exchange=complete", "exchange=failed"))
    for title, lines, found in (
            ("refused", [came, refused], [ALICE]),
            ("let in, and another's refusal", [came, complete, refused], []),
            ("let in, and again", [came, complete, came, refused], [ALICE]),
            ("the last of two", [came, came.replace(ALICE, MALLORY), refused], [MALLORY]),
            ("over IPv6", [came.replace(ALICE, "2001:db8::1"), refused], ["2001:db8::1"]),
            ("not for the password", [came, refused.replace("SEC_E_LOGON_DENIED", "SEC_E_INVALID_TOKEN")], []),
            ("words of another line", [f"[12:00:00:000] [9:9] [INFO][x] - [y]: {came}", refused], []),
            ("denied, and so nobody's", [came.replace("Accepting", "Denying"), refused], [])):
        check.equal(banned.found_among(lines, bench.work), found, title)


def test_a_users_name_is_no_address(bench):
    refused = bench.line("exchange=failed")
    for name in (bench.line("Accepting connection from"), f"[Throttler] Accepting connection from {BYSTANDER}"):
        forged = re.sub(r'user="[^"]*"', lambda _, name=name: f'user="{name}"', refused)
        check.equal(banned.found_among([forged, refused], bench.work), [], f"whom a client can have banned by its name, {name}")


def main():
    built, keep = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    keep.mkdir(parents=True, exist_ok=True)
    return roots.run_tests(sys.modules["__main__"], lambda work: Bench(work, built, keep))


sys.exit(main())
