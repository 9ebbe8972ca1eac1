# SPDX-License-Identifier: Apache-2.0
"""Runs the test_... functions of a program and reports them the way CMocka does.

Each test gets a `Bench`: a temporary folder of its own and an exit stack for what it starts, and is
bounded in time. The exit status is 0 only if tests ran and every one of them passed.
"""
import contextlib
import pathlib
import signal
import sys
import tempfile
import traceback

SECONDS_PER_TEST = 30
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


class Bench(contextlib.ExitStack):
    """What one test stands on."""

    def __init__(self):
        super().__init__()
        folder = tempfile.TemporaryDirectory(prefix="negossp-")
        self.folder = pathlib.Path(self.enter_context(folder))

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


def _alarm(_signal, _frame):
    raise TimeoutError(f"not finished after {SECONDS_PER_TEST} seconds")


def _passes(test):
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(SECONDS_PER_TEST)
    try:
        with Bench() as bench:
            test(bench)
        return True
    except Exception:  # a failed test is reported, and the next one runs
        traceback.print_exc(file=sys.stdout)
        return False
    finally:
        signal.alarm(0)


def run(namespace, missing=None, only=None):
    """Runs the tests found in `namespace`; with `missing` (a reason) skips them all."""
    tests = [f for name, f in namespace.items() if name.startswith("test_") and callable(f)]
    failed = []
    for test in tests:
        name = test.__name__
        if only and only not in name:
            continue
        if missing:
            print(f"[  SKIPPED ] {name} ({missing})", flush=True)
            continue
        print(f"[ RUN      ] {name}", flush=True)
        passed = _passes(test)
        print(f"[{'       OK' if passed else '  FAILED '} ] {name}", flush=True)
        if not passed:
            failed.append(name)
    print(f"{len(tests)} tests, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}")
    return 1 if failed else SKIPPED if missing else 0
