# SPDX-License-Identifier: Apache-2.0
"""negossp-register in roots that are made up: test_command.py COMMAND MODULE IMPORTER.

The libraries of a made-up FreeRDP are files with the strings that tell its registry file and key; nothing
of a root is executed. IMPORTER is a shared object that is no SSPI module, but uses one."""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

DONE, NOT, USAGE, NO_FREERDP, BAD_MODULE, NOT_CHANGED = range(6)
NOBODY = 65534
MODULE = "/usr/lib/freerdp3/negossp.so"
KEY = r"Software\FreeRDP\FreeRDP\Server"
VALUE = f'"SspiModule"=str:"{MODULE}"\n'.encode()
HAND_WRITTEN = (b"; My settings. Do not touch!\r\n\n"
                b"[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\Client]\n"
                b'"Caption"=str:"\xc3\xa4\xff"\t\n;"SspiModule"=str:"/no.so"\n'
                b"[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\Server]\n"
                b"; what follows is about the server\n"
                b'"ExtSecurity"=dword:1\n'
                b'"SspiModule"="/old/module.so"\n'
                b"; the last line has no newline")


class Root:
    """A root folder with the module and one FreeRDP as Debian 12 builds it."""

    def __init__(self, lab):
        self.path = pathlib.Path(tempfile.mkdtemp(dir=lab.work))
        self.path.chmod(0o755)
        self.command = lab.command
        self.add(MODULE, lab.module.read_bytes())
        self.add_freerdp("/usr/lib/x86_64-linux-gnu")

    def add(self, name, content):
        path = self.path / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def add_freerdp(self, folder, etc="/etc"):
        self.add(f"{folder}/libwinpr3.so.3", f"\0HKLM.reg\0{etc}\0winpr\0003.10.3\0".encode())
        self.add(f"{folder}/libfreerdp3.so.3", f"\0{KEY}\0 WITH_RESOURCE_VERSIONING=OFF \0".encode())

    def add_newer_freerdp(self, folder, versioned="OFF"):
        self.add(f"{folder}/libwinpr3.so.3",
                 b"\0HKLM.reg\0/etc\0003.32.2\0winpr_getApplicationDetailsVendor\0")
        self.add(f"{folder}/libfreerdp3.so.3", f"\0 WITH_RESOURCE_VERSIONING={versioned} \0".encode())

    @property
    def registry(self):
        return self.path / "etc/winpr/HKLM.reg"

    def run(self, *arguments, module=MODULE, **more):
        return subprocess.run([str(self.command), "--root", str(self.path), "--module", module, *arguments],
                              capture_output=True, text=True, errors="replace", timeout=30, check=False,
                              **more)

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
    def __init__(self, work, command, module, importer):
        self.work = pathlib.Path(work)
        self.work.chmod(0o755)
        # Where another user can start it too.
        self.command = self.work / "negossp-register"
        shutil.copy(command, self.command)
        self.command.chmod(0o755)
        self.module, self.importer = module, importer


def _as_nobody():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def test_file_is_made_and_removed_again(lab):
    root = Root(lab)
    root.expect(NOT, "status")
    root.expect(DONE, "register")
    text = root.registry.read_bytes()
    check.true(text.endswith(f"[HKEY_LOCAL_MACHINE\\{KEY}]\n; negossp-register added the next line\n".encode()
                             + VALUE), f"the value stands below its key: {text}")
    check.equal(root.registry.stat().st_mode & 0o777, 0o644, "mode of a new file")
    check.equal(root.registry.parent.stat().st_mode & 0o777, 0o755, "mode of a new folder")
    check.true(MODULE in root.expect(DONE, "status").stdout, "status names the module")
    root.expect(DONE, "unregister")
    check.true(not root.registry.exists(), "the file is gone")
    root.expect(NOT, "status")


def test_hand_written_file_survives_byte_for_byte(lab):
    root = Root(lab)
    path = root.add("/etc/winpr/HKLM.reg", HAND_WRITTEN)
    root.expect(DONE, "register")
    text = path.read_bytes()
    check.true(VALUE in text, "the value was written")
    ours = {b"; negossp-register added the next line\r\n", VALUE}
    rest = b"".join(line for line in text.splitlines(keepends=True) if line not in ours)
    check.equal(rest.replace(b"; negossp-register replaced: ", b""), HAND_WRITTEN, "everything else")
    root.expect(DONE, "unregister")
    check.equal(path.read_bytes(), HAND_WRITTEN, "the file after taking back")
    check.equal(sorted(os.listdir(path.parent)), ["HKLM.reg"], "files beside it")


def test_dry_run_changes_nothing_and_shows_a_diff(lab):
    root = Root(lab)
    root.add("/etc/winpr/HKLM.reg", HAND_WRITTEN)
    root.add_newer_freerdp("/usr/lib64")
    before = root.everything()
    diff = root.expect(DONE, "--dry-run", "register").stdout
    root.expect(DONE, "--dry-run", "unregister")
    check.equal(root.everything(), before, "the root after a dry run")
    check.true('+"SspiModule"=str:' in diff and "--- /dev/null\n+++ /etc/FreeRDP/FreeRDP/HKLM.reg" in diff,
               f"a diff of both files: {diff}")


def test_diff_of_dry_run_is_what_registering_does(lab):
    root = Root(lab)
    path = root.add("/etc/winpr/HKLM.reg", b"; 1\n; 2\n; 3\n; 4\n[HKEY_LOCAL_MACHINE\\" + KEY.encode()
                    + b']\n"SspiModule"=str:"/x"\n; 7\n; 8\n; 9\n; 10')
    diff = root.expect(DONE, "--dry-run", "register").stdout
    check.equal(diff, "--- /etc/winpr/HKLM.reg\n+++ /etc/winpr/HKLM.reg\n@@ -3,7 +3,9 @@\n ; 3\n ; 4\n"
                f" [HKEY_LOCAL_MACHINE\\{KEY}]\n"
                '-"SspiModule"=str:"/x"\n+; negossp-register replaced: "SspiModule"=str:"/x"\n'
                f"+; negossp-register added the next line\n+{VALUE.decode()} ; 7\n ; 8\n ; 9\n", "the diff")
    root.expect(DONE, "register")
    check.equal(root.expect(DONE, "--dry-run", "register").stdout, "nothing to change\n", "a second one")
    path.write_bytes(path.read_bytes()[:-4])
    check.true("\\ No newline at end of file\n" not in root.expect(DONE, "-n", "unregister").stdout,
               "the diff ends where its context ends")


def test_owner_and_mode_are_kept(lab):
    root = Root(lab)
    path = root.add("/etc/winpr/HKLM.reg", HAND_WRITTEN)
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    before = path.stat()
    root.expect(DONE, "register")
    after = path.stat()
    check.equal((after.st_mode, after.st_uid, after.st_gid), (before.st_mode, before.st_uid, before.st_gid),
                "mode and owner")
    check.true(after.st_ino != before.st_ino, "the file was replaced, not written over")


def test_folder_that_cannot_be_written_changes_nothing(lab):
    root = Root(lab)
    root.add("/etc/winpr/HKLM.reg", HAND_WRITTEN)
    folder = root.path / "etc/winpr"
    folder.chmod(0o555)
    before = root.everything()
    run = root.expect(NOT_CHANGED, "register", preexec_fn=_as_nobody)
    check.equal(root.everything(), before, "the root after the failure")
    check.true("only root can do that" in run.stderr, f"the message says what to do: {run.stderr}")
    folder.chmod(0o755)


def test_full_disk_changes_nothing(lab):
    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))

    root = Root(lab)
    root.add("/etc/winpr/HKLM.reg", HAND_WRITTEN)
    root.add_newer_freerdp("/usr/lib64")
    before = root.everything()
    run = subprocess.run([str(lab.command), "--root", str(root.path), "--module", MODULE, "register"],
                         capture_output=True, text=True, timeout=30, check=False, preexec_fn=small)
    check.equal(run.returncode, NOT_CHANGED, f"exit code ({run.stderr[:10]})")
    after = root.everything()
    check.equal({name: item[:3] for name, item in after.items()},
                {name: item[:3] for name, item in before.items()}, "the root after the failure")


def test_second_file_that_fails_leaves_the_first(lab):
    root = Root(lab)
    first = root.add("/etc/winpr/HKLM.reg", HAND_WRITTEN)
    root.add_newer_freerdp("/usr/local/lib")
    if os.geteuid() == 0:
        os.chown(first, NOBODY, NOBODY)
        os.chown(first.parent, NOBODY, NOBODY)
    check.equal(root.expect(DONE, "-n", "register").stdout.count("+++ /etc/"), 2, "files to change")
    (root.path / "etc").chmod(0o555)  # so that /etc/FreeRDP cannot be made
    before = root.everything()
    run = root.expect(NOT_CHANGED, "register", preexec_fn=_as_nobody)
    (root.path / "etc").chmod(0o755)
    check.true("/etc/FreeRDP/FreeRDP/HKLM.reg" in run.stderr, f"the second is named: {run.stderr}")
    check.equal(first.read_bytes(), HAND_WRITTEN, "the first file")
    check.equal(os.listdir(first.parent), ["HKLM.reg"], "files beside it")
    check.equal(before[str(first)], root.everything()[str(first)], "all about the first file")


def test_every_installation_is_found(lab):
    root = Root(lab)
    root.add_newer_freerdp("/usr/lib64")
    root.add_freerdp("/usr/local/lib", etc="/usr/local/etc")
    root.add_newer_freerdp("/opt/freerdp-nightly/lib", versioned="ON")
    root.add_freerdp("/srv/[odd] folder", etc="/srv/etc")
    # Another name of one that is known.
    (root.path / "lib").symlink_to("usr/lib")
    out = root.expect(DONE, "--libdir", "/srv/[odd] folder", "register").stdout
    check.equal(out.count("FreeRDP 3."), 5, f"FreeRDPs in {out}")
    found = {str(path.relative_to(root.path)): path.read_bytes() for path in root.path.rglob("HKLM.reg")}
    check.equal(sorted(found), ["etc/FreeRDP/FreeRDP/HKLM.reg", "etc/FreeRDP/FreeRDP3/HKLM.reg",
                                "etc/winpr/HKLM.reg", "srv/etc/winpr/HKLM.reg",
                                "usr/local/etc/winpr/HKLM.reg"], "registry files")
    for name, text in found.items():
        key = KEY.replace("FreeRDP\\Server", "FreeRDP3\\Server") if "FreeRDP3" in name else KEY
        check.true(f"[HKEY_LOCAL_MACHINE\\{key}]\n".encode() in text and VALUE in text, f"{name}: {text}")
    root.expect(DONE, "--libdir", "/srv/[odd] folder", "unregister")
    check.equal(list(root.path.rglob("HKLM.reg")), [], "what is left")


def test_one_file_of_two_installations_is_written_once(lab):
    root = Root(lab)
    root.add_freerdp("/usr/local/lib")
    root.expect(DONE, "register")
    check.equal(root.registry.read_bytes().count(VALUE), 1, "values")
    root.expect(DONE, "unregister")
    check.true(not root.registry.exists(), "the file is gone")


def test_linked_file_stays_a_link(lab):
    root = Root(lab)
    target = root.add("/srv/settings.reg", HAND_WRITTEN)
    root.registry.parent.mkdir(parents=True)
    # Absolute, as seen in the root; the way there has a link that tries to leave it.
    (root.path / "up").symlink_to("../../../../srv")
    root.registry.symlink_to("/up/settings.reg")
    root.expect(DONE, "register")
    check.true(root.registry.is_symlink(), "the link is a link")
    check.true(VALUE in target.read_bytes(), "its target has the value")
    root.expect(DONE, "unregister")
    check.equal(target.read_bytes(), HAND_WRITTEN, "the target after taking back")


def test_link_to_nothing_makes_its_target(lab):
    root = Root(lab)
    root.registry.parent.mkdir(parents=True)
    root.registry.symlink_to("../other/made.reg")
    root.expect(DONE, "register")
    check.true(VALUE in (root.path / "etc/other/made.reg").read_bytes(), "the target was made")
    root.registry.unlink()
    root.registry.symlink_to("HKLM.reg")
    root.expect(NOT_CHANGED, "register")


def test_what_is_no_text_is_refused(lab):
    root = Root(lab)
    utf16 = "[HKEY_LOCAL_MACHINE]\r\n".encode("utf-16")
    path = root.add("/etc/winpr/HKLM.reg", utf16)
    check.true("UTF-8" in root.expect(NOT_CHANGED, "register").stderr, "the message says why")
    check.equal(path.read_bytes(), utf16, "the file")
    path.unlink()
    os.mkfifo(path)
    root.expect(NOT_CHANGED, "status")
    path.unlink()
    path.mkdir()
    root.expect(NOT_CHANGED, "register")


def test_module_must_be_one(lab):
    root = Root(lab)
    root.add("/usr/lib/text.so", b"no ELF")
    root.add("/usr/lib/cut.so", lab.module.read_bytes()[:3000])
    root.add("/usr/lib/importer.so", lab.importer.read_bytes())
    root.add("/usr/lib/other.so", pathlib.Path(sys.executable).resolve().read_bytes())
    before = root.everything()
    for module in ("/usr/lib/missing.so", "/usr/lib/text.so", "/usr/lib/cut.so", "/usr/lib/other.so",
                   "/usr/lib/importer.so", "/usr/lib", "usr/lib/freerdp3/negossp.so", '/usr/lib/a"b.so',
                   "/usr/lib/a\nb.so", ""):
        run = root.expect(BAD_MODULE, "register", module=module)
        check.true(run.stderr.startswith("negossp-register: "), f"a reason for {module}")
    check.equal(root.everything(), before, "the root after the refusals")
    root.expect(DONE, "--force", "register", module="/usr/lib/missing.so")
    check.true(b'str:"/usr/lib/missing.so"' in root.registry.read_bytes(), "forced")


def test_module_that_servers_cannot_read_is_a_warning(lab):
    root = Root(lab)
    folder = (root.path / MODULE.lstrip("/")).parent
    folder.chmod(0o750)
    run = root.expect(DONE, "register")
    check.true("warning: " in run.stderr and "/usr/lib/freerdp3\n" in run.stderr,
               f"the folder is named: {run.stderr}")


def test_other_modules_are_left(lab):
    root = Root(lab)
    other = f'[HKEY_LOCAL_MACHINE\\{KEY}]\n"SspiModule"=str:"/other.so"\n'.encode()
    path = root.add("/etc/winpr/HKLM.reg", other)
    check.true("/other.so" in root.expect(NOT, "unregister").stdout, "it is named")
    check.equal(path.read_bytes(), other, "the file")
    root.expect(DONE, "register")
    root.expect(NOT, "unregister")
    check.equal(path.read_bytes(), other, "the file after both")


def test_status_tells_a_value_that_is_dropped(lab):
    root = Root(lab)
    root.add("/etc/winpr/HKLM.reg", f'[HKEY_LOCAL_MACHINE\\{KEY}]\n"SspiModule"="{MODULE}"\n'.encode())
    run = root.expect(NOT, "status")
    check.true(f'drops the line that names "{MODULE}"' in run.stdout, f"it says so: {run.stdout}")


def test_control_characters_reach_no_terminal(lab):
    root = Root(lab)
    root.add("/etc/winpr/HKLM.reg", f'[HKEY_LOCAL_MACHINE\\{KEY}]\n"SspiModule"=str:"/a\x1b[31m"\n'.encode())
    run = root.expect(NOT, "status")
    check.true("/a?[31m" in run.stdout and "\x1b" not in run.stdout, f"escaped: {run.stdout!r}")


def test_no_freerdp_is_said(lab):
    root = Root(lab)
    shutil.rmtree(root.path / "usr/lib/x86_64-linux-gnu")
    root.expect(NO_FREERDP, "register")
    root.add("/usr/lib/libwinpr3.so.3", b"no library at all")
    root.expect(NO_FREERDP, "status")


def test_command_line(lab):
    root = Root(lab)
    for arguments in ((), ("frob",), ("register", "status"), ("--nonsense", "status"),
                      ("--libdir", "relative", "status"), ("--root", "", "status"),
                      ("--root", "/nonexistent/root", "status")):
        root.expect(USAGE, *arguments)
    check.true("usage:" in root.expect(DONE, "--help").stdout, "help")
    check.true(root.expect(DONE, "--version").stdout.startswith("negossp-register "), "version")


def main():
    with tempfile.TemporaryDirectory(prefix="negossp-register-") as work:
        lab = Lab(work, *map(pathlib.Path, sys.argv[1:4]))
        return 1 if check.run_all(sys.modules["__main__"], lab) else 0


sys.exit(main())
