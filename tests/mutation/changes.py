# SPDX-License-Identifier: Apache-2.0
"""What could become of one line of C: one thing of it changed, or taken out."""

import re

# What stands in a line, and what takes its place.
SWAPS = tuple((re.compile(pattern), other) for pattern, other in (
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" && ", " || "), (r" \|\| ", " && "), (r" \+ ", " - "), (r" - ", " + "), (r" \+= ", " -= "), (r" -= ", " += "),
    (r" & ", " | "), (r" \| ", " & "), (r" \|= ", " &= "), (r" &= ", " |= "), (r" << ", " >> "), (r" >> ", " << "),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"(?<=[(\s])!(?=[\w(])", "")))
NUMBER = re.compile(r"(?<![\w.\"'])(0x[0-9A-Fa-f]+|0|[1-9]\d*)([uUlL]*)\b")
SIZE = re.compile(r"sizeof\([^)]*\)")  # the same whichever element of an array it is of
STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
CALL = re.compile(r"^(\s*)(?:\(void\))?[a-z]\w*\(.*\);\s*$")
ASSIGNMENT = re.compile(r"^(\s*)[*(]*[a-z]\w*(?:(?:->|\.|\[)[\w\].>*+ -]*)?\)? [-+|&]?= [^;]*;\s*$")
STEP = re.compile(r"^(\s*)(?:[a-z][\w>.-]*(?:\+\+|--)|break|continue);\s*$")
REQUIRED = re.compile(r"^(\s*)(?:REQUIRE|WELL_FORMED)\(")
TRIED = re.compile(r"^(\s*)TRY\((.*)\);\s*$")
CONDITION = re.compile(r"^(\s*(?:else )?(?:if|while) \()(.*)(\))\s*$")
NOT_CODE = ("#", "* ", "static const ", "typedef ", "case ", "default:")


def changes(line):
    """Each line that it could become, in the order in which it is read. Strings stay as they are."""
    code = line.split("/*")[0].split("//")[0].rstrip()
    if code.lstrip().startswith(NOT_CODE):
        return
    hidden = STRING.sub(lambda text: "\0" * len(text[0]), code)
    for pattern, other in SWAPS:
        for found in pattern.finditer(hidden):
            yield code[: found.start()] + other + code[found.end():]
    for found in NUMBER.finditer(SIZE.sub(lambda text: "\0" * len(text[0]), hidden)):
        yield f"{code[: found.start()]}{int(found[1], 0) + 1}{found[2]}{code[found.end():]}"
    if found := TRIED.match(hidden):
        yield f"{found[1]}if ({code[found.start(2):found.end(2)]}) {{}}"
        yield f"{found[1]};"
    elif found := REQUIRED.match(hidden):
        # A condition that goes on in the next line is closed there.
        yield f"{code[: found.end()]}1 || {code[found.end():]}"
    elif found := CALL.match(hidden) or ASSIGNMENT.match(hidden) or STEP.match(hidden):
        yield f"{found[1]};"
    if found := CONDITION.match(hidden):
        yield f"{found[1]}!({code[found.start(2):found.end(2)]})){code[found.end(3):]}"
