# SPDX-License-Identifier: Apache-2.0
"""The root folders with the desktops' servers are made, with the network that the other tests do not have."""

import pathlib
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / part) for part in ("support", "e2e", "lab")]

# pylint: disable=wrong-import-position
import check
import hosts
import roots

GNOME = ("bin/mutter", "bin/grdctl", "bin/pipewire")


def _is_made(suite, programs):
    folder = roots.folder_of(suite)
    check.equal([name for name in programs if not (folder / "usr" / name).exists()], [], "what is not there")


def test_root_is_made(_):
    _is_made(hosts.SUITE, (*GNOME, "bin/krdpserver", "bin/kwin_wayland"))


def test_root_of_testing_is_made(_):
    _is_made(hosts.TESTING, GNOME)


def main():
    reason = roots.why_not()
    if reason:
        check.skip_all(sys.modules["__main__"], reason)
        return roots.SKIPPED
    return 1 if check.run_all(sys.modules["__main__"], None) else 0


sys.exit(main())
