# SPDX-License-Identifier: Apache-2.0
"""negossp-register with a FreeRDP that is made up: test_command.py COMMAND IMPORTER STUB.

IMPORTER is a shared object that is no SSPI module, but uses one; STUB: command_lab.py."""

import errno
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from command_lab import BAD_MODULE, DONE, HAND_WRITTEN, KEY, NO_FREERDP, NOBODY, NOT, NOT_CHANGED, NOT_READABLE, Root, USAGE, run_tests


def _as_nobody():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def test_file_is_made_and_removed_again(lab):
    root = Root(lab)
    root.expect(NOT, "status")
    run = root.expect(DONE, "register")
    check.equal(run.stderr, "", "what is wrong")
    check.true(f"  registered: {root.module}\n" in run.stdout, f"it says what a server loads now: {run.stdout}")
    text = root.registry.read_bytes()
    check.true(text.endswith(f"[HKEY_LOCAL_MACHINE\\{KEY}]\n; negossp-register added the next line\n".encode()
                             + root.value), f"the value stands below its key: {text}")
    check.equal(root.registry.stat().st_mode & 0o777, 0o644, "mode of a new file")
    check.equal(root.registry.parent.stat().st_mode & 0o777, 0o755, "mode of a new folder")
    check.true(root.module in root.expect(DONE, "status").stdout, "status names the module")
    check.true("started again" not in root.expect(DONE, "-n", "unregister").stdout, "nothing is to be done after a dry run")
    check.true("started again" in root.expect(DONE, "unregister").stdout, "it says what is left to do")
    check.true(not root.registry.exists(), "the file is gone")
    root.expect(NOT, "status")


def test_hand_written_file_survives_byte_for_byte(lab):
    root = Root(lab)
    path = root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    root.expect(DONE, "register")
    text = path.read_bytes()
    check.true(root.value in text, "the value was written")
    ours = {b"; negossp-register added the next line\n", root.value}
    rest = b"".join(line for line in text.splitlines(keepends=True) if line not in ours)
    check.equal(rest.replace(b"; negossp-register replaced: ", b""), HAND_WRITTEN, "everything else")
    root.expect(DONE, "unregister")
    check.equal(path.read_bytes(), HAND_WRITTEN, "the file after taking back")
    check.equal(sorted(os.listdir(path.parent)), ["HKLM.reg"], "files beside it")


def test_dry_run_changes_nothing_and_shows_the_lines(lab):
    root = Root(lab)
    path = root.add("etc/winpr/HKLM.reg", b"; 1\n[HKEY_LOCAL_MACHINE\\" + KEY.encode() + b']\n"SspiModule"=str:"/x"\n; 7')
    other = root.add_freerdp("other", "etc/FreeRDP/HKLM.reg")
    before = root.everything()
    shown = root.expect(DONE, "--libdir", other, "--dry-run", "register").stdout
    check.equal(root.everything(), before, "the folder after a dry run")
    check.equal(shown, f"{path}:\n"
                '+ ; negossp-register replaced: "SspiModule"=str:"/x"\n+ ; negossp-register added the next line\n'
                f'+ "SspiModule"=str:"{root.module}"\n- "SspiModule"=str:"/x"\n'
                f"{root.path}/etc/FreeRDP/HKLM.reg would be made:\n"
                "+ ; negossp-register made this file\n+ ; negossp-register added this section\n"
                f"+ [HKEY_LOCAL_MACHINE\\{KEY}]\n+ ; negossp-register added the next line\n"
                f'+ "SspiModule"=str:"{root.module}"\n', "what would be done")
    root.expect(DONE, "register")
    check.equal(root.expect(DONE, "--dry-run", "register").stdout, "nothing to change\n", "a second one")
    check.true(root.expect(DONE, "-n", "unregister").stdout.endswith('+ "SspiModule"=str:"/x"\n'), "what comes back")
    path.unlink()
    root.expect(DONE, "register")
    check.true("HKLM.reg would be removed:\n" in root.expect(DONE, "-n", "unregister").stdout, "a file that goes")


def test_status_tells_the_modules_version(lab):
    root = Root(lab)
    check.true("negossp " not in root.expect(NOT, "status").stdout, "a module that tells none has none")
    with open(root.module, "ab") as module:
        module.write(b"\0@(#)negossp 7.8.9\0behind")
    root.expect(DONE, "register")
    check.true(f"{root.module}: negossp 7.8.9\n" in root.expect(DONE, "status").stdout, "the version in its file")
    with open(root.module, "ab") as module:
        module.truncate(module.tell() - len("9\0behind"))
    check.true(f"{root.module}: negossp 7.8.\n" in root.expect(DONE, "status").stdout, "as far as the file goes")


def test_report_says_what_a_report_of_a_fault_needs(lab):
    root = Root(lab)
    root.expect(DONE, "register")
    status = root.expect(DONE, "status").stdout
    said = root.expect(DONE, "status", "--report").stdout
    head, rest = said.split("FreeRDP ", 1)
    check.equal("FreeRDP " + rest, status, "status itself")
    for line in (r"negossp-register \d+\.\d+\.\d+", r"system:  .+", rf"kernel:  Linux {os.uname().release} \w+",
                 r"OpenSSL: OpenSSL 3\..+", r"FIPS:    (0|1|no such flag)"):
        check.true(re.search(f"^{line}$", head, re.MULTILINE), f"{line} in {head}")
    for command in ("register", "unregister"):
        root.expect(USAGE, "--report", command)


def test_owner_and_mode_are_kept(lab):
    root = Root(lab)
    path = root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    before = path.stat()
    root.expect(DONE, "--force", "register")
    after = path.stat()
    check.equal((after.st_mode, after.st_uid, after.st_gid), (before.st_mode, before.st_uid, before.st_gid),
                "mode and owner")
    check.true(after.st_ino != before.st_ino, "the file was replaced, not written over")
    groups = [NOBODY] if os.geteuid() == 0 else os.getgroups()
    os.chown(path, os.geteuid(), groups[-1])
    root.expect(DONE, "--force", "unregister")
    check.equal((path.stat().st_uid, path.stat().st_gid), (os.geteuid(), groups[-1]), "owner, and a group of another")


def test_owner_that_cannot_be_kept_is_told(lab):
    if os.geteuid() != 0:
        raise check.Skipped("whoever is not root has no files of root's")
    root = Root(lab)
    path = root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    os.chown(path.parent, NOBODY, NOBODY)
    run = root.expect(NOT_CHANGED, "--force", "register", preexec_fn=_as_nobody)
    check.true("its access list could not be kept" in run.stderr, f"the reason: {run.stderr}")
    check.equal((path.read_bytes(), path.stat().st_uid), (HAND_WRITTEN, 0), "the file")
    check.equal(os.listdir(path.parent), ["HKLM.reg"], "files beside it")


def test_folder_that_cannot_be_written_changes_nothing(lab):
    root = Root(lab)
    root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
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
    root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    before = root.everything()
    root.expect(NOT_CHANGED, "register", preexec_fn=small)
    after = root.everything()
    check.equal({name: item[:3] for name, item in after.items()},
                {name: item[:3] for name, item in before.items()}, "the root after the failure")


def test_second_file_that_fails_leaves_the_first(lab):
    root = Root(lab)
    first = root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    other = root.add_freerdp("other", "etc/FreeRDP/FreeRDP/HKLM.reg")
    if os.geteuid() == 0:
        os.chown(first, NOBODY, NOBODY)
        os.chown(first.parent, NOBODY, NOBODY)
    (root.path / "etc").chmod(0o555)  # so that /etc/FreeRDP cannot be made
    before = root.everything()
    run = root.expect(NOT_CHANGED, "--libdir", other, "register", preexec_fn=_as_nobody)
    (root.path / "etc").chmod(0o755)
    check.true("/etc/FreeRDP/FreeRDP/HKLM.reg" in run.stderr, f"the second is named: {run.stderr}")
    check.equal(first.read_bytes(), HAND_WRITTEN, "the first file")
    check.equal(os.listdir(first.parent), ["HKLM.reg"], "files beside it")
    check.equal(before[str(first)], root.everything()[str(first)], "all about the first file")


def test_what_was_changed_is_put_back_when_another_fails(lab):
    if os.geteuid() != 0:
        raise check.Skipped("only root can put a file where no name can be given to it")
    root = Root(lab)
    files = [root.registry, root.path / "etc/other/HKLM.reg"]
    other = root.add_freerdp("other", "etc/other/HKLM.reg")
    for path in files:
        root.add(str(path.relative_to(root.path)), HAND_WRITTEN)
    before = files[0].stat()
    run = subprocess.run(["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$0" && exec "$@"', str(files[1]), str(root.command),
                          "--module", root.module, "--libdir", other, "register"], capture_output=True, text=True, timeout=60, check=False,
                         env={"LD_LIBRARY_PATH": str(root.path / "lib"), "PATH": os.environ["PATH"]})
    check.equal(run.returncode, NOT_CHANGED, f"exit code ({run.stdout}{run.stderr})")
    check.true(f"cannot write {files[1]}: " in run.stderr and "put back" not in run.stderr, f"what failed is named: {run.stderr}")
    check.equal([path.read_bytes() for path in files], [HAND_WRITTEN] * 2, "the files")
    check.equal((files[0].stat().st_ino, files[0].stat().st_mode), (before.st_ino, before.st_mode), "the first is the old one")
    check.equal([os.listdir(path.parent) for path in files], [["HKLM.reg"]] * 2, "files beside them")


def test_every_installation_that_is_named_is_registered(lab):
    root = Root(lab)
    folders = [root.add_freerdp("usr/lib64", "etc/FreeRDP/FreeRDP/HKLM.reg"),
               root.add_freerdp("srv/[odd] folder", "etc/winpr/HKLM.reg")]
    # Another name of one that is known.
    (root.path / "lib64").symlink_to("usr/lib64")
    named = [part for folder in [*folders, str(root.path / "lib64")] for part in ("--libdir", folder)]
    out = root.expect(DONE, *named, "register").stdout
    check.equal(out.count("FreeRDP 3."), 3, f"FreeRDPs in {out}")
    found = {str(path.relative_to(root.path)): path.read_bytes() for path in root.path.rglob("HKLM.reg")}
    check.equal(sorted(found), ["etc/FreeRDP/FreeRDP/HKLM.reg", "etc/winpr/HKLM.reg"], "registry files")
    for name, text in found.items():
        check.equal(text.count(root.value), 1, f"values in {name}: {text}")
    root.expect(DONE, *named, "unregister")
    check.equal(list(root.path.rglob("HKLM.reg")), [], "what is left")


def test_linked_file_stays_a_link(lab):
    root = Root(lab)
    target = root.add("srv/settings.reg", HAND_WRITTEN)
    root.registry.parent.mkdir(parents=True)
    (root.path / "up").symlink_to(root.path / "srv")
    root.registry.symlink_to("../../up/settings.reg")
    root.expect(DONE, "register")
    check.true(root.registry.is_symlink(), "the link is a link")
    check.true(root.value in target.read_bytes(), "its target has the value")
    root.expect(DONE, "unregister")
    check.equal(target.read_bytes(), HAND_WRITTEN, "the target after taking back")


def test_link_to_nothing_makes_its_target(lab):
    root = Root(lab)
    root.registry.parent.mkdir(parents=True)
    root.registry.symlink_to("../other/made.reg")
    root.expect(DONE, "register")
    check.true(root.value in (root.path / "etc/other/made.reg").read_bytes(), "the target was made")
    root.registry.unlink()
    root.registry.symlink_to("HKLM.reg")
    check.true(os.strerror(errno.ELOOP) in root.expect(NOT_CHANGED, "register").stderr, "a link to itself is told as such")


def test_link_that_leads_too_far_is_refused(lab):
    root = Root(lab)
    root.add("etc/real1/HKLM.reg", HAND_WRITTEN)
    for dots, code in ((2040, DONE), (2041, NOT_CHANGED)):  # 4094 and 4096 bytes with the file's name
        (root.path / "etc/winpr").unlink(missing_ok=True)
        os.symlink("./" * dots + "real1", root.path / "etc/winpr")
        check.equal(os.strerror(errno.ENAMETOOLONG) in root.expect(code, "register").stderr, code != DONE, "whether the reason is told")


def test_what_is_no_text_is_refused(lab):
    root = Root(lab)
    utf16 = "[HKEY_LOCAL_MACHINE]\r\n".encode("utf-16")
    path = root.add("etc/winpr/HKLM.reg", utf16)
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
    bad = [str(root.add(f"lib/{name}.so", content)) for name, content in {
        "text": b"no ELF", "cut": lab.stub.read_bytes()[:3000], "importer": lab.importer.read_bytes(),
        "other": pathlib.Path(sys.executable).resolve().read_bytes()}.items()]
    before = root.everything()
    for module in (*bad, "/usr/lib/missing.so", "/usr/lib", "usr/lib/freerdp3/negossp.so", '/usr/lib/a"b.so',
                   "/usr/lib/a\nb.so", ""):
        run = root.expect(BAD_MODULE, "register", module=module)
        check.true(run.stderr.startswith("negossp-register: "), f"a reason for {module}")
    root.expect(BAD_MODULE, "--dry-run", "register", module="/usr/lib/missing.so")
    check.equal(root.everything(), before, "the folder after the refusals")
    root.expect(DONE, "--force", "register", module="/usr/lib/missing.so")
    check.true(b'str:"/usr/lib/missing.so"' in root.registry.read_bytes(), "forced")


def test_status_says_when_the_module_is_gone(lab):
    root = Root(lab)
    root.expect(DONE, "register")
    root.expect(DONE, "status")
    pathlib.Path(root.module).rename(root.path / "elsewhere.so")
    check.true("No such file" in root.expect(NOT, "status").stdout, "it says so")


def test_module_that_servers_cannot_read_is_a_warning(lab):
    root = Root(lab)
    folder = root.path / "private"
    module = root.add("private/negossp.so", lab.stub.read_bytes())
    folder.chmod(0o750)
    run = root.expect(DONE, "register", module=str(module))
    check.true("warning: " in run.stderr and f"{folder}\n" in run.stderr, f"the folder is named: {run.stderr}")


def test_what_a_killed_run_left_goes_though_nothing_changes(lab):
    root = Root(lab)
    def without_input():
        os.close(0)  # whose number the next descriptor has

    for command in ("register", "unregister"):
        root.expect(DONE, command, preexec_fn=without_input)
        left = [root.add(f"etc/winpr/.HKLM.reg.negossp.{what}", b"left") for what in ("new", "old")]
        root.expect(DONE, "--dry-run", command)
        check.true(all(path.exists() for path in left), "a dry run changes nothing")
        root.expect(DONE, command, preexec_fn=without_input)
        check.equal([path for path in left if path.exists()], [], f"what is left by {command}")


def test_libraries_are_asked_without_roots_rights(lab):
    if os.geteuid() != 0:
        raise check.Skipped("whoever is not root has no rights to give up")
    root = Root(lab)
    root.expect(DONE, "register")
    root.registry.chmod(0o600)
    check.true("reads nothing" in root.expect(NOT, "status").stdout, "what root alone can read is not read")


def test_value_that_winpr_does_not_read_is_told(lab):
    root = Root(lab)
    # The fourth line: see the stub.
    root.add("lib/facts", f"3.10.3\n{root.registry}\n-\nblind\n".encode())
    run = root.expect(NOT_READABLE, "register")
    check.true("was written, but this WinPR does not read" in run.stderr, f"it says so: {run.stderr}")
    root.add("lib/facts", f"3.10.3\n{root.registry}\n-\n/other.so\n".encode())
    check.true("WinPR:      reads /other.so\n" in root.expect(NOT, "status").stdout, "the other is named")
    root.expect(NOT_READABLE, "register")


def test_other_modules_are_left(lab):
    root = Root(lab)
    other = f'[HKEY_LOCAL_MACHINE\\{KEY}]\n"SspiModule"=str:"/other.so"\n'.encode()
    path = root.add("etc/winpr/HKLM.reg", other)
    out = root.expect(NOT, "unregister").stdout
    check.true("/other.so" in out, "it is named")
    check.true(out.startswith("FreeRDP 3.10.3 ") or "\nFreeRDP 3.10.3 " in out, f"so is the FreeRDP: {out}")
    check.equal(path.read_bytes(), other, "the file")
    root.expect(DONE, "register")
    root.expect(NOT, "unregister")
    check.equal(path.read_bytes(), other, "the file after both")


def test_no_module_is_not_any_module(lab):
    root = Root(lab)
    text = f'[HKEY_LOCAL_MACHINE\\{KEY}]\n"SspiModule"=dword:1\n'.encode()
    path = root.add("etc/winpr/HKLM.reg", text)
    root.expect(DONE, "unregister", module="")
    check.equal(path.read_bytes(), text, "a value that names nothing")


def test_status_tells_a_value_that_is_dropped(lab):
    root = Root(lab)
    root.add("etc/winpr/HKLM.reg", f'[HKEY_LOCAL_MACHINE\\{KEY}]\n"SspiModule"="{root.module}"\n'.encode())
    run = root.expect(NOT, "status")
    check.true(f'"{root.module}": WinPR drops its line' in run.stdout, f"it says so: {run.stdout}")


def test_status_tells_settings_that_winpr_drops(lab):
    root = Root(lab)
    policy = "[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\SSPI\\Negossp]\n"
    negotiate = policy.replace("Negossp", "Negotiate")
    fine = (policy + '"ChannelBindings"=str:"required"\n', negotiate + '"ntlm"=dword:0\n',
            '[HKEY_LOCAL_MACHINE\\Software\\Other\\SSPI\\Negossp]\n"Packages"=dword:1\n', policy + '"Other"="x"\n', '"Packages"="x"\n' + policy,
            policy + '""="x"\n', policy + '"Packages\n')
    dropped = {policy + '"ChannelBindings"="required"\n': "dropped by WinPR", policy + '"Packages"=str:"ntlm"\r\n': "dropped by WinPR",
               policy + '"channelbindings"=str:"required"\n': "another case", policy + '"TargetCheck"=dword:1\n': "is a number",
               policy + '"Packages"=str:"ntlm"\n[x]\n' + policy + '"ChannelBindings"=str:"required"\n': "the second of its key",
               policy.replace("HKEY_LOCAL_MACHINE", "hkey_local_machine") + '"Packages"=str:"ntlm"\n': "is not opened by",
               "\t" + policy + '"Packages"=str:"ntlm"\n': "is not opened by", "\ufeff" + policy + '"Packages"=str:"ntlm"\n': "is not opened by",
               policy + ' "Packages"=str:"ntlm"\n': "in front of it", policy + '"Packages" = str:"ntlm"\n': "is not read",
               '[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\LSA]\n"SuppressExtendedProtection"=str:"1"\n': "is a string",
               policy + '"Packages"=str:"ntlm"\n"Packages"=str:"!ntlm"\n': "a second time",
               negotiate + '"kerberos"=str:"0"\n': "is a string", negotiate + '"NTLM"=dword:0\n': "another case",
               policy.replace("SSPI\\Negossp", "WinPR\\NTLM") + '"NbDomainName"="X"\n': "dropped by WinPR"}
    other = policy.replace("FreeRDP\\SSPI", "FreeRDP3\\SSPI")
    fine += (other + '"ChannelBindings"=str:"required"\n',)
    dropped[other + '"ChannelBindings"="required"\n'] = "dropped by WinPR"
    for text in (policy + other, other + policy):
        dropped[text.replace(other, other + '"Packages"=str:"ntlm"\n')] = "of another product, which comes before it"
    for text in (*fine, *dropped):
        root.add("etc/winpr/HKLM.reg", text.encode())
        root.expect(DONE, "register")
        run = root.run("status")
        check.equal(run.returncode, NOT if text in dropped else DONE, f"exit code for {text} ({run.stdout})")
        check.true(dropped.get(text, "registered:") in run.stdout, f"the reason for {text}: {run.stdout}")
        check.equal("setting:" in run.stdout, text in dropped, "whether something is said")


def test_control_characters_reach_no_terminal(lab):
    root = Root(lab)
    for control, shown in (("\x1b[31m", "?[31m"), ("\x7f", "?"), ("\x9b31m", "??31m"), ("\x9f", "??"), ("\xa0\xe4\x80"[:2], "\xa0\xe4")):
        root.add("etc/winpr/HKLM.reg", f'[HKEY_LOCAL_MACHINE\\{KEY}]\n"SspiModule"=str:"/a{control}b"\n'.encode())
        run = root.expect(NOT, "status")
        check.true(f"/a{shown}b" in run.stdout, f"escaped: {run.stdout!r}")
        check.true(control == shown or control not in run.stdout, f"not as it was: {run.stdout!r}")


def test_no_freerdp_is_said(lab):
    root = Root(lab)
    empty = root.path / "empty"
    empty.mkdir()
    check.true(str(empty) in root.expect(NO_FREERDP, "--libdir", str(empty), "status").stderr, "the folder is named")
    root.add("lib/libwinpr3.so.3", b"no library at all")
    check.true("the loader knows no" in root.expect(NO_FREERDP, "status").stderr, "it says who was asked")


def test_command_line(lab):
    root = Root(lab)
    for arguments in ((), ("frob",), ("register", "status"), ("--nonsense", "status"),
                      ("--libdir", "relative", "status"), ("--root", "/", "status"),
                      ("--refresh", "unregister")):
        root.expect(USAGE, *arguments)
    root.expect(NOT, "status", module="lib/negossp.so", cwd=root.path)
    check.true("usage:" in root.expect(DONE, "--help").stdout, "help")
    check.true(root.expect(DONE, "--version").stdout.startswith("negossp-register "), "version")


sys.exit(run_tests(sys.modules["__main__"]))
