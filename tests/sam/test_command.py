# SPDX-License-Identifier: Apache-2.0
"""negossp-sam as it is called: test_command.py COMMAND SOURCE STUB (sam_lab.py). What it does to the file: test_file.py."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from sam_lab import Box, DONE, line, NOT, NOT_CHANGED, nt_hash, run_tests, USAGE

EMPTY = nt_hash("")  # a usable hash for the reader: only its digits are looked at


# --- passwords ------------------------------------------------------------------------------------

def test_password_is_one_line_of_standard_input(lab):
    for given, password in ((b"Password\n", "Password"), (b"Password", "Password"), (b"Password\r\n", "Password"),
                            (b" sp ace \nmore\n", " sp ace "), ("gr\xfc\xdfe \u20ac \U0001f511\n".encode(), "gr\xfc\xdfe \u20ac \U0001f511"),
                            (b"x" * 1024 + b"\n", "x" * 1024)):
        box = Box(lab)
        said = box.add("alice", given)
        check.equal(box.content(), line("alice", password) + b"\n", f"the line for {given}")
        check.true(f"alice was added to {box.file}" in said, f"what it says: {said}")


def test_what_is_behind_the_line_is_left_to_others(lab):
    box = Box(lab)
    run = subprocess.run(["/bin/sh", "-c", '"$0" -f "$1" add alice >&2 && cat', lab.command, str(box.file)],
                         input=b"Password\nthe rest", capture_output=True, check=True, timeout=60)
    check.equal(run.stdout, b"the rest", "what another reader finds")


def test_passwords_that_are_none_are_refused(lab):
    for given, why in ((b"", "empty"), (b"\n", "empty"), (b"\r\n", "empty"), (b"a\0b\n", "NUL"), (b"\xff\n", "UTF-8"),
                       (b"x" * 1025 + b"\n", "longer than 1024")):
        box = Box(lab)
        said = box.expect(NOT, "add", "alice", password=given)
        check.true(why in said, f"why {given[:8]} is none: {said}")
        check.equal((box.file.exists(), box.beside()), (False, []), "what was made")


def test_password_on_the_command_line_is_refused_and_not_repeated(lab):
    box = Box(lab)
    said = box.expect(USAGE, "add", "alice", "hunter2")
    check.true("hunter2" not in said and "no password here" in said, f"what it says: {said}")
    box.expect(USAGE, "add", "alice", "-p", "hunter2")
    check.equal((box.file.exists(), box.beside()), (False, []), "what was made")


def _ended(child):
    for _ in range(400):
        pid, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
        if pid:
            return status
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    raise check.Failed("it did not end")


class Terminal:
    """negossp-sam add alice with a terminal of its own."""

    def __init__(self, box, lab):
        self.shown = b""
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.execve(lab.command, [lab.command, "-f", str(box.file), "add", "alice"], {})

    def _take(self, seconds):
        if select.select([self.terminal], [], [], seconds)[0]:
            try:
                got = os.read(self.terminal, 4096)
            except OSError:  # it is gone
                got = b""
            self.shown += got
            return bool(got)
        return False

    def answer(self, question, text):
        while question not in self.shown:
            check.true(self._take(20), f"it asks {question}: {self.shown}")
        self.shown = b""
        os.write(self.terminal, text)

    def echoes(self):
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def end(self):
        while self._take(20):
            pass
        status = _ended(self.child)
        os.close(self.terminal)
        return status, self.shown


def test_terminal_asks_twice_and_shows_nothing(lab):
    box = Box(lab)
    terminal = Terminal(box, lab)
    terminal.answer(b"Password for alice: ", b"Password\n")
    check.true(not terminal.echoes(), "nothing is shown of what is typed")
    terminal.answer(b"Once more: ", b"Password\n")
    status, shown = terminal.end()
    check.equal(os.waitstatus_to_exitcode(status), DONE, f"exit code ({shown})")
    check.true(b"Password" not in shown and b"alice was added" in shown, f"what it shows: {shown}")
    check.equal(box.content(), line("alice", "Password") + b"\n", "the line")


def test_terminal_wants_the_same_password_twice(lab):
    for second in (b"password\n", b"\n", b"Passwor\n"):
        box = Box(lab)
        terminal = Terminal(box, lab)
        terminal.answer(b"Password for alice: ", b"Password\n")
        terminal.answer(b"Once more: ", second)
        status, shown = terminal.end()
        check.equal((os.waitstatus_to_exitcode(status), box.file.exists()), (NOT, False), f"exit code ({shown}), file")
        check.true(b"not the same" in shown, f"why: {shown}")


def test_interrupted_at_the_terminal_it_ends_and_leaves_the_echo_on(lab):
    for how in (b"\x03", signal.SIGTERM, signal.SIGHUP):
        box = Box(lab)
        terminal = Terminal(box, lab)
        terminal.answer(b"Password for alice: ", b"Password\n")
        terminal.answer(b"Once more: ", b"Passw" if isinstance(how, int) else how)
        if isinstance(how, int):
            os.kill(terminal.child, how)
        status = _ended(terminal.child)
        wanted = signal.SIGINT if isinstance(how, bytes) else how
        check.equal((os.WIFSIGNALED(status) and os.WTERMSIG(status), box.file.exists()), (wanted, False), f"its end by {how}")
        check.true(terminal.echoes(), "what is typed is shown again")
        os.close(terminal.terminal)


def test_stopped_at_the_terminal_it_leaves_the_echo_on(lab):
    box = Box(lab)
    terminal = Terminal(box, lab)
    terminal.answer(b"Password for alice: ", b"\x1a")
    # A session's leader is not stopped by its terminal, but ends with an error: both are told apart here.
    time.sleep(0.3)
    os.kill(terminal.child, signal.SIGCONT)
    status, shown = terminal.end()
    check.true(not os.WIFSTOPPED(status) and os.waitstatus_to_exitcode(status) == NOT and b"interrupted" in shown,
               f"it says so: {status} {shown}")
    check.true(not box.file.exists(), "nothing was made")


# --- names ----------------------------------------------------------------------------------------

def test_names_that_no_line_can_have_are_refused(lab):
    for user, domain in (("a:b", ""), ("a\nb", ""), ("a\x7fb", ""), ("a\x9bb", ""), ("", ""), ("#a", ""), ("EX\\a", ""), ("a", "x:y"),
                         ("a", "1000"), (b"\xff", ""), ("a", b"\xff"), ("a" * 2049, "")):
        box = Box(lab)
        said = box.expect(USAGE, "--domain", domain, "add", user, password="Password")
        check.equal((box.file.exists(), len(said.splitlines())), (False, 1), f"the file, and one line of why: {said}")
    box = Box(lab)
    for user in ("a@b", "\xe4 \xf6", "a#", "a b", "$%*"):
        box.add(user, "Password")
    check.equal(box.content(), b"".join(line(user, "Password") + b"\n" for user in ("a@b", "\xe4 \xf6", "a#", "a b", "$%*")), "others")


def test_command_lines_that_are_wrong_change_nothing(lab):
    box = Box(lab, line("alice", "Password"))
    for arguments in ((), ("add",), ("remove",), ("frob",), ("list", "a", "b"), ("-d", "EX", "list"), ("-d", "EX", "check"), ("-x", "list")):
        check.true(box.expect(USAGE, *arguments), "it says why")
    check.equal(box.content(), line("alice", "Password"), "the file")


def test_help_version_and_manual_name_the_same(lab):
    box = Box(lab)
    usage = box.expect(DONE, "--help")
    check.true(re.fullmatch(r"negossp-sam \d+\.\d+\.\d+\n", box.expect(DONE, "--version")), "the version")
    manual = (lab.source / "docs/negossp-sam.1").read_text(encoding="utf-8")
    options = re.findall(r"^  -(\w), --(\w+)", usage, re.MULTILINE)
    check.equal([name for _, name in options], ["domain", "file", "help", "version"], "options")
    for letter, name in options:
        check.true(f".It Fl {letter} , Fl -{name}" in manual, f"--{name} is in the manual")
    for command in ("add", "remove", "list", "check"):
        check.true(f".It Cm {command}" in manual, f"{command} is in the manual")


# --- list and check -------------------------------------------------------------------------------

LINES = (b"\xef\xbb\xbf# comment\r\n\r\n" + line("alice", "Password") + b"\r\n" + line("alice", "other", "EX") + b"\n"
         b"hunter2hash" + b"\r" + b"root:500:aad3b435b51404eeaad3b435b51404ee:" + EMPTY.encode() + b":::\n"
         b"nohash:::\nzeros:::" + b"0" * 32 + b":::\nshort:::1234:::\n\xff:::" + EMPTY.encode() + b":::\n"
         + line("ALICE", "third") + b"\nlong" + b"g" * 4096 + b":::" + EMPTY.encode() + b":::\n"
         b"esc\x1b[31m:::" + EMPTY.encode() + b":::")


def test_list_shows_who_can_log_on_and_no_hash(lab):
    box = Box(lab, LINES)
    check.equal(box.expect(DONE, "list"), "alice:\nalice:EX\nesc?[31m:\n", "the accounts")
    check.equal(box.expect(DONE, "list", "Alice"), "alice:\nalice:EX\n", "of one name")
    check.equal(box.expect(DONE, "-d", "ex", "list", "alice"), "alice:EX\n", "of one name and domain")
    check.equal(box.expect(NOT, "list", "root"), "", "somebody who cannot log on")
    check.equal(Box(lab, b"# nobody\n").expect(DONE, "list"), "", "nobody")
    check.equal(box.content(), LINES, "the file")


def test_check_says_what_is_made_of_each_line(lab):
    box = Box(lab, LINES)
    said = box.expect(NOT, "check").splitlines()
    wanted = (("line 3, alice of any domain", "lets the user in"), ("line 4, alice of EX", "lets the user in"),
              ("line 5", "no line"), ("line 6, root of 500", "a number"), ("line 7, nohash of any domain", "no usable NT hash"),
              ("line 8, zeros of any domain", "no usable NT hash"), ("line 9, short of any domain", "no usable NT hash"),
              ("line 10, \ufffd of any domain", "not UTF-8"), ("line 11, ALICE of any domain", "a line above"),
              ("line 12", "longer than 4096"), ("line 13, esc?[31m of any domain", "lets the user in"))
    check.equal(len(said), len(wanted), f"lines that are told: {said}")
    for got, (which, what) in zip(said, wanted):
        check.true(got.startswith(which + ": ") and what in got, f"{which}: {what}, in {got}")
    for secret in (nt_hash("Password"), EMPTY, "hunter2hash", "aad3b4"):
        check.true(secret not in "".join(said), "no hash, and nothing of what is no line, is shown")
    check.equal(box.expect(NOT, "check", "root").count("\n"), 2, "one user who is not let in, and that")
    check.equal(box.expect(DONE, "-d", "EX", "check", "alice"), "line 4, alice of EX: lets the user in\n", "one account")


def test_check_finds_a_good_file_good_and_an_empty_one_not(lab):
    box = Box(lab, b"# ours\n" + line("alice", "Password") + b"\n")
    box.expect(DONE, "check")
    check.true("lets nobody in" in Box(lab, b"# ours\n").expect(NOT, "check"), "nobody can log on")
    check.true("UTF-16" in Box(lab, "a:::".encode("utf-16")).expect(NOT_CHANGED, "check"), "a file that servers do not read")
    check.true("No such file" in Box(lab).expect(NOT_CHANGED, "check"), "no file")


def test_check_says_who_else_can_read_it(lab):
    box = Box(lab, line("alice", "Password") + b"\n")
    for mode, code, words in ((0o600, DONE, ""), (0o640, DONE, "its group, or"), (0o604, NOT, "every user"), (0o644, NOT, "every user"),
                              (0o602, NOT, "every user"), (0o620, DONE, "can read and change it")):
        box.file.chmod(mode)
        said = box.expect(code, "check")
        check.true(words in said and (words != "" or len(said.splitlines()) == 1), f"{mode:o}: {said}")


def test_check_says_who_else_can_let_anybody_in(lab):
    box = Box(lab, line("alice", "Password") + b"\n")
    box.file.chmod(0o600)
    mode = box.folder.stat().st_mode
    box.folder.chmod(mode | 0o002)
    said = box.expect(DONE, "check")
    check.true(f"others than root and you can change {box.folder}, and so let anybody in" in said, said)
    box.folder.chmod(mode)
    if os.geteuid() == 0:
        os.chown(box.file, 65534, -1)
        said = box.expect(DONE, "check")
        check.true("its owner, who is neither root nor you, can let anybody in" in said, said)


# --- where the file is, and completion ------------------------------------------------------------

def _with_winpr(lab):
    """A libwinpr3 that says where its file is, in a folder that is not there yet."""
    box = Box(lab)
    library = box.folder / "lib"
    library.mkdir()
    shutil.copy(lab.stub, library / "libwinpr3.so.3")
    (library / "facts").write_text(f"3.10.3\n{box.folder}/etc/SAM\n{box.folder}/etc/x.json\n", encoding="utf-8")
    return box, {"LD_LIBRARY_PATH": str(library)}


def test_default_is_the_file_that_winpr_names(lab):
    box, env = _with_winpr(lab)

    def run(*arguments):
        return subprocess.run([lab.command, *arguments], input=b"Password\n", capture_output=True, timeout=60, check=False, env=env, umask=0o077)

    first = run("add", "alice")
    check.equal(first.returncode, DONE, f"exit code ({first.stderr})")
    path = box.folder / "etc/SAM"
    check.equal(path.read_bytes(), line("alice", "Password") + b"\n", "the file, its folder made")
    check.equal(path.stat().st_mode & 0o777, 0o600, "its mode")
    check.equal(path.parent.stat().st_mode & 0o777, 0o755, "the mode of its folder, whatever the umask")
    check.equal(run("list").stdout, b"alice:\n", "and it is read there")


def test_relative_path_is_of_the_folder_that_we_are_in(lab):
    box = Box(lab)
    box.expect(DONE, "add", "alice", password="Password", file="SAM", cwd=box.folder)
    check.equal(box.content(), line("alice", "Password") + b"\n", "the file")


def test_completion_knows_commands_options_and_users(lab):
    box = Box(lab, line("alice", "x") + b"\n" + line("al b", "x", "EX") + b"\n" + line("bob", "x") + b"\n")
    script = lab.source / "share/bash-completion/completions/negossp-sam"

    def complete(*words):
        run = subprocess.run(["bash", "--norc", "-c", '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _negossp_sam; '
                              'printf "%s\\n" "${COMPREPLY[@]}"', str(script), lab.command, *words],
                             capture_output=True, text=True, check=True, timeout=20, cwd=box.folder)
        check.equal(run.stderr, "", "what bash complains of")
        return run.stdout.split("\n")[:-1]

    check.equal(complete(""), ["add", "remove", "list", "check"], "commands")
    check.equal(complete("re"), ["remove"], "a command that is begun")
    check.equal(complete("--"), ["--domain", "--file", "--help", "--version"], "options")
    check.equal(complete("-f", "S"), ["SAM"], "a file")
    check.equal(complete("-f", "SAM", "remove", "al"), ["alice", "al\\ b"], "users that are there")
    check.equal(complete("-f", "SAM", "add", "al"), [""], "who is added is new")
    check.equal(complete("-d", ""), [""], "no domain is known")


sys.exit(run_tests(sys.modules["__main__"]))
