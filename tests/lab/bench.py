# SPDX-License-Identifier: Apache-2.0
"""What negossp costs beside another release's WinPR: bench.py SUITE [OPTION...]

By hand, as root. Builds negossp-bench in the root folder of the suite, with that release's compiler, OpenSSL and WinPR,
and runs it there with the options. For --count the machine's own valgrind is shown in the root."""

import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / "support"), str(_TESTS / "e2e")]

# pylint: disable=wrong-import-position
import roots
import sandbox

SOURCE, BUILD = "/mnt", "/tmp/build"  # in the root
VALGRIND = pathlib.Path("/usr/libexec/valgrind")


def main(suite, *options):
    sandbox.enter()
    root = roots.Root(suite)
    root.share(_TESTS.parent, SOURCE, read_only=True)
    if VALGRIND.is_dir():
        root.share(VALGRIND, read_only=True)
        for name in ("valgrind", "valgrind.bin"):
            subprocess.run(["cp", f"/usr/bin/{name}", root.path / "usr/bin"], check=True, timeout=20)
    script = (f"cmake -S {SOURCE} -B {BUILD} -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo && "
              f"cmake --build {BUILD} -j2 --target negossp-bench")
    made = subprocess.run([*root.prefix, "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=900, check=False)
    if made.returncode != 0:
        print(made.stdout)
        return 1
    return subprocess.run([*root.prefix, f"{BUILD}/tests/bench/negossp-bench", *options], timeout=1800,
                          check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
