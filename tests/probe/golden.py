# SPDX-License-Identifier: Apache-2.0
"""What the probe says, as it is kept in golden/NAME.txt: times, names, ports, digests and random bytes are masked."""

import pathlib
import re

import check

FOLDER = pathlib.Path(__file__).with_name("golden")
_DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?"
_MASKS = (
    (r"^ *\d+ ms ", "  N ms "),
    (r":\d{4,5}$", ":PORT"),
    (_DATE, "DATE"),
    (r"\b[0-9a-f]{16,}\b", "HEX"),
    (r"(server's clock: )[+-]\d+ s", r"\1+N s"),
    # FreeRDP's servers make a certificate of their own with a random serial and the machine's name.
    (r"(CN=)[\w.-]+", r"\1NAME"),
    # Ends of lines: FreeRDP tells its own version and computer in CHALLENGE.
    (r"((?:Version|MsvAv\w+Name|TargetName): ).*", r"\1..."),
)


def mask(text):
    """Line by line."""
    lines = []
    for line in text.splitlines():
        for pattern, mark in _MASKS:
            line = re.sub(pattern, mark, line)
        lines.append(line)
    return "\n".join(lines) + "\n"


class Golden:
    """Compares, or writes where it is told to update. What was not looked at is found in the end."""

    def __init__(self, update, prefixes):
        self._update, self._prefixes, self._seen = update, prefixes, set()

    def compare(self, name, code, text):
        self._seen.add(name)
        path = FOLDER / f"{name}.txt"
        now = f"{mask(text)}exit code {code}\n"
        if self._update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(now, encoding="utf-8")
        check.true(path.exists(), f"there is a {path.name}; --update makes it")
        kept = path.read_text(encoding="utf-8")
        if kept != now:
            raise check.Failed(f"{path.name} has\n{kept}and not\n{now}(--update takes it)")

    def require_all_seen(self):
        """Every file of these beginnings is somebody's."""
        kept = {path.stem for path in FOLDER.glob("*.txt") if path.stem.startswith(self._prefixes)}
        check.equal(sorted(kept - self._seen), [], "golden texts that no test looks at")
