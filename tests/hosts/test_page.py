# SPDX-License-Identifier: Apache-2.0
"""docs/desktop-servers.md, each line as it stands: test_page.py CMAKE BUILD FOLDER. In a fresh root folder of Debian 13, in which
the build was installed, from nothing to a client that offers NEGOEX first and is logged on at gnome-remote-desktop, and
back. What was typed and printed is left in FOLDER."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / part) for part in ("support", "e2e", "lab", "docs")]

# pylint: disable=wrong-import-position
import check
import hosts
import page
import roots
import sandbox

PAGE = "docs/desktop-servers.md"
TRY = "Try it as Windows 11 does"
HEADINGS = ("A machine without a screen", TRY, "Back again")
_SESSION = pathlib.Path(__file__).with_name("page_session.sh")


def lines_below(heading):
    """What stands in blocks below a heading of the page, to be pasted."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page.read(PAGE), re.MULTILINE | re.DOTALL)[1]
    return [line for language, block in page.blocks(section) if language == "sh" for line in block.splitlines()]


class Machine:
    """The root folder after all that is on the page was typed, and what it printed: (line, exit code, output)."""

    def __init__(self, cmake, build, work, keep):
        root = roots.Root(hosts.SUITE)
        sandbox.loopback_up()
        subprocess.run([cmake, "--install", str(build)], env={**os.environ, "DESTDIR": str(root.path)}, stdout=subprocess.DEVNULL,
                       timeout=60, check=True)
        root.share(work)
        shutil.copy(_SESSION, work)
        # Where nothing is registered the client is refused, and after it all again.
        setting_up, trying, back = map(lines_below, HEADINGS)
        typed = [line for line in setting_up if "negossp-register" not in line] + trying[:1]
        typed += [*setting_up[-2:], *trying, *back[:2], *trying[:1], *back[2:]]
        (work / "lines").write_text("\n".join(typed) + "\n", encoding="utf-8")
        command = ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={root.path}/proc", *root.prefix,
                   "dbus-run-session", "--", "bash", work / _SESSION.name, work / "lines"]
        done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=240, check=False,
                              stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8"})
        text = done.stdout.decode("utf-8", "replace")
        (keep / "transcript.txt").write_text(text, encoding="utf-8")
        self.typed, self.root = typed, root.path
        self.seen = [(line, int(code), output) for line, output, code in
                     re.findall(r"^\$ ([^\n]*)\n(.*?)^exit code (\d+)$", text, re.MULTILINE | re.DOTALL)]

    def tries(self):
        return [(code, output) for line, code, output in self.seen if line.startswith("negossp-probe")]


def test_each_line_runs_as_it_stands(machine):
    check.equal([line for line, _, _ in machine.seen], machine.typed, "the lines that were run")
    refused = [line for line, code, _ in machine.seen if code != 0]
    check.equal(refused, [lines_below(TRY)[0]] * 2, "lines that failed: the client before, and after all was taken back")


def test_client_is_refused_before(machine):
    check.equal(machine.tries()[0][0], 4, "the probe's exit code")


def test_client_is_logged_on_with_the_module(machine):
    code, output = machine.tries()[1]
    check.true(code == 0 and "NegTokenInit [NEGOEX,NTLM]" in output and "user and password are right" in output, output)
    journal = [output for line, _, output in machine.seen if line.startswith("journalctl")][0]
    check.true("exchange=complete role=acceptor" in journal and "offered=NEGOEX,NTLM" in journal, journal)


def test_client_is_refused_after(machine):
    check.equal(machine.tries()[2][0], 4, "the probe's exit code")


def test_nothing_is_left(machine):
    left = [name for name in ("etc/winpr/HKLM.reg", "etc/FreeRDP/FreeRDP/HKLM.reg", "root/rdp-password", "root/rdp-key.pem")
            if (machine.root / name).exists()]
    check.equal(left, [], "what is left")


def main():
    cmake, build, keep = sys.argv[1], *(pathlib.Path(argument).resolve() for argument in sys.argv[2:4])
    keep.mkdir(parents=True, exist_ok=True)
    return roots.run_tests(sys.modules["__main__"], lambda work: Machine(cmake, build, work, keep))


sys.exit(main())
