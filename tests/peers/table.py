# SPDX-License-Identifier: Apache-2.0
"""The table of every peer, from the rows that the tests printed (tests/interop/peers.py).

    table.py LOG...          prints it
    table.py --write LOG...  writes it to docs/peers.md
    table.py --hold LOG...   complains where docs/peers.md has other peers or verdicts; versions may differ

Each LOG is the verbose output of a ctest run; all that have peers, the slow ones too, belong together. A row that was
tried with one password only is an error."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGE = TOP / "docs/peers.md"
BEGIN, END = "<!-- made by tests/peers/table.py -->\n", "<!-- end -->\n"
HEAD = ("peer", "version", "role", "framing", "right password", "wrong password")
_ROW = re.compile(r"^\d+: peer: (.*)$", re.MULTILINE)


def rows_of(logs):
    """(name, version, role, framing, right, wrong), in order, and what is wrong with them."""
    found, complaints = {}, []
    for line in _ROW.findall("".join(logs)):
        name, version, role, framing, password, verdict = line.split(" | ")
        row = found.setdefault((name, role, framing), {"version": version})
        if row.setdefault(password, verdict) != verdict or row["version"] != version:
            complaints.append(f"two different results: {line}")
    for (name, role, framing), row in found.items():
        complaints += [f"no test with a {password} password: {name} as {role}, {framing}"
                       for password in ("right", "wrong") if password not in row]
    rows = [(name, row["version"], role, framing, row.get("right", "-"), row.get("wrong", "-"))
            for (name, role, framing), row in found.items()]
    return sorted(rows, key=lambda row: (row[0].lower(), *row[1:])), complaints


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def read_table(text):
    """The rows of the first table between the marks."""
    body = text.split(BEGIN)[1].split(END)[0]
    return [tuple(line[2:-2].split(" | ")) for line in body.splitlines()[2:]]


def with_table(text, new):
    before, rest = text.split(BEGIN)
    return before + BEGIN + new + END + rest.split(END)[1]


def differences(held, rows):
    """What is in one of the two and not in the other; versions are not looked at."""
    without = [{row[:1] + row[2:] for row in some} for some in (held, rows)]
    return sorted([f"in docs/peers.md, and not seen: {row}" for row in without[0] - without[1]]
                  + [f"seen, and not in docs/peers.md: {row}" for row in without[1] - without[0]])


def main(arguments):
    option = arguments.pop(0) if arguments[0].startswith("--") else None
    rows, complaints = rows_of(pathlib.Path(log).read_text(encoding="utf-8", errors="replace") for log in arguments)
    if option == "--hold":
        complaints += differences(read_table(PAGE.read_text(encoding="utf-8")), rows)
    print(table(HEAD, rows), *complaints, sep="\n")
    if option == "--write" and not complaints:
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table(HEAD, rows)), encoding="utf-8")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
