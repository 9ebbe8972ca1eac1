# SPDX-License-Identifier: Apache-2.0
"""negossp-register in a root that is upgraded: test_upgrade.py COMMAND MODULE FOLDER.

The root of Debian 13 has 3.15.0, which reads the registry file in /etc/winpr; apt takes it to what the
backports have, 3.33 or later, which reads credssp.json. The packages are those that the backports' root
was made with, so no network is needed. Output is left in FOLDER."""

import pathlib
import shutil
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "support"), str(_TESTS / "e2e")]

# pylint: disable=wrong-import-position
import check
import roots

DONE, NOT, NO_FREERDP = 0, 1, 3
SECONDS = 120
OURS = "/mnt/negossp-register"
WRITTEN_BY_HAND = (b"; mine\n[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\SSPI\\Negossp]\n"
                   b'"ChannelBindings"=str:"when-present"')


class Lab:
    """One root, which the tests change one after the other, in the order in which they are written."""

    def __init__(self, work, command, module, keep):
        self._root, self._keep, self._runs = roots.Root("trixie"), keep, 0
        shutil.copy(command, work / "negossp-register")
        self._root.share(work, "/mnt")
        self._root.share(roots.folder_of("trixie-backports") / "var/cache/apt/archives", "/media", read_only=True)
        self.module = "/mnt/" + roots.copy_of(module, work).name
        self.registry = self._root.path / "etc/winpr/HKLM.reg"
        self.json = self._root.path / "etc/FreeRDP/credssp.json"

    def run(self, name, *command):
        self._runs += 1
        log = self._keep / f"{self._runs}-{name}.log"
        code = self._root.run(command, log, SECONDS)
        return code, log.read_text(encoding="utf-8", errors="replace")

    def register(self, code, what):
        got, out = self.run(what.strip("-"), OURS, "--module", self.module, what)
        check.equal(got, code, f"exit code of {what} ({out})")
        return out

    def upgrade(self):
        code, out = self.run("apt", "sh", "-c", "DEBIAN_FRONTEND=noninteractive apt-get -q install -y "
                             "--no-install-recommends /media/*.deb")
        check.equal(code, 0, f"exit code of apt ({out[-2000:]})")


def test_before_the_upgrade_it_is_in_the_registry(lab):
    lab.registry.parent.mkdir(parents=True, exist_ok=True)
    lab.registry.write_bytes(WRITTEN_BY_HAND)
    lab.register(DONE, "register")
    check.true("FreeRDP 3.15." in lab.register(DONE, "status"), "it is that of Debian 13")
    check.true(lab.module.encode() in lab.registry.read_bytes(), "it stands in the registry file")


def test_after_the_upgrade_status_says_what_is_wrong(lab):
    lab.upgrade()
    out = lab.register(NOT, "status")
    check.true("/etc/winpr/HKLM.reg: registered for a FreeRDP that is gone: run register\n" in out, out)


def test_refresh_mends_it(lab):
    left = "ChannelBindings (SSPI\\Negossp) stands in /etc/winpr/HKLM.reg, which no FreeRDP here reads: it does not hold"
    check.true(left in lab.register(DONE, "--refresh"), "what the upgrade has left behind is told")
    out = lab.register(NOT, "status")
    check.true(f"WinPR:      reads {lab.module}\n" in out and "credssp.json" in out and left in out, out)
    check.equal(lab.registry.read_bytes(), WRITTEN_BY_HAND, "the registry file")
    lab.registry.write_bytes(b"")
    lab.register(DONE, "status")
    lab.registry.write_bytes(WRITTEN_BY_HAND)


def test_unregister_leaves_what_was_there(lab):
    lab.register(DONE, "unregister")
    check.equal(lab.registry.read_bytes(), WRITTEN_BY_HAND, "the registry file")
    check.true(not lab.json.exists(), "credssp.json is gone")


def test_what_is_registered_outlives_freerdp_and_is_taken_back(lab):
    lab.register(DONE, "register")
    code, out = lab.run("remove", "sh", "-c", "rm /usr/lib/*/libwinpr3.so.3*")
    check.equal(code, DONE, f"exit code of rm ({out})")
    out = lab.register(NOT, "status")
    check.true("/etc/FreeRDP/credssp.json: registered for a FreeRDP that is gone: run unregister\n" in out, out)
    lab.register(NO_FREERDP, "--refresh")
    lab.register(DONE, "unregister")
    check.true(not lab.json.exists(), "credssp.json is gone")
    check.equal(lab.registry.read_bytes(), WRITTEN_BY_HAND, "the registry file")


sys.exit(roots.run_program(Lab))
