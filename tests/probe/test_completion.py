# SPDX-License-Identifier: Apache-2.0
"""What bash offers behind negossp-probe: test_completion.py PROGRAM COMPLETION [BUILD-FOLDER]."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

SKIPPED = 77
# As readline calls it: the words, of which the last is being typed.
ASK = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); function=$(complete -p negossp-probe | sed "s/.*-F \\([^ ]*\\).*/\\1/"); ' \
      '"$function" negossp-probe "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"; printf "%s\\n" "${COMPREPLY[@]}"'


class Lab:
    def __init__(self, program, completion, folder):
        self.folder, self._completion = pathlib.Path(folder), completion
        for name in ("token a.hex", "token-b.hex"):
            (self.folder / name).touch()
        (self.folder / "hosts").write_text("192.0.2.1 server.example\n", encoding="ascii")
        said = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=20, check=True).stdout
        self.options = set(re.findall(r"^ +(?:(-\w), )? *--", said, re.MULTILINE)) | set(re.findall(r"(--\w[\w-]+)", said))
        self.options = {option for option in self.options if option}

    def offers(self, *words):
        done = subprocess.run(["bash", "--norc", "-c", ASK, self._completion, "negossp-probe", *words], cwd=self.folder,
                              env={"PATH": "/usr/bin:/bin", "HOSTFILE": str(self.folder / "hosts")}, capture_output=True,
                              text=True, timeout=20, check=True)
        check.equal(done.stderr, "", "complaints")
        return sorted(line for line in done.stdout.splitlines() if line)


def test_options_are_those_of_the_help(lab):
    check.true(len(lab.options) > 15, lab.options)
    check.equal(set(lab.offers("-")), lab.options, "options")
    check.equal(lab.offers("--f"), ["--fingerprint", "--framing"], "a beginning")
    check.equal(lab.offers("host", "--s"), ["--send-credentials"], "behind the host")
    check.equal(lab.offers("decode", "--"), ["--help", "--json", "--password-file", "--version"], "decode's")


def test_values_of_options(lab):
    for before in (("-m",), ("--mechanism",), ("-u", "decode", "-m")):
        check.equal(lab.offers(*before, ""), ["kerberos", "ntlm"], f"behind {before}")
    check.equal(lab.offers("--mechanism", "=", "k"), ["kerberos"], "behind an equals sign")
    check.equal(lab.offers("--framing", "="), ["negoex", "raw", "spnego"], "at the equals sign")
    check.equal(lab.offers("--framing", "r"), ["raw"], "framing")
    check.equal(lab.offers("-p", "token"), ["token a.hex", "token-b.hex"], "files")
    check.true("root" in lab.offers("--user", "ro"), "users of this machine")
    for option in ("-t", "--timeout", "--fingerprint"):
        check.equal(lab.offers(option, ""), [], f"behind {option}")


def test_words_without_a_dash(lab):
    check.equal(lab.offers("de"), ["decode"], "the command")
    check.equal(lab.offers("serv"), ["server.example"], "hosts")
    check.equal(lab.offers("--timeout", "=", "3", "serv"), ["server.example"], "hosts behind an option's value")
    check.equal(lab.offers("-t", "decode", "serv"), ["server.example"], "a value that is a command's name")
    check.equal(lab.offers("host", "serv"), [], "one host is enough")
    check.equal(lab.offers("decode", "token"), ["token a.hex", "token-b.hex"], "decode's files")
    check.equal(lab.offers("host", "decode", "tok"), [], "decode is no command behind a host")


def main():
    if not shutil.which("bash"):
        check.skip_all(sys.modules["__main__"], "no bash")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="negossp-probe-") as folder:
        return 1 if check.run_all(sys.modules["__main__"], Lab(*sys.argv[1:3], folder)) else 0


sys.exit(main())
