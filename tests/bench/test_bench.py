# SPDX-License-Identifier: Apache-2.0
"""What negossp costs, held against budget.csv: test_bench.py NEGOSSP-BENCH MODULE STRIP

budget.csv has what was reached: instructions or bytes of each row, as `negossp-bench --count` gives them on
Debian 12. More than a tenth above it fails. Whoever makes something cheaper notes the new figure there.
"""

import csv
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "support"))

# pylint: disable=wrong-import-position
import check
import plot

MARGIN = 0.10
OPENSSL = "OpenSSL 3.0."  # whose instructions are in the budget, too
SLOWEST = 240


class Bench:
    """Runs the program; what was counted is counted once."""

    def __init__(self, program, module, strip):
        self.program, self.module, self.strip = program, module, strip
        self.folder = tempfile.TemporaryDirectory(prefix="negossp-bench-")
        self._counted = None

    def run(self, *options):
        path = os.path.join(self.folder.name, "figures.csv")
        done = subprocess.run([self.program, *options, "--csv", path], capture_output=True, text=True,
                              timeout=SLOWEST, check=False)
        check.equal((done.returncode, done.stderr), (0, ""), f"negossp-bench {' '.join(options)}")
        return path, done.stdout

    def counted(self):
        """row -> (unit, {side: figure}) of --count, with the stripped module's size."""
        if not shutil.which("valgrind"):
            raise check.Skipped("there is no valgrind here")
        if self._counted is None:
            path, _ = self.run("--count")
            stripped = os.path.join(self.folder.name, "stripped.so")
            subprocess.run([self.strip, "-o", stripped, self.module], check=True, timeout=60)
            self._counted = plot.read(path)
            self._counted["module.stripped"] = ("bytes", {"negossp": float(os.path.getsize(stripped))})
        return self._counted


def budget_read():
    with open(HERE / "budget.csv", newline="", encoding="ascii") as file:
        return {line["row"]: float(line["reached"]) for line in csv.DictReader(file)}


def over_budget(figures, budget):
    """What costs more than it may, in words."""
    return [f"{row}: {figures[row]:,.0f}, and {reached:,.0f} was reached before ({figures[row] / reached - 1:+.1%})"
            for row, reached in budget.items() if row in figures and figures[row] > reached * (1 + MARGIN)]


def _of_budget(bench, unit):
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, timeout=30, check=False).stdout
    if not version.startswith(OPENSSL):
        raise check.Skipped(f"the budget is for {OPENSSL}x, and here is {version.strip()}")
    figures = {row: sides["negossp"] for row, (of, sides) in bench.counted().items() if of == unit}
    for row, figure in figures.items():
        reached = budget_read().get(row)
        if reached and figure < reached * (1 - MARGIN):
            print(f"{row}: {figure:,.0f}, {1 - figure / reached:.0%} less than in budget.csv: note it there")
    return figures


def test_instructions_are_within_the_budget(bench):
    figures = _of_budget(bench, "instructions")
    check.true(len(figures) > 10, "rows were counted")
    check.equal(over_budget(figures, budget_read()), [], "rows that cost more")


def test_bytes_are_within_the_budget(bench):
    figures = _of_budget(bench, "bytes")
    check.true(len(figures) == 3, "the heap's two rows and the module")
    check.equal(over_budget(figures, budget_read()), [], "rows that cost more")


def test_budget_has_every_row_that_is_counted(bench):
    check.equal(sorted(budget_read()), sorted(bench.counted()), "rows of budget.csv")


def test_more_than_a_tenth_above_the_budget_is_told(_bench):
    budget = {"a": 1000.0, "b": 1000.0, "c": 1000.0}
    told = over_budget({"a": 1101.0, "b": 1100.0, "c": 10.0}, budget)
    check.equal(told, ["a: 1,101, and 1,000 was reached before (+10.1%)"], "what is over the budget")


def test_nothing_costs_less_than_its_arithmetic(bench):
    # It would not have been done, or the floor not counted right.
    rows = {row: sides for row, (_, sides) in bench.counted().items() if "floor" in sides}
    check.true(len(rows) > 8, "rows with a floor")
    check.equal([row for row, sides in rows.items() for side in ("negossp", "winpr")
                 if sides.get(side, sides["floor"] * 2) <= sides["floor"]], [], "rows below their floor")
    # RC4 and MD5 take as much for each byte: sixteen times as many of them.
    for side in ("negossp", "winpr", "floor"):
        ratio = rows["seal.65536"][side] / rows["seal.4096"][side]
        check.true(12 < ratio < 16.5, f"{side}: 64 KiB cost {ratio:.1f} times 4 KiB")


def test_open_contexts_cost_nothing(bench):
    held = [bench.counted()[row][1]["negossp"] for row in ("held.10", "held.1000")]
    check.true(held[1] < held[0] * 1.02, f"beside 10 pairs of contexts {held[0]:,.0f}, beside 1,000 {held[1]:,.0f}")


def test_who_is_unknown_takes_the_same_work(bench):
    wrong, unknown = (bench.counted()[row][1]["negossp"] for row in ("refused.wrong", "refused.unknown"))
    check.true(abs(wrong - unknown) < 200, f"a wrong password {wrong:,.0f} instructions, an unknown user {unknown:,.0f}")


def test_timed_runs_give_every_row_and_side(bench):
    for only, sides in (("handshake.bare", 3), ("handshake.spnego", 2), ("seal.100", 3), ("log", 2), ("threads", 3),
                        ("load", 3)):
        path, printed = bench.run("--quick", "--only", only)
        rows = plot.read(path)
        check.true(rows, f"rows of {only}")
        for row, (unit, figures) in rows.items():
            check.equal((unit, len(figures)), ("microseconds", sides), row)
            check.true(min(figures.values()) > 0 and row in printed, f"{row} took time, and is in the table")
        check.equal(printed.count("two threads' work"), only == "threads", f"two rows are compared where they are, in {only}")


def test_plot_shows_every_row(bench):
    path, _ = bench.run("--quick", "--only", "seal")
    drawn = plot.draw(plot.read(path))
    texts = [element.text for element in xml.etree.ElementTree.fromstring(drawn).iter() if element.tag.endswith("text")]
    for row in ("seal.100", "seal.4096", "seal.65536"):
        check.true(row in texts, f"{row} is in the plot")


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], Bench(*sys.argv[1:4])) else 0)
