# SPDX-License-Identifier: Apache-2.0
"""The desktops' servers: gnome-remote-desktop with mutter, krdp with KWin, without a monitor, in a root folder."""

import contextlib
import dataclasses
import pathlib
import re
import shutil
import signal
import subprocess

import desktop
import logon
import roots
import sandbox
from programs import Program, environment, wait_until

SUITE, TESTING = "trixie-hosts", "forky-gnome"
# What krdp says of a client that it lets in.
CAME = "New client connected"
_SESSION = pathlib.Path(__file__).with_name("session.sh")


@dataclasses.dataclass(frozen=True)
class Host:
    name: str      # as session.sh calls it
    title: str     # and its package
    pictures: bool = True   # whether it has them to send where there is no GPU
    suite: str = SUITE


GNOME, KRDP = Host("gnome", "gnome-remote-desktop"), Host("krdp", "krdp", pictures=False)
GNOME_OF_TESTING = dataclasses.replace(GNOME, suite=TESTING)


def listening(port):
    """On any address, of IPv4 or IPv6."""
    lines = [line.split() for name in ("tcp", "tcp6")
             for line in pathlib.Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]]
    return any(fields[1].endswith(f":{port:04X}") and fields[3] == "0A" for fields in lines)


class _Session(Program):
    """unshare hears no SIGTERM while its child runs; that ends with it (--kill-child)."""

    def end(self, how=signal.SIGKILL):
        super().end(how)


class Lab(logon.Lab):
    """Logons of this machine's clients at one of the hosts."""

    def __init__(self, host, work, built, keep):
        """`built`: the folder with what was built."""
        sandbox.loopback_up()
        self.host, self._root = host, roots.Root(host.suite)
        self._root.share_desktop(work)
        shutil.copy(_SESSION, work)
        super().__init__(self._root, work, roots.copy_of(built / "negossp.so", work), keep, built / "negossp-sam")

    def version(self):
        shown = subprocess.run([*self._root.prefix, "dpkg-query", "-W", "-f", "${Version}", self.host.title],
                               capture_output=True, text=True, check=True, timeout=20).stdout
        return re.match(r"(?:\d+:)?([\d.]+)", shown)[1]

    def file(self, name, content):
        """Makes one in the root folder."""
        path = self._root.path / name
        path.write_bytes(content)
        return path

    def has_arrived(self, server, share):
        return super().has_arrived(server, share) if self.host.pictures else CAME in server.text()

    @contextlib.contextmanager
    def server(self, folder, place=None, module=False, colour=None, arguments=(), more=None, security="nla"):
        """The desktop and its server; the rest is logon.Lab's."""
        self._root.register(self._module if module else None)
        port = logon.free_port()
        # Processes of its own, so that all of them end with it, and a /proc that shows these: PipeWire asks.
        command = ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={self._root.path}/proc", *self._root.prefix, "dbus-run-session", "--",
                   "bash", self._work / _SESSION.name, self.host.name, port, logon.USER, self.password,
                   desktop.colour_name(colour or self.colour())]
        with _Session(command, folder / "server.log", environment("/root", **(more or {}))) as server:
            if not wait_until(lambda: server.exit_code is not None or listening(port), 40) \
                    or server.exit_code is not None:
                raise RuntimeError(f"{self.host.title} did not start: {server.text()}")
            yield server, port
