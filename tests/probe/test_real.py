# SPDX-License-Identifier: Apache-2.0
"""negossp-probe and real servers: test_real.py PROGRAM MODULE FOLDER [--update].

FreeRDP's, stock and with the module, of this machine and of the lab's newest stable root, and Debian's xrdp. The texts
are in golden/real-*.txt; --update writes them anew. Logs are left in FOLDER."""

import contextlib
import pathlib
import socket
import sys
import tempfile
import time
import types

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / part) for part in ("support", "e2e", "kerberos", "lab")]

# pylint: disable=wrong-import-position
import check
import golden
import kdc
import logon
import program_lab
import roots
import sandbox
import xrdp
from servers import DENIED, NO_NLA, RIGHT, SLOW, Lab as Probe

HERE, NEWER = "here", "trixie-backports"
NLA_LEGS = {"spnego": (), "raw": ("--framing", "raw")}


class Lab(Probe):
    def __init__(self, program, folder, module, keep, update):
        super().__init__(program, folder)
        self._folder, self.keep = pathlib.Path(folder), keep
        self.places = {HERE: sandbox.Etc(folder), NEWER: roots.Root(NEWER)}
        self.places[NEWER].share_desktop(folder)
        for hosts in ("/etc/hosts", self.places[NEWER].path / "etc/hosts"):   # the sandbox's own
            with open(hosts, "a", encoding="ascii") as file:
                file.write(program_lab.HOSTS)
        self.logons = logon.Lab(self.places[HERE], folder, roots.copy_of(module, folder), keep)
        self.golden = golden.Golden(update, ("real-",))
        self.realm = None
        self.right, self.wrong = self._file("right", self.logons.password), self._file("wrong", "Not-this-1!")

    def _file(self, name, text):
        path = self._folder / f"password-{name}"
        path.write_text(text + "\n", encoding="ascii")
        return str(path)

    def serve(self, place, module, security="nla"):
        """The port."""
        folder = self.keep / f"{place}-{'module' if module else 'stock'}-{security}"
        folder.mkdir(parents=True, exist_ok=True)
        return self.logons.server(folder, self.places[place], module, security=security, more=self.env(),
                                  arguments=(f"/keytab:{self.realm.folder / 'keytab'}",))

    def env(self):
        return {"KRB5_CONFIG": str(self.realm.config), "KRB5CCNAME": f"FILE:{self.realm.folder / 'ccache'}",
                "NEGOSSP_KERBEROS_WAIT": "20000"}

    def story(self, name, port, code, *arguments, host="127.0.0.1"):
        actual, text, complaint = self.run(*arguments, f"{host}:{port}", env=self.env())
        self.golden.compare(f"real-{name}", actual, text)
        check.equal((actual, complaint), (code, ""), "exit code and complaints")
        check.true(self.logons.password not in text, "the password")


def _tests_of(place, module):
    """One server answers all of them."""
    kind = f"{place}-{'module' if module else 'stock'}"

    def test(lab):
        user = ("--any-certificate", "--user")
        with lab.serve(place, module) as (_, port):
            lab.story(f"{kind}-look", port, RIGHT)
            for framing, option in NLA_LEGS.items():
                ntlm = (*user, logon.USER, *option, "--password-file")
                lab.story(f"{kind}-right-{framing}", port, RIGHT, *ntlm, lab.right)
                lab.story(f"{kind}-wrong-{framing}", port, DENIED, *ntlm, lab.wrong)
                lab.story(f"{kind}-kerberos-{framing}", port, RIGHT, *user, f"{logon.USER}@{kdc.REALM}", *option,
                          "--mechanism", "kerberos", host="localhost")
            lab.story(f"{kind}-sent", port, RIGHT, *user, logon.USER, "--password-file", lab.right, "--send-credentials")
    return test


def _without_nla(place, security):
    def test(lab):
        with lab.serve(place, False, security) as (_, port):
            lab.story(f"{place}-{security}", port, NO_NLA)
    return test


def _silent_name_server(lab):
    """Inside of the sandbox the machine's resolv.conf is the test's own."""
    pathlib.Path("/etc/resolv.conf").unlink(missing_ok=True)
    pathlib.Path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:1\n", encoding="ascii")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))
        start = time.monotonic()
        code, out, complaint = lab.run("--timeout", "1", "server.example")
        check.true(time.monotonic() - start < 10, "it does not wait for the resolver")
        check.equal((code, complaint), (SLOW, ""), out)
        check.true("the server did not answer in time, when looking up its name" in out, out)
        check.true(server.recv(512), "it was asked")


def _xrdp(layer):
    def test(lab):
        folder = lab.keep / "xrdp"
        folder.mkdir(parents=True, exist_ok=True)
        with xrdp.server(folder, lab.certificate("good"), layer) as port:
            lab.story(f"xrdp-{layer}", port, NO_NLA)
    return test


def _every_golden_text_is_looked_at(lab):
    lab.golden.require_all_seen()


def _tests():
    tests = {}
    for place in (HERE, NEWER):
        word = place.replace("-", "_")
        for module in (False, True):
            tests[f"test_{'module' if module else 'stock'}_server_{word}"] = _tests_of(place, module)
        for security in ("tls", "rdp"):
            tests[f"test_{security}_server_{word}"] = _without_nla(place, security)
    for layer in ("negotiate", "tls", "rdp"):
        tests[f"test_xrdp_{layer}"] = _xrdp(layer)
    return types.SimpleNamespace(**tests, test_silent_name_server=_silent_name_server,
                                 test_every_golden_text_is_looked_at=_every_golden_text_is_looked_at)


def main():
    program, module, keep = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
    tests = _tests()
    reason = None
    if sandbox.MARK not in sandbox.os.environ:
        reason = roots.why_not() or logon.missing() or kdc.missing() or xrdp.missing() or sandbox.why_not()
    if reason:
        check.skip_all(tests, reason)
        return roots.SKIPPED
    sandbox.enter()
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory(prefix="negossp-probe-"))
        lab = Lab(program, work, module, keep, "--update" in sys.argv)
        lab.realm = stack.enter_context(program_lab.Realm(work, lab.logons.password))
        return 1 if check.run_all(tests, lab) else 0


sys.exit(main())
