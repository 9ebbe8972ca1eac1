# SPDX-License-Identifier: Apache-2.0
"""The package for rpm in a root: test_rpm.py SUITE PACKAGES FOLDER (package_lab.py).

The root is Debian's, since no other can be had; so rpm, this machine's, works on it from outside (--root), knows of no other
packages there (--nodeps). Its scripts run in the root. Not tested: dnf, Fedora's own FreeRDP, and the file trigger at work."""

import subprocess
import sys

import package_lab
from package_lab import check, DONE

RPM = ("--define", "_dbpath /var/lib/rpm")
CHANGES = ("--nodeps", "--noplugins")


class Lab(package_lab.Lab):
    def rpm(self, *arguments):
        run = subprocess.run(["rpm", "--root", str(self.root.path), *RPM, *arguments],
                             capture_output=True, text=True, check=False, timeout=120,
                             env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        check.equal(run.returncode, 0, f"exit code of rpm {arguments} ({run.stdout}{run.stderr})")
        return run.stdout + run.stderr

    def package(self):
        return next(str(path) for path in (self.root.path / "mnt").glob("negossp-[0-9]*.rpm"))


MODULE = "/usr/lib64/freerdp3/negossp.so"


def test_install_registers_nothing(lab):
    lab.rpm("--install", *CHANGES, lab.package())
    check.true((lab.root.path / MODULE.lstrip("/")).exists(), "the module is there")
    check.true(not lab.places(), "no server is told of it")
    lab.expect(DONE, "version", "negossp-register", "--version")


def test_client_is_started_with_the_module(lab):
    check.equal(lab.client_module(), MODULE, "what the client is told")


def test_registered_server_logs_on(lab):
    lab.account()
    lab.expect(DONE, "register", "negossp-register", "register")
    module, said, let_in = lab.logon()
    check.equal((module, let_in), (MODULE, True), f"the module, and whether the client was let in ({said})")


def test_package_is_upgraded_and_the_registration_stays(lab):
    lab.rpm("--upgrade", "--force", *CHANGES, lab.package())
    check.true(lab.registered(), "servers go on to load it")


def test_file_trigger_refreshes(lab):
    triggers = lab.rpm("--query", "--filetriggers", "negossp")
    check.true("libwinpr3.so.3" in triggers and "negossp-register --refresh" in triggers, f"the trigger: {triggers}")


def test_removal_unregisters_first_and_leaves_nothing(lab):
    lab.rpm("--erase", *CHANGES, "negossp")
    check.equal(lab.places(), [], "what names the module")
    check.equal(lab.logon()[0], None, "the server's module")
    lab.root.path.joinpath("srv/sam").unlink()
    after = lab.files()
    # Folders that rpm makes on the way and knows no owner of.
    check.equal([path for path in sorted(set(after) - set(lab.before)) if "negossp" in path or path.startswith("/etc")], [],
                "what is there that was not")
    check.equal([path for path in lab.before if path not in after], [], "what is gone")


sys.exit(package_lab.run_program(Lab))
