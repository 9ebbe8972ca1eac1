# SPDX-License-Identifier: Apache-2.0
"""Remmina through negossp-run, in a root of another release: test_remmina.py SUITE BUILT MODULE-FOLDER KEEP.

Remmina loads its RDP plugin, and FreeRDP with it, for the plugin alone. Its desktop entry names a script."""

import base64
import os
import pathlib
import re
import subprocess
import sys

from clients import Lab, assert_desktop, assert_refused, check, run_program
import roots

SUITE, BUILT, MODULE_FOLDER = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]


def _encrypted(secret, password):
    """As Remmina keeps passwords: 3DES with the key and the vector of its preferences' secret."""
    padded = password.encode() + bytes(-len(password) % 8)
    out = subprocess.run(["openssl", "enc", "-des-ede3-cbc", "-K", secret[:24].hex(), "-iv", secret[24:].hex(), "-nopad"],
                         input=padded, capture_output=True, check=True, timeout=20).stdout
    return base64.b64encode(out).decode()


def _profile(home, port, password):
    secret = os.urandom(32)
    config = home / ".config/remmina"
    config.mkdir(parents=True)
    (config / "remmina.pref").write_text(f"[remmina_pref]\nsecret={base64.b64encode(secret).decode()}\n"
                                         "periodic_news_permitted=false\nperiodic_usage_stats_permitted=false\n", encoding="ascii")
    path = home / "server.remmina"
    path.write_text("[remmina]\nprotocol=RDP\nname=server\n" f"server=127.0.0.1:{port}\nusername=alice\n"
                    f"password={_encrypted(secret, password)}\ncert_ignore=1\nresolution_mode=2\nresolution_width=1024\n"
                    "resolution_height=768\nviewmode=1\nwindow_width=1000\nwindow_height=740\ndisablepasswordstoring=0\n", encoding="ascii")
    return path


def _command(lab, *before, password=None, program="remmina"):
    return lambda port, home: (*before, program, "-c", _profile(home, port, password or lab.password))


def test_remmina_takes_four_legs_and_shows_the_desktop(lab):
    assert_desktop(lab, lab.see("right", _command(lab, lab.installed.program)))


def test_remmina_by_the_script_of_its_desktop_entry(lab):
    entries = lab.place.path / "usr/share/applications"
    command = re.search(r"^Exec=(\S+)", (entries / "org.remmina.Remmina.desktop").read_text(encoding="utf-8"), re.MULTILINE)[1]
    check.equal(command, "remmina-file-wrapper", "the entry's program")
    assert_desktop(lab, lab.see("script", _command(lab, lab.installed.program, program=command)))


def test_remmina_is_refused_with_a_wrong_password(lab):
    assert_refused(lab.see("wrong", _command(lab, lab.installed.program, password="wrong")))


def test_remmina_without_it_takes_three_legs(lab):
    seen = lab.see("stock", _command(lab))
    check.true(seen.has("exchange=complete role=acceptor framing=bare") and seen.has(" legs=3 "), f"the server's line: {seen.server_said}")


def test_remmina_that_hands_over_to_one_that_runs_says_so(lab):
    """The one that runs connects, and has no module. It ends with its screen."""
    def command(port, home):
        return ("dbus-run-session", "--", "sh", "-c", 'remmina --icon & sleep 3; "$0" remmina -c "$1"; wait', lab.installed.program,
                _profile(home, port, lab.password))
    seen = lab.see("second", command)
    check.true(seen.has("exchange=complete role=acceptor framing=bare"), f"the server's line: {seen.server_said} ({seen.client_log[-2000:]})")
    check.true(re.search(r"negossp-run: remmina: it ended without a connection: process \d+, which runs the same program without negossp, may have "
                         r"taken it over; end that and try again\n", seen.client_log), f"what it says: {seen.client_log[-2000:]}")


def test_entries_of_remmina_are_copied_and_removed(lab):
    home = lab.work / "user"
    home.mkdir()

    def entries(option):
        """How negossp-run ends in the root, and what it leaves."""
        code = lab.place.run(["env", f"HOME={home}", lab.installed.program, option, "remmina"], lab.work / "entries.log", 60)
        return code, {path.name: path.read_text(encoding="utf-8") for path in home.rglob("*.desktop")}

    code, made = entries("--desktop")
    check.equal((code, sorted(made)), (0, ["org.remmina.Remmina-file.desktop", "org.remmina.Remmina.desktop"]), "what is made")
    for name, text in made.items():
        commands = re.findall(r"^Exec=(.*)$", text, re.MULTILINE)
        check.true(len(commands) > 1 and all(command.startswith(f"{lab.installed.program} ") for command in commands), f"the commands of {name}: {commands}")
    run = subprocess.run(["desktop-file-validate", *home.rglob("*.desktop")], capture_output=True, text=True, timeout=20, check=False)
    check.equal((run.returncode, re.findall(r".*error:.*", run.stdout)), (0, []), "what desktop-file-validate says")
    check.equal(entries("--undesktop"), (0, {}), "what is left")


if __name__ == "__main__":
    def make(work, keep):
        def place(_):
            root = roots.Root(SUITE)
            root.share_desktop(work)
            return root
        return Lab(work, BUILT, MODULE_FOLDER, keep, place)

    sys.exit(run_program(make, ["openssl", "desktop-file-validate"]))
