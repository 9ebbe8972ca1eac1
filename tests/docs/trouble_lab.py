# SPDX-License-Identifier: Apache-2.0
"""Faults made with real programs, what the programs say of each, and the row of docs/troubleshooting.md that says the same."""

import contextlib
import dataclasses
import pathlib
import re
import shutil
import tempfile

import check
import desktop
import kdc
import logon
import page
import programs
from programs import Program, wait_until

PAGE = "docs/troubleshooting.md"
WORDS = "xfreerdp's exit code and line"   # the head of the table that explains the words
ASKED, REMEDY = "what is wrong", "what to do"
SECONDS = 30


def machine_only(row, *programs):
    """Of a row whose fault is made with programs that root folders do not have."""
    def mark(test):
        def run(lab):
            missing = [str(name) for name in programs if not shutil.which(name)]
            if missing:
                lab.elsewhere.add(row)
                raise check.Skipped(f"not installed: {' '.join(missing)}")
            test(lab)
        run.row = row
        return run
    return mark


@dataclasses.dataclass
class Said:
    """What one program printed, and how it ended; None: it ran until it was ended."""
    exit_code: int
    text: str


class Place:
    """Where programs run, as sandbox.Etc, with settings of the module's beside its registration."""

    def __init__(self, inner, etc):
        self._inner, self.etc, self.settings, self.named, self.edit = inner, pathlib.Path(etc), {}, None, None
        self.before, self.program = inner.prefix, inner.program
        self.prefix = self.before

    def register(self, module):
        self._inner.register(module and (self.named or module))
        lines = "".join(f'"{name}"=str:"{value}"\n' for name, value in self.settings.items())
        for path in self.registries() if lines else ():
            with path.open("a", encoding="ascii") as registry:
                registry.write(f"[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\SSPI\\Negossp]\n{lines}")
        if self.edit:
            self.edit()

    def registries(self):
        return sorted(self.etc.glob("**/HKLM.reg"))


class Rows:
    """The page's rows, and the words that they use."""

    def __init__(self, text):
        self.words, self.rows = {}, {}
        for heads, rows in page.tables(text):
            named = [(page.bold(row[0]), dict(zip(heads, row))) for row in rows]
            if WORDS in heads:
                self.words.update({name: cells[WORDS] for name, cells in named})
            elif heads[0] == ASKED:
                self.rows.update({name: {head: cell for head, cell in cells.items() if head not in (ASKED, REMEDY)}
                                  for name, cells in named})

    def demands(self, cell, release):
        """(kind, value) of all that a cell says of that release: an exit code, a text, or one of the plain words below."""
        found = []
        for part in filter(None, (part.strip() for part in re.split(r";(?=(?:[^`]*`[^`]*`)*[^`]*$)", cell))):
            limit = re.match(r"(from|to) (\d+)\.(\d+): ", part)
            if limit:
                part = part[limit.end():]
                known = tuple(map(int, limit.groups()[1:]))
                if not (release >= known if limit[1] == "from" else release <= known):
                    continue
            found += [("text", text) for text in page.code(part)]
            found += self._plain(" ".join(page.without_code(part).split()), release)
        return found

    def _plain(self, words, release):
        if not words:
            return []
        if words in self.words:
            return self.demands(self.words[words], release)
        if re.fullmatch(r"\d+", words):
            return [("exit", int(words))]
        check.true(words in ("no exchange", "no module", "logs on"), f"{words!r} is a word that rows have")
        return [(words, None)]


def _holds(kind, value, said):
    if kind == "exit":
        return said.exit_code == value
    if kind == "text":
        return value in said.text
    return {"no exchange": "exchange=" not in said.text,
            "no module": "Using SSPI Module" not in said.text and "exchange=" not in said.text,
            "logs on": said.exit_code is None or "exchange=complete" in said.text}[kind]


class Lab(contextlib.ExitStack):
    """`place` is a Place; `work` is seen in it under the same name, and so are the module, and negossp-register and
    `machine` in it."""

    REALM = kdc.REALM

    def __init__(self, place, work, module, accounts, elsewhere):
        super().__init__()
        self.place, self.work, self.module, self.machine, self._runs, self._realm = place, work, module, work / "machine.so", 0, None
        self._logons = logon.Lab(place, work, module, work, accounts)
        self.home, self.sam = work / "home", work / "sam"
        self.rows, self.made, self.elsewhere = Rows(page.read(PAGE)), set(), elsewhere
        said = self.run(place.program("xfreerdp"), "/version")
        self.release = tuple(map(int, re.search(r"version (\d+)\.(\d+)\.", said.text).groups()))

    @property
    def password(self):
        return self._logons.password

    def folder(self, name):
        self._runs += 1
        made = pathlib.Path(tempfile.mkdtemp(prefix=f"{self._runs}-{name}-", dir=self.work))
        made.chmod(0o755)
        return made

    def file(self, name, content, mode=0o600):
        path = self.folder("file") / name
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
        return path

    def machine_only(self, *programs):
        """For what a root folder does not have."""
        missing = [str(name) for name in programs if not shutil.which(name) and not pathlib.Path(name).exists()]
        if self.place.before or missing:
            raise check.Skipped(f"not installed: {' '.join(missing)}" if missing else "this machine's programs alone")

    def register(self, *arguments, module=True, **more):
        named = () if module is None else ("--module", self.module if module is True else module)
        return self.run(self.work / "negossp-register", *named, *arguments, **more)

    def realm(self):
        """A KDC of this machine's, the account with a ticket, and a server on localhost with its keytab and one of an older key."""
        if not self._realm:
            if kdc.missing():
                raise check.Skipped(kdc.missing())
            (self.place.etc / "hosts").write_text("127.0.0.1 localhost other.negossp.test\n", encoding="ascii")
            self._realm = self.enter_context(kdc.Kdc(self.folder("kdc")))
            self._realm.add_user(logon.USER, self.password)
            self._realm.add_service("TERMSRV/localhost", "stale-keytab")
            self._realm.new_key("TERMSRV/localhost", "keytab")
            self._realm.ticket(logon.USER, self.password)
        return self._realm

    def run(self, *command, prefix=(), **variables):
        """A program of the place, until it ends, or goes on for a second after its logon was complete."""
        with Program([*self.place.before, *prefix, *logon.BY_LINE, *command], self.folder("run") / "log",
                     programs.environment(self.home, **variables)) as program:
            wait_until(lambda: program.exit_code is not None or "exchange=complete" in program.text(), SECONDS)
            code = program.wait(1)
        return Said(code, program.text())

    @contextlib.contextmanager
    def server(self, *arguments, module=True, named=None, edit=None, settings=None, sam=None, security="nla", prefix=(), **variables):
        """The port of a shadow server, and what it has said when it is over."""
        said = Said(None, "")
        self.place.settings, self.place.named, self.place.prefix = settings or {}, named, (*self.place.before, *prefix)
        self.place.edit = edit and (lambda: edit(self))
        with self._logons.server(self.folder("server"), self.place, module,
                                 arguments=(*arguments, *((f"/sam-file:{sam}",) if sam else ())),
                                 more=variables, security=security) as (server, port):
            self.place.edit = None
            yield port, said
            wait_until(lambda: "exchange=" in server.text(), 0.3)
            server.end()
            said.exit_code, said.text = server.exit_code, server.text()

    def client(self, port, *arguments, user=logon.USER, password=None, module=True, host="127.0.0.1", **more):
        """xfreerdp, until it is gone or has logged on."""
        ours = (f"/sspi-module:{self.module}",) if module else ()
        with self.screen() as display:
            return self.run(self.place.program("xfreerdp"), f"/v:{host}:{port}", f"/u:{user}", f"/p:{password or self.password}",
                            "/cert:ignore", *ours, *arguments, DISPLAY=display, **more)

    @contextlib.contextmanager
    def screen(self):
        with desktop.Screen(self.folder("screen"), "client", programs.environment(self.home)) as screen:
            yield screen.display

    def logon(self, *arguments, server=None, **client):
        """What client and server say of one logon."""
        with self.server(**(server or {})) as (port, there):
            here = self.client(port, *arguments, **client)
        return {"`xfreerdp3`": here, "server's log": there}

    def row(self, name, said):
        """That the page says of this fault what the programs said."""
        check.true(name in self.rows.rows, f"the page has a row {name!r}")
        self.made.add(name)
        for who, cell in self.rows.rows[name].items():
            demands = self.rows.demands(cell, self.release)
            check.true(demands or not cell, f"{name}, {who}: the page says something of this release")
            for kind, value in demands:
                check.true(who in said, f"{name}: {who} said something")
                check.true(_holds(kind, value, said[who]), f"{name}: {who}: {kind} {value or ''}; it ended with "
                           f"{said[who].exit_code} and said:\n{said[who].text[-6000:]}")
