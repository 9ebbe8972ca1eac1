# SPDX-License-Identifier: Apache-2.0
"""Runs the test_ functions of a module and prints what CMocka would."""

import traceback


class Failed(Exception):
    """What a test found wrong."""


class Skipped(Exception):
    """Why a test cannot be made here."""


def equal(actual, expected, what):
    if actual != expected:
        raise Failed(f"{what}: {actual!r}, and not {expected!r}")


def true(condition, what):
    if not condition:
        raise Failed(f"not so: {what}")


def tests_of(module):
    """In the order in which they are written."""
    return [(name, function) for name, function in vars(module).items()
            if name.startswith("test_") and callable(function)]


def skip_all(module, reason):
    for name, _ in tests_of(module):
        print(f"[  SKIPPED ] {name} ({reason})")


def run_all(module, lab):
    """The number of tests that failed. An error of the lab's fails the test that met it."""
    failed = 0
    for name, function in tests_of(module):
        print(f"[ RUN      ] {name}", flush=True)
        try:
            function(lab)
        except Skipped as reason:
            print(f"[  SKIPPED ] {name} ({reason})", flush=True)
        except Failed as finding:
            failed += 1
            print(f"{finding}\n[  FAILED  ] {name}", flush=True)
        except Exception:  # pylint: disable=broad-exception-caught
            failed += 1
            traceback.print_exc()
            print(f"[  FAILED  ] {name}", flush=True)
        else:
            print(f"[       OK ] {name}", flush=True)
    return failed
