# SPDX-License-Identifier: Apache-2.0
"""The project built from source on each release's headers: test_sources.py some|all FOLDER.

With warnings as errors, in each root folder with its own compiler. `some`: all of it, whose hermetic tests pass there,
and the module alone with what FreeRDP 4 will no longer declare hidden, on this machine too. `all`: all of it with
those declarations hidden, and the tests that need no desktop. Logs are left in FOLDER."""

import pathlib
import re
import subprocess
import sys
import types

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "support"), str(_TESTS / "e2e")]

# pylint: disable=wrong-import-position
import check
import roots
import sandbox

HERE = "here"
SOURCE = pathlib.Path("/mnt")   # in the root
BUILD = pathlib.Path("/tmp/build")
HIDDEN = "-DCMAKE_C_FLAGS=-DWITHOUT_WINPR_3x_DEPRECATED -DWITHOUT_FREERDP_3x_DEPRECATED"
MODULE = ("negossp", "negossp-register")


class Here:
    """This machine, as a root folder is seen: the sources at SOURCE's place, built in a folder that goes away."""

    def __init__(self, folder):
        self.source, self.build = _TESTS.parent, pathlib.Path(folder, "build")

    def run(self, command, log, seconds):
        with open(log, "wb") as output:
            return subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT, timeout=seconds, check=False).returncode


class Lab:
    """The places, each of which sees the sources."""

    def __init__(self, work, keep):
        self._keep = keep
        keep.mkdir(parents=True, exist_ok=True)
        self._places = {HERE: Here(work)}
        for suite in roots.SUITES:
            root = self._places[suite] = roots.Root(suite)
            root.share(_TESTS.parent, SOURCE, read_only=True)
            root.source, root.build = SOURCE, BUILD
        self.folders = [self._places[suite].folder for suite in roots.SUITES]

    def run(self, place, name, command, seconds):
        """What a command prints; fails with the end of it when it fails."""
        log = self._keep / f"{place}-{name}.log"
        code = self._places[place].run(command, log, seconds)
        text = log.read_text(encoding="utf-8", errors="replace")
        if code != 0:
            print("\n".join(text.splitlines()[-60:]), flush=True)
        check.equal(code, 0, f"exit code of {command[0]}, whose output is {log}")
        return text

    def build(self, place, name, *options, targets=()):
        """In a folder of that name, with every warning an error; none is let through as a note either."""
        source, folder = self._places[place].source, self._places[place].build / name
        self.run(place, f"{name}-configure", ["cmake", "-S", source, "-B", folder, "-G", "Ninja",
                                              "-DCMAKE_BUILD_TYPE=Debug", "-DNEGOSSP_WERROR=ON", *options], 120)
        target = ["--target", *targets] if targets else []
        text = self.run(place, f"{name}-build", ["cmake", "--build", folder, "-j2", *target], 400)
        check.true("warning:" not in text, "the build is without warnings")

    def passes(self, place, name, label, *options):
        folder = self._places[place].build / name
        text = self.run(place, f"{name}-{label}", ["ctest", "--test-dir", folder, "-C", "full", "--label-regex", f"^{label}$",
                                                   "--verbose", "--no-tests=error", "--timeout", "200", "-j2",
                                                   *options], 500)
        passed = len(re.findall(r"^\d+: \[ +OK \] test_\w+", text, re.MULTILINE))
        print(f"{passed} tests passed", flush=True)
        check.true(passed > 0, "tests ran")
        check.equal(re.findall(r"\[  SKIPPED \] (\w+)", text), [], "skipped tests")


def _leaves_nothing(lab):
    for folder in lab.folders:
        check.true(not (folder / BUILD.relative_to("/")).exists(), f"nothing was built in {folder} itself")
    check.equal(roots.mounts_left(lab.folders), [], "what is mounted outside of the test")


# Real logons need a desktop: lab_kerberos.
_DESKTOP = "kerberos_programs"


def _some():
    """Name -> what is done with the lab."""
    tests = {}
    for suite in roots.SUITES:
        tests |= {f"{suite}_builds_without_warnings": lambda lab, suite=suite: lab.build(suite, "plain"),
                  f"{suite}_passes_hermetic": lambda lab, suite=suite: lab.passes(suite, "plain", "hermetic")}
    for place in (HERE, *roots.SUITES):
        tests[f"{place}_builds_the_module_with_declarations_hidden"] = \
            lambda lab, place=place: lab.build(place, "hidden", HIDDEN, targets=MODULE)
    return tests


def _all():
    tests = {}
    for suite in roots.SUITES:
        tests[f"{suite}_builds_with_declarations_hidden"] = lambda lab, suite=suite: lab.build(suite, "hidden", HIDDEN)
        for label in ("hermetic", "freerdp") + (("kerberos",) if suite in roots.NEWER else ()):
            tests[f"{suite}_with_declarations_hidden_passes_{label}"] = \
                lambda lab, suite=suite, label=label: lab.passes(suite, "hidden", label, "--exclude-regex", _DESKTOP)
    return tests


def _lab(work):
    sandbox.loopback_up()
    return Lab(work, pathlib.Path(sys.argv[2]).resolve())


def main():
    named = {"some": _some, "all": _all}[sys.argv[1]]()
    tests = types.SimpleNamespace(**{f"test_{name.replace('-', '_')}": test for name, test in named.items()},
                                  test_roots_are_left_as_they_were=_leaves_nothing)
    return roots.run_tests(tests, _lab)


sys.exit(main())
