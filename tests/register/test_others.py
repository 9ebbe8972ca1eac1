# SPDX-License-Identifier: Apache-2.0
"""What other users of the machine can do about what negossp-register writes: test_others.py COMMAND IMPORTER STUB
(command_lab.py)."""

import fcntl
import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from command_lab import BAD_MODULE, DONE, HAND_WRITTEN, NOBODY, NO_FREERDP, NOT, NOT_CHANGED, Root, give_access_list, run_tests


def test_module_that_others_can_change_is_refused(lab):
    root = Root(lab)
    real = root.add("open/real.so", lab.stub.read_bytes())
    link = root.path / "lib/link.so"
    link.symlink_to(real)
    for path, mode in ((real, 0o666), (real.parent, 0o777), (real.parent, 0o775)):
        before = path.stat().st_mode
        path.chmod(mode)
        if mode == 0o775:
            os.chown(path, -1, NOBODY if os.geteuid() == 0 else os.getgroups()[-1])
        for module in (real, link):
            run = root.expect(BAD_MODULE, "register", module=str(module))
            check.true(f"others than root can change it: see {path}\n" in run.stderr, f"it is named: {run.stderr}")
        path.chmod(before)
    check.true(not root.registry.exists(), "nothing was written")
    root.expect(DONE, "register", module=str(link))


def test_file_that_others_can_change_is_not_good_though_nothing_changes(lab):
    root = Root(lab)
    root.expect(DONE, "register")
    for culprit in (root.registry, root.registry.parent):
        mode = culprit.stat().st_mode
        culprit.chmod(mode | 0o002)
        check.true(f"can change {culprit} " in root.expect(NOT_CHANGED, "register").stderr, "register names it")
        check.true(f"others than root can change {culprit}\n" in root.expect(NOT, "status").stdout, "so does status")
        culprit.chmod(mode)
    root.expect(DONE, "status")


def test_nobody_else_can_hold_the_lock(lab):
    """By its folder, which everybody can open, they could."""
    root = Root(lab)
    path = root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    folder = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    root.expect(DONE, "register")
    root.expect(DONE, "unregister")
    os.close(folder)
    check.equal(sorted(os.listdir(path.parent)), ["HKLM.reg"], "files beside it")
    with open(path.with_name(".HKLM.reg.negossp.lock"), "wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        check.true("another run is at work" in root.expect(NOT_CHANGED, "register").stderr, "another run")
    root.expect(DONE, "register")
    check.equal(sorted(os.listdir(path.parent)), ["HKLM.reg"], "files beside it")


def test_link_that_another_owns_is_refused(lab):
    root = Root(lab)
    real = root.add("lib/real.so", lab.stub.read_bytes())
    shared = root.path / "shared"
    shared.mkdir()
    link = shared / "link.so"
    link.symlink_to(real)
    for mode in (0o1777, 0o1770, 0o755):
        shared.chmod(mode)
        if mode == 0o1770 and os.geteuid() == 0:
            os.chown(shared, -1, NOBODY)
        for owner in (0, NOBODY) if os.geteuid() == 0 else (os.geteuid(),):
            os.lchown(link, owner, -1)
            # The loader's own rule (fs.protected_symlinks) may be as strict.
            run = root.expect(BAD_MODULE if owner == NOBODY else DONE, "register", module=str(link))
            check.equal(f"others than root can change it: see {link}\n" in run.stderr, owner == NOBODY, f"it is named: {run.stderr}")
            root.expect(DONE, "unregister", module=str(link))


def test_registry_that_others_can_change_is_refused(lab):
    root = Root(lab)
    path = root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    for culprit in (path, path.parent):
        culprit.chmod(culprit.stat().st_mode | 0o002)
        run = root.expect(NOT_CHANGED, "register")
        check.true(f"can change {culprit} " in run.stderr, f"it is named: {run.stderr}")
        check.equal(path.read_bytes(), HAND_WRITTEN, "the file")
        root.expect(DONE, "--force", "register")
        root.expect(DONE, "--force", "unregister")
        culprit.chmod(culprit.stat().st_mode & ~0o002)


def test_what_an_access_list_lets_others_change_is_refused(lab):
    root = Root(lab)
    path = root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    give_access_list(path)
    check.true(f"can change {path} " in root.expect(NOT_CHANGED, "register").stderr, "the file is named")
    check.equal(path.read_bytes(), HAND_WRITTEN, "the file")
    root.expect(DONE, "--force", "register")
    check.true(os.getxattr(path, "system.posix_acl_access"), "the list is kept")
    root = Root(lab)
    give_access_list(root.module)
    check.true(f"see {root.module}\n" in root.expect(BAD_MODULE, "register").stderr, "the module is named")


def test_library_that_others_can_change_is_not_loaded(lab):
    root = Root(lab)
    other = pathlib.Path(root.add_freerdp("other", "etc/other.reg"))
    beside = root.add("other/libfreerdp3.so.3", lab.stub.read_bytes())
    for culprit in (other, beside, other / "libwinpr3.so.3"):
        mode = culprit.stat().st_mode
        culprit.chmod(mode | 0o002)
        run = root.expect(NO_FREERDP, "--libdir", str(other), "status")
        check.true(f"is not loaded: others can change {culprit}\n" in run.stderr, f"it is named: {run.stderr}")
        culprit.chmod(mode)
    root.expect(NOT, "--libdir", str(other), "status")


sys.exit(run_tests(sys.modules["__main__"]))
