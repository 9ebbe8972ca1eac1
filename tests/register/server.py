# SPDX-License-Identifier: Apache-2.0
"""A FreeRDP whose registry can be changed, a server on it, and a client that makes the server look.

Without a root that is the machine's own, in the private /etc of tests/e2e/sandbox.py. With one it is the
FreeRDP below that folder: its /etc is covered by a copy, the work folder is its /mnt, and its programs
run with it as their root. All mounts are of this process's own namespace and end with it."""

import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess

import desktop
import sandbox
from programs import Program, environment, wait_until

KEY = r"Software\FreeRDP\FreeRDP\Server"
SERVERS = ("freerdp-shadow-cli3", "freerdp-shadow-cli")
# TPKT, X.224 connection request, RDP_NEG_REQ for TLS or CredSSP (MS-RDPBCGR 2.2.1.1).
CONNECTION_REQUEST = bytes.fromhex("030000130ee000000000000100080003000000")
SECONDS = 20


def server_in(root):
    """The server program's path as the root's programs see it, or None."""
    for name in SERVERS:
        for folder in ("usr/bin", "usr/local/bin"):
            if (pathlib.Path(root or "/") / folder / name).exists():
                return f"/{folder}/{name}"
    return None


def _mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, timeout=SECONDS)


class Lab:
    """`command` is negossp-register, `root` a folder or None, `keep` where logs are left."""

    def __init__(self, work, command, module, keep, root):
        self._work, self._keep, self._root = pathlib.Path(work), keep, root
        self._work.chmod(0o755)
        self._home = self._work / "home"
        self._home.mkdir()
        shutil.copy(module, self._work / "negossp.so")
        (self._work / "negossp.so").chmod(0o755)
        shutil.copy(command, self._work / "negossp-register")
        (self._work / "sam").write_text("alice:::8846f7eaee8fb117ad06bdd830b7586c:::\n", encoding="ascii")
        if root:
            self._enter_root()
        else:
            sandbox.Etc(work)
        self._seen = pathlib.Path("/mnt") if root else self._work
        self.module = str(self._seen / "negossp.so")
        self._runs = 0
        self._registry = self._find_registry()

    def _enter_root(self):
        etc = self._work / "etc"
        shutil.copytree(self._root / "etc", etc, symlinks=True, ignore_dangling_symlinks=True,
                        ignore=lambda folder, names: [name for name in names if name in ("winpr", "FreeRDP")
                                                      or (name in ("shadow-", "gshadow-"))])
        _mount("--bind", etc, self._root / "etc")
        _mount("--bind", self._work, self._root / "mnt")
        for name in ("proc", "dev"):
            _mount("--rbind", f"/{name}", self._root / name)
        sandbox.loopback_up()

    def _inside(self, *command):
        chroot = ["chroot", str(self._root)] if self._root else []
        return [*chroot, *map(str, command)]

    def _environment(self, **more):
        return environment(self._seen / "home", **more)

    def _run(self, command):
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS,
                              env=self._environment(), check=False)

    def _status(self):
        return self._run(self._inside(self._seen / "negossp-register", "-m", self.module, "status")).stdout

    def _find_registry(self):
        found = re.findall(r"^  file: +(/.+)$", self._status(), re.MULTILINE)
        if not found:
            raise RuntimeError("negossp-register finds no FreeRDP")
        return pathlib.Path(str(self._root or "") + found[0])

    def write(self, text):
        """Makes the registry file anew; None removes it."""
        self._registry.unlink(missing_ok=True)
        if text is not None:
            self._registry.parent.mkdir(parents=True, exist_ok=True)
            self._registry.write_bytes(text)

    def read(self):
        return self._registry.read_bytes() if self._registry.exists() else None

    def register(self, what):
        run = self._run(self._inside(self._seen / "negossp-register", "--force", "--module", self.module, what))
        if run.returncode != 0:
            raise RuntimeError(f"negossp-register {what}: {run.returncode} {run.stdout}{run.stderr}")

    def status(self):
        """What status says that is registered, and what WinPR reads; None for nothing."""
        out = self._status()
        said = re.search(r"^  registered: (/.*|) \(by ", out, re.MULTILINE)
        read = re.search(r"^  WinPR: +reads (/.*|)$", out, re.MULTILINE)
        if "  WinPR:" not in out:
            raise RuntimeError(f"WinPR was not asked: {out}")
        return said and said[1], read and read[1]

    def module_of_server(self):
        """Starts a stock server, connects as far as NLA, and takes the module from its log."""
        self._runs += 1
        folder = self._work / f"run-{self._runs}"
        folder.mkdir()
        with socket.socket() as handle:
            handle.bind(("127.0.0.1", 0))
            port = handle.getsockname()[1]
        with desktop.Screen(folder, "server", environment(self._home)) as screen, Program(
                self._inside("stdbuf", "-oL", server_in(self._root), f"/port:{port}",
                             "/bind-address:127.0.0.1", f"/sam-file:{self._seen / 'sam'}", "/sec:nla"),
                folder / "server.log", self._environment(DISPLAY=screen.display)) as server:
            if not wait_until(lambda: server.exit_code is not None or _begin_nla(port), SECONDS):
                raise RuntimeError(f"the server did not answer: {server.text()}")
            # Whichever provider it took, it is at work when it sees the TSRequest.
            wait_until(lambda: server.exit_code is not None or re.search(r"(?i)nla|credssp|sspi", server.text()),
                       SECONDS)
            server.end()
            log = server.text()
        shutil.copytree(folder, self._keep / folder.name, dirs_exist_ok=True)
        used = re.search(r"Using SSPI Module: (.*)$", log, re.MULTILINE)
        return used[1].strip() if used else None


def _begin_nla(port):
    """A client's first steps: connection request, TLS, a TSRequest without a token. False while nobody
    listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
            plain.sendall(CONNECTION_REQUEST)
            if not plain.recv(64):
                return False
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as secured:
                secured.sendall(bytes.fromhex("3005a003020106"))
                secured.settimeout(SECONDS)
                try:
                    secured.recv(4096)
                except OSError:
                    pass
                return True
    except (ConnectionRefusedError, ConnectionResetError):
        return False
