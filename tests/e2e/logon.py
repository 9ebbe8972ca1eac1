# SPDX-License-Identifier: Apache-2.0
"""One logon of a real xfreerdp3 at a real freerdp-shadow-cli3, and all that can be seen of it."""

import contextlib
import dataclasses
import pathlib
import re
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile

import desktop
import wire
from programs import Program, environment, freerdp, wait_until

USER = "alice"
# What WLog writes at INFO goes to standard output, which is lost with a program that a signal ends
# unless each line is written at once.
BY_LINE = ("stdbuf", "-oL")
LOGGER = "com.winpr.sspi.negossp"
_TOOLS = ("Xvfb", "xsetroot", "xclock", "import", "convert", "dumpcap", "tshark", "mount")
_FREERDP = ("winpr-hash", "freerdp-shadow-cli", "xfreerdp")


def missing():
    """Why this machine cannot run a logon, or None."""
    names = [name for name in _TOOLS if shutil.which(name) is None] + [name for name in _FREERDP if not freerdp(name)]
    return f"not installed: {' '.join(names)}" if names else None


@dataclasses.dataclass
class Logon:
    """What is to be run."""
    name: str
    title: str
    client_module: bool
    server_module: bool
    user: str = USER
    password_is_right: bool = True
    password: str = None   # of an account that is not this lab's
    by_hash: bool = False  # the password's NT hash takes its place (/pth)
    environment: dict = dataclasses.field(default_factory=dict)
    host: str = "127.0.0.1"     # as the client names the server
    client_arguments: tuple = ()
    server_arguments: tuple = ()
    # Called with the server's Visit when it listens, before the client is started and anything is recorded.
    before: object = None
    # Where each program runs, as sandbox.Etc; None is this machine.
    client_place: object = None
    server_place: object = None

    @property
    def succeeds(self):
        return self.user == USER and self.password_is_right


class Visit:
    """What may come to a server before the client that is looked at."""

    def __init__(self, port, server, run_client):
        self.port, self.server, self._run_client = port, server, run_client

    def client(self, host):
        """A client like the one that comes later, but for the name of the server, until it is gone or 15 seconds
        are over; what it printed."""
        return self._run_client(host)

    @contextlib.contextmanager
    def knock(self):
        """TLS for CredSSP and nothing more (MS-RDPBCGR 2.2.1.1: X.224 with RDP_NEG_REQ for HYBRID). The
        server acquires its credentials then."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), 10) as plain:
            plain.sendall(bytes.fromhex("030000130ee000000000000100080002000000"))
            plain.recv(64)
            with context.wrap_socket(plain):
                yield


@dataclasses.dataclass
class Outcome:
    """What was seen."""
    logon: Logon
    messages: list
    client_exit: int       # None: still connected when the run was over
    client_log: str
    server_log: str
    colour: tuple
    share: float           # of the client's pixels that had the colour
    folder: pathlib.Path   # logs, capture and picture

    @property
    def tokens(self):
        """Files with the TSRequests of a TCP connection each, one a line."""
        return sorted(self.folder.glob("tokens-*.txt"))

    @property
    def picture(self):
        return self.folder / "desktop.png"

    def said(self, side):
        """The module's lines about finished exchanges in a side's log, without time and process."""
        log = self.client_log if side == "client" else self.server_log
        return [_shorten(line) for line in log.splitlines() if f"[{LOGGER}]" in line and "exchange=" in line]

    def seen_by_user(self):
        """The error lines that xfreerdp's user gets to read about the logon."""
        return [_shorten(line) for line in self.client_log.splitlines()
                if "NTSTATUS" in line or "ERRCONNECT_" in line and "CANCELLED" not in line]


def _shorten(line):
    return re.sub(r"^\[[\d:]+\] \[[^\]]*\] ", "", line).strip()


class Lab:
    """A work folder, a SAM file and the private /etc, for as many logons as are wanted."""

    def __init__(self, etc, work, module, keep, accounts=None):
        """`accounts`: negossp-sam, which makes the account in winpr-hash's place."""
        self._etc, self._work, self._module, self._keep = etc, pathlib.Path(work), module, pathlib.Path(keep)
        self._home = self._work / "home"
        self._home.mkdir()
        self._password = "right-" + secrets.token_hex(6)
        self._sam = self._work / "sam"
        if accounts:
            subprocess.run([accounts, "--file", self._sam, "add", USER], input=self._password.encode(),
                           stdout=subprocess.DEVNULL, env=environment(self._home), check=True, timeout=20)
            return
        with open(self._sam, "wb") as sam:
            subprocess.run([etc.program("winpr-hash"), "-u", USER, "-p", self._password, "-f", "sam"], stdout=sam,
                           env=environment(self._home), check=True, timeout=20)

    def named(self, host_name):
        """This machine under another host name, of any bytes: a place for a program of a logon."""
        return _Named(self._etc, self._work, host_name)

    @property
    def password(self):
        """Of USER, for whatever else is to know the account."""
        return self._password

    def colour(self):
        """What the server's screen is painted with, for which the client's is watched."""
        return desktop.random_colour()

    def has_arrived(self, _server, share):
        """Whether the client is there, of whose pixels that share has the colour."""
        return share > 0.9

    def password_file(self, password):
        path = self._work / "password"
        path.write_text(password + "\n", encoding="utf-8")
        return path

    def beside(self, name):
        """A program that was built with the module."""
        return self._module.with_name(name)

    def run(self, logon):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=logon.name + "-", dir=self._work))
        kept = self._keep / logon.name
        try:
            outcome = self._run(logon, folder)
        finally:
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
        outcome.folder = kept
        return outcome

    @contextlib.contextmanager
    def server(self, folder, place=None, module=False, colour=(0, 0, 0), arguments=(), more=None, security="nla"):
        """A shadow server on a screen of its own, which listens on 127.0.0.1: the program, and its port. Its log is in
        the folder; `more` is its environment's."""
        place = place or self._etc
        place.register(self._module if module else None)
        env, port = environment(self._home, **(more or {})), free_port()
        with contextlib.ExitStack() as stack:
            screen = stack.enter_context(desktop.Screen(folder, "server", env))
            env["DISPLAY"] = screen.display
            screen.paint(colour)
            stack.enter_context(Program(["xclock", "-geometry", "160x160+24+24"], folder / "xclock.log", env))
            server = stack.enter_context(Program(
                [*place.prefix, *BY_LINE, place.program("freerdp-shadow-cli"), f"/port:{port}", "/bind-address:127.0.0.1",
                 f"/sam-file:{self._sam}", f"/sec:{security}", *arguments], folder / "server.log", env))
            if not wait_until(lambda: server.exit_code is not None or listening(port), 30) \
                    or server.exit_code is not None:
                raise RuntimeError(f"the server did not start: {server.text()}")
            yield server, port

    def _nt_hash(self):
        """Of the account, from its line user:domain:LM:NT."""
        return self._sam.read_text(encoding="utf-8").split(":")[3]

    def _run(self, logon, folder):
        client_place = logon.client_place or self._etc
        env = environment(self._home, **logon.environment)
        colour, keys = self.colour(), folder / "tls.keys"
        with contextlib.ExitStack() as stack:
            ours = stack.enter_context(desktop.Screen(folder, "client", env))
            server, port = stack.enter_context(self.server(
                folder, logon.server_place, logon.server_module, colour, logon.server_arguments, logon.environment))
            password = logon.password or self._password if logon.password_is_right else "wrong-" + secrets.token_hex(6)
            secret = f"/pth:{self._nt_hash()}" if logon.by_hash else f"/p:{password}"
            module = [f"/sspi-module:{self._module}"] if logon.client_module else []

            def start_client(host, log, *more):
                return Program([*client_place.prefix, *BY_LINE, client_place.program("xfreerdp"), f"/v:{host}:{port}",
                                f"/u:{logon.user}", secret, "/cert:ignore",
                                f"/size:{desktop.WIDTH}x{desktop.HEIGHT}", *module, *logon.client_arguments, *more],
                               folder / log, {**env, "DISPLAY": ours.display})

            def run_client(host):
                with start_client(host, "client-before.log") as client:
                    client.wait(15)
                return client.text()

            if logon.before:
                logon.before(Visit(port, server, run_client))
            capture = stack.enter_context(wire.Capture(folder, port, env))
            client = stack.enter_context(start_client(logon.host, "client.log", f"/tls:secrets-file:{keys}"))
            share = _watch(client, ours, folder / "desktop.png", colour, lambda share: self.has_arrived(server, share), 25)
            client_exit = client.exit_code
            client.end()
            capture.finish()
            server.end()
            messages = capture.dissect(keys)
            capture.keep_tokens(keys, {message.connection for message in messages})
            return Outcome(logon, messages, client_exit, client.text(), server.text(), colour,
                           share, folder)


class _Named:
    """A UTS namespace in which the host has another name; the rest is sandbox.Etc's."""

    def __init__(self, etc, work, host_name):
        name = pathlib.Path(work, "host-name")
        name.write_bytes(host_name)
        self.prefix = ("unshare", "--uts", "sh", "-c", f'cat {name} >/proc/sys/kernel/hostname && exec "$@"', "sh")
        self.program, self.register = etc.program, etc.register


def _watch(client, screen, picture, colour, has_arrived, seconds):
    """Looks at the client's screen until it is there, it is gone or the time is over; which share has the colour."""
    best = 0.0

    def arrived():
        nonlocal best
        gone = client.exit_code is not None
        screen.screenshot(picture)
        best = desktop.share_of_colour(picture, colour)
        return gone or has_arrived(best)

    wait_until(arrived, seconds, step=0.3)
    return best


def free_port():
    with socket.socket() as handle:
        handle.bind(("127.0.0.1", 0))
        return handle.getsockname()[1]


def listening(port):
    """Asks the kernel, so that the server's first connection is the client's."""
    wanted = f"0100007F:{port:04X}"
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[1] == wanted and fields[3] == "0A":
            return True
    return False
