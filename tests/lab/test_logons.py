# SPDX-License-Identifier: Apache-2.0
"""One built module in every FreeRDP: test_logons.py some|all MODULE FOLDER.

Real logons between this machine's programs ("here") and those of the root folders: some pairs of client and
server, with stock ones and with hashes too; or all pairs. Wire and screens are watched from outside. Logs and
captures are left in FOLDER."""

import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile
import types

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / part) for part in ("support", "e2e", "interop")]

# pylint: disable=wrong-import-position
import cases
import check
import logon
import logon_tests
import peers
import roots
import sandbox

HERE = "here"
PLACES = (HERE, *roots.SUITES)
# Each release with itself, and old and new ones in either role.
PAIRS = {"some": [*((place, place) for place in PLACES),
                  (HERE, "trixie-backports"), ("trixie-backports", "trixie"), ("forky", HERE)],
         "all": [(client, server) for client in PLACES for server in PLACES]}


class Lab:
    """This machine and the root folders, with one copy of the module that all of them see."""

    def __init__(self, work, module, keep):
        self.module = roots.copy_of(module, work)
        self.checksum = hashlib.sha256(module.read_bytes()).hexdigest()
        self.places = {HERE: sandbox.Etc(work)}
        for suite in roots.SUITES:
            self.places[suite] = roots.Root(suite)
            self.places[suite].share_desktop(work)
        self._logons = logon.Lab(self.places[HERE], work, self.module, keep)
        self.seen = {}

    def ask(self, place, *command):
        """What a program prints there."""
        done = subprocess.run([*self.places[place].prefix, *command], capture_output=True, text=True, timeout=60,
                              check=False)
        return done.stdout + done.stderr

    def version(self, place):
        """Of the client there; Debian builds both from one source."""
        found = re.search(r"version (\d+\.\d+\.\d+)", self.ask(place, self.places[place].program("xfreerdp"), "--version"))
        return tuple(map(int, found[1].split("."))) if found else None

    def run(self, client, server, client_module=True, server_module=True, by_hash=False, right=True):
        kinds = ["module" if module else "stock" for module in (client_module, server_module)]
        name = f"{client}-{kinds[0]}-{server}-{kinds[1]}" + ("-hash" if by_hash else "") + ("" if right else "-wrong")
        self.seen[name] = seen = self._logons.run(logon.Logon(
            name, name, client_module, server_module, by_hash=by_hash, password_is_right=right,
            client_place=self.places[client], server_place=self.places[server]))
        return seen

    def table(self):
        """Who logged on at whom, with the module on both ends."""
        versions = {place: ".".join(map(str, self.version(place) or "?")) for place in PLACES}
        yield "client \\ server".ljust(16) + "".join(versions[place].ljust(24) for place in PLACES)
        for client in PLACES:
            yield versions[client].ljust(16) + "".join(self._cell(client, server).ljust(24) for server in PLACES)

    def _cell(self, client, server):
        seen = self.seen.get(f"{client}-module-{server}-module")
        if seen is None:
            return "-"
        legs = "four legs" if logon_tests.flow(seen.messages) == cases.FOUR_LEGS else "another exchange"
        return f"{legs}, {seen.share:.0%} shown"


def _assert_logon(seen, expected):
    check.equal(logon_tests.flow(seen.messages), expected, "the exchange")
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    check.true(seen.share > 0.5, f"most of the client's pixels are the server's colour ({seen.share:.3f})")
    for side, has_module in (("client", seen.logon.client_module), ("server", seen.logon.server_module)):
        check.equal(len(seen.said(side)), 1 if has_module else 0, f"summary lines of the module in the {side}'s log")


def _stock(lab, place, role, right):
    """A stock program with one of ours, in the same place."""
    seen = lab.run(place, place, client_module=role != "client", server_module=role != "server", right=right)
    framing = peers.BARE if role == "client" else peers.SPNEGO
    peer = (f"FreeRDP 3 of {'this machine' if place == HERE else place}", ".".join(map(str, lab.version(place))), role, framing)
    if right:
        _assert_logon(seen, cases.THREE_LEGS if role == "client" else cases.FOUR_LEGS)
        peers.right(*peer)
        return
    check.true(seen.client_exit not in (None, 0), f"the client was refused ({seen.client_exit})")
    check.true(not any(message.auth_info for message in seen.messages), "no credentials were sent")
    lines = seen.said("server" if role == "client" else "client")
    check.true(len(lines) == 1 and "exchange=complete" not in lines[0], f"the module's line says that it failed: {lines}")
    peers.wrong(*peer)


def _newer_suites_have_newer_releases(lab):
    versions = {place: lab.version(place) for place in PLACES}
    print(f"FreeRDP: {versions}", flush=True)
    check.equal([place for place, version in versions.items() if version is None], [], "places without FreeRDP")
    check.equal([suite for suite in roots.NEWER if versions[suite] <= versions[roots.OLDEST]], [],
                f"suites that are no newer than {roots.OLDEST}")


def _module_is_one_file(lab):
    for place in PLACES:
        check.equal(lab.ask(place, "sha256sum", str(lab.module)).split()[:1], [lab.checksum], f"SHA-256 in {place}")


def _roots_are_as_they_were(lab):
    folders = [lab.places[suite].folder for suite in roots.SUITES]
    for folder in folders:
        for name in ("winpr", "FreeRDP"):
            check.true(not (folder / "etc" / name).exists(), f"no /etc/{name} in {folder}")
    check.equal(roots.mounts_left(folders), [], "what is mounted outside of the test")


def _tests_of_pairs(pairs):
    return {f"test_client_{_word(client)}_server_{_word(server)}":
            lambda lab, ends=(client, server): _assert_logon(lab.run(*ends), cases.FOUR_LEGS)
            for client, server in pairs}


def _tests_of(place):
    word, tests = _word(place), {
        f"stock_{role}{'' if right else '_wrong_password'}":
            lambda lab, role=role, right=right: _stock(lab, place, role, right)
        for role in ("client", "server") for right in (True, False)}
    # The clients of FreeRDP before 3.27 read beyond a hash's end (defect D14).
    if place in roots.NEWER:
        tests |= {
            "hash_in_place_of_the_password":
                lambda lab: _assert_logon(lab.run(place, place, by_hash=True), cases.FOUR_LEGS),
            "hash_in_place_of_the_password_stock_client":
                lambda lab: _assert_logon(lab.run(place, place, client_module=False, by_hash=True), cases.THREE_LEGS)}
    return {f"test_{name}_{word}": test for name, test in tests.items()}


def _word(place):
    return place.replace("-", "_")


def _tests(which):
    tests = {"test_newer_suites_have_newer_releases": _newer_suites_have_newer_releases,
             "test_module_is_the_same_file_in_each": _module_is_one_file, **_tests_of_pairs(PAIRS[which])}
    for place in PLACES if which == "some" else ():
        tests |= _tests_of(place)
    return types.SimpleNamespace(**tests, test_roots_are_as_they_were=_roots_are_as_they_were)


def main():
    which, module, keep = sys.argv[1], *(pathlib.Path(argument).resolve() for argument in sys.argv[2:4])
    tests = _tests(which)
    reason = roots.why_not() or sandbox.why_not()
    if reason:
        check.skip_all(tests, reason)
        return roots.SKIPPED
    sandbox.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-lab-") as work:
        lab = Lab(work, module, keep)
        failed = check.run_all(tests, lab)
        print("\n".join(lab.table()))
        return 1 if failed else 0


sys.exit(main())
