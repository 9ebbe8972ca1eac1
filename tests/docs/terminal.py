# SPDX-License-Identifier: Apache-2.0
"""Somebody at a terminal: types lines into a shell, and answers what programs ask."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

_PROMPT = re.compile(r"<<(\d+)>> $")
_CONTROLS = re.compile(r"\x1b\[[?\d;]*[a-zA-Z]|\r")


class Terminal:
    """A bash that `command` starts, with these variables; `answers` are (what is asked for, what is typed then)."""

    def __init__(self, command, env, folder, answers):
        self._answers, self.text, self._from, self._start = answers, "", 0, 0
        self._process, self._fd = pty.fork()
        if self._process == 0:
            os.execvpe(command[0], [*map(str, command), "bash", "--norc", "--noprofile"], env)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 500, 0, 0))
        self._write(f" stty -echo; PS1='<<$?>> '; PROMPT_COMMAND=; cd {folder}\n")
        if self._until(lambda: _PROMPT.search(self.text), 20) is None:
            raise RuntimeError(f"there is no shell: {self.text}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.interrupt()
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._fd)

    def _write(self, text):
        os.write(self._fd, text.encode())

    def _until(self, condition, seconds):
        """The first true value of condition(); None when the time is over or the shell is gone."""
        end = time.monotonic() + seconds
        while not condition():
            ready, _, _ = select.select([self._fd], [], [], 0.1)
            try:
                self.text += _CONTROLS.sub("", os.read(self._fd, 65536).decode(errors="replace")) if ready else ""
            except OSError:
                return None
            self._answer()
            if time.monotonic() > end:
                return None
        return condition()

    def _answer(self):
        for asked, answer in self._answers:
            found = re.search(asked, self.text[self._from:])
            if found:
                self._from += found.end()
                self.text += f"[{answer}]\n"
                self._from = len(self.text)
                self._write(f"{answer}\n")

    @property
    def said(self):
        """Since the last line was typed."""
        return self.text[self._start:]

    def start_anew(self):
        """What is said from now on is of something else."""
        self.look()
        self._start = len(self.text)

    def start(self, line):
        self.text += f"{line}\n"
        self._start = self._from = len(self.text)
        self._write(f"{line}\n")

    def finish(self, seconds):
        """The exit code of the line that was typed; None: it is not over."""
        found = self._until(lambda: _PROMPT.search(self.said), seconds)
        return found and int(found[1])

    def look(self):
        """Takes in what has been said until now."""
        self._until(lambda: False, 0.2)

    def interrupt(self):
        """Control-C until the shell is back."""
        for _ in range(5):
            if _PROMPT.search(self.text):
                return
            self._write("\x03")
            self._until(lambda: _PROMPT.search(self.text), 3)
