# SPDX-License-Identifier: Apache-2.0
"""Two screens without a monitor, one painted, and how much of the other shows that paint."""

import os
import secrets
import select
import subprocess
import time

from programs import Program

WIDTH, HEIGHT = 1024, 768
# The picture crosses a lossy video codec. A random colour is missed by more than this.
TOLERANCE = 12


def random_colour():
    """Neither near black nor near white, which an empty screen or a clock's face could show."""
    return tuple(50 + secrets.randbelow(150) for _ in range(3))


def colour_name(colour):
    return "#%02x%02x%02x" % colour


class Screen:
    """One Xvfb, on a display number that it chose itself."""

    def __init__(self, work, name, env):
        receive, send = os.pipe()
        try:
            self._server = Program(["Xvfb", "-displayfd", send, "-screen", "0", f"{WIDTH}x{HEIGHT}x24",
                                    "-nolisten", "tcp", "-noreset"],
                                   work / f"xvfb-{name}.log", env, pass_fds=(send,))
            os.close(send)
            number = _line(receive, 20)
        finally:
            os.close(receive)
        if not number:
            self._server.end()
            raise RuntimeError(f"Xvfb did not start: {self._server.text()}")
        self.display = f":{number}"
        self._env = {**env, "DISPLAY": self.display}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.end()

    def paint(self, colour):
        subprocess.run(["xsetroot", "-solid", colour_name(colour)], env=self._env, check=True, timeout=20)

    def screenshot(self, path):
        subprocess.run(["import", "-window", "root", str(path)], env=self._env, check=True, timeout=20,
                       stderr=subprocess.DEVNULL)


def _line(descriptor, seconds):
    """One line from a pipe without its end; what there was of it when the time or the pipe ends."""
    text, end = b"", time.monotonic() + seconds
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0, end - time.monotonic()))
        piece = os.read(descriptor, 16) if ready else b""
        if not piece:
            break
        text += piece
    return text.decode().strip()


def share_of_colour(path, colour):
    """Which part of the picture's pixels has the colour, 0 to 1."""
    raw = subprocess.run(["convert", str(path), "-depth", "8", "rgb:-"], capture_output=True, check=True,
                         timeout=20).stdout
    near = [bytes(abs(value - wanted) <= TOLERANCE for value in range(256)) for wanted in colour]
    planes = [raw[index::3].translate(table) for index, table in enumerate(near)]
    hits = planes[0]
    for plane in planes[1:]:
        both = int.from_bytes(hits, "big") & int.from_bytes(plane, "big")
        hits = both.to_bytes(len(plane), "big")
    return hits.count(1) / max(1, len(hits))
