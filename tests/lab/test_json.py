# SPDX-License-Identifier: Apache-2.0
"""FreeRDP from 3.33 on, which reads JSON: test_json.py COMMAND MODULE FOLDER.

Real logons in the root of the backports, stock programs beside the module's, with no registry file anywhere:
servers are told of the module by credssp.json, as negossp-register writes it. Logs are left in FOLDER."""

import json
import pathlib
import shutil
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "support"), str(_TESTS / "e2e")]

# pylint: disable=wrong-import-position
import cases
import check
import logon
import logon_tests
import roots
import sandbox

SUITE = "trixie-backports"
KINDS = {True: "module", False: "stock"}


class Root(roots.Root):
    """Whose servers are told of the module by negossp-register."""

    def __init__(self, suite, work, command, keep):
        super().__init__(suite)
        self._keep = keep
        self.share_desktop(work)
        self._command = pathlib.Path(shutil.copy(command, work))
        self.settings = self.path / "etc/FreeRDP/FreeRDP"

    def register(self, module):
        action = ["--module", module, "register"] if module else ["unregister"]
        log = self._keep / f"{action[-1]}.log"
        code = self.run([self._command, *action], log, 60)
        check.equal(code, 0, f"exit code of {action[-1]} ({log.read_text(encoding='utf-8')})")
        named = self.path / "etc/FreeRDP/credssp.json"
        check.equal(json.loads(named.read_bytes())["SspiModule"] if named.exists() else None,
                    str(module) if module else None, "the module in credssp.json")
        check.true(not any(self.path.glob("etc/**/HKLM.reg")), "there is no registry file")

    def set(self, **files):
        """Writes NAME.json with these members, and takes the others away."""
        shutil.rmtree(self.settings, ignore_errors=True)
        for name, members in files.items():
            self.settings.mkdir(parents=True, exist_ok=True)
            (self.settings / f"{name}.json").write_text(json.dumps(members), encoding="ascii")


class Lab:
    def __init__(self, work, command, module, keep):
        self.root = Root(SUITE, work, command, keep)
        self._logons = logon.Lab(sandbox.Etc(work), work, roots.copy_of(module, work), keep)

    def run(self, name, client_module, server_module, **places):
        name = f"{name}-{KINDS[client_module]}-{KINDS[server_module]}"
        places = {"client_place": self.root, "server_place": self.root, **places}
        return self._logons.run(logon.Logon(name, name, client_module, server_module, **places))


def _logs_on(seen, expected):
    check.equal(logon_tests.flow(seen.messages), expected, "the exchange")
    check.true(seen.share > 0.5, f"most of the client's pixels are the server's colour ({seen.share:.3f})")
    check.equal(len(seen.said("server")), int(seen.logon.server_module), "the module's lines in the server's log")


def test_json_server_is_told_of_the_module_by_credssp_json(lab):
    lab.root.set()
    _logs_on(lab.run("plain", True, True), cases.FOUR_LEGS)
    _logs_on(lab.run("plain", False, True), cases.THREE_LEGS)


def test_json_without_it_the_server_is_stock(lab):
    lab.root.set()
    _logs_on(lab.run("plain", True, False), cases.FOUR_LEGS)


def _ntlm_is_off(lab, client_module, server_module):
    lab.root.set(negotiate={"ntlm": False})
    seen = lab.run("no-ntlm", client_module, server_module)
    check.true(seen.client_exit not in (None, 0), f"the client's exit code ({seen.client_exit})")
    check.equal([message for message in seen.messages if message.ntlm], [], "messages of NTLM")


def test_json_ntlm_that_is_off_is_refused_by_stock_client_and_server(lab):
    _ntlm_is_off(lab, False, False)


def test_json_ntlm_that_is_off_is_refused_by_the_modules_client_and_server(lab):
    _ntlm_is_off(lab, True, True)


def _server_has_ntlm_off(lab, server_module):
    """The client is this machine's, which has no such file."""
    lab.root.set(negotiate={"ntlm": False})
    seen = lab.run("no-ntlm-at-server", True, server_module, client_place=None)
    check.true(seen.client_exit not in (None, 0), f"the client's exit code ({seen.client_exit})")
    check.equal([message.ntlm for message in seen.messages if message.ntlm], ["NEGOTIATE"], "messages of NTLM")


def test_json_ntlm_that_is_off_is_refused_by_a_stock_server(lab):
    _server_has_ntlm_off(lab, False)


def test_json_ntlm_that_is_off_is_refused_by_the_modules_server(lab):
    _server_has_ntlm_off(lab, True)


def test_json_ntlm_that_is_on_logs_on(lab):
    lab.root.set(negotiate={"ntlm": True})
    _logs_on(lab.run("ntlm", True, True), cases.FOUR_LEGS)


def test_json_ours_demands_what_the_client_does_not_send(lab):
    lab.root.set(negossp={"ChannelBindings": "required"})
    seen = lab.run("bindings", True, True)
    check.true(seen.client_exit not in (None, 0), f"the client's exit code ({seen.client_exit})")
    check.true("bindings=" in seen.said("server")[0] and "exchange=failed" in seen.said("server")[0], seen.said("server"))


def test_json_that_is_broken_lets_nobody_in(lab):
    lab.root.set()
    lab.root.settings.mkdir(parents=True)
    (lab.root.settings / "negossp.json").write_text('{"ChannelBindings": "required"', encoding="ascii")
    seen = lab.run("broken", True, True)
    check.true(seen.client_exit not in (None, 0), f"the client's exit code ({seen.client_exit})")
    check.true("negossp.json" in seen.server_log, "the server's log names the file")
    lab.root.set()


sys.exit(roots.run_program(Lab))
