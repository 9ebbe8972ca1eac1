# SPDX-License-Identifier: Apache-2.0
"""Who opens a file is seen by inotify(7)."""

import ctypes
import os

_IN_OPEN, _EVENT_SIZE = 0x20, 16   # of an event without a name, which one about a watched file is


class Openings:
    """Of one file, from now on."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self._queue = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._queue < 0 or libc.inotify_add_watch(self._queue, os.fsencode(path), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), f"inotify: {path}")

    def count(self):
        """Since the last time; where there was more than one in a row the kernel may take them for one."""
        try:
            return len(os.read(self._queue, 64 * _EVENT_SIZE)) // _EVENT_SIZE
        except BlockingIOError:
            return 0
