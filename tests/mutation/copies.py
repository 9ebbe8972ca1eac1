# SPDX-License-Identifier: Apache-2.0
"""A tree and a build of its own, in which a line can be changed."""

import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

BUILD_SECONDS, TEST_SECONDS = 900, 60


class Copy:
    """The tree as it is on the disk, committed or not, without what git ignores; built when it is first used."""

    def __init__(self, top, folder, *cmake):
        self.top, self.build = pathlib.Path(folder).resolve(), pathlib.Path(folder).resolve() / "build"
        self.cmake = cmake
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=top,
                               check=True, capture_output=True).stdout
        for name in filter(None, names.decode().split("\0")):
            if (top / name).is_file():
                (self.top / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(top / name, self.top / name)

    @functools.cached_property
    def targets(self):
        self._run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", *self.cmake])
        if self._run(["cmake", "--build", "build"])[0] != 0:
            raise RuntimeError("the tree does not build as it is")
        listed = self._run(["ninja", "-C", "build", "-t", "targets", "all"])[1]
        return set(re.findall(r"^(\w+): phony$", listed, re.MULTILINE))

    def _run(self, command, seconds=BUILD_SECONDS):
        """(exit code, what it printed); -1 when its time was over: then what it started ends as well."""
        with subprocess.Popen(command, cwd=self.top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
                              env={**os.environ, "CCACHE_BASEDIR": str(self.top), "CCACHE_NOHASHDIR": "1"}) as process:
            try:
                text = process.communicate(timeout=seconds)[0]
                return process.returncode, text
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return -1, process.communicate()[0]

    def hermetic_tests(self):
        """All but those that read the sources, to which any change is one."""
        assert self.targets
        listed = json.loads(self._run(["ctest", "--test-dir", "build", "--show-only=json-v1", "-L", "^hermetic$"])[1])
        return [test["name"] for test in listed["tests"] if not test["name"].startswith("layout")]

    def run_tests(self, tests):
        """"passed", "failed" or "timed out"; "not built" where they cannot be."""
        scripts = any(test not in self.targets for test in tests)
        if self._run(["cmake", "--build", "build", *(() if scripts else ("--target", *tests))])[0] != 0:
            return "not built"
        code, text = self._run(["ctest", "--test-dir", "build", "-R", f"^({'|'.join(tests)})$", "--timeout",
                                str(TEST_SECONDS), "--stop-on-failure", "--no-tests=error"], TEST_SECONDS * len(tests) + 60)
        return "passed" if code == 0 else "timed out" if code == -1 or "***Timeout" in text else "failed"

    def try_out(self, mutant, tests, all_others=True):
        """"survived", "failed" or "timed out" of those tests, a few first; "not built"."""
        hermetic = self.hermetic_tests()  # which builds the copy before anything is changed
        path = self.top / mutant.file
        kept = path.read_text(encoding="utf-8")
        lines = kept.split("\n")
        lines[mutant.line - 1] = mutant.after
        path.write_text("\n".join(lines), encoding="utf-8")
        # What a child that ended without gcov's leave has run is not in its data.
        others = [test for test in hermetic if test not in tests] if all_others else []
        try:
            for some in filter(None, (tests[:4], tests[4:], others)):
                outcome = self.run_tests(some)
                if outcome != "passed":
                    return outcome
            return "survived"
        finally:
            path.write_text(kept, encoding="utf-8")
