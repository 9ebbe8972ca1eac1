# SPDX-License-Identifier: Apache-2.0
"""The root folders of other releases: where they are, and how a program runs in one.

A root folder is never written to. A program sees it through an overlay whose upper layer, a tmpfs, is
gone with the mount namespace of the test (e2e's sandbox), as are all the mounts."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import check
import programs
import sandbox

SUITES = ("trixie", "trixie-backports", "forky")
OLDEST, NEWER = SUITES[0], SUITES[1:]   # a suite moves to other releases of FreeRDP, but not past each other
ON_TOP = {"trixie-clients": "remmina", "forky-clients": "remmina"}   # what is on top of a release's root, and a program that it is for
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
_ROOT_SH = pathlib.Path(__file__).with_name("root.sh")
# Beside the root folders: outside of any folder that a test deletes in the end, for /dev is below it.
_MOUNT_POINT = ".mounted"
_X_SOCKETS = pathlib.Path("/tmp/.X11-unix")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def start_making(suite):
    """root.sh as a running process; what it prints on standard output is the folder."""
    return subprocess.Popen(["bash", str(_ROOT_SH), suite], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def folder_of(suite):
    """The root folder, which is made if it is not there."""
    process = start_making(suite)
    out, complaint = process.communicate(timeout=900)
    if process.returncode != 0:
        raise RuntimeError(f"root.sh {suite}: {complaint}")
    return pathlib.Path(out.strip())


def mounts_below(folder, process="self"):
    """What a process sees mounted at or below the folder."""
    points = [line.split()[4] for line in
              pathlib.Path(f"/proc/{process}/mountinfo").read_text(encoding="utf-8").splitlines()]
    return [point for point in points if (point + "/").startswith(f"{folder}/")]


def mounts_left(folders):
    """What is mounted below the root folders or beside them, as the one that started this test sees
    it: outside of the sandbox."""
    return [point for folder in {folder.parent for folder in folders}
            for point in mounts_below(folder, os.getppid())]


class Root:
    """A root folder inside of the sandbox, with the machine's own devices and X sockets. Has what
    e2e's Etc has."""

    def __init__(self, suite):
        self.suite, self.folder = suite, folder_of(suite)
        mounted = self.folder.parent / _MOUNT_POINT
        mounted.mkdir(exist_ok=True)
        if not os.path.ismount(mounted):
            _mount("-t", "tmpfs", "-o", "mode=755", "negossp-lab", mounted)
        base = mounted / suite
        self.path, upper, scratch = base / "root", base / "upper", base / "scratch"
        for made in (self.path, upper, scratch):
            made.mkdir(parents=True)
        _mount("-t", "overlay", "-o", f"lowerdir={self.folder},upperdir={upper},workdir={scratch}",
               "negossp-lab", self.path)
        _mount("-t", "proc", "proc", self.path / "proc")
        _mount("--rbind", "/dev", self.path / "dev")
        self.prefix = ("chroot", str(self.path))

    def share(self, folder, inside=None, read_only=False):
        """Shows a folder of the machine in the root, at the same path unless told."""
        target = self.path / str(inside or folder).lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        _mount("--bind", folder, target)
        if read_only:
            _mount("-o", "remount,bind,ro", target)

    def share_desktop(self, work):
        """What programs of real logons need: the work folder, and the machine's X servers."""
        _X_SOCKETS.mkdir(mode=0o1777, exist_ok=True)
        for folder in (work, _X_SOCKETS):
            self.share(folder)

    def program(self, name):
        """The path of one of FreeRDP's, in the root as it is now: an upgrade gives them other names."""
        return programs.freerdp(name, self.path)

    def register(self, module):
        sandbox.write_registry(self.path / "etc", module)

    def run(self, command, log, seconds):
        """The exit code of a command in the root; its output goes to the file."""
        env = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8"}
        with open(log, "wb") as output:
            return subprocess.run([*self.prefix, *map(str, command)], stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT, env=env, timeout=seconds, check=False).returncode


def copy_of(module, work):
    """The one module that all the roots see: a copy in the work folder."""
    return pathlib.Path(shutil.copyfile(module, pathlib.Path(work, "negossp.so")))


def _mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, timeout=20)


def why_not():
    """Why this machine cannot have root folders, or None."""
    if os.geteuid() != 0:
        return "needs root"
    return None


def run_tests(tests, make_lab):
    """The tests in a sandbox, each given what make_lab(work) makes there; what main() returns."""
    reason = why_not() or sandbox.why_not()
    if reason:
        check.skip_all(tests, reason)
        return SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-lab-") as work:
        pathlib.Path(work).chmod(0o755)
        return 1 if check.run_all(tests, make_lab(pathlib.Path(work))) else 0


def emptied(folder):
    """The folder, without what an earlier run left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run_program(make_lab):
    """The tests of the program, called with COMMAND MODULE FOLDER: make_lab(work, command, module, keep)."""
    command, module, keep = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    return run_tests(sys.modules["__main__"], lambda work: make_lab(work, command, module, emptied(keep)))
