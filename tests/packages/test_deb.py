# SPDX-License-Identifier: Apache-2.0
"""Debian's package in a root of another release: test_deb.py SUITE PACKAGES FOLDER (package_lab.py).

In trixie's root FreeRDP is upgraded to that of its backports, which reads another file; the packages are those that the
backports' root was made with. Output is left in FOLDER."""

import sys

import package_lab
from package_lab import check, DONE, roots

SUITE = sys.argv[1]
UPGRADED = SUITE == roots.OLDEST


class Lab(package_lab.Lab):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        if UPGRADED:
            self.root.share(roots.folder_of(f"{SUITE}-backports") / "var/cache/apt/archives", "/media", read_only=True)

    def install(self):
        return self.expect(DONE, "dpkg", "sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg -i /mnt/negossp_*.deb")

    @property
    def module(self):
        return next(path for path in self.expect(DONE, "files", "dpkg", "-L", "negossp").split() if path.endswith("/negossp.so"))


def test_install_registers_nothing(lab):
    lab.install()
    check.true(not lab.registered() and not lab.places(), "no server is told of it")
    for program in ("register", "sam", "probe", "run"):
        lab.expect(DONE, program, f"negossp-{program}", "--version")


def test_client_is_started_with_the_module(lab):
    check.equal(lab.client_module(), lab.module, "what the client is told")


def test_trigger_makes_no_registration_and_never_fails(lab):
    postinst = "/var/lib/dpkg/info/negossp.postinst"
    lab.expect(DONE, "trigger", postinst, "triggered", "x")
    check.true(not lab.registered() and not lab.places(), "no server is told of it")
    # Whatever negossp-register says, or if it is gone.
    lab.expect(DONE, "trigger", "sh", "-c", "mkdir /tmp/bin && printf '#!/bin/sh\\nexit 5\\n' >/tmp/bin/negossp-register && "
               f"chmod +x /tmp/bin/negossp-register && PATH=/tmp/bin:$PATH {postinst} triggered x")
    lab.expect(DONE, "trigger", "sh", "-c", f"PATH=/nonexistent /bin/sh {postinst} triggered x")
    # Where FreeRDP cannot be asked, but nothing names the module, there is nothing to keep it for.
    check.equal(_prerm_where_register_ends_with(lab, 3)[0], DONE, "the exit code of the removal's script")


def test_registered_server_logs_on(lab):
    lab.account()
    lab.expect(DONE, "register", "negossp-register", "register")
    module, said, let_in = lab.logon()
    check.equal((module, let_in), (lab.module, True), f"the module, and whether the client was let in ({said})")
    check.true(said and "exchange=complete role=acceptor" in said[-1] and 'user="alice"' in said[-1], f"the module's line: {said}")


def test_wrong_password_is_refused(lab):
    check.true(lab.logon()[2], "the client is let in")
    _, said, let_in = lab.logon(right=False)
    check.true(not let_in, f"the client is refused ({said})")


def test_package_is_upgraded_and_the_registration_stays(lab):
    lab.install()
    check.true(lab.registered(), "servers go on to load it")


if UPGRADED:
    def test_upgrade_of_freerdp_moves_the_registration(lab):
        before = lab.places()
        out = lab.expect(DONE, "apt", "sh", "-c", "DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends /media/*.deb")
        check.true("Processing triggers for negossp" in out, f"the trigger: {out[-1500:]}")
        check.true(lab.registered(), "FreeRDP's new release loads it")
        check.true(lab.places() != before and "FreeRDP/credssp.json" in lab.places(), f"where: {lab.places()}, before {before}")
        module, said, let_in = lab.logon()
        check.equal((module, let_in), (lab.module, True), f"the module, and whether the client was let in ({said})")


def test_package_that_is_deconfigured_stays_registered(lab):
    lab.expect(DONE, "deconfigure", "/var/lib/dpkg/info/negossp.prerm", "deconfigure", "in-favour", "x", "1")
    check.true(lab.registered(), "servers go on to load it")


def _prerm_where_register_ends_with(lab, number):
    return lab.run("remove", "sh", "-c", f"mkdir -p /tmp/bin && printf '#!/bin/sh\\nexit {number}\\n' >/tmp/bin/negossp-register && "
                   "chmod +x /tmp/bin/negossp-register && PATH=/tmp/bin:$PATH /var/lib/dpkg/info/negossp.prerm remove")


def test_removal_that_cannot_unregister_does_not_remove(lab):
    for number in (3, 5):
        code, out = _prerm_where_register_ends_with(lab, number)
        check.equal(code, number, f"the exit code of the script ({out})")
        check.true("still registered" in out, f"why: {out}")


def test_removal_unregisters_first(lab):
    lab.expect(DONE, "remove", "dpkg", "--remove", "negossp")
    check.equal(lab.places(), [], "what names the module")
    check.equal((lab.logon()[0], lab.root.path.joinpath("usr/bin/negossp-register").exists()), (None, False), "the server's module, and the program")


def test_purge_leaves_nothing(lab):
    lab.expect(DONE, "purge", "dpkg", "--purge", "negossp")
    lab.root.path.joinpath("srv/sam").unlink()
    after = lab.files()
    new = sorted(set(after) - set(lab.before))
    ours = [path for path in new if "negossp" in path or path.startswith("/etc/")] if UPGRADED else new
    check.equal(ours, [], "what is there that was not")
    if not UPGRADED:
        check.equal([path for path in lab.before if after.get(path) != lab.before[path]], [], "what is not as it was")


sys.exit(package_lab.run_program(Lab))
