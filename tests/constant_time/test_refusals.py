# SPDX-License-Identifier: Apache-2.0
"""An unknown user and a wrong password: the same functions, as often, and as many instructions. test_refusals.py PROGRAM"""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import callgrind
import check

MODULE = "negossp.so"
SETTLED = 4  # dumps until the allocator and whatever is done once are
LIBC = "libc.so.6"
BY_ADDRESS = 100  # instructions: libc's string functions take other ways at the end of a page


def _refused(program, *arguments):
    """Counts of refusals: of wrong passwords, and of unknown users."""
    dumps = callgrind.run(program, *arguments)[SETTLED:]
    counts = [[count for name, count in dumps if name == wanted] for wanted in ("wrong", "unknown")]
    check.true(min(map(len, counts)) > 1, "some of either were counted")
    names = {name for _, name in counts[0][0].instructions}
    check.true(any(name.startswith("sam_verify") or name.startswith("callback_verify") for name in names), "the verifier is in it")
    check.true("CRYPTO_memcmp" in names, "the comparison is in it")
    return counts


def _differences(counts, of=None):
    """Functions, of one object perhaps, that took other numbers of instructions or were called another number of times."""
    first, *others = (count for kind in counts for count in kind)
    found = set()
    for other in others:
        found |= {function for function in {*first.instructions, *other.instructions}
                  if abs(first.instructions[function] - other.instructions[function]) >= (BY_ADDRESS if function[0] == LIBC else 1)
                  and of in (None, function[0])}
        found |= {called for caller, called in {*first.calls, *other.calls}
                  if first.calls[caller, called] != other.calls[caller, called] and of in (None, called[0])}
    return found


def _told(counts, function):
    return [[count.instructions[function] for count in kind] for kind in counts]


def test_of_the_SAM_file_they_are_equal_to_the_instruction(program):
    for package in ("NTLM", "Negotiate"):
        for known, unknown in (("user", "nobo"), ("me@domain", "no@domain")):
            counts = _refused(program, "sam", package, "ERROR", known, unknown)
            check.equal(_differences(counts), set(), f"what differs with {package} between {known} and {unknown}")
            first = counts[0][0]
            totals = {sum(count.instructions.values()) for kind in counts for count in kind}
            print(f"{package}, {known}, {unknown}: {min(totals):,} to {max(totals):,} instructions in {len(first.instructions)} "
                  f"functions, {sum(first.calls.values()):,} calls")


def test_of_a_hash_callback_the_same_functions_are_called(program):
    for package in ("NTLM", "Negotiate"):
        counts = _refused(program, "callback", package, "ERROR", "user", "nobo")
        differ = _differences(counts, MODULE)
        check.equal({function[1].split(".")[0] for function in differ}, {"callback_verify"}, "what differs")
        wrong, unknown = (kind[0] for kind in _told(counts, differ.pop()))
        check.true(abs(wrong - unknown) < 10, f"callback_verify took {wrong} instructions, and {unknown}")


def test_with_a_log_its_line_alone_differs(program):
    for source in ("sam", "callback"):
        counts = _refused(program, source, "Negotiate", "INFO", "user", "nobo")
        first = counts[0][0]
        differ = {function for function in _differences(counts, MODULE) if function[1].split(".")[0] != "callback_verify"}
        check.equal({first.source.get(function) for function in differ}, {"log_summary.c"}, "the files of functions that differ")
        totals = [[sum(count.instructions.values()) for count in kind] for kind in counts]
        check.true(max(map(max, totals)) - min(map(min, totals)) < 600, f"instructions {totals}")


def test_what_differs_is_found(program):
    counts = _refused(program, "sam", "NTLM", "ERROR", "user", "nobody-of-this-name")
    names = {function[1].split(".")[0] for function in _differences(counts, MODULE)}
    check.true("utf16_upper" in names or "sam_file_find" in names, f"a longer name's work is among {names}")


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], sys.argv[1]) else 0)
