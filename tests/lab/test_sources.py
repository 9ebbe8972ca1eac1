# SPDX-License-Identifier: Apache-2.0
"""The project built from source in each root folder, with its compiler and headers: test_sources.py FOLDER.

Warnings are errors. The tests in this tree that need no desktop run there too. Logs are left in FOLDER."""

import pathlib
import re
import sys
import types

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "support"), str(_TESTS / "e2e")]

# pylint: disable=wrong-import-position
import check
import roots
import sandbox

SOURCE = pathlib.Path("/mnt")   # in the root
BUILD = pathlib.Path("/tmp/build")


class Lab:
    """The root folders, which see the sources, read-only."""

    def __init__(self, keep):
        self._keep = keep
        keep.mkdir(parents=True, exist_ok=True)
        self._roots = {suite: roots.Root(suite) for suite in roots.SUITES}
        for root in self._roots.values():
            root.share(_TESTS.parent, SOURCE, read_only=True)
        self.folders = [root.folder for root in self._roots.values()]

    def run(self, suite, name, command, seconds):
        """What a command prints; fails with the end of it when it fails."""
        log = self._keep / f"{suite}-{name}.log"
        code = self._roots[suite].run(command, log, seconds)
        text = log.read_text(encoding="utf-8", errors="replace")
        if code != 0:
            print("\n".join(text.splitlines()[-60:]), flush=True)
        check.equal(code, 0, f"exit code of {command[0]}, whose output is {log}")
        return text


def _builds(suite, lab):
    lab.run(suite, "configure", ["cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                                 "-DNEGOSSP_WERROR=ON"], 120)
    text = lab.run(suite, "build", ["cmake", "--build", BUILD, "-j2"], 400)
    check.true("warning:" not in text, "the build is without warnings")


def _passes(suite, label, lab):
    text = lab.run(suite, label, ["ctest", "--test-dir", BUILD, "--label-regex", f"^{label}$", "--verbose",
                                  "--no-tests=error", "--timeout", "200", "-j2"], 500)
    passed = len(re.findall(r"^\d+: \[ +OK \] test_\w+", text, re.MULTILINE))
    print(f"{passed} tests passed", flush=True)
    check.true(passed > 0, "tests ran")
    check.equal(re.findall(r"\[  SKIPPED \] (\w+)", text), [], "skipped tests")


def _leaves_nothing(lab):
    for folder in lab.folders:
        check.true(not (folder / BUILD.relative_to("/")).exists(), f"nothing was built in {folder} itself")
    check.equal(roots.mounts_left(lab.folders), [], "what is mounted outside of the test")


def _tests():
    tests = {}
    for suite in roots.SUITES:
        tests[f"test_{suite}_builds_without_warnings"] = lambda lab, suite=suite: _builds(suite, lab)
        for label in ("hermetic", "freerdp"):
            tests[f"test_{suite}_passes_{label}"] = lambda lab, suite=suite, label=label: \
                _passes(suite, label, lab)
    tests["test_roots_are_left_as_they_were"] = _leaves_nothing
    return types.SimpleNamespace(**tests)


def main():
    keep = pathlib.Path(sys.argv[1]).resolve()
    reason = roots.why_not() or sandbox.why_not()
    if reason:
        check.skip_all(_tests(), reason)
        return roots.SKIPPED
    sandbox.enter()
    sandbox.loopback_up()
    return 1 if check.run_all(_tests(), Lab(keep)) else 0


sys.exit(main())
