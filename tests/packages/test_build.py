# SPDX-License-Identifier: Apache-2.0
"""packaging/build.sh: test_build.py SOURCE FOLDER. What it makes is left in FOLDER, for test_deb.py and test_rpm.py."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

SKIPPED = 77
SOURCE, FOLDER = map(pathlib.Path, sys.argv[1:3])
NOBODY = 65534
EPOCH = "1700000000"
PROGRAMS = ("dh", "dpkg-buildpackage", "lintian", "rpmbuild", "rpmlint", "unshare")


class Lab:
    """The source in two folders that are an ordinary user's."""

    def __init__(self, work):
        self.work = pathlib.Path(work)
        self.made = {}

    def run(self, command, cwd, **more):
        """As an ordinary user, and without a network."""
        offline = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-current-user", "--net"]
        inside = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
        env = {"PATH": os.environ["PATH"], "HOME": str(self.work / "home"), "SOURCE_DATE_EPOCH": EPOCH, "DEB_BUILD_OPTIONS": "nocheck",
               **more}
        return subprocess.run([*offline, *inside, *map(str, command)], cwd=cwd, capture_output=True, text=True, errors="replace",
                              check=False, timeout=400, env=env)

    def source(self, name):
        folder = self.work / name
        if not folder.exists():
            folder.mkdir(parents=True)
            subprocess.run([SOURCE / "packaging/build.sh", "source", self.work], check=True, timeout=60,
                           env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}, stdout=subprocess.DEVNULL)
            subprocess.run(["tar", "-C", folder, "--strip-components=1", "-xf", next(self.work.glob("*.tar.gz"))], check=True, timeout=60)
            (self.work / "home").mkdir(exist_ok=True)
            if os.geteuid() == 0:
                subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.work], check=True, timeout=60)
        return folder

    def build(self, kind, name, **env):
        source, out = self.source(name), self.work / f"{kind}-{len(self.made)}"
        run = self.run(["bash", "packaging/build.sh", kind, out], source, **env)
        check.equal(run.returncode, 0, f"exit code of build.sh {kind} ({run.stdout[-1500:]}{run.stderr[-3000:]})")
        self.made.setdefault(kind, out)
        return {path.name: path.read_bytes() for path in out.iterdir() if path.suffix in (".deb", ".rpm", ".gz")}


def _twice(lab, kind):
    one = lab.build(kind, "a", TZ="UTC")
    two = lab.build(kind, "with/a-longer-name", TZ="Asia/Kathmandu", LC_ALL="C.UTF-8", DEB_BUILD_OPTIONS="nocheck parallel=1")
    check.equal(sorted(one), sorted(two), f"what build.sh {kind} makes")
    check.true(one, "something is made")
    check.equal([name for name in one if one[name] != two[name]], [], "what differs")
    return one


def test_source_archive_is_the_same_bytes_and_holds_the_source(lab):
    made = _twice(lab, "source")
    check.equal(len(made), 1, f"one archive: {sorted(made)}")
    name = next(iter(made))
    listed = subprocess.run(["tar", "-tzf", lab.made["source"] / name], capture_output=True, text=True, check=True, timeout=60).stdout.split("\n")
    top = name.removesuffix(".tar.gz")
    for path in ("README.md", "module/context.c", "packaging/debian/rules", "tests/required.txt"):
        check.true(f"{top}/{path}" in listed, f"{path} is in it")
    check.equal([path for path in listed if path.startswith(f"{top}/build") or "__pycache__" in path or "/.git/" in path], [], "what has no place there")


def test_deb_is_the_same_bytes(lab):
    check.true(any(name.startswith("negossp_") for name in _twice(lab, "deb")), "the package")


def test_lintian_has_nothing_to_say(lab):
    lab.source("a")
    run = lab.run(["lintian", "--fail-on", "error,warning", *lab.made["deb"].glob("*.changes")], lab.work)
    check.equal((run.returncode, [line for line in run.stdout.splitlines() if line[:2] in ("E:", "W:")]), (0, []), "lintian's findings")


def test_rpm_is_the_same_bytes(lab):
    check.true(any(name.startswith("negossp-") for name in _twice(lab, "rpm")), "the package")


def test_rpmlint_has_nothing_to_say(lab):
    source = lab.source("a")
    run = lab.run(["rpmlint", "-r", source / "packaging/negossp.rpmlintrc", *lab.made["rpm"].glob("*.rpm"), source / "packaging/negossp.spec"],
                  lab.work)
    said = [line for line in run.stdout.splitlines() if ": E: " in line or ": W: " in line]
    # Of one that filters what this release of rpmlint does not say.
    check.equal([line for line in said if "unused-rpmlintrc-filter" not in line], [], f"rpmlint's findings ({run.stderr})")


def main():
    tests = sys.modules["__main__"]
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        check.skip_all(tests, f"not installed: {' '.join(missing)}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="negossp-packages-") as work:
        pathlib.Path(work).chmod(0o755)
        lab = Lab(work)
        failed = check.run_all(tests, lab)
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        for folder in lab.made.values():
            for path in folder.iterdir():
                shutil.copy(path, FOLDER)
        return 1 if failed else 0


sys.exit(main())
