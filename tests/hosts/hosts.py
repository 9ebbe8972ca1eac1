# SPDX-License-Identifier: Apache-2.0
"""The desktops' servers: gnome-remote-desktop with mutter, krdp with KWin, both without a monitor, in a root folder."""

import contextlib
import dataclasses
import pathlib
import re
import shutil
import subprocess

import desktop
import logon
import roots
import sandbox
from programs import Program, environment, wait_until

SUITE = "trixie-hosts"
_SESSION = pathlib.Path(__file__).with_name("session.sh")


@dataclasses.dataclass(frozen=True)
class Host:
    name: str      # as session.sh calls it
    title: str
    package: str
    pictures: bool  # whether it has them to send where there is no GPU


HOSTS = {host.name: host for host in (
    Host("gnome", "gnome-remote-desktop", "gnome-remote-desktop", True),
    Host("krdp", "krdp", "krdp", False))}


def listening(port):
    """On any address, of IPv4 or IPv6."""
    lines = [line.split() for name in ("tcp", "tcp6")
             for line in pathlib.Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]]
    return any(fields[1].endswith(f":{port:04X}") and fields[3] == "0A" for fields in lines)


class Lab(logon.Lab):
    """Logons of this machine's clients at one of the hosts."""

    def __init__(self, host, work, module, keep):
        sandbox.loopback_up()
        self.host, self._root = host, roots.Root(SUITE)
        self._root.share_desktop(work)
        shutil.copy(_SESSION, work)
        super().__init__(self._root, work, module, keep)

    def version(self):
        shown = subprocess.run([*self._root.prefix, "dpkg-query", "-W", "-f", "${Version}", self.host.package],
                               capture_output=True, text=True, check=True, timeout=20).stdout
        return re.match(r"(?:\d+:)?([\d.]+)", shown)[1]

    def colour(self):
        """Of what has none to send the client's empty screen is all there is."""
        return super().colour() if self.host.pictures else (0, 0, 0)

    @contextlib.contextmanager
    def server(self, folder, place=None, module=False, colour=None, arguments=(), more=None, security="nla"):
        """The desktop and its server; the rest is logon.Lab's."""
        self._root.register(self._module if module else None)
        port = logon.free_port()
        # Processes of its own, so that all of them end with it, and a /proc that shows these: PipeWire asks.
        command = ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={self._root.path}/proc", *self._root.prefix, "dbus-run-session", "--",
                   "bash", self._work / _SESSION.name, self.host.name, port, logon.USER, self.password,
                   desktop.colour_name(colour or self.colour())]
        with Program(command, folder / "server.log", environment("/root", **(more or {}))) as server:
            if not wait_until(lambda: server.exit_code is not None or listening(port), 40) \
                    or server.exit_code is not None:
                raise RuntimeError(f"{self.host.title} did not start: {server.text()}")
            yield server, port
