# SPDX-License-Identifier: Apache-2.0
"""A realm, an account that Kerberos and the SAM file both know, and ends of exchanges in it."""
import os
import pathlib
import subprocess
import sys
import time

import krb_tokens
import peer
from exchange import converse

import kdc

RACES = pathlib.Path(__file__).with_name("winpr-races.supp")
LEAKS = pathlib.Path(__file__).with_name("winpr-leaks.supp")
# A cancelled thread leaves its stack without AddressSanitizer noticing, unless it looks elsewhere.
ASAN = "detect_stack_use_after_return=1"
WITHOUT_LEAKS = f"{ASAN}:detect_leaks=0"
HOST = "host.negossp.test"
SPN = f"TERMSRV/{HOST}"
# A service that gives out no service tickets: only user-to-user gets in.
U2U_SPN = "TERMSRV/u2u.negossp.test"
SEC_E_SECPKG_NOT_FOUND = 0x80090305


class End(peer.PipeEnd):
    """One that a test may end before the bench does."""

    _left = False

    def goodbye(self):
        if not self._left:
            self._left = True
            super().goodbye()

    def copies(self, text):
        """How often a text stands in the process's writable memory, in UTF-16 and in UTF-8."""
        page = os.sysconf("SC_PAGESIZE")
        content = bytearray()
        with open(f"/proc/{self._process.pid}/mem", "rb", buffering=0) as memory:
            for line in pathlib.Path(f"/proc/{self._process.pid}/maps").read_text().splitlines():
                first, last = (int(part, 16) for part in line.split()[0].split("-"))
                if not line.split()[1].startswith("rw") or last - first > 1 << 30:
                    continue
                for address in range(first, last, page):
                    try:
                        content += os.pread(memory.fileno(), page, address)
                    except OSError:  # a guard page, which cannot be read by anybody
                        content += bytes(page)
        return tuple(content.count(text.encode(coding)) for coding in ("utf-16le", "utf-8"))

    def workers(self):
        """How many threads of the module's own there are."""
        names = [task.read_text() for task in pathlib.Path(f"/proc/{self._process.pid}/task").glob("*/comm")]
        return names.count("negossp-kdc\n")

    def wait_for_workers(self):
        assert self.workers() > 0, "there is no worker to outlive anything"
        end = time.monotonic() + 20
        while self.workers() > 0:
            assert time.monotonic() < end, "the worker does not come to its end"
            time.sleep(0.05)


class BareClient:
    """A client whose Kerberos comes without SPNEGO around it, made of one that has it: WinPR's own package
    "Kerberos" cannot be used by anybody in some releases."""

    def __init__(self, client):
        self._client = client

    def step(self, token):
        sent = self._client.step(krb_tokens.neg_token_resp(token) if token else None)
        return krb_tokens.mech_token(sent) if sent else b""

    def __getattr__(self, name):
        return getattr(self._client, name)


class World:
    """One test's. `pipe` drives the provider `module`; the stock one is WinPR's own."""

    def __init__(self, bench, pipe, module, patient):
        self.bench, self._pipe, self._module = bench, pipe, module
        # A machine that is busy with other tests must not look like a KDC that is slow.
        self._wait = {"NEGOSSP_KERBEROS_WAIT": "20000"} if patient else {}
        self.kdc = kdc.Kdc(bench.folder)
        bench.enter_context(self.kdc)
        self.kdc.add_user(peer.USER, peer.PASSWORD)
        self.keytab = self.kdc.add_service(SPN, "keytab")
        self.sam = bench.file("sam", f"{peer.USER}:::{peer.NT_HASH}:::\n")
        self.config = self.kdc.config

    def ticket(self):
        return self.kdc.ticket(peer.USER, peer.PASSWORD)

    def big_ticket(self, size):
        """A service ticket with that much authorization data in the cache."""
        self.ticket()
        program = pathlib.Path(self._pipe).parents[1] / "kerberos" / "big_ticket"
        subprocess.run([program, f"{SPN}@{kdc.REALM}", str(size)], env={**os.environ, **self._env(True, None, None)},
                       check=True, timeout=20, stdout=subprocess.DEVNULL)  # fmt: skip

    def kept_heap(self):
        """For an end whose memory is searched: see tests/support/kept_heap.c. AddressSanitizer needs none."""
        library = pathlib.Path(self._pipe).parents[1] / "kerberos" / "libkept_heap.so"
        return {"LD_PRELOAD": str(library)} if library.exists() else None

    def _env(self, stock, config, more):
        return {"KRB5_CONFIG": str(config or self.config), "KRB5CCNAME": f"FILE:{self.bench.folder}/ccache",
                "KRB5_KTNAME": "", "ASAN_OPTIONS": WITHOUT_LEAKS if stock else ASAN,
                "LSAN_OPTIONS": f"suppressions={LEAKS}:print_suppressions=0",
                "TSAN_OPTIONS": f"suppressions={RACES}:report_thread_leaks=0",
                "XDG_CONFIG_HOME": str(self.bench.folder), **self._wait, **(more or {})}

    def client(self, stock=False, user=peer.USER, password=peer.PASSWORD, domain=kdc.REALM, target=SPN,
               package="Negotiate", packages=None, flags=None, ccache=None, config=None, env=None):  # fmt: skip
        settings = {"provider": "winpr" if stock else self._module, "role": "client", "package": package,
                    "target": target, "user": user, "domain": domain, "password": password,
                    "packages": packages, "flags": flags, "ccache": ccache}  # fmt: skip
        return End(self.bench, [self._pipe], settings, None, self._env(stock, config, env))

    def bare_client(self, **how):
        return BareClient(self.client(packages="!u2u,!ntlm", **how))

    def foreign_packages_work(self):
        """Whether this WinPR lets anybody use its own package "Kerberos"."""
        try:
            self.client(stock=True, package="Kerberos").step(None)
        except peer.Refused as refusal:
            assert refusal.status == SEC_E_SECPKG_NOT_FOUND, refusal
            return False
        return True

    def answers_user_to_user(self):
        """Whether an acceptor of this WinPR's can be let answer user-to-user with the keytabs made here. Of the
        releases there are 3.10.3 would end the process, and 3.15.0 answers as Active Directory alone has it."""
        return not self.foreign_packages_work()

    def server(self, stock=False, keytab=True, package="Negotiate", packages=None, env=None):
        settings = {"provider": "winpr" if stock else self._module, "role": "server", "package": package,
                    "samfile": self.sam, "keytab": self.keytab if keytab else None,
                    "packages": packages}  # fmt: skip
        return End(self.bench, [self._pipe], settings, None, self._env(stock, None, env))


def knowing(server):
    """A module's server, when it knows whether user-to-user is offered."""
    end = time.monotonic() + 20
    while "user-to-user is" not in server.log():
        assert time.monotonic() < end, server.log()
        time.sleep(0.02)
    return server


# --- what is required of an exchange --------------------------------------------------------------


def inners(sent):
    return [krb_tokens.read(token).inner for token in sent]


def show(sent):
    print("             Kerberos:", " | ".join(str(krb_tokens.read(token)) for token in sent), flush=True)


def require_flow(client, server, *expected, tamper=None):
    """The exchange completes with these messages inside of its tokens."""
    sent = converse(client, server, tamper)
    show(sent)
    assert inners(sent) == list(expected), inners(sent)
    return sent


def require_kerberos(client, server, tamper=None):
    """AP-REQ, AP-REP, nothing else, and no mechListMIC (RFC 4178 5: the first mechanism was taken)."""
    sent = require_flow(client, server, "AP-REQ", "AP-REP", tamper=tamper)
    assert not any(krb_tokens.read(token).mic for token in sent), "a mechListMIC where none is needed"
    assert krb_tokens.read(sent[1]).state == "accept-completed"
    for end in (client, server):
        assert end.command("package") == "Kerberos", end.command("package")
    require_sealed(client, server)
    return sent


def require_bare_kerberos(client, server):
    """Without SPNEGO around it."""
    first = client.step(None)
    answer = server.step(first)
    assert client.step(answer) == b"", "nothing is left to be sent"
    assert client.complete and server.complete
    wire = [krb_tokens.read(token) for token in (first, answer)]
    assert [(token.kind, token.inner) for token in wire] == [("bare", "AP-REQ"), ("bare", "AP-REP")], wire


def require_ntlm_in_the_same_exchange(client, server, optimistic):
    """RFC 4178 5: not the first mechanism was taken, so request-mic, and a mechListMIC both ways."""
    sent = require_flow(client, server, optimistic, None, "NEGOTIATE", "CHALLENGE", "AUTHENTICATE", None)
    wire = [krb_tokens.read(token) for token in sent]
    assert wire[1].state == "request-mic" and wire[1].mech == krb_tokens.NTLM, wire[1]
    assert [bool(token.mic) for token in wire] == [False] * 4 + [True] * 2, wire
    assert wire[5].state == "accept-completed", wire[5]
    assert server.command("package") == "NTLM", server.command("package")
    require_sealed(client, server)
    return sent


def require_sealed(client, server):
    """Sealed messages of several sizes, in mixed order, each way."""
    for number, size in enumerate((1, 16, 1000, 16384)):
        message = bytes((number + i) & 0xFF for i in range(size))
        for sender, receiver in ((client, server), (server, client), (server, client)):
            sealed = sender.wrap(message)
            assert size < 16 or message not in sealed, "not sealed"
            assert receiver.unwrap(sealed) == message


def offered(client):
    """The mechanisms of the client's NegTokenInit, and the message inside."""
    token = krb_tokens.read(client.step(None))
    return list(token.mechs), token.inner


def info_lines(end):
    """What the module says at INFO, but for the summary of the exchange and whether user-to-user is offered."""
    return [line for line in end.log().splitlines()
            if "[INFO]" in line and "sspi.negossp" in line and "exchange=" not in line and "user-to-user is" not in line]


def require_one_info(end, text):
    lines = info_lines(end)
    assert len(lines) == 1 and text in lines[0], lines or end.log()


def seconds(action):
    start = time.monotonic()
    action()
    return time.monotonic() - start


def median(values):
    return sorted(values)[len(values) // 2]


def main(namespace):
    """PROGRAM SSPI_PIPE MODULE [ONLY]"""
    import report  # pylint: disable=import-outside-toplevel

    sys.exit(report.run(namespace, kdc.missing(), *sys.argv[3:4]))


def from_arguments(bench, patient=True):
    return World(bench, os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]), patient)
