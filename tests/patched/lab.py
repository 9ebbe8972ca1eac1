# SPDX-License-Identifier: Apache-2.0
"""One build of FreeRDP at work: its shadow server on a screen of its own, its client, and what can
stand between or in place of them."""
import contextlib
import fcntl
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading

import desktop
import rdp_tls
from clients import PASSWORD, USER
from programs import Program, environment, wait_until

REGISTRY_KEY = "HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


class Freerdp:
    """An installed FreeRDP and the temporary folder of the test that uses it."""

    def __init__(self, prefix, bench):
        self.prefix = pathlib.Path(prefix)
        self.bench = bench
        self._home = bench.folder / "home"
        self._home.mkdir(mode=0o700)
        self._env = environment(self._home, WLOG_LEVEL="DEBUG")

    def program(self, name):
        return self.prefix / "bin" / name

    def library(self, name):
        return self.prefix / "lib" / name

    def _screen(self):
        screen = self.bench.enter_context(desktop.Screen(self.bench.folder, "screen", self._env))
        return {**self._env, "DISPLAY": screen.display}

    def nt_hash(self):
        line = subprocess.run([self.program("winpr-hash"), "-u", USER, "-p", PASSWORD], env=self._env,
                              stdout=subprocess.PIPE, text=True, check=True, timeout=20).stdout
        return line.strip().split(":")[-1]

    def start_server(self, *options):
        """The shadow server; `port` is None when it ended instead of listening."""
        sam = self.bench.file("sam", f"{USER}:::{self.nt_hash()}:::\n")
        port = free_port()
        program = Program(["stdbuf", "-oL", self.program("freerdp-shadow-cli"), f"/port:{port}",
                           "/bind-address:127.0.0.1", f"/sam-file:{sam}", "/sec:nla", *options],
                          self.bench.folder / "server.log", self._screen())
        self.bench.enter_context(program)
        wait_until(lambda: program.exit_code is not None or _listens(port), 15)
        program.port = port if program.exit_code is None and _listens(port) else None
        return program

    def server_port(self):
        server = self.start_server()
        if server.port is None:
            raise RuntimeError(f"the shadow server did not start:\n{server.text()}")
        return server.port

    def run_client(self, port, *options):
        """xfreerdp, until it ends by itself."""
        command = [self.program("xfreerdp"), f"/v:127.0.0.1:{port}", f"/u:{USER}", "/cert:ignore",
                   "/sec:nla", *options]
        client = Program(command, self.bench.folder / "client.log", self._screen())
        with client:
            client.wait(15)
            return client.exit_code, client.text()

    def tls_key(self):
        """The server's own certificate and key: with them a relay is not noticed."""
        folder = self._home / ".config" / "freerdp" / "shadow"
        return folder / "shadow.crt", folder / "shadow.key"

    @contextlib.contextmanager
    def registry(self, line, role="Server"):
        """WinPR's registry file of this build, where 3.15.0 and where newer ones have it. Only tests use it, one
        at a time."""
        folders = [self.prefix / "etc" / "winpr", self.prefix / "etc" / "FreeRDP" / "FreeRDP"]
        with open(self.prefix / "registry.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for folder in folders:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "HKLM.reg").write_text(f"[{REGISTRY_KEY}{role}]\n{line}\n", encoding="ascii")
            try:
                yield
            finally:
                for folder in folders:
                    shutil.rmtree(folder)


def own_certificate(bench):
    certificate, key = bench.folder / "tls.crt", bench.folder / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
                   check=True, timeout=20, stderr=subprocess.DEVNULL)
    return certificate, key


class Stand:
    """Something that serves one connection in a thread of its own, and is gone then: who connects
    again is refused."""

    def __init__(self, bench, serve):
        self._listener = bench.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._listener.settimeout(rdp_tls.SECONDS)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(serve,), daemon=True)
        self._thread.start()

    def _run(self, serve):
        gone = (rdp_tls.Closed, ConnectionError, TimeoutError, ssl.SSLError)
        with contextlib.suppress(*gone), self._listener:
            serve(self._listener)

    def join(self):
        self._thread.join(rdp_tls.SECONDS)


def relay(bench, server_port, certificate, key):
    """Stands between client and server, which notice nothing; returns it and the list of what passes."""
    seen = []

    def serve(listener):
        with rdp_tls.accept(listener, certificate, key, restricted_admin=True) as client, \
                rdp_tls.connect(server_port) as server:
            to_server, to_client = (client, server), (server, client)
            for sender, receiver in (to_server, to_client, to_server, to_client, to_server):
                message = rdp_tls.read_ts_request(sender)
                seen.append(message)
                receiver.sendall(message)

    return Stand(bench, serve), seen


def server_that_says(bench, message):
    """A server whose first answer is `message`, whatever it was asked; and the list of what it was."""
    certificate, key = own_certificate(bench)
    seen = []

    def serve(listener):
        with rdp_tls.accept(listener, certificate, key) as client:
            seen.append(rdp_tls.read_ts_request(client))
            client.sendall(message)
            rdp_tls.read_exactly(client, 1)

    return Stand(bench, serve), seen
