# SPDX-License-Identifier: Apache-2.0
"""negossp-load, in short: test_load.py NEGOSSP-LOAD"""

import pathlib
import resource
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

LOGONS, AT_ONCE = 160, 16  # ten slices, of sixteen each


def _run(program, *options, most_files=None):
    """What it returned, and side -> the figures of its last line (logons, failures, per second, p50, p95, p99, growth)."""
    def limit():
        if most_files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))

    done = subprocess.run([program, "--logons", str(LOGONS), "--at-once", str(AT_ONCE), "--seconds", "60",
                           *options],
                          preexec_fn=limit, capture_output=True, text=True, timeout=120, check=False)
    lines = done.stdout.rsplit("bytes/logon\n", 1)[-1].splitlines()
    return done.returncode, {line.split()[0]: [float(part) for part in line.split()[1:]] for line in lines}


def test_logons_at_once_do_not_fail(program):
    code, sides = _run(program)
    check.equal((code, sorted(sides)), (0, ["WinPR", "negossp"]), "both sides are told")
    for side, (logons, failures, rate, half, most, nearly_all, _) in sides.items():
        check.equal((logons, failures), (LOGONS, 0), f"logons and failures of {side}")
        check.true(rate > 0 and 0 < half <= most <= nearly_all, f"times of {side}: {half}, {most}, {nearly_all}")


def test_logons_that_fail_are_counted(program):
    code, sides = _run(program, "--password", "not-it")
    check.equal(code, 1, "what it returned")
    check.equal([sides[side][:2] for side in ("negossp", "WinPR")], [[LOGONS, LOGONS]] * 2, "logons and failures")


def test_process_that_dies_has_failed(program):
    # FreeRDP ends the process when it has no descriptor for a handle.
    code, sides = _run(program, most_files=60)
    check.equal((code, sides["negossp"][:2]), (1, [0, LOGONS]), "what it returned, logons and failures")


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], sys.argv[1]) else 0)
