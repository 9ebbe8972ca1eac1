# SPDX-License-Identifier: Apache-2.0
"""Whole stories of negossp-probe and servers of the test's own: test_stories.py PROGRAM CREDSSP_SERVER [--update].

CredSSP is module/credssp's: a server hangs or closes at each leg of it. The texts are in golden/own-*.txt; --update
writes them anew."""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
import servers
from servers import DENIED, NO_NLA, NO_RDP, REFUSED, RIGHT, SLOW, answered, confirm
from stories import ALLOWED, HYBRID_EX, NEGOEX, NOT_ALLOWED, RAW, SPNEGO, USER, Engine, Lab

def test_looked_at_without_a_user(lab):
    lab.story("own-look", lab.server(), RIGHT)


def test_right_password(lab):
    lab.logon_story("own-right-spnego", lab.server(), RIGHT, *SPNEGO)
    lab.logon_story("own-right-raw", lab.server(), RIGHT, *RAW)


def test_negoex_first(lab):
    """As Windows 11 offers it where it is joined to Entra ID."""
    lab.story("own-look-negoex", lab.server(), RIGHT, *NEGOEX)
    lab.logon_story("own-right-negoex", lab.server(), RIGHT, *NEGOEX)
    lab.logon_story("own-wrong-negoex", lab.server(), DENIED, *NEGOEX, password=lab.wrong)


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
