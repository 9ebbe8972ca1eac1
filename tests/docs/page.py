# SPDX-License-Identifier: Apache-2.0
"""Pages of Markdown, as far as the tests read them."""

import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
_CODE = re.compile(r"`([^`]+)`")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")


def read(name):
    return (TOP / name).read_text(encoding="utf-8")


def pages():
    """Those for users, packagers and developers, below the project's top."""
    return ["README.md", "CONTRIBUTING.md", "SECURITY.md", ".github/ISSUE_TEMPLATE/bug.md", "patches/README.md",
            *sorted(f"docs/{path.name}" for path in (TOP / "docs").glob("*.md"))]


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


def code(text):
    """What stands in backquotes."""
    return _CODE.findall(_FENCED.sub("", text))


def without_code(cell):
    return _CODE.sub(" ", cell)


def blocks(text):
    """(language, content) of what is fenced."""
    return _FENCED.findall(text)


def indented(text):
    """Lines that are code for being indented behind an empty line, where no list goes on."""
    found, before = [], ""
    lines = _FENCED.sub("", text).splitlines()
    for index, line in enumerate(lines):
        if re.match(r" {4}\S", line) and index and not lines[index - 1].strip() and not re.match(r"\s*([-*]|\d+\.) |   ", before):
            found.append(line)
        before = line if line.strip() else before
    return found


def links(text):
    return [one or other for one, other in _LINK.findall(_FENCED.sub("", text))]


def anchors(text):
    """Of its headings, as forges make them."""
    titles = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
