# SPDX-License-Identifier: Apache-2.0
"""What CBMC proves of the readers and writers.

Each folder has a proof.c whose functions prove_...() call the product's own sources with any input there is. proof.txt
beside it says which sources (`proves`), how far loops go (`bounds`), which loop is proved by induction (`loops`: the
file, and by what its head is replaced), and which checks the proof needs (`needs`): without any one of them it must
fail, or it would prove nothing. A check is a whole condition, or is written `what stands there => what takes its
place`. `wraps` says that unsigned numbers are meant to.
CBMC is Debian 13's: it runs in the lab's root folder of that release."""

import pathlib
import re
import shutil
import sys
import tempfile
import types

sys.dont_write_bytecode = True
_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(_TESTS / folder) for folder in ("support", "e2e", "lab")]

# pylint: disable=wrong-import-position
import check
import roots

SOURCE = pathlib.Path("/mnt")  # in the root
SECONDS = 900
CHECKS = ["--pointer-overflow-check", "--unwinding-assertions", "--slice-formula"]


class Proof:
    def __init__(self, folder):
        self.name, self.file = folder.name, folder / "proof.c"
        text = self.file.read_text(encoding="utf-8")
        self._lines = re.findall(r"^(\w+): (.*)$", (folder / "proof.txt").read_text(encoding="utf-8"), re.MULTILINE)
        self.functions = re.findall(r"^void (prove_\w+)\(void\)", text, re.MULTILINE)

    def lines(self, key):
        return [value for name, value in self._lines if name == key]

    def command(self, function, tree):
        sources = " ".join(self.lines("proves")).split()
        overflow = [] if self.lines("wraps") else ["--unsigned-overflow-check"]
        return ["cbmc", "--function", function, *CHECKS, *overflow, *self.lines("bounds")[0].split(), "-D_GNU_SOURCE",
                *(f"-I{tree / part}" for part in ("module", "winpr-glue")), f"-I{SOURCE / 'tests/proofs'}",
                SOURCE / self.file.relative_to(_TESTS.parent), *(tree / source for source in sources)]


class Lab:
    def __init__(self, work):
        self._root, self._log, self._work = roots.Root("trixie"), work / "log", work
        self._root.share(_TESTS.parent, SOURCE, read_only=True)
        self._root.share(work)

    def holds(self, proof, function, tree):
        """Whether it is proved; anything but a verdict is an error."""
        self._root.run(proof.command(function, tree), self._log, SECONDS)
        text = self._log.read_text(encoding="utf-8", errors="replace")
        verdict = re.search(r"^VERIFICATION (SUCCESSFUL|FAILED)$", text, re.MULTILINE)
        check.true(verdict and "no body for callee" not in text, f"{function} has a verdict: {text[-2000:]}")
        failed = [line for line in text.splitlines() if line.endswith(": FAILURE")]
        return verdict[1] == "SUCCESSFUL", failed

    def tree(self, proof, removes=None):
        """A copy of the sources with the proof's loops, and without one check: it holds whatever it asks."""
        tree = pathlib.Path(tempfile.mkdtemp(dir=self._work))
        for folder in ("module", "winpr-glue"):
            shutil.copytree(_TESTS.parent / folder, tree / folder)
        for line in proof.lines("loops"):
            file, change = line.split(": ", 1)
            _change([tree / file], *change.split(" => "))
        if removes:
            _change(tree.rglob("*.[ch]"), *(removes.split(" => ") if " => " in removes else (removes, removed(removes))))
        return tree


def _change(files, line, other):
    found = [file for file in files if line in file.read_text(encoding="utf-8")]
    check.equal(len(found), 1, f"files with {line!r}")
    text = found[0].read_text(encoding="utf-8")
    found[0].write_text(text.replace(line, other), encoding="utf-8")


def removed(line):
    """The same without its check."""
    for pattern, other in ((r"^((?:REQUIRE|WELL_FORMED)\()", r"\1 true || "),
                           (r"^TRY\((.*)\);$", r"if (\1 != RESULT_OK) {}"),
                           (r"^(if|while) \((.*)\)$", r"\1 (false && (\2))")):
        if re.match(pattern, line):
            return re.sub(pattern, other, line)
    raise check.Failed(f"no check that could be removed: {line}")


def _needs(lab, proof, line):
    tree = lab.tree(proof, line)
    for function in proof.functions:
        held, _ = lab.holds(proof, function, tree)
        if not held:
            return
    raise check.Failed(f"{proof.name} is proved without {line}")


def _holds(lab, proof, function):
    held, failed = lab.holds(proof, function, lab.tree(proof))
    check.true(held, "\n".join([function, *failed]))


def named():
    """Name -> test."""
    tests = {}
    for proof in map(Proof, sorted(file.parent for file in pathlib.Path(__file__).parent.glob("*/proof.c"))):
        tests |= {f"test_{proof.name}_{function}": lambda lab, proof=proof, function=function: _holds(lab, proof, function)
                  for function in proof.functions}
        tests |= {f"test_{proof.name}_needs_check_{number}": lambda lab, proof=proof, line=line: _needs(lab, proof, line)
                  for number, line in enumerate(proof.lines("needs"), 1)}
    return types.SimpleNamespace(**tests)


sys.exit(roots.run_tests(named(), Lab))
