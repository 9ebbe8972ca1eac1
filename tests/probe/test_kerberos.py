# SPDX-License-Identifier: Apache-2.0
"""negossp-probe --mechanism kerberos with a real KDC, and KDCs that are not what they should be: test_kerberos.py PROGRAM.

The servers end with the first token, or say why they refuse it; test_stories.py has logons that succeed."""

import contextlib
import datetime
import pathlib
import re
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.extend(str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ("support", "kerberos", "interop"))

# pylint: disable=wrong-import-position
import check
import kdc
import servers
from der import der
from krb_tokens import KRB5
from servers import DENIED, NO_TICKET, REFUSED, UNREAD, UNTRUSTED, USAGE, Server, credssp, events

SKIPPED = 77
USER, PASSWORD = "alice", servers.PASSWORD
# What WinPR itself loses.
LEAKS = f"suppressions={pathlib.Path(__file__).resolve().parents[1] / 'kerberos' / 'winpr-leaks.supp'}:print_suppressions=0"
NTLM_INSTEAD = "--mechanism ntlm does without Kerberos"


def _number(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def krb_error(code, seconds=0):
    """RFC 4120 5.9.1, of a sender whose clock is so much ahead."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    name = der(0x30, der(0xA0, _number(2)), der(0xA1, der(0x30, der(0x1B, b"TERMSRV"), der(0x1B, b"localhost"))))
    return der(0x7E, der(0x30, der(0xA0, _number(5)), der(0xA1, _number(30)),
                         der(0xA4, der(0x18, now.strftime("%Y%m%d%H%M%SZ").encode())), der(0xA5, _number(0)),
                         der(0xA6, _number(code)), der(0xA9, der(0x1B, kdc.REALM.encode())), der(0xAA, name)))  # fmt: skip


def refusal(token):
    """A TSRequest with a NegTokenResp that rejects, and says why (RFC 4178 4.2.2)."""
    resp = der(0xA1, der(0x30, der(0xA0, der(0x0A, b"\2")), der(0xA2, der(0x04, token))))
    return der(0x30, der(0xA0, _number(6)), der(0xA1, der(0x30, der(0x30, der(0xA0, der(0x04, resp))))))


@contextlib.contextmanager
def kdc_that_answers(code):
    """One that has the same KRB-ERROR for everybody; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.settimeout(20)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    packet, peer = own.recvfrom(65536)
                    if not packet:
                        return
                    own.sendto(krb_error(code), peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield own.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", own.getsockname())
        thread.join(25)


class Lab(servers.Lab):
    """A KDC that knows a user, and the server "localhost"."""

    def __init__(self, program, folder, own):
        super().__init__(program, folder)
        self.kdc, self.folder = own, pathlib.Path(folder)
        own.add_user(USER, PASSWORD)
        own.add_user("bob", PASSWORD)
        own.add_service("TERMSRV/localhost", "keytab")
        own.ticket(USER, PASSWORD)
        self.wrong = str(self.folder / "wrong")
        pathlib.Path(self.wrong).write_text("Not-this-1!\n", encoding="ascii")

    def env(self, cache="ccache", config=None, **more):
        return {"KRB5_CONFIG": str(config or self.kdc.config), "KRB5CCNAME": f"FILE:{self.kdc.folder / cache}", "LSAN_OPTIONS": LEAKS, **more}

    def kerberos(self, talk, code, *arguments, user=f"{USER}@{kdc.REALM}", host="localhost", **env):
        return self.probe(talk, code, "--user", user, "--mechanism", "kerberos", "--any-certificate", *arguments, host=host,
                          env=self.env(**env))

    def no_ticket(self, code, cause, *arguments, **env):
        """The cause is told, and nothing was sent."""
        story, server = self.kerberos(credssp(b""), code, *arguments, **env)
        check.equal(story["outcome"], f"Kerberos got no ticket: {cause}", "the cause")
        check.true(not any("TSRequest" in text for text in events(story)), events(story))
        check.true(story["what to do"], "there is something to do")
        return story, server


def test_ticket_is_used(lab):
    story, server = lab.kerberos(credssp(b""), REFUSED)
    check.equal(events(story)[-1], "TSRequest 6: NegTokenInit [Kerberos], AP-REQ", "what was sent")
    check.equal(story["outcome"], "the server closed the connection, after AP-REQ", "the cause")
    check.true("keytab" in story["what to do"] and NTLM_INSTEAD in story["what to do"], story["what to do"])
    sent = b"".join(server.received)
    check.true(b"NTLMSSP" not in sent and KRB5 in sent, "Kerberos alone is offered")


def test_bare_kerberos(lab):
    story, server = lab.kerberos(credssp(b""), REFUSED, "--framing", "raw")
    check.equal(events(story)[-1], "TSRequest 6: AP-REQ", "what was sent")
    check.true(bytes.fromhex("2b0601050502") not in b"".join(server.received), "no SPNEGO")


def test_password_gets_a_ticket(lab):
    for user in (f"{USER}@{kdc.REALM}", f"{kdc.REALM}\\{USER}", USER, f"{USER}@{kdc.REALM.lower()}"):
        story, _ = lab.kerberos(credssp(b""), REFUSED, "--password-file", lab.password, user=user, cache="none")
        check.equal(events(story)[-1], "TSRequest 6: NegTokenInit [Kerberos], AP-REQ", f"sent for {user}")
    story, _ = lab.kerberos(credssp(b""), REFUSED, cache="none", NEGOSSP_PROBE_PASSWORD=PASSWORD)
    check.equal(events(story)[-1], "TSRequest 6: NegTokenInit [Kerberos], AP-REQ", "the environment's")


def test_no_ticket_and_nobody_to_ask(lab):
    """Of nobody's, of somebody else's, and one that ends within the minute: no password is made up for the KDC."""
    lab.kdc.ticket(USER, PASSWORD, "short", "-l", "50s")
    before = lab.kdc.log().count("AS_REQ")
    for user, cache in ((f"{USER}@{kdc.REALM}", "none"), (f"bob@{kdc.REALM}", "ccache"), (f"{USER}@{kdc.REALM}", "short"),
                        (f"{USER}@OTHER.TEST", "ccache"), (f"OTHER.TEST\\{USER}", "ccache")):
        with Server(lab, credssp(b"")) as server:
            code, out, complaint = lab.run("--user", user, "--mechanism", "kerberos", "--any-certificate",
                                           f"localhost:{server.port}", env=lab.env(cache=cache))
        check.equal((code, out, server.received), (UNREAD, "", []), f"exit code and answer for {user} with {cache}")
        check.true("use --password-file or NEGOSSP_PROBE_PASSWORD" in complaint and "kinit" in complaint, complaint)
    check.equal(lab.kdc.log().count("AS_REQ"), before, "what the KDC was asked")


def test_ticket_is_found_however_the_user_is_named(lab):
    for user in (f"{USER}@{kdc.REALM}", f"{USER}@{kdc.REALM.lower()}", f"{kdc.REALM.lower()}\\{USER}", USER):
        story, _ = lab.kerberos(credssp(b""), REFUSED, user=user)
        check.equal(events(story)[-1], "TSRequest 6: NegTokenInit [Kerberos], AP-REQ", f"sent for {user}")



def test_wrong_password(lab):
    """The KDC is asked as often as with the right one: newer WinPRs ask it for its etypes, without a password, before."""
    counts = [lab.kdc.log().count("AS_REQ")]
    lab.kerberos(credssp(b""), REFUSED, "--password-file", lab.password, cache="none")
    counts.append(lab.kdc.log().count("AS_REQ"))
    lab.no_ticket(DENIED, "the password is wrong", "--password-file", lab.wrong, cache="none")
    counts.append(lab.kdc.log().count("AS_REQ"))
    check.equal(counts[2] - counts[1], counts[1] - counts[0], "how often the KDC was asked")


def test_unknown_user(lab):
    lab.no_ticket(DENIED, "the KDC knows no such user", "--password-file", lab.password, user=f"mallory@{kdc.REALM}")


def test_unknown_service(lab):
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="negossp-probe-kdc-")))
        other = stack.enter_context(kdc.Kdc(folder))
        other.add_user(USER, PASSWORD)
        ticket = other.ticket(USER, PASSWORD)
        story, _ = lab.no_ticket(NO_TICKET, "the KDC knows no service of the server's name", config=other.config, cache=ticket)
    check.true("keytab" in story["what to do"] and NTLM_INSTEAD in story["what to do"], story["what to do"])


def test_server_named_by_its_address(lab):
    story, _ = lab.no_ticket(NO_TICKET, "the server is named by its IP address, which no ticket is made out to",
                             host="127.0.0.1")
    check.true("host name" in story["what to do"], story["what to do"])


def test_kdc_that_is_not_there(lab):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = kdc.write_client_config(lab.folder, port, "gone.conf")
    lab.no_ticket(NO_TICKET, "the realm's KDC is not reached", "--password-file", lab.password, cache="none", config=config)


def test_kdc_that_is_silent(lab):
    with kdc.SilentKdc() as silent:
        config = kdc.write_client_config(lab.folder, silent.port, "silent.conf")
        story, _ = lab.no_ticket(NO_TICKET, "the KDC did not answer in time", "--password-file", lab.password, "--timeout", "1",
                                 cache="none", config=config, ASAN_OPTIONS="detect_leaks=0")   # a thread is ended in the library
        check.true(silent.was_asked(), "it was asked")
    check.true(story["events"][-1]["milliseconds"] < 1000, story["events"])


def test_realm_that_nobody_knows(lab):
    for cause, user in (("nobody knows a KDC of the realm", f"{USER}@ELSEWHERE.TEST"),):
        lab.no_ticket(NO_TICKET, cause, "--password-file", lab.password, user=user, cache="none")


def test_what_a_kdc_answers(lab):
    for number, code, cause in ((37, NO_TICKET, "the clocks of this machine and the KDC differ by too much"),
                                (24, DENIED, "the KDC says that the password is wrong"),
                                (18, DENIED, "the user's account is locked or revoked"),
                                (23, DENIED, "the user's password has expired"),
                                (12, DENIED, "the KDC's policy forbids it"),
                                (14, NO_TICKET, "KDC and this machine have no encryption in common")):
        with kdc_that_answers(number) as port:
            config = kdc.write_client_config(lab.folder, port, "answers.conf")
            lab.no_ticket(code, cause, "--password-file", lab.password, cache="none", config=config)


def test_server_that_says_why(lab):
    token = der(0x60, der(0x06, KRB5), b"\3\0", krb_error(37, 900))
    story, _ = lab.kerberos(credssp(refusal(token)), REFUSED)
    check.true(re.fullmatch(r"the server answers, unauthenticated, with Kerberos error 37, KRB_AP_ERR_SKEW \(the server's is "
                            r"(899|900) s ahead of ours\): the clocks differ by too much: set both, with NTP", story["outcome"]),
               story["outcome"])
    check.true(events(story)[-1] == "TSRequest 6: NegTokenResp, reject, KRB-ERROR", events(story))


def test_nothing_is_asked_where_the_certificate_is_not_trusted(lab):
    before = lab.kdc.log()
    story, server = lab.probe(credssp(b""), UNTRUSTED, "--user", f"{USER}@{kdc.REALM}", "--mechanism", "kerberos",
                              host="localhost", env=lab.env())
    check.true(story["outcome"].startswith("no logon was tried"), story["outcome"])
    check.true(KRB5 not in b"".join(server.received) and lab.kdc.log() == before, "neither the server nor the KDC was asked")


def test_command_line(lab):
    for arguments, words in ((("--mechanism", "kerberos", "h"), "--mechanism needs --user"),
                             (("-u", "alice", "-m", "x", "h"), "--mechanism takes ntlm or kerberos")):
        code, out, complaint = lab.run(*arguments)
        check.equal((code, out), (USAGE, ""), str(arguments))
        check.true(words in complaint, complaint)


def main():
    reason = kdc.missing()
    if reason:
        check.skip_all(sys.modules["__main__"], reason)
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="negossp-probe-") as folder, kdc.Kdc(folder) as own:
        return 1 if check.run_all(sys.modules["__main__"], Lab(sys.argv[1], folder, own)) else 0


sys.exit(main())
