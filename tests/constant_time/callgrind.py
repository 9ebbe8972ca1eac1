# SPDX-License-Identifier: Apache-2.0
"""What callgrind counted, by function: instructions of its own, and how often it called which."""

import collections
import pathlib
import re
import shutil
import subprocess
import tempfile

import check

TRIGGER = re.compile(r"^desc: Trigger: Client Request: (\S+)$", re.MULTILINE)
LONGEST = 120


class Counts:
    """One dump. A function is (object's file name, name); inlined ones are part of who they are in."""

    def __init__(self, text):
        self.instructions = collections.Counter()
        self.calls = collections.Counter()
        self.source = {}
        self._object = self._called_object = self._function = self._called = None
        self._is_call = False
        for line in text.splitlines():
            self._take(line)

    def _take(self, line):
        key, _, value = line.partition("=")
        if key == "ob":
            self._object = self._called_object = pathlib.Path(value).name
        elif key == "fl":
            self._file = pathlib.Path(value).name
        elif key == "fn":
            self._function = (self._object, value)
            self._called_object = self._object
            self.source[self._function] = self._file
        elif key == "cob":
            self._called_object = pathlib.Path(value).name
        elif key == "cfn":
            self._called = (self._called_object, value)
            self._called_object = self._object
        elif key == "calls":
            self.calls[self._function, self._called] += int(value.split()[0])
            self._is_call = True
        elif self._function and line[:1].isdigit():
            if not self._is_call:  # what was called is counted there
                self.instructions[self._function] += int(line.split()[1])
            self._is_call = False


def run(program, *arguments):
    """[(name, Counts)] in the order of the dumps."""
    if not shutil.which("valgrind"):
        raise check.Skipped("there is no valgrind here")
    with tempfile.TemporaryDirectory(prefix="negossp-callgrind-") as folder:
        done = subprocess.run(["valgrind", "-q", "--tool=callgrind", "--collect-atstart=no", "--compress-strings=no",
                               "--compress-pos=no", f"--callgrind-out-file={folder}/out", program, *arguments],
                              capture_output=True, text=True, timeout=LONGEST, check=False, env={"LD_BIND_NOW": "1"})
        check.equal((done.returncode, done.stderr), (0, ""), f"{pathlib.Path(program).name} {' '.join(arguments)}")
        texts = [path.read_text() for path in sorted(pathlib.Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))]
    return [(TRIGGER.search(text).group(1), Counts(text)) for text in texts if TRIGGER.search(text)]
