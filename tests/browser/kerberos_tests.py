# SPDX-License-Identifier: Apache-2.0
"""IronRDP's web client by Kerberos user-to-user, at shadow servers of other releases, with a keytab and a Heimdal KDC."""

import types

import browser_lab
import browser_tests
import check
import heimdal
import logon
import peers
import program_tests
from peers_lab import free_port
from programs import wait_until

PREAUTH_FAILED = "Failed to decrypt PA-DATA"


def _run(lab, name, suite, package, password=None):
    port, root = free_port(), lab.roots[suite]
    root.register(lab.module)

    def client(keys):
        # The server asks the KDC in the background, once it has credentials; nobody waits for the answer.
        with logon.Visit(port, None, None).knock():
            wait_until(lambda: "user-to-user is" in (keys.parent / "shadow.log").read_text(encoding="utf-8"), 20)
        return browser_lab.command(lab, keys.parent, package, destination=f"localhost:{port}", kdc_proxy=True,
                                   kdc_port=lab.kdc.port, domain=heimdal.REALM, password=password or lab.password)

    return lab.run(
        name,
        lambda _: [("shadow", [*root.prefix, root.program("freerdp-shadow-cli"), f"/port:{port}", "/bind-address:127.0.0.1",
                               f"/sam-file:{lab.sam}", f"/keytab:{lab.keytab}", "/sec:nla"], port)],
        port, client, screen=browser_lab.Canvas, KRB5_CONFIG=lab.kdc.config, NEGOSSP_KERBEROS_WAIT=20000)


def _logs_on(lab, suite, package, name):
    seen = _run(lab, f"{name}-{suite}", suite, package)
    browser_tests.logged_on(seen, program_tests.USER_TO_USER)
    browser_tests.line(seen, "exchange=complete", "offered=MS-Kerberos,Kerberos,NTLM", "chosen=Kerberos", "mechlistmic=sent/ok")
    peers.right(*browser_tests.peer(package), "client", peers.USER_TO_USER)


def _is_refused(lab, suite, package, name):
    """By the KDC, so that the server gets no more than the TGT-REQ."""
    before = lab.kdc.log().count(PREAUTH_FAILED)
    seen = _run(lab, f"{name}-{suite}-wrong-password", suite, package, "wrong")
    check.equal(program_tests.flow(seen.messages), program_tests.USER_TO_USER[:2], "the exchange")
    check.equal(seen.client_exit, 1, "the client's exit code")
    check.equal(lab.kdc.log().count(PREAUTH_FAILED), before + 1, "the KDC's lines that say why")
    check.true(seen.share == 0.0, f"nothing was shown ({seen.share:.3f})")
    browser_tests.line(seen, "exchange=abandoned", "chosen=Kerberos")
    peers.wrong(*browser_tests.peer(package), "client", peers.USER_TO_USER, "refused by the KDC")


def tests(suites):
    """A module of these for each suite and client."""
    made = {}
    for suite in suites:
        for name, package in (("newest", browser_tests.IRONRDP), ("older", browser_tests.OLDER)):
            for what, test in (("logs_on_user_to_user", _logs_on), ("with_a_wrong_password_is_refused", _is_refused)):
                made[f"test_{name}_client_{what}_in_{suite.replace('-', '_')}"] = \
                    lambda lab, ends=(suite, package, name), test=test: test(lab, *ends)
    return types.SimpleNamespace(**made)
