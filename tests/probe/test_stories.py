# SPDX-License-Identifier: Apache-2.0
"""Whole stories of negossp-probe and servers of the test's own: test_stories.py PROGRAM CREDSSP_SERVER [--update].

CredSSP is module/credssp's: a server hangs or closes at each leg of it. The texts are in golden/own-*.txt; --update
writes them anew."""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
import golden
import servers
from servers import DENIED, NO_NLA, NO_RDP, REFUSED, RIGHT, SLOW, answered, confirm

USER = "alice"
HYBRID, HYBRID_EX = 2, 8
ALLOWED, NOT_ALLOWED = bytes(4), b"\5\0\0\0"   # MS-RDPBCGR 2.2.10.2
SPNEGO, RAW = (), ("--framing", "raw")


class Engine:
    """CredSSP's server."""

    def __init__(self, command):
        # pylint: disable-next=consider-using-with
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)

    def step(self, message):
        """('+', '.' or '-', the answer)"""
        self._process.stdin.write(len(message).to_bytes(4, "little") + message)
        self._process.stdin.flush()
        head = self._process.stdout.read(5)
        return chr(head[0]), self._process.stdout.read(int.from_bytes(head[1:], "little"))


class Lab(servers.Lab):
    def __init__(self, program, engine, folder, update):
        super().__init__(program, folder)
        self.engine = engine
        self.wrong = self.file("wrong", "Not-this-1!\n")
        self.golden = golden.Golden(update, ("own-",))

    def file(self, name, text):
        path = pathlib.Path(self.password).with_name(name)
        path.write_text(text, encoding="ascii")
        return str(path)

    def server(self, stop_at=None, silent=False, version=6, select=HYBRID, then=b"", password=servers.PASSWORD):
        """Answers as it should up to message number `stop_at`, to which it says nothing, or closes."""
        def talk(server, connection):
            tls = server.start_tls(connection, confirm(2, select))
            with Engine([self.engine, str(version), self.certificate("good"), USER, password]) as engine:
                number, state = 0, "+"
                while state == "+":
                    message = server.read_message(tls)
                    number += 1
                    if number == stop_at:
                        break
                    state, answer = engine.step(message)
                    tls.sendall(answer)
                if state == "." and number != stop_at:
                    tls.sendall(then)
                if silent:
                    server.read(tls, 1)
        return talk

    def logon_story(self, name, talk, code, *arguments, password=None):
        """Kept as golden text; and the other forms say the same."""
        arguments = ("--user", USER, "--password-file", password or self.password, "--any-certificate", *arguments)
        self.story(name, talk, code, *arguments)

    def story(self, name, talk, code, *arguments):
        with servers.Server(self, talk) as server:
            address = f"127.0.0.1:{server.port}"
            actual, text, complaint = self.run(*arguments, address)
            self.golden.compare(name, actual, text)
            check.equal((actual, complaint), (code, ""), "exit code and complaints")
            check.true(servers.PASSWORD not in text and "\x1b" not in text, "neither the password nor colours")
            if code == SLOW:
                return
            cause = text[text.index("outcome: "):].splitlines()[0].partition(": ")[2]
            actual, out, _ = self.run("--json", *arguments, address)
            check.equal((actual, json.loads(out)["outcome"]), (code, cause), "JSON")
            check.equal(self.run("--check", *arguments, address)[:2],
                        (code, f"RDP {'CRITICAL' if code else 'OK'} {address}: {cause}\n"), "the line for monitoring")


def test_looked_at_without_a_user(lab):
    lab.story("own-look", lab.server(), RIGHT)


def test_right_password(lab):
    lab.logon_story("own-right-spnego", lab.server(), RIGHT, *SPNEGO)
    lab.logon_story("own-right-raw", lab.server(), RIGHT, *RAW)


def test_right_password_in_every_version(lab):
    for version in range(2, 7):
        for framing in (SPNEGO, RAW):
            story, _ = lab.logon(lab.server(version=version), RIGHT, "--any-certificate", "--user", USER, *framing)
            check.equal(story["CredSSP version"], version, "the server's version")
            check.true(story["outcome"].startswith("user and password are right"), story["outcome"])


def test_wrong_password(lab):
    lab.logon_story("own-wrong-spnego", lab.server(), DENIED, *SPNEGO, password=lab.wrong)
    lab.logon_story("own-wrong-raw", lab.server(), DENIED, *RAW, password=lab.wrong)


def test_another_key_is_noticed(lab):
    """Somebody in between, who has a certificate of his own."""
    def between(server, connection):
        tls = server.start_tls(connection, name="hostile")
        with Engine([lab.engine, "6", lab.certificate("good"), USER, servers.PASSWORD]) as engine:
            state = "+"
            while state == "+":
                state, answer = engine.step(server.read_message(tls))
                tls.sendall(answer)
    lab.logon_story("own-between", between, REFUSED)


def test_password_is_sent_where_that_is_asked_for(lab):
    sent = ("--send-credentials",)
    lab.logon_story("own-sent", lab.server(), RIGHT, *sent)
    lab.logon_story("own-sent-allowed", lab.server(select=HYBRID_EX, then=ALLOWED), RIGHT, *sent)
    lab.logon_story("own-sent-denied", lab.server(select=HYBRID_EX, then=NOT_ALLOWED), DENIED, *sent)


# Messages of the client by number: 1 NEGOTIATE, 2 AUTHENTICATE (bare: pubKeyAuth too), 3 pubKeyAuth, 4 authInfo.
def test_server_that_closes_at_each_leg(lab):
    for number, code in ((1, REFUSED), (2, DENIED), (3, REFUSED)):
        lab.logon_story(f"own-closes-{number}-spnego", lab.server(number), code, *SPNEGO)
    for number, code in ((1, REFUSED), (2, DENIED)):
        lab.logon_story(f"own-closes-{number}-raw", lab.server(number), code, *RAW)
    lab.logon_story("own-closes-4-spnego", lab.server(4, select=HYBRID_EX), REFUSED, "--send-credentials")


def test_server_that_hangs_at_each_leg(lab):
    for number in (1, 2, 3):
        lab.logon_story(f"own-hangs-{number}-spnego", lab.server(number, silent=True), SLOW, *SPNEGO, "--timeout", "1")
    for number in (1, 2):
        lab.logon_story(f"own-hangs-{number}-raw", lab.server(number, silent=True), SLOW, *RAW, "--timeout", "1")
    lab.logon_story("own-hangs-4-spnego", lab.server(4, silent=True, select=HYBRID_EX), SLOW, "--send-credentials",
                    "--timeout", "1")


def test_server_without_nla(lab):
    def tls_only(server, connection):
        if server.read(connection, 19)[-4:] == bytes(4):
            connection.sendall(confirm(3, 1))
        else:
            connection.sendall(confirm(2, 1))
            server.tls(connection)
    lab.story("own-tls-only", tls_only, NO_NLA)
    lab.story("own-rdp-only", answered(servers.PLAIN), NO_NLA)
    lab.story("own-refuses-tls", answered(confirm(3, 2)), NO_NLA)


def test_what_is_no_rdp_server(lab):
    def tls(server, connection):
        server.tls(connection)
    lab.story("own-tls-without-rdp", tls, NO_RDP)
    lab.story("own-tls-alert", answered(bytes.fromhex("15030300020246")), NO_RDP)
    lab.story("own-ssh", answered(b"SSH-2.0-x\r\n"), NO_RDP)


def test_every_golden_text_is_looked_at(lab):
    lab.golden.require_all_seen()


def main():
    program, engine, *more = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="negossp-probe-") as folder:
        return 1 if check.run_all(sys.modules["__main__"], Lab(program, engine, folder, "--update" in more)) else 0


sys.exit(main())
