# SPDX-License-Identifier: Apache-2.0
"""What negossp-sam does to the file: test_file.py COMMAND SOURCE STUB (sam_lab.py)."""

import fcntl
import os
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from sam_lab import Box, DONE, line, NOT, NOT_CHANGED, run_tests

NOBODY = 65534
OURS = line("alice", "Password")
# Of whatever may stand in such a file: comments, another format's lines, bytes that are no text, each end of line.
STRANGE = (b"# by hand: do not touch\r\n\r\n;also\nroot:500:aad3b435b51404eeaad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0:::\n"
           b"\xff\xfe\x80 :::\rno line at all\r:::\nbob:EX:0123:" + b"1" * 32 + b":a:b:c\r\n\t\x01\n")


def test_new_file_is_its_owners_alone(lab):
    for umask in (0, 0o077, 0o777):
        box = Box(lab)
        box.expect(DONE, "add", "alice", password="Password", umask=umask)
        check.equal(box.file.stat().st_mode & 0o7777, 0o600, f"mode under the umask {umask:o}")
        check.equal((box.content(), box.beside()), (OURS + b"\n", []), "the file, and what lies beside it")


def test_every_other_byte_stays(lab):
    for before in (b"", STRANGE, b"\xef\xbb\xbf" + STRANGE, STRANGE + b"# no newline", STRANGE + b"# CR LF\r\n", STRANGE + b"# CR\r"):
        end = b"\r\n" if before.endswith(b"\r\n") else b"\r" if before.endswith(b"\r") else b"\n"
        box = Box(lab, before)
        box.add("alice", "first")
        whole = before if before == b"" or before[-1:] in b"\r\n" else before + b"\n"
        check.equal(box.content(), whole + line("alice", "first") + end, "with a user more")
        box.add("zoe", "second", "-d", "EX")
        box.add("ALICE", "Password")
        check.equal(box.content(), whole + line("ALICE", "Password") + end + line("zoe", "second", "EX") + end, "with another password")
        box.expect(DONE, "remove", "alice")
        box.expect(DONE, "-d", "ex", "remove", "Zoe")
        check.equal(box.content(), whole, "without them again")


def test_line_is_changed_where_it_stands(lab):
    box = Box(lab, b"# 1\r\n" + line("al\xefce", "old") + b"\r\n" + line("bob", "b") + b"\n" + line("AL\xcfCE", "never") + b"\n")
    check.true("has a new password" in box.add("Al\xefce", "new"), "it says so")
    check.equal(box.content(), b"# 1\r\n" + line("Al\xefce", "new") + b"\r\n" + line("bob", "b") + b"\n" + line("AL\xcfCE", "never") + b"\n",
                "the first of two, which counts")
    box.expect(DONE, "remove", "al\xefce")
    check.equal(box.content(), b"# 1\r\n" + line("bob", "b") + b"\n", "both are gone: the second would count then")


def test_domains_are_told_apart(lab):
    box = Box(lab, line("alice", "any") + b"\n" + line("alice", "ex", "EX") + b"\n")
    box.add("alice", "new", "-d", "ex")
    check.equal(box.content(), line("alice", "any") + b"\n" + line("alice", "new", "ex") + b"\n", "the one with the domain")
    said = box.expect(NOT, "-d", "OTHER", "remove", "alice")
    check.true("is not in" in said, f"no such account: {said}")
    box.expect(DONE, "remove", "alice")
    check.equal(box.content(), line("alice", "new", "ex") + b"\n", "the one without is gone")
    check.true("--domain" in box.expect(NOT, "remove", "alice"), "what may be meant")


def test_nothing_is_written_where_nothing_changes(lab):
    box = Box(lab, OURS + b"\n")
    before = box.file.stat()
    box.expect(NOT, "remove", "bob")
    box.add("alice", "Password")
    after = box.file.stat()
    check.equal((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns), "the file")
    box.file.chmod(0o644)
    check.true("no longer can" in box.add("alice", "Password"), "what others could read is told")
    check.equal((box.content(), box.file.stat().st_mode & 0o777), (OURS + b"\n", 0o640), "and they cannot, of the same text")


# --- who may use it -------------------------------------------------------------------------------

def test_owner_and_group_stay_and_rights_of_everybody_go(lab):
    for before, after in ((0o600, 0o600), (0o640, 0o640), (0o644, 0o640), (0o666, 0o660), (0o400, 0o400)):
        box = Box(lab, OURS + b"\n")
        if os.geteuid() == 0:
            os.chown(box.file, NOBODY, NOBODY)
        box.file.chmod(before)
        said = box.add("bob", "b")
        status = box.file.stat()
        check.equal(status.st_mode & 0o7777, after, f"the mode after {before:o}")
        check.equal("no longer can" in said, before & 0o6 != 0, f"it says so: {said}")
        if os.geteuid() == 0:
            check.equal((status.st_uid, status.st_gid), (NOBODY, NOBODY), "owner and group")


def _access_list(others):
    none = 0xFFFFFFFF
    entries = ((0x01, 6, none), (0x02, 4, NOBODY), (0x04, 0, none), (0x10, 4, none), (0x20, others, none))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def test_access_list_and_attributes_stay(lab):
    for others in (0, 4):
        box = Box(lab, OURS + b"\n")
        try:
            os.setxattr(box.file, "system.posix_acl_access", _access_list(others))
            os.setxattr(box.file, "user.note", b"mine")
        except OSError as error:
            raise check.Skipped(f"no access lists here: {error}") from error
        box.add("bob", "b")
        check.equal(os.getxattr(box.file, "system.posix_acl_access"), _access_list(0), "whom the list names, and nobody else")
        check.equal(os.getxattr(box.file, "user.note"), b"mine", "another attribute")


def test_owner_that_cannot_be_kept_changes_nothing(lab):
    if os.geteuid() != 0:
        raise check.Skipped("whoever is not root has no files of root's")
    box = Box(lab, OURS + b"\n")
    box.file.chmod(0o644)
    os.chown(box.folder, NOBODY, NOBODY)
    pathlib.Path(lab.work).chmod(0o755)
    command = pathlib.Path(lab.work, "negossp-sam")
    command.write_bytes(pathlib.Path(lab.command).read_bytes())
    command.chmod(0o755)
    run = subprocess.run([str(command), "-f", str(box.file), "add", "bob"], input=b"b\n", capture_output=True, timeout=60, check=False,
                         user=NOBODY, group=NOBODY, extra_groups=[], env={})
    check.equal((run.returncode, box.content(), box.file.stat().st_uid, box.beside()), (NOT_CHANGED, OURS + b"\n", 0, []), f"{run.stderr}")
    check.true(b"could not be kept" in run.stderr, f"why: {run.stderr}")


def test_links_are_refused(lab):
    box = Box(lab, OURS + b"\n")
    for name, target in (("link", "SAM"), ("nowhere", "not-there")):
        link = box.folder / name
        link.symlink_to(target)
        for arguments in (("add", "bob"), ("remove", "alice")):
            said = box.expect(NOT_CHANGED, *arguments, password="b", file=link)
            check.true("it is a link" in said, f"why: {said}")
    check.equal((box.content(), box.beside()), (OURS + b"\n", ["link", "nowhere"]), "the file, and what lies there")
    os.link(box.file, box.folder / "second")
    said = box.expect(NOT_CHANGED, "add", "bob", password="b")
    check.true("hard link" in said, f"why: {said}")
    check.equal(box.content(), OURS + b"\n", "the file")
    (box.folder / "second").unlink()
    (box.folder / "folder").symlink_to(".")
    box.expect(DONE, "add", "bob", password="b", file=box.folder / "folder/SAM")
    check.equal(box.content(), OURS + b"\n" + line("bob", "b") + b"\n", "a folder may be a link")


def test_what_is_no_file_is_refused(lab):
    box = Box(lab)
    (box.folder / "d").mkdir()
    os.mkfifo(box.folder / "fifo")
    for path in ("d", "fifo", "d/", "d/.", "d/.."):
        box.expect(NOT_CHANGED, "add", "bob", password="b", file=f"{box.folder}/{path}")
    check.equal(box.beside(), ["d", "fifo"], "what lies there")
    wide = Box(lab, "a:::\n".encode("utf-16"))
    check.true("UTF-16" in wide.expect(NOT_CHANGED, "add", "bob", password="b"), "a file that no server reads")
    check.equal(wide.content(), "a:::\n".encode("utf-16"), "stays as it is")


def test_full_disk_changes_nothing(lab):
    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))

    box = Box(lab, OURS + b"\n")
    box.expect(NOT_CHANGED, "add", "bob", password="b", preexec_fn=small)
    check.equal((box.content(), box.beside()), (OURS + b"\n", []), "the file, and what lies beside it")


# --- at the same time -----------------------------------------------------------------------------

def test_many_writers_lose_nothing_and_readers_see_whole_files(lab):
    box = Box(lab, OURS + b"\n")
    seen, over = [], threading.Event()

    def read():
        while not over.is_set():
            seen.append(box.content())

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=lambda n=n: [box.add(f"u{n}-{i}", "p") for i in range(4)]) for n in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    over.set()
    reader.join()
    wanted = {OURS} | {line(f"u{n}-{i}", "p") for n in range(6) for i in range(4)}
    check.equal(set(box.content().splitlines()), wanted, "everybody is there")
    check.true(all(content.startswith(OURS + b"\n") and set(content.splitlines()) <= wanted and content.endswith(b"\n") for content in seen),
               "each reader saw whole lines")
    check.equal(box.beside(), [], "what lies beside it")


def test_lock_is_waited_for_and_a_dead_ones_is_none(lab):
    box = Box(lab, OURS + b"\n")
    lock = box.folder / ".SAM.negossp.lock"
    with open(lock, "wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        # pylint: disable-next=consider-using-with
        writer = subprocess.Popen([lab.command, "-f", str(box.file), "add", "bob"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={})
        writer.stdin.write(b"b\n")
        writer.stdin.close()
        time.sleep(0.5)
        check.equal((writer.poll(), box.content()), (None, OURS + b"\n"), "it waits")
    check.equal(writer.wait(20), DONE, "its exit code")
    check.equal(box.content(), OURS + b"\n" + line("bob", "b") + b"\n", "the file then")
    check.true(not lock.exists(), "the lock is gone")
    lock.write_bytes(b"")
    (box.folder / ".SAM.negossp.new").write_bytes(b"half")
    box.expect(DONE, "remove", "bob")
    check.equal((box.content(), box.beside()), (OURS + b"\n", []), "after a run that was killed")


def test_link_of_another_on_the_way_is_refused(lab):
    box = Box(lab, OURS + b"\n")
    link = box.folder.parent / f"{box.folder.name}-link"
    link.symlink_to(box.folder)
    for owner in (0, 65534) if os.geteuid() == 0 else (os.geteuid(),):
        os.lchown(link, owner, -1)
        done = subprocess.run([lab.command, "-f", str(link / box.file.name), "remove", "nobody-there"], capture_output=True, text=True, env={},
                              timeout=20, check=False)
        check.equal((done.returncode == NOT_CHANGED, "a link" in done.stderr), (owner == 65534,) * 2, f"owned by {owner}: {done.stderr}")
    link.unlink()


def test_nobody_else_can_hold_the_lock(lab):
    """By its folder, which everybody can open, they could."""
    box = Box(lab, OURS + b"\n")
    folder = os.open(box.folder, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    box.add("bob", "b")
    os.close(folder)
    (box.folder / ".SAM.negossp.lock").symlink_to("elsewhere")
    check.equal(box.run("add", "eve", password="e").returncode, NOT_CHANGED, "a link in the lock's place")
    check.equal(box.beside(), [".SAM.negossp.lock"], "nothing is made where it leads to")


sys.exit(run_tests(sys.modules["__main__"]))
