# SPDX-License-Identifier: Apache-2.0
"""negossp-run and desktop entries: test_desktop.py BUILT MODULE-FOLDER PROGRAMS SOURCE."""

import pathlib
import shlex
import subprocess
import sys
import tempfile

from run_lab import check, DONE, NOT, run_tests

ENTRY = """# A comment
[Desktop Entry]
Type=Application
Name=Client
Name[de]=Exec=Klient
TryExec={program}
Exec={program} "connect" %U
DBusActivatable=true
Actions=New;
X-Empty=

[Desktop Action New]
Name=New
Exec = {program} connect again
"""
COPY = """# A comment
[Desktop Entry]
X-Negossp-Run={source}
Type=Application
Name=Client
Name[de]=Exec=Klient
TryExec={program}
Exec={run} {program} "connect" %U
DBusActivatable=false
Actions=New;
X-Empty=

[Desktop Action New]
Name=New
Exec={run} {program} connect again
"""
ID = "org.example.Client.desktop"


class Desk:
    """A user's and a system's folders of entries."""

    def __init__(self, lab):
        self._lab, self.top = lab, pathlib.Path(tempfile.mkdtemp(dir=lab.work))
        self.home, self.system = self.top / "home", [self.top / "one", self.top / "two"]
        self.env = {"XDG_DATA_HOME": self.home, "XDG_DATA_DIRS": ":".join(map(str, self.system))}
        self.program = lab.program("program-3")

    def put(self, text, name=ID, folder=None):
        path = pathlib.Path(folder or self.system[1], "applications", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(program=self.program), encoding="utf-8")
        return path

    def copy(self, name=ID):
        return self.home / "applications" / name

    def expect(self, code, *arguments, **env):
        return self._lab.expect(code, *arguments, **{**self.env, **env})

    def copied(self, source):
        return COPY.format(source=source, program=self.program, run=self._lab.installed.program)

    def made(self):
        return sorted(path.name for path in self.home.rglob("*") if path.is_file())


def test_entry_of_a_program_is_copied_with_each_command_rewritten(lab):
    for name in ("program-3", "org.example.Client", ID):
        desk = Desk(lab)
        source = desk.put(ENTRY)
        before = source.read_bytes()
        out, err = desk.expect(DONE, "--desktop", name)
        check.equal(desk.copy().read_text(encoding="utf-8"), desk.copied(source), f"the copy for {name}")
        check.equal((desk.made(), source.read_bytes()), ([ID], before), "what is made, and the system's entry")
        check.equal((out, err), (f"{desk.copy()}: made\nWhat runs already goes on without negossp until it is ended.\n", ""), "what is said")
        check.equal(desk.copy().stat().st_mode & 0o777, 0o644, "its mode")


def test_copy_starts_the_client_with_the_module(lab):
    desk = Desk(lab)
    desk.put(ENTRY)
    desk.expect(DONE, "--desktop", "program-3")
    command = next(line for line in desk.copy().read_text(encoding="utf-8").splitlines() if line.startswith("Exec=")).removeprefix("Exec=")
    run = subprocess.run(shlex.split(command.replace(" %U", "")), capture_output=True, text=True, timeout=20, check=False, env=lab.environment())
    check.true(f"module={lab.installed.module}\n" in run.stdout, f"what the client has: {run.stdout}{run.stderr}")


def test_doing_it_again_follows_the_system(lab):
    desk = Desk(lab)
    source = desk.put(ENTRY)
    desk.expect(DONE, "--desktop", "program-3")
    source.write_text(source.read_text(encoding="utf-8").replace("again", "connect"), encoding="utf-8")
    for _ in range(2):
        desk.expect(DONE, "--desktop", "program-3")
        check.equal(desk.copy().read_text(encoding="utf-8"), desk.copied(source).replace("again", "connect"), "the copy")
    # A copy of what is gone is no entry to be copied.
    source.unlink()
    desk.expect(NOT, "--desktop", "program-3")
    check.equal(desk.copy().read_text(encoding="utf-8"), desk.copied(source).replace("again", "connect"), "the copy that is left")


def test_all_entries_of_the_program_and_no_others(lab):
    desk = Desk(lab)
    for name, text in (("a.desktop", "[Desktop Entry]\nExec=env X=1 {program} -c\n"), ("b.desktop", "[Desktop Entry]\nExec=x\nTryExec={program}\n"),
                       ("c.desktop", '[Desktop Entry]\nExec="{program}"\n'), ("d.desktop", "[Desktop Entry]\nExec={program}x\n"),
                       ("e.desktop", "[Desktop Entry]\nExec=x\nName={program}\n"), ("f.desktopx", "[Desktop Entry]\nExec={program}\n")):
        desk.put(text, name)
    desk.expect(DONE, "--desktop", "program-3")
    check.equal(desk.made(), ["a.desktop", "b.desktop", "c.desktop"], "what is copied")
    run = lab.installed.program
    check.equal(desk.copy("a.desktop").read_text(encoding="utf-8").splitlines()[-1], f"Exec={run} env X=1 {desk.program} -c", "a command with env")
    check.equal(desk.copy("c.desktop").read_text(encoding="utf-8").splitlines()[-1], f'Exec={run} "{desk.program}"', "a command in quotes")


def test_entry_of_an_earlier_folder_stands_for_later_ones(lab):
    desk = Desk(lab)
    desk.put(ENTRY)
    first = desk.put("[Desktop Entry]\nExec={program} first\n", folder=desk.system[0])
    desk.expect(DONE, "--desktop", "program-3")
    check.true(f"X-Negossp-Run={first}\n" in desk.copy().read_text(encoding="utf-8"), "which is copied")
    # One that is not for the program hides one that is.
    desk = Desk(lab)
    desk.put(ENTRY)
    desk.put("[Desktop Entry]\nExec=other\n", folder=desk.system[0])
    desk.expect(NOT, "--desktop", "program-3")
    check.equal(desk.made(), [], "what is copied")


def test_users_own_entry_is_not_changed(lab):
    desk = Desk(lab)
    desk.put(ENTRY)
    own = desk.put("[Desktop Entry]\nExec={program} mine\n", folder=desk.home)
    before = own.read_bytes()
    err = desk.expect(NOT, "--desktop", "program-3")[1]
    check.equal((own.read_bytes(), desk.made()), (before, [ID]), "the entry")
    check.true(f"{own}: it is your own and is not changed" in err, f"what is said: {err}")
    desk.put(ENTRY, "second.desktop")
    desk.expect(NOT, "--desktop", "program-3")
    check.equal((own.read_bytes(), desk.made()), (before, [ID, "second.desktop"]), "the entry, beside one that is copied")
    desk.expect(DONE, "--undesktop", "program-3")
    check.equal(own.read_bytes(), before, "the entry that is not ours to remove")


def test_boxes_and_privileged_programs_are_not_copied(lab):
    snap = lab.copy("bin/snap", lab.program("program-3"))
    link = lab.work / "bin/link"
    link.symlink_to(snap)
    for command, why in (("/usr/bin/flatpak run --command=client org.example.Client", "Flatpak's"), ("env X=1 /snap/bin/client %U", "Snap's"),
                         (f"{link} run client", "Snap's"), (f"{snap} run client", "Snap's"), ("/x/flatpak/exports/bin/org.example.Client", "Flatpak's")):
        desk = Desk(lab)
        source = desk.put(f"[Desktop Entry]\nExec={command}\n")
        err = desk.expect(NOT, "--desktop", "org.example.Client")[1]
        check.equal(desk.made(), [], f"what is made for {command}")
        check.true(f"{source}: its program is not for negossp-run. It is {why}" in err, f"what is said: {err}")


def test_entry_without_a_command_is_not_copied(lab):
    desk = Desk(lab)
    source = desk.put("[Desktop Entry]\nDBusActivatable=true\n")
    err = desk.expect(NOT, "--desktop", "org.example.Client")[1]
    check.equal((desk.made(), err), ([], f"negossp-run: {source}: it has no command (Exec=)\n"), "what is made and said")


def test_nothing_of_that_name(lab):
    desk = Desk(lab)
    desk.put(ENTRY)
    for option in ("--desktop", "--undesktop"):
        err = desk.expect(NOT, option, "no-such")[1]
        check.true(err.startswith("negossp-run: no-such: "), f"what is said: {err}")
    check.equal(desk.made(), [], "what is made")
    check.true(not desk.home.exists(), "no folder is made either")


def test_copies_are_removed_again(lab):
    desk = Desk(lab)
    desk.put(ENTRY)
    desk.put(ENTRY, "second.desktop")
    desk.put("[Desktop Entry]\nExec=other {program}\n", "third.desktop")
    for name in ("program-3", "org.example.Client"):
        desk.expect(DONE, "--desktop", "program-3")
        other = desk.put("[Desktop Entry]\nExec={program}\n", "own.desktop", desk.home)
        out = desk.expect(DONE, "--undesktop", name)[0]
        check.true(f"{desk.copy()}: removed\n" in out, f"what is said: {out}")
        left = ["own.desktop"] if name == "program-3" else ["own.desktop", "second.desktop", "third.desktop"]
        check.equal(desk.made(), left, f"what is left after {name}")
        desk.expect(NOT, "--undesktop", name)
        other.unlink()


def test_folders_are_those_of_the_specification(lab):
    desk = Desk(lab)
    desk.put(ENTRY)
    for env, home in (({"XDG_DATA_HOME": ""}, desk.top / "user/.local/share"), ({"XDG_DATA_HOME": "relative"}, desk.top / "user2/.local/share")):
        desk.expect(DONE, "--desktop", "program-3", HOME=home.parents[1], **env)
        check.true((home / "applications" / ID).exists(), f"the copy with {env}")
    check.true("HOME" in desk.expect(NOT, "--desktop", "program-3", HOME="", XDG_DATA_HOME="")[1], "nobody's home")
    desk.expect(NOT, "--desktop", "program-3", XDG_DATA_DIRS="relative:")
    # The user's folder among the system's.
    own = Desk(lab)
    own.put(ENTRY)
    for _ in range(2):
        own.expect(DONE, "--desktop", "program-3", XDG_DATA_DIRS=f"{own.home}:{own.system[1]}/")
    check.equal(own.made(), [ID], "what is made")


def test_folder_that_cannot_be_written(lab):
    desk = Desk(lab)
    desk.put(ENTRY)
    desk.home.write_text("in the way", encoding="ascii")
    err = desk.expect(NOT, "--desktop", "program-3")[1]
    check.true(f"{desk.copy()}: " in err, f"what is said: {err}")
    check.equal(desk.home.read_text(encoding="ascii"), "in the way", "what was in the way")


def test_path_that_an_entry_would_take_apart_is_refused(lab):
    desk = Desk(lab)
    desk.put(ENTRY)
    err = desk.expect(NOT, "--desktop", "program-3", program=lab.install("a%place").program)[1]
    check.true("desktop entries do not take this path" in err, f"what is said: {err}")
    check.equal(desk.made(), [], "what is made")


if __name__ == "__main__":
    sys.exit(run_tests())
