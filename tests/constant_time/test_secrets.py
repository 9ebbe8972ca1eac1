# SPDX-License-Identifier: Apache-2.0
"""No branch and no address depends on a secret, but where it is said here. test_secrets.py PROGRAM SOURCE

Keys, hashes and passwords are undefined to memcheck, and so is all that is made of them (taint.h).
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

LONGEST = 120
PACKAGES = ("Negotiate", "NTLM")
FUNCTION = re.compile(r"^\w[^;=]*?\b(\w+)\(", re.MULTILINE)
# What depends on a password or on a hash's digits (SECURITY.md says it in words): where the password ends; where
# lines and fields of the file end, and whether all of a hash is digits, which the compiler may look at in either of two.
PASSWORD = {"text_strip"}
UTF8 = {"utf8_read", "utf16_write"}
SAM_TEXT = {"sam_file_is_utf16", "sam_cut"}
SAM_DIGITS = {"bytes_from_hex", "sam_hash_parse"}


class Program:
    """The program under memcheck."""

    def __init__(self, path, source):
        self.path, self.source = path, pathlib.Path(source)

    def reports(self, *arguments):
        """The functions in which a branch or an address depended on a secret: ours by their source, others by symbol."""
        if not shutil.which("valgrind"):
            raise check.Skipped("there is no valgrind here")
        with tempfile.TemporaryDirectory(prefix="negossp-memcheck-") as folder:
            report = pathlib.Path(folder, "report.xml")
            done = subprocess.run(["valgrind", "-q", "--error-limit=no", "--read-inline-info=yes", "--xml=yes",
                                   f"--xml-file={report}", self.path, *arguments],
                                  capture_output=True, text=True, timeout=LONGEST, check=False, env={"LD_BIND_NOW": "1"})
            check.equal((done.returncode, done.stderr), (0, ""), f"{' '.join(arguments)}")
            print(f"{' '.join(arguments)}: {done.stdout.strip()}")
            errors = xml.etree.ElementTree.parse(report).getroot().findall("error")
        return {self._where(error) for error in errors if error.findtext("kind") in ("UninitCondition", "UninitValue")}

    def _where(self, error):
        """The first frame that is no string function of valgrind's or of libc's."""
        for frame in error.find("stack").findall("frame"):
            if "vgpreload" not in frame.findtext("obj", "") and "libc.so" not in frame.findtext("obj", ""):
                return self._function(frame)
        return "?"

    def _function(self, frame):
        # Inlined functions of what was linked as a whole have no name there.
        path = self._source_of(pathlib.Path(frame.findtext("dir", ""), frame.findtext("file", "")))
        if not path:
            return frame.findtext("fn", "?")
        lines = path.read_text(encoding="utf-8").splitlines()[:int(frame.findtext("line"))]
        return FUNCTION.findall("\n".join(lines))[-1]

    def _source_of(self, told):
        """By its name and its folder's: what is before them is where it was compiled."""
        found = [path for folder in ("module", "winpr-glue", "tests/constant_time") for path in (self.source / folder).rglob(told.name or "?.c")
                 if path.parent.name == told.parent.name]
        return found[0] if len(found) == 1 else None


def test_keys_that_the_application_gives(program):
    for package in PACKAGES:
        check.equal(program.reports("hash", package), set(), f"what depends on a secret with {package}")


def test_hash_of_a_callback(program):
    for package in PACKAGES:
        check.equal(program.reports("callback", package), set(), f"what depends on a secret with {package}")


def test_digits_of_the_SAM_file(program):
    for package in PACKAGES:
        check.equal(program.reports("sam", package) - SAM_DIGITS, SAM_TEXT, f"what depends on a secret with {package}")


def test_password(program):
    for package in PACKAGES:
        check.equal(program.reports("password", package), PASSWORD, f"what depends on a secret with {package}")


def test_password_in_UTF_8(program):
    for package in PACKAGES:
        check.equal(program.reports("utf8", package), PASSWORD | UTF8, f"what depends on a secret with {package}")


def test_a_comparison_that_stops_early_is_found(program):
    for package in PACKAGES:
        check.equal(program.reports("hash", package, "compare-stops"), {"CRYPTO_memcmp"}, f"what depends on a secret with {package}")


def test_RC4_depends_on_its_key(program):
    # It is let do so elsewhere; here is seen that secrets come that far, and that nothing else has a share in it.
    for package in PACKAGES:
        check.equal(program.reports("hash", package, "rc4-watched"), {"RC4", "RC4_set_key"}, f"what depends on a secret with {package}")


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], Program(*sys.argv[1:3])) else 0)
