# SPDX-License-Identifier: Apache-2.0
"""Programs that are started, watched and ended, each by its own process id and each within a time."""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import time

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def environment(home, **more):
    """What every program gets: nothing of the user's own settings can change a result."""
    keep = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    return {**keep, "HOME": str(home), "LANG": "C.UTF-8", "KRB5_CONFIG": "/dev/null",
            **{name: str(value) for name, value in more.items()}}


def freerdp(name, root=None):
    """The path of a program of FreeRDP 3, as a program in that root folder (or of this machine) names it; None:
    it is not there. Debian gave these names a 3 when FreeRDP 2 was there too, and takes it away again."""
    for called in (f"{name}3", name):
        if root is None and shutil.which(called):
            return shutil.which(called)
        if root is not None and os.path.lexists(pathlib.Path(root, "usr/bin", called)):
            return f"/usr/bin/{called}"
    return None


def wait_until(condition, seconds, step=0.05):
    """The first true value of condition(), or its last false one when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() >= end:
            return value
        time.sleep(step)


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Program:
    """A running program whose output goes to a file. Leaving the with block ends it."""

    def __init__(self, command, log, env, pass_fds=()):
        self.log = log
        with open(log, "wb") as output:
            # pylint: disable-next=consider-using-with,subprocess-popen-preexec-fn
            self._process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                             stdout=output, stderr=subprocess.STDOUT, env=env,
                                             pass_fds=pass_fds, preexec_fn=_die_with_parent)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def exit_code(self):
        """None while it runs."""
        return self._process.poll()

    def wait(self, seconds):
        """The exit code, or None when it still runs after that time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self, how=signal.SIGTERM):
        if self.exit_code is None:
            self._process.send_signal(how)
            if self.wait(5) is None:
                self._process.kill()
                self._process.wait(5)

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")
