# SPDX-License-Identifier: Apache-2.0
"""Real clients that negossp-run starts, at a real server with the module, and what can be seen of that."""

import contextlib
import dataclasses
import pathlib
import re
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / folder) for folder in ("support", "e2e", "lab")]

# pylint: disable=wrong-import-position
import check
import desktop
import logon
import programs
import sandbox
import stage

SKIPPED = 77
SECONDS = 30


@dataclasses.dataclass
class Seen:
    """What was seen of one client."""
    client_exit: int  # None: it ran on
    client_log: str
    server_said: list  # the module's lines
    share: float       # of the client's pixels that had the server's colour
    between_log: str   # of what was between them

    def has(self, text):
        return any(text in line for line in self.server_said)


class Lab:
    """A server with the module here, and clients of a place, with negossp installed in the work folder."""

    def __init__(self, work, built, folder, keep, make_place=None):
        """`built` is the build folder, `folder` where modules are as seen from programs."""
        self.work, self._keep = pathlib.Path(work), pathlib.Path(keep)
        self.here = sandbox.Etc(work)
        self.place = make_place(work) if make_place else self.here
        self.installed = stage.Stage(self.work / "installed", built, folder)
        self._logons = logon.Lab(self.here, work, self.installed.module, keep, built / "negossp-sam")
        self.password = self._logons.password

    def see(self, name, command, between=None, picture=True):
        """`command` is a function of the port and a home folder: the program and its arguments, which run in the place.
        It is looked at until its screen shows the server's (or, without `picture`, the server has spoken), it is gone, it
        was refused or the time is over. `between` is the same of a program in front of the server, with a port more."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.work))
        folder.chmod(0o755)
        home = folder / "home"
        home.mkdir()
        env, colour = programs.environment(home), desktop.random_colour()
        try:
            with contextlib.ExitStack() as stack:
                screen = stack.enter_context(desktop.Screen(folder, "client", env))
                server, port = stack.enter_context(self._logons.server(folder, module=True, colour=colour))
                env = {**env, "DISPLAY": screen.display}
                middle = None
                if between:
                    port, middle = self._start_between(stack, between, port, home, folder / "between.log", env)
                client = stack.enter_context(programs.Program([*self.place.prefix, *command(port, home)], folder / "client.log", env))
                share = self._watch(client, screen, folder / "desktop.png", colour,
                                    lambda: ("exchange=failed" if picture else "exchange=") in server.text())
                code = client.exit_code
                for program in filter(None, (client, middle, server)):
                    program.end()
                said = [line for line in server.text().splitlines() if "exchange=" in line]
                return Seen(code, client.text(), said, share, middle.text() if middle else "")
        finally:
            shutil.copytree(folder, self._keep / name, dirs_exist_ok=True)

    def _start_between(self, stack, between, target, home, log, env):
        port = logon.free_port()
        middle = stack.enter_context(programs.Program([*self.place.prefix, *between(port, target, home)], log, env))
        if not programs.wait_until(lambda: middle.exit_code is not None or logon.listening(port), 20) or middle.exit_code is not None:
            raise RuntimeError(f"it did not start: {middle.text()}")
        return port, middle

    @staticmethod
    def _watch(client, screen, picture, colour, enough):
        best = 0.0

        def arrived():
            nonlocal best
            screen.screenshot(picture)
            best = max(best, desktop.share_of_colour(picture, colour))
            return client.exit_code is not None or best > 0.5 or enough()

        programs.wait_until(arrived, SECONDS, step=0.3)
        return best


def assert_four_legs(lab, seen, log):
    """The server's line, and what negossp-run says in a log."""
    check.equal(len(seen.server_said), 1, f"exchanges at the server: {seen.server_said} ({log[-2000:]})")
    for part in ("exchange=complete role=acceptor framing=spnego", " legs=4 ", f' user="{logon.USER}"', " mechlistmic=sent/ok "):
        check.true(seen.has(part), f"the server's line says {part}: {seen.server_said}")
    check.equal(len(re.findall(rf"negossp-run: \S+: FreeRDP 3\.\d+\.\d+ connects with {lab.installed.module}\n", log)), 1,
                f"what it says: {log[-2000:]}")


def assert_desktop(lab, seen):
    assert_four_legs(lab, seen, seen.client_log)
    check.true(seen.share > 0.5, f"most of the screen is the server's ({seen.share:.2f})")


def assert_refused(seen):
    check.equal(len(seen.server_said), 1, f"exchanges at the server: {seen.server_said}")
    check.true(seen.has("exchange=failed role=acceptor framing=spnego") and seen.has("SEC_E_LOGON_DENIED"), f"the server's line: {seen.server_said}")
    check.true(seen.share < 0.01, f"nothing of the server is on the screen ({seen.share:.2f})")


def run_program(make_lab, tools=()):
    """Of a program started as: ... KEEP, the last being where logs are left. `make_lab` takes a work folder and KEEP."""
    tests = sys.modules["__main__"]
    if sandbox.MARK not in sandbox.os.environ:
        missing = [tool for tool in tools if not shutil.which(tool)]
        reason = logon.missing() or (f"not installed: {' '.join(missing)}" if missing else None) or sandbox.why_not()
        if reason:
            check.skip_all(tests, reason)
            return SKIPPED
    sandbox.enter()
    keep = pathlib.Path(sys.argv[-1]).resolve()
    shutil.rmtree(keep, ignore_errors=True)
    keep.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="negossp-run-") as work:
        pathlib.Path(work).chmod(0o755)
        return 1 if check.run_all(tests, make_lab(pathlib.Path(work), keep)) else 0
