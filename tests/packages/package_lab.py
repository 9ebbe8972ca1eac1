# SPDX-License-Identifier: Apache-2.0
"""A root folder of another release in which a package is installed, used and removed, with a real server and a real client."""

import os
import pathlib
import re
import secrets
import shutil
import socket
import sys
import tempfile

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / folder) for folder in ("support", "e2e", "lab")]

# pylint: disable=wrong-import-position
import check
import desktop
import programs
import roots
import sandbox

DONE, NOT = 0, 1
SECONDS = 120
# What a package manager, the loader and a server that was there write for themselves.
OF_OTHERS = re.compile(r"/(proc|dev|sys|tmp|mnt|media|run|var/(lib/(dpkg|apt|rpm)|log|cache)|root/\.(config|rpmdb))(/|$)|/etc/ld\.so\.cache$")


class Lab:
    """One root, which the tests change one after the other, in the order in which they are written."""

    def __init__(self, work, suite, packages, keep):
        self.root, self._work, self._keep, self._runs = roots.Root(suite), work, keep, 0
        self.suite, self._password = suite, "right-" + secrets.token_hex(6)
        self.root.share(packages, "/mnt", read_only=True)
        self.root.share_desktop(work)
        (self.root.path / "var/tmp").mkdir(exist_ok=True)
        sandbox.loopback_up()
        self.before = self.files()

    def files(self):
        """{path: kind, mode, content} of what is there and is no package manager's own."""
        seen, top = {}, self.root.path
        for folder, names, files in os.walk(top):
            inside = "/" + str(pathlib.Path(folder).relative_to(top)) if pathlib.Path(folder) != top else ""
            names[:] = [name for name in names if not OF_OTHERS.match(f"{inside}/{name}")]
            for name in names + files:
                path = pathlib.Path(folder, name)
                if not OF_OTHERS.match(f"{inside}/{name}"):
                    status = path.lstat()
                    is_file = path.is_file() and not path.is_symlink()
                    seen[f"{inside}/{name}"] = (status.st_mode, status.st_size if is_file else 0)
        return seen

    def run(self, name, *command):
        self._runs += 1
        log = self._keep / f"{self._runs}-{name}.log"
        code = self.root.run(command, log, SECONDS)
        return code, log.read_text(encoding="utf-8", errors="replace")

    def expect(self, code, name, *command):
        got, out = self.run(name, *command)
        check.equal(got, code, f"exit code of {' '.join(command)} ({out[-2000:]})")
        return out

    def registered(self):
        """Whether negossp-register finds that every FreeRDP loads the module."""
        return self.run("status", "negossp-register", "status")[0] == DONE

    def places(self):
        """The files in which a FreeRDP may have been told of the module."""
        etc = self.root.path / "etc"
        return [str(path.relative_to(etc)) for pattern in ("**/HKLM.reg", "**/credssp.json") for path in etc.glob(pattern)
                if "negossp" in path.read_text(encoding="utf-8", errors="replace")]

    def account(self):
        """Made as an administrator makes it."""
        code = self.run("sam", "sh", "-c", f"echo {self._password} | negossp-sam --file /srv/sam add alice")[0]
        check.equal(code, DONE, "exit code of negossp-sam")

    def client_module(self):
        """What a client of the root, which gets no further without a screen, is told to use by negossp-run."""
        out = self.run("client", "negossp-run", self.root.program("xfreerdp"), "/v:127.0.0.1:1", "/u:alice", "/p:none")[1]
        told = re.search(r"^negossp-run: xfreerdp3?: FreeRDP 3\.\S+ connects with (.*)$", out, re.MULTILINE)
        return told and told[1]

    def logon(self, right=True):
        """A real server of the root and this machine's client: the module that the server loaded (None: none), what it said
        about the exchange, and whether the client was let in."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self._work))
        folder.chmod(0o755)
        (folder / "home").mkdir()
        with socket.socket() as handle:
            handle.bind(("127.0.0.1", 0))
            port = handle.getsockname()[1]
        env = programs.environment(folder / "home")
        with desktop.Screen(folder, "server", env) as screen, programs.Program(
                [*self.root.prefix, "stdbuf", "-oL", self.root.program("freerdp-shadow-cli"), f"/port:{port}",
                 "/bind-address:127.0.0.1", "/sam-file:/srv/sam", "/sec:nla"], folder / "server.log",
                {**env, "DISPLAY": screen.display, "WLOG_LEVEL": "INFO"}) as server:
            if not programs.wait_until(lambda: server.exit_code is not None or _listens(port), 20):
                raise RuntimeError(f"the server does not listen: {server.text()}")
            password = self._password if right else "wrong"
            with programs.Program(["stdbuf", "-oL", programs.freerdp("xfreerdp"), f"/v:127.0.0.1:{port}", "/u:alice", f"/p:{password}",
                                   "/cert:ignore", "+auth-only", "/log-level:INFO"], folder / "client.log",
                                  {**env, "DISPLAY": screen.display}) as client:
                client.wait(30)
                let_in = "Authentication only, exit status 1" in client.text()
            programs.wait_until(lambda: "exchange=" in server.text(), 2)
            server.end()
        said = server.text()
        shutil.copytree(folder, self._keep / folder.name, ignore=shutil.ignore_patterns("home"))
        used = re.search(r"Using SSPI Module: (.*)$", said, re.MULTILINE)
        return used and used[1].strip(), [line for line in said.splitlines() if "exchange=" in line], let_in


def _listens(port):
    with socket.socket() as handle:
        handle.settimeout(1)
        return handle.connect_ex(("127.0.0.1", port)) == 0


def run_program(make_lab):
    """Of a program started as: SUITE PACKAGES FOLDER."""
    suite, packages, keep = sys.argv[1], *(pathlib.Path(argument).resolve() for argument in sys.argv[2:4])
    return roots.run_tests(sys.modules["__main__"], lambda work: make_lab(work, suite, packages, roots.emptied(keep)))
