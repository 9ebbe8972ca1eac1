# SPDX-License-Identifier: Apache-2.0
"""A network and an /etc of our own.

The runs need three things that belong to the machine: TCP ports, the right to capture on loopback, and
WinPR's registry, whose folder below /etc is fixed when FreeRDP is built. Here the program starts itself
again in a mount and a network namespace (and a user namespace where it is not root). Inside, loopback
has nobody else on it, capturing is allowed, and /etc is a copy of the machine's own
without the two places where FreeRDP looks for HKLM.reg. Nothing of it outlives the process.
"""

import fcntl
import os
import pathlib
import shutil
import socket
import stat
import struct
import subprocess
import sys

import programs

MARK = "NEGOSSP_TEST_SANDBOX"
# Debian's 3.10.3 and 3.15.0 read the first, 3.32.2 the second.
REGISTRY_FILES = ("winpr/HKLM.reg", "FreeRDP/FreeRDP/HKLM.reg")


def _unshare_command():
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--net"]


def why_not():
    """Why this machine cannot make the namespaces, or None."""
    try:
        probe = subprocess.run([*_unshare_command(), "true"], capture_output=True, text=True, timeout=20,
                               check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"unshare: {error}"
    if probe.returncode != 0:
        return f"no mount and network namespaces here ({probe.stderr.strip()})"
    return None


def enter():
    """Starts this program again inside, once. Returns inside only."""
    if MARK not in os.environ:
        os.environ[MARK] = "entering"
        command = _unshare_command()
        os.execvp(command[0], [*command, sys.executable, *sys.argv])


class Etc:
    """The private /etc, with WinPR's registry in it.

    A copy of what everyone may read, so that no other name leads to the machine's own files and the
    work folder can be deleted like any other."""

    prefix = ()   # what the command of a program that is to have this /etc begins with
    program = staticmethod(programs.freerdp)   # the path of one of FreeRDP's

    def __init__(self, work):
        self._folder = pathlib.Path(work, "etc")
        own = {pathlib.PurePath(name).parts[0] for name in REGISTRY_FILES}
        shutil.copytree("/etc", self._folder, symlinks=True, copy_function=_copy_file, dirs_exist_ok=True,
                        ignore=lambda folder, names: [name for name in names if _left_out(folder, name, own)])
        subprocess.run(["mount", "--bind", str(self._folder), "/etc"], check=True, timeout=20)
        loopback_up()

    def register(self, module):
        """Names `module` for FreeRDP's servers; None names nothing, so that they are stock."""
        write_registry(self._folder, module)


def write_registry(etc, module):
    """What Etc.register does, in any folder that some FreeRDP has as its /etc."""
    for name in REGISTRY_FILES:
        path = etc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if module is None:
            path.unlink(missing_ok=True)
            continue
        # Without "str:" WinPR's parser drops the value.
        path.write_text("[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\Server]\n"
                        f'"SspiModule"=str:"{module}"\n', encoding="ascii")


def _copy_file(source, target):
    shutil.copyfile(source, target)
    shutil.copymode(source, target)


def _left_out(folder, name, own):
    if folder == "/etc" and name in own:
        return True
    status = os.lstat(os.path.join(folder, name))
    if stat.S_ISLNK(status.st_mode):
        return False
    if stat.S_ISDIR(status.st_mode):
        return status.st_mode & 0o005 != 0o005
    return not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o004


def loopback_has(address):
    """Whoever connects to it comes from it, as from another machine. One of each network, or the first is the others' too."""
    siocsifaddr, alias = 0x8916, f"lo:{address.replace('.', '')[-8:]}".encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, siocsifaddr, struct.pack("16sHH4s16x", alias, socket.AF_INET, 0, socket.inet_aton(address)))


def loopback_up():
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(handle, siocgifflags, request))[1]
        fcntl.ioctl(handle, siocsifflags, struct.pack("16sH14x", b"lo", flags | iff_up))
