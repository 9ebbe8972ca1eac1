# SPDX-License-Identifier: Apache-2.0
"""The root folder with the desktops' servers is made, with the network that the other tests do not have."""

import pathlib
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / part) for part in ("support", "e2e", "lab")]

# pylint: disable=wrong-import-position
import check
import hosts
import roots

PROGRAMS = ("bin/mutter", "bin/grdctl", "bin/krdpserver", "bin/kwin_wayland", "bin/pipewire")


def test_root_is_made(_):
    folder = roots.folder_of(hosts.SUITE)
    check.equal([name for name in PROGRAMS if not (folder / "usr" / name).exists()], [], "what is not there")


def main():
    reason = roots.why_not()
    if reason:
        check.skip_all(sys.modules["__main__"], reason)
        return roots.SKIPPED
    return 1 if check.run_all(sys.modules["__main__"], None) else 0


sys.exit(main())
