# SPDX-License-Identifier: Apache-2.0
"""results.py: what makes a run fail."""

import pathlib
import sys
import tempfile

import check
import results

REQUIRED = results.Required("a 2\nb 1\nb test_CVE_2020_1_short\n")
A, B = {("a", "test_x"): "OK", ("a", "test_y"): "OK"}, {("b", "test_CVE_2020_1_short"): "OK"}


def _wrong(verdicts, strict=True, partial=False):
    return results.compare(verdicts, REQUIRED, strict, partial)


def test_everything_ran_and_passed(_):
    check.equal(_wrong({**A, **B}), [], "nothing is wrong")


def test_missing_program_fails(_):
    check.equal(_wrong(A), ["b is in required.txt, but did not run"], "b is missing")
    check.equal(_wrong(A, partial=True), [], "of a part it is not asked")
    check.equal(_wrong(A, strict=False), [], "nor where not everything must run")


def test_wrong_number_fails(_):
    fewer, more = {("a", "test_x"): "OK"}, {("a", "test_z"): "OK"}
    check.equal(_wrong({**fewer, **B}), ["a: 1 tests passed, required.txt says 2"], "one has vanished")
    check.equal(_wrong({**A, **more, **B}), ["a: 3 tests passed, required.txt says 2"], "one is not listed")
    check.equal(_wrong({**A, **more, **B}, strict=False), ["a: 3 tests passed, required.txt says 2"], "anywhere")


def test_skip_never_counts(_):
    verdicts = {**A, ("a", "test_y"): "SKIPPED", **B}
    check.equal(_wrong(verdicts), ["a test_y was skipped", "a: 1 tests passed, required.txt says 2"], "a skip")


def test_unknown_program_fails(_):
    check.equal(_wrong({**A, **B, ("c", "test_x"): "OK"}), ["c ran, but is not in required.txt"], "c is unknown")


def test_attack_is_required_by_its_name(_):
    check.equal(_wrong({**A, ("b", "test_other"): "OK"}),
                ["b test_CVE_2020_1_short is in required.txt, but did not pass"], "another in its place")
    check.equal(_wrong({**B, ("a", "test_x"): "OK", ("a", "test_CVE_2021_2_long"): "OK"}),
                ["a test_CVE_2021_2_long ran, but is not in required.txt"], "an attack that is not listed")


def test_written_list_is_what_ran(_):
    check.equal(results.Required.written({**A, **B}), "a 2\nb 1\nb test_CVE_2020_1_short\n", "the list")


def test_slow_program_is_required_of_a_run_that_has_it(_):
    required = results.Required("a 2\nc 1 slow\n")
    check.equal(results.compare(A, required, True, False), ["c is in required.txt, but did not run"], "with the slow part")
    required.leave_slow_out()
    check.equal(results.compare(A, required, True, False), [], "without")
    check.equal(results.Required.written({("c", "test_x"): "OK"}, {"c"}), "c 1 slow\n", "the list")


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
    check.equal(found.named(), {("a", "test_x"): "OK", ("a", "test_y"): "FAILED", ("a", "(Exception: SegFault)"): "FAILED", ("b", "test_z"): "SKIPPED",
                                ("c", "(printed no result)"): "FAILED"}, "a crash, a skip, and silence")


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], None) else 0)
