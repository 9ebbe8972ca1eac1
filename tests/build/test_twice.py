# SPDX-License-Identifier: Apache-2.0
"""Two builds are the same bytes: test_twice.py CMAKE SOURCE CC. The source lies in two folders of different names, and the
second build has another time, time zone, language, umask and order."""

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

CMAKE, SOURCE, CC = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
PARTS = ("CMakeLists.txt", "cmake", "docs", "module", "share", "winpr-glue")


def _build(folder, jobs, umask, **env):
    """{path below DESTDIR: (mode, content)} of what is installed."""
    source, build, root = folder / "source", folder / "build", folder / "root"
    source.mkdir(parents=True)
    for part in PARTS:
        (shutil.copytree if (SOURCE / part).is_dir() else shutil.copy)(SOURCE / part, source / part)
    env = {"PATH": os.environ["PATH"], "SOURCE_DATE_EPOCH": "1700000000", "DESTDIR": str(root), "CC": CC, **env}
    for command in ([CMAKE, "-S", source, "-B", build, "-DBUILD_TESTING=OFF", "-DCMAKE_INSTALL_PREFIX=/usr"],
                    [CMAKE, "--build", build, "-j", str(jobs)], [CMAKE, "--install", build]):
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=500, env=env, umask=umask)
        check.equal(run.returncode, 0, f"exit code of {command} ({run.stdout[-2000:]}{run.stderr[-2000:]})")
    return {str(path.relative_to(root)): (path.stat().st_mode, path.read_bytes()) for path in sorted(root.rglob("*")) if path.is_file()}


def test_two_builds_are_the_same_bytes(work):
    one = _build(pathlib.Path(work, "a"), 2, 0o022, TZ="UTC", LC_ALL="C")
    two = _build(pathlib.Path(work, "another-with-a-longer-name/b"), 1, 0o027, TZ="Asia/Kathmandu", LC_ALL="C.UTF-8", HOME="/nonexistent")
    check.equal(sorted(one), sorted(two), "what is installed")
    check.true(any(path.endswith("negossp.so") for path in one) and len(one) > 6, f"all of it is there: {sorted(one)}")
    check.equal([path for path in one if one[path] != two[path]], [], "what differs")
    for path, (_, content) in one.items():
        check.true(str(work).encode() not in content, f"{path} names the folder that it was built in")


with tempfile.TemporaryDirectory(prefix="negossp-twice-") as parent:
    FAILED = check.run_all(sys.modules["__main__"], parent)
sys.exit(1 if FAILED else 0)
