# SPDX-License-Identifier: Apache-2.0
"""A picture (SVG) of logons beside each other, drawn from the TSRequests that tshark saw."""

import html

import wire
from diagram import describe

PANEL, MARGIN, TOP, STEP = 450, 44, 92, 50
_STYLE = """\
text{font:13px sans-serif;fill:#1f2328}.title{font-weight:bold;font-size:15px}.end{font-weight:bold}
.line{stroke:#afb8c1;stroke-width:2}.arrow{stroke:#0969da;stroke-width:2;fill:none;marker-end:url(#head)}.note{fill:#57606a;font-size:12px}"""
_HEAD = ('<marker id="head" markerUnits="userSpaceOnUse" markerWidth="10" markerHeight="10" refX="9" refY="5" orient="auto">'
         '<path d="M0,0 L10,5 L0,10 z" fill="#0969da"/></marker>')


def _text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{html.escape(words)}</text>'


def _steps(messages):
    """Who sends what; a token that FreeRDP's server repeats (defect D2) is left out, and so is a second connection."""
    for index, message in enumerate(messages):
        if message.connection == messages[0].connection:
            parts = describe(messages, index).split(" + ")
            yield message.sender, " + ".join(parts[wire.repeats_final_token(messages, index):])


def _panel(x, title, note, messages, height):
    left, right = x + MARGIN, x + PANEL - MARGIN
    drawn = [_text(x + PANEL // 2, 24, title, "title", "middle"), _text(x + PANEL // 2, 44, note, "note", "middle"),
             _text(left, 68, "client", "end", "middle"), _text(right, 68, "server", "end", "middle")]
    drawn += [f'<path d="M{end},{TOP - 16} V{height - 14}" class="line"/>' for end in (left, right)]
    for number, (sender, words) in enumerate(_steps(messages)):
        y = TOP + 14 + number * STEP
        ends = (left, right - 1) if sender == "client" else (right, left + 1)
        frame, inside, token = words.partition(": ")
        drawn += [_text(x + PANEL // 2, y - 7, token or frame, anchor="middle"), f'<path d="M{ends[0]},{y} H{ends[1]}" class="arrow"/>']
        drawn += [_text(x + PANEL // 2, y + 16, f"in {frame}", "note", "middle")] if inside else []
    return drawn


def draw(panels):
    """`panels`: a title, a note and the messages of each."""
    height = TOP + 8 + max(len(list(_steps(messages))) for _, _, messages in panels) * STEP
    width = PANEL * len(panels)
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
             f"<style>{_STYLE}</style><defs>{_HEAD}</defs>", f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>']
    for number, (title, note, messages) in enumerate(panels):
        drawn += _panel(number * PANEL, title, note, messages, height)
    return "\n".join([*drawn, "</svg>", ""])


def four_beside_three(module_to_module, stock_to_stock):
    return draw((("negossp at both ends", "four legs: NTLM in SPNEGO, and a mechListMIC each way", module_to_module.messages),
                 ("FreeRDP 3 alone", "three legs: bare NTLM", stock_to_stock.messages)))
