# SPDX-License-Identifier: Apache-2.0
"""negossp-sam with a SAM file in a folder of the test's own, and an NT hash that is computed here."""

import pathlib
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

DONE, NOT, USAGE, NOT_CHANGED = 0, 1, 2, 5


def _md4(message):
    """RFC 1320, 3."""
    def left(value, count):
        return ((value << count) | (value >> (32 - count))) & 0xFFFFFFFF

    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + struct.pack("<Q", 8 * len(message))
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    rounds = (
        (lambda x, y, z: (x & y) | (~x & z), 0, tuple(range(16)), (3, 7, 11, 19)),
        (lambda x, y, z: (x & y) | (x & z) | (y & z), 0x5A827999,
         tuple(4 * (i % 4) + i // 4 for i in range(16)), (3, 5, 9, 13)),
        (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1,
         (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)))
    for start in range(0, len(padded), 64):
        words = struct.unpack("<16I", padded[start:start + 64])
        a, b, c, d = state
        for function, constant, order, shifts in rounds:
            for i, k in enumerate(order):
                a = left((a + (function(b, c, d) & 0xFFFFFFFF) + words[k] + constant) & 0xFFFFFFFF, shifts[i % 4])
                a, b, c, d = d, a, b, c
        state = [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def nt_hash(password):
    return _md4(password.encode("utf-16-le")).hex()


def line(user, password, domain=""):
    return f"{user}:{domain}::{nt_hash(password)}:::".encode()


class Box:
    """A folder with room for a SAM file."""

    def __init__(self, lab, content=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=lab.work))
        self.file = self.folder / "SAM"
        self._command = lab.command
        if content is not None:
            self.file.write_bytes(content)
            self.file.chmod(0o600)

    def run(self, *arguments, password=None, file=None, env=None, **more):
        given = password if isinstance(password, bytes) else (password or "").encode() + b"\n"
        return subprocess.run([self._command, "--file", str(file or self.file), *arguments], input=given, capture_output=True,
                              timeout=60, check=False, env=env or {}, **more)

    def expect(self, code, *arguments, **more):
        run = self.run(*arguments, **more)
        check.equal(run.returncode, code, f"exit code of {arguments} ({run.stdout}{run.stderr})")
        return (run.stdout + run.stderr).decode(errors="replace")

    def add(self, user, password, *options):
        return self.expect(DONE, *options, "add", user, password=password)

    def content(self):
        return self.file.read_bytes()

    def beside(self):
        """What else lies there."""
        return sorted(path.name for path in self.folder.iterdir() if path != self.file)


class Lab:
    def __init__(self, work, command, source, stub):
        self.work, self.command, self.source, self.stub = work, command, pathlib.Path(source), pathlib.Path(stub)


def run_tests(tests):
    """Of a program started as: COMMAND SOURCE STUB."""
    check.equal(nt_hash("Password"), "a4f49c406510bdcab6824ee7c30fd852", "the hash of MS-NLMP 4.2.2.1.1")
    with tempfile.TemporaryDirectory(prefix="negossp-sam-") as work:
        return 1 if check.run_all(tests, Lab(work, *sys.argv[1:4])) else 0
