# SPDX-License-Identifier: Apache-2.0
"""plot.py CSV SVG: what negossp-bench measured, as bars. WinPR is 1; where it has no such row, the floor is.

Lengths are logarithmic, from a thirty-second to thirty-two times.
"""

import csv
import math
import sys
from xml.sax.saxutils import escape

LEFT, RIGHT, TOP, ROW, BAR = 190, 90, 60, 46, 11
LEAST, MOST, SCALE = 1 / 32, 32, 56
SIDES = {"negossp": "#1f6fb4", "winpr": "#b0b0b0", "floor": "#6aa84f"}


def read(path):
    """row -> (unit, {side: median}), in the file's order."""
    rows = {}
    with open(path, newline="", encoding="ascii") as file:
        for line in csv.DictReader(file):
            rows.setdefault(line["row"], (line["unit"], {}))[1][line["side"]] = float(line["median"])
    return rows


def _place(ratio):
    return LEFT + SCALE * (math.log2(min(max(ratio, LEAST), MOST)) - math.log2(LEAST))


def _text(x, y, text, extra=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" {extra}>{escape(text)}</text>'


def draw(rows):
    width = int(_place(MOST)) + RIGHT
    height = TOP + ROW * len(rows) + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
           _text(10, 20, "Cost of one unit of work; shorter is better. WinPR is 1, or the floor where WinPR has no such row.")]
    for number, (side, colour) in enumerate(SIDES.items()):
        out.append(f'<rect x="{10 + 90 * number}" y="30" width="12" height="12" fill="{colour}"/>')
        out.append(_text(27 + 90 * number, 41, side))
    for power in range(int(math.log2(LEAST)), int(math.log2(MOST)) + 1):
        x = _place(2 ** power)
        out.append(f'<line x1="{x:.0f}" y1="{TOP - 4}" x2="{x:.0f}" y2="{height - 20}" '
                   f'stroke="{"#808080" if power == 0 else "#e4e4e4"}"/>')
        out.append(_text(x, height - 6, f"{2 ** power:g}" if power >= 0 else f"1/{2 ** -power}", 'text-anchor="middle"'))
    for number, (row, (unit, figures)) in enumerate(rows.items()):
        y = TOP + ROW * number
        one = figures.get("winpr") or figures.get("floor") or figures["negossp"]
        out.append(_text(10, y + 14, row, 'font-weight="bold"'))
        out.append(_text(10, y + 28, unit, 'fill="#606060"'))
        for place, side in enumerate(side for side in SIDES if side in figures):
            end = _place(figures[side] / one)
            out.append(f'<rect x="{LEFT}" y="{y + place * (BAR + 2)}" width="{end - LEFT:.0f}" height="{BAR}" '
                       f'fill="{SIDES[side]}"/>')
            out.append(_text(end + 4, y + place * (BAR + 2) + 10, f"{figures[side]:,.0f}", 'font-size="10"'))
    return "\n".join(out + ["</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "w", encoding="utf-8") as svg:
        svg.write(draw(read(sys.argv[1])))
