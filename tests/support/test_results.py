# SPDX-License-Identifier: Apache-2.0
"""results.py: what makes a run fail."""

import pathlib
import sys
import tempfile

import check
import results

REQUIRED = results.Required("a 2 run\nb 1 run\nb test_CVE_2020_1_short\n")
A, B = {("a", "test_x"): "OK", ("a", "test_y"): "OK"}, {("b", "test_CVE_2020_1_short"): "OK"}
HERMETIC = ("release", "asan-ubsan", "tsan", "clang")


def _in(run, verdicts):
    return {(run, *key): verdict for key, verdict in verdicts.items()}


def _wrong(verdicts, strict=True, made=("run",), required=REQUIRED, wanted=()):
    return results.compare(verdicts if len(made) > 1 else _in(made[0], verdicts), required, strict, set(made), set(wanted))


def test_everything_ran_and_passed(_):
    check.equal(_wrong({**A, **B}), [], "nothing is wrong")


def test_missing_program_fails(_):
    check.equal(_wrong(A), ["b is in required.txt, but did not run [run]"], "b is missing")
    check.equal(_wrong(A, strict=False), [], "where not everything must run")


def test_missing_run_fails(_):
    check.equal(_wrong({**A, **B}, wanted=("run", "slow")), ["the run slow is in required.txt, but was not made"], "all runs are wanted")
    check.equal(_wrong({**A, **B}, wanted=("run", "slow"), strict=False), [], "where not everything must run")


def test_wrong_number_fails(_):
    fewer, more = {("a", "test_x"): "OK"}, {("a", "test_z"): "OK"}
    check.equal(_wrong({**fewer, **B}), ["a: 1 tests passed, required.txt says 2 [run]"], "one has vanished")
    check.equal(_wrong({**A, **more, **B}), ["a: 3 tests passed, required.txt says 2 [run]"], "one is not listed")
    check.equal(_wrong({**A, **more, **B}, strict=False), ["a: 3 tests passed, required.txt says 2 [run]"], "anywhere")


def test_each_hermetic_run_has_each_hermetic_program(_):
    required = results.Required("a 2\nc 2 asan-ubsan release\nc 1 tsan\n")
    c = {("c", "test_x"): "OK", ("c", "test_y"): "OK"}
    full = {**_in("release", {**A, **c}), **_in("asan-ubsan", {**A, **c}), **_in("tsan", {**A, ("c", "test_x"): "OK"}), **_in("clang", A)}
    check.equal(_wrong(full, made=HERMETIC, required=required), [], "all that is listed")

    def without(run, *names):
        return _wrong({key: verdict for key, verdict in full.items() if key[0] != run or key[1:] not in names}, made=HERMETIC, required=required)

    check.equal(without("tsan", *A), ["a is in required.txt, but did not run [tsan]"], "a program that one run lost")
    check.equal(without("clang", *A), ["a is in required.txt, but did not run [clang]"], "and all that it has")
    check.equal(without("asan-ubsan", ("a", "test_y")), ["a: 1 tests passed, required.txt says 2 [asan-ubsan]"], "a test that one run lost")
    check.equal(without("tsan", ("c", "test_x")), ["c is in required.txt, but did not run [tsan]"], "one that has fewer there")
    check.equal(_wrong({**full, **_in("tsan", c)}, made=HERMETIC, required=required), ["c: 2 tests passed, required.txt says 1 [tsan]"], "or more")
    check.equal(_wrong({**full, **_in("clang", c)}, made=HERMETIC, required=required), ["c ran, but is not in required.txt [clang]"], "or was not there")


def test_run_that_is_not_named_has_the_greatest_number(_):
    required = results.Required("a 2\na 1 other\nb 1 other\n")
    check.equal(_wrong(A, made=("arm64",), required=required), ["b is in required.txt, but did not run [arm64]"], "all programs")
    check.equal(_wrong({**B, ("a", "test_x"): "OK"}, made=("arm64",), required=required),
                ["a: 1 tests passed, required.txt says 2 [arm64]", "b test_CVE_2020_1_short ran, but is not in required.txt [arm64]"], "all tests")


def test_skip_never_counts(_):
    verdicts = {**A, ("a", "test_y"): "SKIPPED", **B}
    check.equal(_wrong(verdicts), ["a test_y was skipped [run]", "a: 1 tests passed, required.txt says 2 [run]"], "a skip")


def test_unknown_program_fails(_):
    check.equal(_wrong({**A, **B, ("c", "test_x"): "OK"}), ["c ran, but is not in required.txt [run]"], "c is unknown")


def test_attack_is_required_by_its_name(_):
    check.equal(_wrong({**A, ("b", "test_other"): "OK"}),
                ["b test_CVE_2020_1_short is in required.txt, but did not pass [run]"], "another in its place")
    check.equal(_wrong({**B, ("a", "test_x"): "OK", ("a", "test_CVE_2021_2_long"): "OK"}),
                ["a test_CVE_2021_2_long ran, but is not in required.txt [run]"], "an attack that is not listed")


def test_written_list_is_what_ran(_):
    verdicts = {key: verdict for run in HERMETIC for key, verdict in _in(run, {**A, **B}).items()}
    del verdicts["tsan", "a", "test_y"]
    required = results.Required("a 5\nb 1\nb test_CVE_2019_1_gone\nc 7 slow\nd 2 clang\n")
    required.update(verdicts)
    written = "a 1 tsan\na 2 asan-ubsan clang release\nb 1\nb test_CVE_2020_1_short\nc 7 slow\n"
    check.equal(required.written(), written, "the list, with what only a run has that was not made")
    check.equal(results.Required(written).written(), written, "it is read as it is written")
    check.equal(_wrong(verdicts, made=HERMETIC, required=results.Required(written)), [], "and says what ran")


def test_log_is_read_as_ctest_writes_it(_):
    log = ("test 1\n    Start 1: a\n1: [ RUN      ] test_x\n1: [       OK ] test_x\n1: [ RUN      ] test_y\n"
           "1/3 Test #1: a ...***Exception: SegFault  0.10 sec\n"
           "    Start 2: b\n2: [ RUN      ] test_z\n2: [  SKIPPED ] test_z (no network)\n2/3 Test #2: b ....   Passed    0.10 sec\n"
           "    Start 3: c\n3/3 Test #3: c ....   Passed    0.10 sec\n")
    found = results.Results()
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        file.write(log)
        file.flush()
        found.read("run", pathlib.Path(file.name))
    check.equal(found.of, _in("run", {("a", "test_x"): "OK", ("a", "test_y"): "FAILED", ("a", "(Exception: SegFault)"): "FAILED",
                                      ("b", "test_z"): "SKIPPED", ("c", "(printed no result)"): "FAILED"}), "a crash, a skip, and silence")


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], None) else 0)
