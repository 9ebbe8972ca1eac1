# SPDX-License-Identifier: Apache-2.0
"""The network, the /etc and the screens of tests/e2e, with other programs on them."""

import contextlib
import dataclasses
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
for part in ("e2e", "interop", "support"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / part))

# pylint: disable=wrong-import-position
import check
import desktop
import logon
import sandbox
import wire
from programs import Program, environment, wait_until

SKIPPED = 77
USER = "alice"
SCREEN_PROGRAMS = ("Xvfb", "xsetroot", "xclock", "import", "convert", "dumpcap", "tshark", "mount",
                   "winpr-hash3", "openssl")
# pylint: disable=protected-access
free_port, listening = logon.free_port, logon.listening


@dataclasses.dataclass
class Seen:
    """What one client's logon looked like."""
    messages: list
    client_exit: int       # None: still connected when the run was over
    client_log: str
    server_logs: dict      # by the program's name
    share: float           # of the client's pixels that had the server's colour

    def said(self, program="client"):
        """The module's lines about finished exchanges in a program's log."""
        log = self.client_log if program == "client" else self.server_logs[program]
        return [line for line in log.splitlines() if f"[{logon.LOGGER}]" in line and "exchange=" in line]

    def told(self):
        """What the end's plain words are, of the client's failed exchanges."""
        return " ".join(re.findall(r'reason="([^"]*)"', " ".join(self.said())))


class Lab:
    """An account, a certificate, and the module; runs are made with run()."""

    def __init__(self, work, module, keep):
        self.module, self.work, self._keep = module, pathlib.Path(work), pathlib.Path(keep)
        self.etc = sandbox.Etc(work)
        self._home = self.work / "home"
        self._home.mkdir()
        self.password = "right-" + secrets.token_hex(6)
        self.sam = self.work / "sam"
        with open(self.sam, "wb") as sam:
            subprocess.run(["winpr-hash3", "-u", USER, "-p", self.password, "-f", "sam"], stdout=sam,
                           env=self.environment(), check=True, timeout=20)
        self._seen = {}

    def environment(self, **more):
        return environment(self._home, **more)

    def once(self, name, make):
        """What `make` makes, once for all the tests that look at it."""
        if name not in self._seen:
            self._seen[name] = make()
        return self._seen[name]

    def write(self, name, text):
        path = self.work / name
        path.write_text(text, encoding="utf-8")
        return path

    def certificate(self):
        """A certificate of a host of that name, and its key."""
        certificate, key = self.work / "certificate.pem", self.work / "key.pem"
        if not key.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                            "/CN=peer.example", "-keyout", key, "-out", certificate], check=True, timeout=60,
                           capture_output=True, env=self.environment())
        return certificate, key

    def install_sam(self):
        """Makes the account's file the default one of this private /etc."""
        for name in sandbox.REGISTRY_FILES:
            folder = pathlib.Path("/etc", name).parent
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.sam, folder / "SAM")

    def run(self, name, servers, port, client, enough=None, screen=desktop.Screen, **variables):
        """Starts servers on a painted screen, then the client, and looks on until the client shows the
        colour, is gone, or `enough` says so of the servers' logs. `servers` gives (name, command, port) of
        each and `client` its command, both when called with the file for TLS keys, which one of them
        writes. `port` is what the client connects to, `screen` what makes the screen that it has."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix=name + "-", dir=self.work))
        kept = self._keep / name
        try:
            return self._run(folder, servers, port, client, enough, screen, self.environment(**variables))
        finally:
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)

    @staticmethod
    def _run(folder, servers, port, client, enough, screen, env):
        colour, keys = desktop.random_colour(), folder / "tls.keys"
        with contextlib.ExitStack() as stack:
            theirs = stack.enter_context(desktop.Screen(folder, "server", env))
            ours = stack.enter_context(screen(folder, "client", env))
            theirs.paint(colour)
            stack.enter_context(Program(["xclock", "-geometry", "160x160+24+24"], folder / "xclock.log",
                                        {**env, "DISPLAY": theirs.display}))
            running = {}
            for name, command, its_port in servers(keys):
                server = stack.enter_context(Program([*logon.BY_LINE, *command], folder / f"{name}.log",
                                                     {**env, "DISPLAY": theirs.display}))
                if not _is_up(server, its_port):
                    raise RuntimeError(f"{name} did not start: {server.text()}")
                running[name] = server
            capture = stack.enter_context(wire.Capture(folder, port, env))
            seat = stack.enter_context(Program([*logon.BY_LINE, *client(keys)], folder / "client.log",
                                               {**env, "DISPLAY": ours.display}))
            share = _look(seat, ours, folder / "desktop.png", colour, lambda: enough and enough(_logs(running)))
            client_exit = seat.exit_code
            seat.end()
            capture.finish()
            for server in running.values():
                server.end()
            messages = capture.dissect(keys) if keys.exists() else []
            return Seen(messages, client_exit, seat.text(), _logs(running), share)


def _logs(running):
    return {name: server.text() for name, server in running.items()}


def _look(client, screen, picture, colour, enough):
    """The part of the client's screen that has the colour in the end."""
    share = 0.0

    def over():
        nonlocal share
        gone = client.exit_code is not None
        screen.screenshot(picture)
        share = desktop.share_of_colour(picture, colour) if picture.exists() else 0.0
        return gone or share > 0.9 or enough()

    wait_until(over, 40, step=0.3)
    return share


def _is_up(server, port):
    wait_until(lambda: server.exit_code is not None or listening(port), 40)
    return server.exit_code is None and listening(port)


def main(tests, programs, equip=lambda _lab: contextlib.nullcontext()):
    """For a test program that is given the module and the folder for logs. `equip` gives the lab what more its tests
    want, until they are over."""
    module, keep = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if sandbox.MARK not in os.environ:
        missing = [name for name in (*SCREEN_PROGRAMS, *programs) if shutil.which(name) is None]
        reason = f"not installed: {' '.join(missing)}" if missing else sandbox.why_not()
        if reason:
            check.skip_all(tests, reason)
            return SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-peers-") as work:
        lab = Lab(work, module, keep)
        with equip(lab):
            return 1 if check.run_all(tests, lab) else 0
