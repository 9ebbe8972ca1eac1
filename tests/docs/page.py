# SPDX-License-Identifier: Apache-2.0
"""A page of Markdown, as far as the tests read one."""

import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
_CODE = re.compile(r"`([^`]+)`")


def read(name):
    return (TOP / name).read_text(encoding="utf-8")


def tables(text):
    """Each table as (its heads, its rows); cells are Markdown without blanks around."""
    found, block = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            block.append([cell.strip() for cell in line.strip("|").split("|")])
        elif block:
            found.append((block[0], block[2:]))
            block = []
    return found


def bold(cell):
    """What a cell has in bold; None: nothing."""
    match = re.fullmatch(r"\*\*(.+)\*\*", cell)
    return match and match[1]


def code(cell):
    return _CODE.findall(cell)


def without_code(cell):
    return _CODE.sub(" ", cell)
