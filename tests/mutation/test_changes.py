# SPDX-License-Identifier: Apache-2.0
"""What mutate.py makes of lines of C, and what it takes for known."""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from changes import changes
from mutate import Mutant, known_equivalents, mutants, shuffled, survivors_of


def _becomes(line, *expected):
    check.equal(list(changes(line)), list(expected), f"what becomes of {line!r}")


def test_operators_and_constants(_):
    _becomes("\treturn a == b && !c;", "\treturn a != b && !c;", "\treturn a == b || !c;", "\treturn a == b && c;")
    _becomes("\treturn (x & 0x0Fu) << 4;", "\treturn (x | 0x0Fu) << 4;", "\treturn (x & 0x0Fu) >> 4;",
             "\treturn (x & 16u) << 4;", "\treturn (x & 0x0Fu) << 5;")
    _becomes("\tconst bool on = true;", "\tconst bool on = false;")
    _becomes("\treturn i <= len;", "\treturn i < len;")


def test_conditions(_):
    _becomes("\tif (found)", "\tif (!(found))")
    _becomes("\telse if (a->b)", "\telse if (!(a->b))")
    _becomes("\twhile (next(&reader))", "\twhile (!(next(&reader)))")


def test_calls_and_statements_are_taken_out(_):
    _becomes("\tkey_wipe(&key);", "\t;")
    _becomes("\t(void)close(fd);", "\t;")
    _becomes("\treport->user = from->user;", "\t;")
    _becomes("\t*to = from;", "\t;")
    _becomes("\tcount++;", "\t;")
    _becomes("\t\tbreak;", "\t\t;")
    _becomes("\tTRY(blob_set(to, from));", "\tif (blob_set(to, from)) {}", "\t;")
    _becomes("\tREQUIRE(from, RESULT_MALFORMED);", "\tREQUIRE(1 || from, RESULT_MALFORMED);")


def test_what_is_no_code_stays(_):
    _becomes('\treturn "a == 1 && b";')
    _becomes("\t/* a == 1 */")
    _becomes("#define SIZE 16")
    _becomes("\tcase 7:")
    _becomes("\tstatic const int size = 16;")
    _becomes("\treturn value; /* 1 == 1 */")
    _becomes("\tstruct blob copy;")


def test_mutants_are_in_the_order_of_the_tree(_):
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        for name in ("b.c", "a.c"):
            (top / name).write_text("x();\ny();\n", encoding="ascii")
        found = list(mutants(top, [("b.c", 2), ("a.c", 2), ("a.c", 1)]))
    check.equal([(mutant.file, mutant.line) for mutant in found], [("a.c", 1), ("a.c", 2), ("b.c", 2)], "mutants")


def test_what_a_seed_chooses_stays_where_others_come(_):
    every = [Mutant("a.c", line, f"x{line}();", ";") for line in range(40)]
    order = shuffled(every, "0a")
    check.equal(sorted(order), every, "what is chosen from")
    check.true(order != every and order != shuffled(every, "0b"), "it depends on the seed")
    check.equal([mutant for mutant in order if mutant.line % 3], shuffled([mutant for mutant in every if mutant.line % 3], "A"),
                "the order of fewer")


def test_what_survived_is_read_again(_):
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        (top / "a.c").write_text("\tx();\n\tflags = a | b;\n", encoding="ascii")
        every = list(mutants(top, [("a.c", 1), ("a.c", 2)]))
    printed = "SURVIVED   a.c:2\n    - flags = a | b;\n    + flags = a & b;\nequivalent a.c:1\n    - x();\n    + ;\nseed 1: 58 noticed\n"
    check.equal([mutant.known_as() for mutant in survivors_of(printed, every)], ["a.c | flags = a | b; | flags = a & b;"], "what is tried again")
    try:
        survivors_of(printed.replace("a.c:2", "a.c:3"), every)
    except SystemExit:
        return
    raise check.Failed("taken though it is not there")


def test_equivalents_are_known_by_their_text(_):
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        (top / "a.c").write_text("\n\tflags = a | b;\n", encoding="ascii")
        check.equal(known_equivalents("# why\na.c | flags = a | b; | flags = a & b; | nobody reads it\n", top),
                    {"a.c | flags = a | b; | flags = a & b;"}, "what is known")
        for wrong in ("a.c | gone(); | ; | no such line", "b.c | flags = a | b; | ; | no such file",
                      "a.c | flags = a | b; | ; | "):
            try:
                known_equivalents(wrong, top)
            except SystemExit:
                continue
            raise check.Failed(f"taken: {wrong}")


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], None) else 0)
