# SPDX-License-Identifier: Apache-2.0
"""negossp-probe at a terminal: test_prompt.py PROGRAM CREDSSP_SERVER. The password is asked for and not shown."""

import os
import pathlib
import pty
import select
import signal
import sys
import tempfile
import termios

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
import servers
from servers import RIGHT, UNREAD, Server
from stories import Lab

SECONDS = 20


class Terminal:
    """The program, with a terminal of its own."""

    def __init__(self, program, *arguments, env=None):
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.execve(program, [program, *arguments], {"PATH": "/usr/bin:/bin", **(env or {})})
        self.shown = b""

    def _more(self):
        """False when the program has gone."""
        if not select.select([self._master], [], [], SECONDS)[0]:
            raise check.Failed(f"nothing more comes after {self.shown}")
        try:
            part = os.read(self._master, 4096)
        except OSError:   # EIO: the other side is closed
            return False
        self.shown += part
        return bool(part)

    def wait_for(self, text):
        while text not in self.shown:
            check.true(self._more(), f"{text} comes: {self.shown}")

    def echoes(self):
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def type(self, data):
        os.write(self._master, data)

    def end(self):
        """(exit code or minus the signal, what was shown)"""
        while self._more():
            pass
        _, status = os.waitpid(self._pid, 0)
        os.close(self._master)
        return os.waitstatus_to_exitcode(status), self.shown.decode()

    def send(self, number):
        os.kill(self._pid, number)


def _ask(lab, port):
    terminal = Terminal(lab.program, "--user", "alice", "--any-certificate", f"127.0.0.1:{port}")
    terminal.wait_for(b"Password: ")
    check.equal(terminal.echoes(), False, "the terminal shows what is typed")
    return terminal


def test_password_is_asked_for_and_not_shown(lab):
    with Server(lab, lab.server()) as server:
        terminal = _ask(lab, server.port)
        terminal.type(servers.PASSWORD.encode() + b"\n")
        terminal.wait_for(b"server: ")
        check.equal(terminal.echoes(), True, "it does again")
        code, shown = terminal.end()
    check.equal(code, RIGHT, shown)
    check.true("user and password are right" in shown and servers.PASSWORD not in shown, shown)


def test_an_empty_one_is_not_tried(lab):
    with Server(lab, lab.server()) as server:
        for typed in (b"\n", b"\x04"):   # and Ctrl-D
            terminal = _ask(lab, server.port)
            terminal.type(typed)
            code, shown = terminal.end()
            check.equal((code, "it is empty" in shown), (UNREAD, True), shown)
    check.equal(server.received, [], "what the server was sent")


def test_interrupted_prompt_leaves_the_terminal_as_it_was(lab):
    for how, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT), (None, signal.SIGTERM), (None, signal.SIGHUP)):
        terminal = _ask(lab, 1)
        if how:
            terminal.type(b"half a passw" + how)
        else:
            terminal.send(number)
        terminal.wait_for(b"\r\n")
        check.equal(terminal.echoes(), True, f"after {number!r} the terminal shows what is typed")
        code, shown = terminal.end()
        check.equal((code, "half" in shown), (-number, False), f"its end: {shown}")


def test_outcome_is_coloured_where_that_is_seen(lab):
    for env, form, red in (({"TERM": "xterm"}, (), True), ({"TERM": "xterm", "NO_COLOR": "1"}, (), False),
                           ({"TERM": "dumb"}, (), False), ({}, (), False), ({"TERM": "xterm"}, ("--json",), False),
                           ({"TERM": "xterm"}, ("--check",), False)):
        _, shown = Terminal(lab.program, *form, "127.0.0.1:1", env=env).end()
        check.equal(("\x1b[31moutcome: " in shown, "\x1b" in shown), (red, red), f"with {env}, {form}: {shown}")
    with Server(lab, lab.server()) as server:
        code, shown = Terminal(lab.program, f"127.0.0.1:{server.port}", env={"TERM": "xterm"}).end()
    check.equal((code, shown.count("\x1b"), "\x1b[32moutcome: the server was reached" in shown), (RIGHT, 2, True), shown)


def test_tokens_from_a_terminal_are_asked_for(lab):
    terminal = Terminal(lab.program, "decode")
    terminal.wait_for(b"Ctrl-D")
    terminal.type(b"TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAKAGNFAAAADw==\n\x04")
    code, shown = terminal.end()
    check.equal((code, "NEGOTIATE" in shown), (RIGHT, True), shown)


def main():
    program, engine = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="negossp-probe-") as folder:
        return 1 if check.run_all(sys.modules["__main__"], Lab(program, engine, folder, False)) else 0


sys.exit(main())
