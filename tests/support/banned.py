# SPDX-License-Identifier: Apache-2.0
"""Whom fail2ban would ban, by the filter in packaging."""

import pathlib
import re
import subprocess

_FILTER = pathlib.Path(__file__).resolve().parents[2] / "packaging/fail2ban/filter-freerdp-negossp.conf"
# Of the lines that from_journal() makes. What fail2ban reads from the journal itself comes without a time.
_JOURNAL = r"^%Y-%m-%dT%H:%M:%S%z"


def found_in(log, *options):
    """The addresses of a file's refused logons, each as often as it was."""
    out = subprocess.run(["fail2ban-regex", *options, "--verbose", str(log), str(_FILTER)], capture_output=True, text=True, check=True,
                         timeout=60).stdout
    return re.findall(r"^\|\s{6}(\S+)\s", out, re.MULTILINE)


def found_among(lines, work):
    """The same of lines."""
    log = pathlib.Path(work, "banned.log")
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return found_in(log)


def found_in_journal(lines, work):
    """The same, had they gone to the journal: it has a line's time itself, and so has no GLib's."""
    log = pathlib.Path(work, "journal.log")
    bare = (re.sub(r"^\*\* \([^)]*\): DEBUG: [\d:.]+: ", "", line) for line in lines)
    log.write_text("".join(f"2026-01-02T03:04:05+0000 host program[77]: {line}\n" for line in bare), encoding="utf-8")
    return found_in(log, "--datepattern", _JOURNAL)
