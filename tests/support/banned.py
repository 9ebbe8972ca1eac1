# SPDX-License-Identifier: Apache-2.0
"""Whom fail2ban would ban, by the filter in packaging."""

import pathlib
import re
import shutil
import subprocess

_PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging/fail2ban"
_FILTER, _JAIL = _PACKAGING / "filter-freerdp-negossp.conf", _PACKAGING / "jail-freerdp-negossp.conf"
# Of the lines that from_journal() makes. What fail2ban reads from the journal itself comes without a time.
_JOURNAL = r"^%Y-%m-%dT%H:%M:%S%z"


def _hits(lines, log, *options):
    """(address, hh:mm:ss) of each refused logon in a file with these lines."""
    log.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    out = subprocess.run(["fail2ban-regex", *options, "--verbose", str(log), str(_FILTER)], capture_output=True, text=True, check=True,
                         timeout=60).stdout
    return re.findall(r"^\|\s{6}(\S+)\s.*?(\d\d:\d\d:\d\d)", out, re.MULTILINE)


def found_among(lines, work):
    """The addresses of refused logons, each as often as it was."""
    return [address for address, _ in _hits(lines, pathlib.Path(work, "banned.log"))]


def times_among(lines, work):
    """When they were."""
    return [time for _, time in _hits(lines, pathlib.Path(work, "banned.log"))]


def found_in_journal(lines, work):
    """The same, had they gone to the journal: it has a line's time itself, and so has no GLib's."""
    bare = (re.sub(r"^\*\* \([^)]*\): DEBUG: [\d:.]+: ", "", line) for line in lines)
    return [address for address, _ in _hits((f"2026-01-02T03:04:05+0000 host program[77]: {line}" for line in bare),
                                            pathlib.Path(work, "journal.log"), "--datepattern", _JOURNAL)]


def configured(work, with_ours):
    """What fail2ban would do with this machine's configuration: its client's lines."""
    folder = pathlib.Path(work, "fail2ban")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree("/etc/fail2ban", folder)
    if with_ours:
        shutil.copy(_FILTER, folder / "filter.d/freerdp-negossp.conf")
        shutil.copy(_JAIL, folder / "jail.d/freerdp-negossp.conf")
    return subprocess.run(["fail2ban-client", "-c", str(folder), "-d"], capture_output=True, text=True, timeout=60,
                          check=False).stdout.splitlines()
