# SPDX-License-Identifier: Apache-2.0
"""Where negossp-register writes, by the FreeRDP there is, and what becomes of it when that is upgraded:
test_places.py COMMAND IMPORTER STUB (command_lab.py)."""

import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from command_lab import BAD_MODULE, DONE, HAND_WRITTEN, KEY, NO_FREERDP, NOT, NOT_CHANGED, Root, run_tests


def test_from_3_33_on_it_is_json(lab):
    root = Root(lab)
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
    path = root.path / "etc/FreeRDP/credssp.json"
    root.expect(NOT, "status")
    root.expect(DONE, "register")
    check.equal(json.loads(path.read_text())["SspiModule"], root.module, "the member")
    check.true(not (root.path / "etc/FreeRDP/FreeRDP").exists(), "no registry file is made")
    check.true(f"WinPR:      reads {root.module}\n" in root.expect(DONE, "status").stdout, "what is read")
    root.expect(DONE, "unregister")
    check.true(not path.exists(), "the file is gone")
    for text in (b'{"Other": [1, {"a": "b"}],\n\t"SspiModule" : "/x.so" }\n', b"{ }", b'\n{"a":1}', b'{"SspiModule":3}', b"",
                 b'{"a":[1e+5, -0.5E-7, 2e9, 0.1, -0, true, false, null, "\\u00AaBbCcDdEeFf \\uFFFE\\u0a0B"]}'):
        path.write_bytes(text)
        check.equal("the member is no string" in root.expect(NOT, "status").stdout, b":3" in text, f"what is said of {text}")
        root.expect(DONE, "register")
        check.equal(json.loads(path.read_text())["SspiModule"], root.module, "the member")
        root.expect(DONE if b"/x.so" not in text else NOT, "unregister")
        check.equal(path.read_bytes(), text, "the file after taking back")


def test_status_tells_settings_in_json_that_are_not_read(lab):
    root = Root(lab)
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
    root.expect(DONE, "register")
    for name, text, word in (("negossp.json", b'{"ChannelBindings":"required","Other":1,"other":2}', ""), ("negotiate.json", b'{"ntlm":false}', ""),
                             ("ntlm.json", b'{"ChannelBindings":"a","channelbindings":"b"}', ""),
                             ("negossp.json", b'{"channelbindings":"required"}', "another case"), ("negotiate.json", b'{"NTLM":false}', "another case"),
                             ("ntlm.json", b'{"nbdomainname":"X"}', "another case"), ("negossp.json", b'{"\\u0070ackages":"!ntlm"}', "another case"),
                             ("negossp.json", b'{"Packages":"ntlm","Packages":"!ntlm"}', "stands twice"), ("negossp.json", b'{"Packages":', "well-formed")):
        path = root.add(f"etc/FreeRDP/FreeRDP/{name}", text)
        run = root.expect(NOT if word else DONE, "status")
        check.true((str(path) in run.stdout) == bool(word) and word in run.stdout, f"what is said of {text}: {run.stdout}")
        path.unlink()


def test_status_tells_a_file_that_servers_cannot_read(lab):
    root = Root(lab)
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
    root.expect(DONE, "register")
    text = '[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\SSPI\\Negossp]\n"ChannelBindings"=str:"required"\n'
    path = root.add("etc/FreeRDP/FreeRDP/HKLM.reg", text.encode("utf-16"))
    run = root.expect(NOT, "status")
    check.true(f"cannot read {path}: " in run.stderr and "UTF-8" in run.stderr, f"it is named: {run.stderr}")
    check.true(str(path) in root.expect(DONE, "register").stderr, "registering goes on, and says so too")
    path.write_text(text, encoding="utf-8")
    for secret, content in ((path, text), (path.with_name("negossp.json"), '{"Reflection":"refuse"}')):
        secret.write_text(content, encoding="utf-8")
        root.expect(DONE, "status")
        for closed in (secret, secret.parent):
            mode = closed.stat().st_mode
            closed.chmod(mode & ~0o077)
            check.true(f"not everybody can read {closed}\n" in root.expect(NOT, "status").stdout, f"{closed} is named")
            closed.chmod(mode | 0o002)
            check.true(f"others than root can change {closed}\n" in root.expect(NOT, "status").stdout, f"{closed} is named")
            closed.chmod(mode)


def test_json_that_is_unclear_is_refused(lab):
    root = Root(lab)
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
    for text, word in ((b'{"SspiModule":"/a","SspiModule":"/b"}', "two members"), (b'{"a":1} x', "behind"),
                       (b'["SspiModule"]', "no JSON object"), (b'{"a":1,}', "well-formed"), (b"\xef\xbb\xbf{}", "object"),
                       (b'{"\\u0053spiModule":"/a","SspiModule":"/b"}', "two members"),
                       (b'{"SspiModule":"/a","SspiModul\\u0065":"/b"}', "two members")):
        path = root.add("etc/FreeRDP/credssp.json", text)
        run = root.expect(NOT_CHANGED, "register")
        check.true(word in run.stderr, f"{text} is refused with a reason: {run.stderr}")
        check.equal(path.read_bytes(), text, "the file")


def test_upgrade_of_freerdp_is_told_and_mended(lab):
    root = Root(lab)
    root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
    root.expect(DONE, "register")
    for version, registry in (("3.32.2", "etc/FreeRDP/FreeRDP/HKLM.reg"), ("3.33.1", "etc/FreeRDP/FreeRDP/HKLM.reg")):
        old = root.run("status").stdout.split("file:")[1].split()[0]
        root.add_freerdp("lib", registry, version)
        run = root.expect(NOT, "status")
        check.true("run register\n" in run.stdout and old in run.stdout, f"it says so: {run.stdout}")
        root.expect(DONE, "--refresh")
        run = root.expect(DONE, "status")
        check.true("run register" not in run.stdout, f"it is mended: {run.stdout}")
        check.equal(root.registry.read_bytes(), HAND_WRITTEN, "what only the old one reads")
    root.expect(DONE, "unregister")
    check.equal([str(path.relative_to(root.path)) for path in root.path.rglob("etc/**/*") if path.is_file()],
                ["etc/winpr/HKLM.reg"], "what is left")
    check.equal(root.registry.read_bytes(), HAND_WRITTEN, "the file that was there")


def test_settings_that_an_upgrade_leaves_behind_are_told(lab):
    policy = b'[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\SSPI\\Negossp]\n"ChannelBindings"=str:"required"\n'
    root = Root(lab)
    path = root.add("etc/winpr/HKLM.reg", policy)
    root.expect(DONE, "register")
    check.true("setting:" not in root.expect(DONE, "status").stdout, "it is read")
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
    said = f"ChannelBindings (SSPI\\Negossp) stands in {path}, which no FreeRDP here reads: it does not hold"
    check.true(said in root.expect(DONE, "--refresh").stdout, "by refresh")
    check.true(said in root.expect(NOT, "status").stdout, "by status")
    moved = root.add("etc/FreeRDP/FreeRDP/HKLM.reg", path.read_bytes())
    path.unlink()
    check.true("setting:" not in root.expect(DONE, "status").stdout, "it is read there")
    moved.unlink()
    # The other way round: JSON, to a release that reads none.
    json_file = root.add("etc/FreeRDP/FreeRDP/negossp.json", b'{"ChannelBindings":"required"}')
    root.expect(DONE, "status")
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.32.2", "etc/none/credssp.json")
    root.expect(DONE, "register")
    check.true(f"{json_file} is not read: FreeRDP reads JSON from 3.33 on\n" in root.expect(NOT, "status").stdout, "a JSON file")


def test_unregistering_after_an_upgrade_leaves_nothing(lab):
    root = Root(lab)
    root.expect(DONE, "register")
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
    root.expect(DONE, "unregister")
    check.true(not root.registry.exists(), "the old entry's file is gone")


def test_every_place_of_the_json_file_is_known(lab):
    for member in ("FreeRDP/credssp.json", "FreeRDP3/credssp.json", "FreeRDP/FreeRDP/credssp.json", "FreeRDP/FreeRDP3/credssp.json"):
        root = Root(lab)
        root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1", f"etc/{member}")
        root.expect(DONE, "register")
        path = root.path / "etc" / member
        check.equal(json.loads(path.read_text())["SspiModule"], root.module, "the member")
        root.add_freerdp("lib", "etc/winpr/HKLM.reg", "3.15.0")
        check.true(f"{path}: registered for a FreeRDP that is gone" in root.expect(NOT, "status").stdout, f"{member} is named")
        root.expect(DONE, "unregister")
        check.true(not path.exists(), f"{member} is gone")


def test_without_any_freerdp_it_is_told_and_taken_back(lab):
    def run(*arguments):
        namespace = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
        return subprocess.run([*namespace, "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(root.path / "etc"), str(root.command),
                               "--module", root.module, *arguments], capture_output=True, text=True, timeout=60, check=False,
                              env={"LD_LIBRARY_PATH": str(root.path / "lib"), "PATH": os.environ["PATH"]})

    root = Root(lab)
    root.expect(DONE, "register")
    root.add("lib/libwinpr3.so.3", b"no library at all")
    status = run("status")
    check.equal(status.returncode, NOT, f"exit code of status ({status.stdout}{status.stderr})")
    check.true("/etc/winpr/HKLM.reg: registered for a FreeRDP that is gone: run unregister\n" in status.stdout, status.stdout)
    check.equal(run("register").returncode, NO_FREERDP, "exit code of register")
    check.equal(run("unregister").returncode, DONE, "exit code of unregister")
    check.true(not root.registry.exists(), "the file is gone")
    check.equal(run("status").returncode, NO_FREERDP, "exit code of status, where there is nothing")


def test_refresh_registers_nobody_who_was_not(lab):
    root = Root(lab)
    before = root.everything()
    run = root.expect(DONE, "--refresh")
    check.equal((run.stdout, run.stderr), ("nothing is registered\n", ""), "what it says")
    path = root.add("etc/winpr/HKLM.reg", f'[HKEY_LOCAL_MACHINE\\{KEY}]\n"SspiModule"=str:"/other.so"\n'.encode())
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
    root.expect(DONE, "--refresh")
    check.true("/other.so" not in root.expect(NOT, "status").stdout and "is gone" not in root.run("status").stdout, "another's is no leftover")
    check.true(b"negossp" not in path.read_bytes() and not (root.path / "etc/FreeRDP").exists(), "nothing is written")
    check.true(len(before) > 0, "there was something")


def test_refresh_keeps_the_path_that_was_registered(lab):
    root = Root(lab)
    other = str(root.add("elsewhere/mine.so", lab.stub.read_bytes()))
    root.expect(DONE, "register", module=other)
    root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
    root.expect(DONE, "--refresh")
    check.equal(json.loads((root.path / "etc/FreeRDP/credssp.json").read_text())["SspiModule"], other, "the module")


def _expect_refreshed(root, files):
    """Of 3.33, whose registry file's text has to be as it was before anything was registered."""
    json_file = root.path / "etc/FreeRDP/credssp.json"
    root.expect(DONE, "--refresh")
    root.expect(DONE, "status")
    check.equal(json.loads(json_file.read_text())["SspiModule"], root.module, "the member")
    root.expect(DONE, "unregister")
    for path, content in files.items():
        check.equal(path.read_bytes(), content, f"{path} after taking back")


def test_one_file_under_two_names_is_one(lab):
    for target in ("../../winpr/HKLM.reg", "../.././winpr//HKLM.reg", "{root}/etc/winpr/../winpr/HKLM.reg"):
        root = Root(lab)
        root.add("etc/winpr/HKLM.reg", HAND_WRITTEN)
        root.expect(DONE, "register")
        link = root.path / "etc/FreeRDP/FreeRDP/HKLM.reg"
        link.parent.mkdir(parents=True)
        link.symlink_to(target.format(root=root.path))
        root.add_freerdp("lib", "etc/FreeRDP/FreeRDP/HKLM.reg", "3.33.1")
        _expect_refreshed(root, {root.registry: HAND_WRITTEN})
        check.true(link.is_symlink(), "the link is a link")


def test_two_files_may_be_in_one_folder(lab):
    root = Root(lab)
    root.add("srv/HKLM.reg", HAND_WRITTEN)
    member = root.add("srv/credssp.json", b'{ "a": 1 }')
    for name in ("winpr/HKLM.reg", "FreeRDP/credssp.json"):
        link = root.path / "etc" / name
        link.parent.mkdir(parents=True)
        link.symlink_to(root.path / "srv" / link.name)
    root.expect(DONE, "register")
    root.add_freerdp("lib", "etc/winpr/HKLM.reg", "3.33.1")
    _expect_refreshed(root, {root.registry: HAND_WRITTEN, member: b'{ "a": 1 }'})
    check.equal(sorted(path.name for path in member.parent.iterdir()), ["HKLM.reg", "credssp.json"], "files beside them")


def test_all_the_files_of_all_the_freerdps_change(lab):
    root = Root(lab)
    named = []
    for number in range(16):
        folder = f"srv/{number}"
        named += ["--libdir", root.add_freerdp(folder, f"{folder}/winpr/HKLM.reg", "3.10.3")]
    root.expect(DONE, *named, "register")
    for number in range(16):
        folder = f"srv/{number}"
        root.add_freerdp(folder, f"{folder}/winpr/HKLM.reg", "3.33.1", f"{folder}/FreeRDP/credssp.json")
    root.expect(DONE, *named, "register")
    check.equal((len(list(root.path.glob("srv/*/winpr/*.reg"))), len(list(root.path.glob("srv/*/FreeRDP/credssp.json")))), (0, 16),
                "registry files and JSON files")
    root.expect(DONE, *named, "unregister")
    check.equal([*root.path.rglob("HKLM.reg"), *root.path.rglob("credssp.json")], [], "what is left")


def test_library_whose_path_is_too_long_is_not_another_one(lab):
    """Cut to what a path may have, its name would lack the last character."""
    root = Root(lab)
    folder = root.add_freerdp("other", "etc/other.reg")
    (root.path / "other/libwinpr3.so.").write_bytes(lab.stub.read_bytes())
    longest = 4095 - len("/libwinpr3.so.3")
    for length, code in ((longest, NOT), (longest + 1, NO_FREERDP)):
        name = folder + "/" * (length - len(folder))
        run = root.expect(code, "--libdir", name, "status")
        check.equal("does not load" in run.stderr, code == NO_FREERDP, f"whether it is told as not there: {run.stderr}")


def test_reason_with_a_long_path_is_told_in_part(lab):
    root = Root(lab)
    module = root.add("/".join(("lib", *["m" * 200] * 6, "negossp.so")), lab.stub.read_bytes())
    module.chmod(0o666)
    reason = f"others than root can change it: see {module}"[:1023]
    check.true(f"{module}: {reason}\n" in root.expect(NOT, "status", module=str(module)).stdout, "status says so")
    check.true(f"{module}: {reason}\n" in root.expect(BAD_MODULE, "register", module=str(module)).stderr, "register says so")


sys.exit(run_tests(sys.modules["__main__"]))
