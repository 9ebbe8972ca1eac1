# SPDX-License-Identifier: Apache-2.0
"""negossp-run, installed in a folder of the test's own, with programs made for it."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
import stage

DONE, NOT, REFUSED, NOT_STARTED, NOT_FOUND = 0, 1, 125, 126, 127
OF_CLIENT = 7   # what client.c ends with
SAW_NOTHING = "it ended without a connection of FreeRDP 3's that negossp-run saw"


class Lab:
    """Of a program started as: BUILT MODULE-FOLDER PROGRAMS SOURCE."""

    def __init__(self, work):
        built, self.folder, programs, source = sys.argv[1:5]
        self.work, self.built, self.source = pathlib.Path(work), pathlib.Path(built), pathlib.Path(source)
        self.installed = self.install("installed")
        self._programs = pathlib.Path(programs)

    def install(self, name):
        return stage.Stage(self.work / name, self.built, self.folder)

    def program(self, name):
        """One that was built for the tests: a copy, which no other test program runs at the same time."""
        path = self.work / "programs" / name
        return path if path.exists() else self.copy(path, self._programs / name)

    def client(self, *words):
        return (self.program("program-3"), *words)

    def plugin(self, name, *words):
        return (self.program("host"), self.program(name), *words)

    def make(self, name, content, mode=0o755):
        """A file of the work folder."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def copy(self, name, program, mode=0o755):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(program, path)
        path.chmod(mode)
        return path

    def environment(self, **more):
        # A sanitizer in negossp-run is not the first library where another is loaded into it.
        own = {"ASAN_OPTIONS": "verify_asan_link_order=0", "PATH": "/usr/bin:/bin", "HOME": self.work, "WLOG_LEVEL": "OFF"}
        return {name: str(value) for name, value in {**own, **more}.items()}

    def run(self, *command, program=None, cwd=None, **env):
        return subprocess.run([program or self.installed.program, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", check=False, timeout=60, cwd=cwd or self.work, env=self.environment(**env))

    def expect(self, code, *command, **more):
        """What it prints: standard output and standard error."""
        run = self.run(*command, **more)
        check.equal(run.returncode, code, f"exit code of {' '.join(map(str, command))} ({run.stdout}{run.stderr})")
        return run.stdout, run.stderr


def run_tests():
    with tempfile.TemporaryDirectory(prefix="negossp-run-") as work:
        return 1 if check.run_all(sys.modules["__main__"], Lab(work)) else 0
