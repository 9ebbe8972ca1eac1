# SPDX-License-Identifier: Apache-2.0
"""The pages' commands, as they stand, in a fresh root folder of Debian 13: test_commands.py - - FOLDER.

Somebody sits at two terminals, one for servers and one for all the rest, and types the blocks that are marked `sh` in the
order of STEPS. What is typed and said is left in FOLDER. A block that is neither there nor in NOT_RUN fails."""

import pathlib
import re
import secrets
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / folder) for folder in ("support", "e2e", "lab")]

# pylint: disable=wrong-import-position
import check
import desktop
import page
import programs
import roots
import sandbox
from terminal import Terminal

SOURCE = "/srv/negossp"   # in the root
SECONDS = 300
# What the two terminals are for: servers go on, clients are left when they have logged on.
SERVER, CLIENT = re.compile(r"(\w+=\S+ )*freerdp-shadow-cli"), re.compile(r"xfreerdp")

# (page, first line of the block). The same root all the time: a server that was started goes on until the next one.
STEPS = (
    ("docs/install.md", "sudo apt-get install gcc libc6-dev"),
    ("docs/install.md", "sudo negossp-register register"),
    ("docs/registration.md", "sudo negossp-register register"),
    ("docs/shadow-server.md", "sudo apt-get install freerdp3-shadow-x11"),
    ("docs/shadow-server.md", "freerdp-shadow-cli3"),
    ("docs/shadow-server.md", "xfreerdp3"),
    ("docs/shadow-server.md", "negossp-register status"),
    ("README.md", "sudo negossp-register register"),
    ("docs/clients.md", "xfreerdp3"),
    ("docs/clients.md", "printf"),
    ("docs/troubleshooting.md", "WLOG_LEVEL=OFF"),
    ("docs/clients.md", "negossp-probe"),
    ("docs/packaging.md", "packaging/build.sh source"),
    ("docs/shadow-server.md", "sudo negossp-register unregister"),
    ("docs/install.md", "sudo negossp-register unregister"),
)
NOT_RUN = {
    ("README.md", "./tests/demo.sh"): "installs packages from the network; e2e_logons and CI do what these two do",
    ("CONTRIBUTING.md", "cmake --preset dev"): "is the inner loop itself",
    ("docs/install.md", "sudo apt-get install build-essential"): "debhelper is not in the root and there is no network; packages_deb_trixie does it",
    ("docs/install.md", "sudo apt-get remove negossp"): "as above",
    ("docs/clients.md", "negossp-run remmina"): "remmina is not in the root; run_remmina has one with it",
    ("docs/clients.md", "negossp-run --undesktop remmina"): "as above",
    ("docs/performance.md", "cmake --preset release"): "takes minutes; bench_budget runs the same program",
}
# Of these other tests type the commands.
OTHERS = ("docs/desktop-servers.md",)


class Lab:
    def __init__(self, work, keep):
        self.root, self.blocks = roots.Root(roots.OLDEST), {}
        self.password, self.transcript = "right-" + secrets.token_hex(6), keep / "commands.txt"
        self.root.share_desktop(work)
        sandbox.loopback_up()
        self._fill()
        self.before = self.files()
        for name in page.pages():
            if name not in OTHERS:
                for language, block in page.blocks(page.read(name)):
                    if language == "sh":
                        self.blocks.setdefault(name, []).append(block.splitlines())

    def _fill(self):
        """The source, a name for the server, and sudo, which the root has no need of."""
        names = subprocess.run(["git", "-C", page.TOP, "ls-files", "-z"], capture_output=True, text=True, check=True, timeout=60).stdout
        for name in names.split("\0")[:-1]:
            copy = self.root.path / SOURCE[1:] / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page.TOP / name, copy, follow_symlinks=False)
        (self.root.path / "etc/hosts").write_text("127.0.0.1 localhost server.example\n", encoding="ascii")
        sudo = self.root.path / "usr/local/bin/sudo"
        sudo.write_text('#!/bin/sh\nexec "$@"\n', encoding="ascii")
        sudo.chmod(0o755)

    def files(self):
        """Below the folders in which something is installed or written for servers."""
        return {str(path.relative_to(self.root.path)) for folder in ("etc", "usr") for path in (self.root.path / folder).rglob("*")
                if not path.is_dir() or path.is_symlink()}

    def find(self, name, first):
        found = [block for block in self.blocks.get(name, ()) if block[0].startswith(first)]
        check.equal(len(found), 1, f"blocks of {name} that begin with {first!r}")
        return found[0]

    def said(self, program, *arguments):
        log = self.transcript.with_name("help.txt")
        self.root.run([self.root.program(program), *arguments], log, 20)
        return log.read_text(encoding="utf-8")

    def terminal(self, display):
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb",
               "DISPLAY": display}
        return Terminal(self.root.prefix, env, SOURCE, ((r"[Pp]assword[^\n]*: *$", self.password), (r"Once more: *$", self.password),
                                                         (r"Domain: *$", ""), (r"\(Y/T/N\) *$", "Y")))


def _logged_on(client, server):
    """Whether the server, and the client where it has the module, say so."""
    def over():
        client.look()
        server.look()
        return "exchange=" in server.said or client.finish(0) is not None
    programs.wait_until(over, 60)
    client.look()
    client.interrupt()
    return "exchange=complete" in server.said


def _type(line, client, server):
    """What is wrong with the line, or None."""
    if SERVER.match(line):
        server.interrupt()
        server.start(line)
        # It says nothing where its log is turned off.
        if not programs.wait_until(lambda: server.look() or _listens(), 30) or server.finish(0) is not None:
            return f"the server does not listen:\n{server.said[-2000:]}"
        return None
    if CLIENT.match(line):
        server.start_anew()
        client.start(line)
        return None if _logged_on(client, server) else f"nobody logged on:\n{client.said[-3000:]}\n--- the server:\n{server.said[-2000:]}"
    client.start(line)
    code = client.finish(SECONDS)
    return None if code == 0 else f"it ended with {code}:\n{client.said[-3000:]}"


def _listens():
    return any(fields[1].endswith(":0D3D") and fields[3] == "0A" for name in ("tcp", "tcp6")
               for fields in map(str.split, pathlib.Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]))


def test_every_command_runs_as_it_stands(lab):
    env = programs.environment("/root")
    wrong = []
    work = lab.transcript.parent
    with desktop.Screen(work, "server", env) as theirs, desktop.Screen(work, "client", env) as ours, \
            lab.terminal(theirs.display) as server, lab.terminal(ours.display) as client:
        try:
            for name, first in STEPS:
                for line in lab.find(name, first):
                    print(f"{name}: {line}", flush=True)
                    problem = _type(line, client, server)
                    wrong += [f"{name}: {line}: {problem}"] if problem else []
        finally:
            lab.transcript.write_text(client.text + "\n\n--- the servers' terminal\n" + server.text, encoding="utf-8")
    check.equal(wrong, [], "lines that did not do what they are for")


def test_options_of_freerdp_exist(lab):
    """That pages name in a line; those in blocks were typed, and the patches have some of their own."""
    known = "".join(lab.said(name, option) for name, option in (("xfreerdp", "/help"), ("freerdp-shadow-cli", "/help")))
    named = {(name, option) for name in page.pages() if name != "patches/README.md" for text in page.code(page.read(name))
             for option in re.findall(r"(?:^| )/([a-z][a-z-]+)(?=[: ]|$)", text) if not pathlib.Path("/", option).exists()}
    check.true(len(named) > 10, f"options are found: {named}")
    missing = [(name, option) for name, option in named if not re.search(rf"[/+-]{option}\b", known)]
    check.equal(sorted(missing), [], "options that FreeRDP does not have")


def test_nothing_is_left_behind(lab):
    left = {name for name in lab.files() - lab.before if "negossp" in name or name.endswith((".reg", "credssp.json"))}
    check.equal(left, set(), "files that are there after the last page")


def test_every_block_is_run_or_left_out_for_a_reason(lab):
    known = {**dict.fromkeys(STEPS), **NOT_RUN}
    named = [(name, block[0]) for name, first in known for block in [lab.find(name, first)]]
    blocks = [(name, block[0]) for name, some in lab.blocks.items() for block in some]
    check.equal(sorted(set(blocks) - set(named)), [], "blocks that nobody runs")


sys.exit(roots.run_program(lambda work, _command, _module, keep: Lab(work, keep)))
