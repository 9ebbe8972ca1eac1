# SPDX-License-Identifier: Apache-2.0
"""A FreeRDP that is made up, and negossp-register with it.

A stub stands for libwinpr3.so.3 (stub_winpr.c) in folders of the test's own, and its registry files and
credssp.json are there too; LD_LIBRARY_PATH makes it the loader's. It is the module as well."""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

DONE, NOT, USAGE, NO_FREERDP, BAD_MODULE, NOT_CHANGED, NOT_READABLE, HALF_CHANGED = range(8)
NOBODY = 65534
KEY = r"Software\FreeRDP\FreeRDP\Server"
HAND_WRITTEN = (b"; My settings. Do not touch!\r\n\n"
                b"[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\Client]\n"
                b'"Caption"=str:"\xc3\xa4\xff"\t\n;"SspiModule"=str:"/no.so"\n'
                b"[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\Server]\n"
                b"; what follows is about the server\n"
                b'"ExtSecurity"=dword:1\n'
                b'"SspiModule"="/old/module.so"\n'
                b"; the last line has no newline")


def give_access_list(path):
    """Lets another user write what is root's: acl(5), in the form that the kernel takes it in."""
    nobody_named = 0xFFFFFFFF
    entries = ((0x01, 6, nobody_named), (0x02, 6, NOBODY), (0x04, 4, nobody_named), (0x10, 6, nobody_named), (0x20, 4, nobody_named))
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", value)
    except OSError as error:
        raise check.Skipped(f"no access lists here: {error}") from error


class Root:
    """A folder with the module and one FreeRDP, which the loader finds."""

    def __init__(self, lab):
        self.path = pathlib.Path(tempfile.mkdtemp(dir=lab.work))
        self.path.chmod(0o755)
        self.command, self._stub = lab.command, lab.stub
        self.module = str(self.add("lib/negossp.so", lab.stub.read_bytes()))
        self.value = f'"SspiModule"=str:"{self.module}"\n'.encode()
        self.add_freerdp("lib", "etc/winpr/HKLM.reg")

    def add(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def add_freerdp(self, folder, registry, version="3.10.3", member="etc/FreeRDP/credssp.json"):
        """The folder with its name for --libdir. credssp.json is where 3.33 has it, if nothing else is said."""
        library = self.add(f"{folder}/libwinpr3.so.3", self._stub.read_bytes())
        self.add(f"{folder}/facts", f"{version}\n{self.path / registry}\n{self.path / member}\n".encode())
        return str(library.parent)

    @property
    def registry(self):
        return self.path / "etc/winpr/HKLM.reg"

    def run(self, *arguments, module=None, **more):
        return subprocess.run([str(self.command), "--module", self.module if module is None else module, *arguments],
                              capture_output=True, text=True, errors="replace", timeout=60, check=False,
                              env={"LD_LIBRARY_PATH": str(self.path / "lib")}, **more)

    def expect(self, code, *arguments, **more):
        run = self.run(*arguments, **more)
        check.equal(run.returncode, code, f"exit code of {arguments} ({run.stdout}{run.stderr})")
        return run

    def everything(self):
        """Each file and folder with its content, kind, mode and time."""
        seen = {}
        for path in sorted(self.path.rglob("*")):
            status = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
            seen[str(path)] = (content, status.st_mode, status.st_uid, status.st_mtime_ns)
        return seen


class Lab:
    def __init__(self, work, command, importer, stub):
        self.work = pathlib.Path(work)
        self.work.chmod(0o755)
        # Where another user can start it too.
        self.command = self.work / "negossp-register"
        shutil.copy(command, self.command)
        self.command.chmod(0o755)
        self.importer, self.stub = importer, stub


def run_tests(tests):
    """Of a program started as: COMMAND IMPORTER STUB."""
    with tempfile.TemporaryDirectory(prefix="negossp-register-") as work:
        return 1 if check.run_all(tests, Lab(work, *map(pathlib.Path, sys.argv[1:4]))) else 0
