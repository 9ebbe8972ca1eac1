# SPDX-License-Identifier: Apache-2.0
"""What a build is hardened with: test_hardening.py READELF CMAKE GENERATOR SOURCE CC CONFIG FLAGS MODULE
LIBRARY PROGRAM..."""

import collections
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

READELF, CMAKE, GENERATOR, SOURCE, CC, CONFIG, FLAGS, MODULE, LIBRARY, *PROGRAMS = sys.argv[1:]
FILES = [MODULE, LIBRARY, *PROGRAMS]
SUBJECTS = {"stack-protector": r"-f(?:no-)?stack-protector(?:-\w+)?", "clash": r"-f(?:no-)?stack-clash-protection",
            "control flow": r"(?:-fcf|-mbranch)-protection\S*", "fortify": r"-D_FORTIFY_SOURCE=\d", "map": r"-ffile-prefix-map=[^ =]+=build"}


def _read(what, path):
    return subprocess.run([READELF, "-W", what, path], capture_output=True, text=True, check=True, timeout=30,
                          env={"LC_ALL": "C"}).stdout


def test_programs_are_position_independent(_):
    for path in PROGRAMS:
        check.true(re.search(r"Type:\s+DYN", _read("-h", path)) and re.search(r"FLAGS_1.*\bPIE\b", _read("-d", path)), f"{path} is")


def test_relocations_are_done_and_closed_before_anything_runs(_):
    for path in FILES:
        check.true(re.search(r"FLAGS_1.*\bNOW\b", _read("-d", path)), f"{path}: bind now")
        check.true("GNU_RELRO" in _read("-l", path), f"{path}: relro")


def test_no_memory_is_written_and_executed(_):
    for path in FILES:
        segments = re.findall(r"^\s+(LOAD|GNU_STACK)\s+(?:0x\w+\s+){5}([RWE ]{3})", _read("-l", path), re.MULTILINE)
        check.true(any(kind == "GNU_STACK" for kind, _ in segments), f"{path}: what the stack is like is said")
        check.equal([kind for kind, flags in segments if "W" in flags and "E" in flags], [], f"{path}: written and executed")


def test_nothing_is_looked_for_in_a_folder_of_the_builders(_):
    for path in FILES:
        found = re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", _read("-d", path))
        check.equal(found, [], f"{path}: folders for libraries")
        check.true("TEXTREL" not in _read("-d", path), f"{path}: its text is left alone")


def test_stack_is_watched_and_functions_are_fortified(_):
    """Where the builder's flags do not say otherwise, which is a distribution's business."""
    for path in FILES:
        symbols = _read("--dyn-syms", path)
        check.true("no-stack-protector" in FLAGS or "__stack_chk_fail" in symbols, f"{path}: its stack is watched")
        if CONFIG != "Debug" and "_FORTIFY_SOURCE" not in FLAGS:
            check.true(re.search(r"__(?!stack_chk)\w+_chk\b", symbols), f"{path}: it calls fortified functions")


def _links(folder):
    """Name -> how it is linked, where the generator is one that can say it."""
    if GENERATOR != "Ninja":
        return {path.parent.name: path.read_text(encoding="utf-8") for path in folder.rglob("link.txt")}
    commands = subprocess.run([CMAKE, "--build", folder, "--", "-t", "commands"], capture_output=True, text=True, check=True,
                              timeout=60).stdout
    return {re.search(r" -o (\S+)", line)[1]: line for line in commands.splitlines() if " -o " in line and " -c " not in line}


def _configure(flags, kind=None, compiler=CC, **env):
    with tempfile.TemporaryDirectory(prefix="negossp-build-") as folder:
        options = [f"-DCMAKE_BUILD_TYPE={kind}"] if kind else []
        run = subprocess.run([CMAKE, "-G", GENERATOR, "-S", SOURCE, "-B", folder, "-DBUILD_TESTING=OFF",
                              "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *options], capture_output=True, text=True, check=False, timeout=100,
                             env={"PATH": os.environ["PATH"], "CC": compiler, "CFLAGS": flags, **env})
        check.equal(run.returncode, 0, f"exit code of cmake ({run.stderr})")
        commands = json.loads((pathlib.Path(folder) / "compile_commands.json").read_text(encoding="utf-8"))
        links = _links(pathlib.Path(folder))
    return {str(pathlib.Path(entry["file"]).relative_to(SOURCE)): entry["command"] for entry in commands}, links


def _said(command):
    return {name: re.findall(rf"(?<=\s){flag}(?=\s)", command) for name, flag in SUBJECTS.items()}


def test_bare_build_says_each_once(_):
    commands, links = _configure("")
    for path, strong in (("module/base/der.c", False), ("winpr-glue/sspi/context.c", False), ("winpr-glue/sam/main.c", True)):
        said = _said(commands[path])
        check.equal([name for name, flags in said.items() if len(flags) > 1], [], f"what is said twice of {path}")
        wanted = set(SUBJECTS) if platform.machine() == "x86_64" else set(SUBJECTS) - {"control flow", "clash"}
        check.true(wanted <= {name for name, flags in said.items() if flags}, f"all of it is said of {path}: {said}")
        check.equal(said["stack-protector"], ["-fstack-protector-strong" if strong else "-fstack-protector"], f"of the stack of {path}")
        check.true(" -O2 " in commands[path], f"{path} is optimised: {commands[path]}")
    check.true(links, "link lines are found")
    for name, line in links.items():
        if "-o " in line:
            counts = collections.Counter(re.findall(r"-z,(relro|now)\b", line))
            check.equal(counts, {"relro": 1, "now": 1}, f"how {name} is linked")


def test_builders_flags_are_left_alone(_):
    given = ("-O1 -fno-stack-protector -fno-stack-clash-protection -fcf-protection=none -D_FORTIFY_SOURCE=1 "
             "-ffile-prefix-map=/x=build")
    commands, links = _configure(given, "Release", LDFLAGS="-Wl,-z,relro -Wl,-z,now")
    for path in ("module/base/der.c", "winpr-glue/sam/main.c"):
        said = _said(commands[path] + " ")
        check.equal(sorted(flag for flags in said.values() for flag in flags), sorted(given.split()[1:]), f"what is said of {path}")
        check.true(" -O2" not in commands[path] and "-U_FORTIFY_SOURCE" not in commands[path], f"how {path} is optimised: {commands[path]}")
    for name, line in links.items():
        if "-o " in line:
            check.equal(collections.Counter(re.findall(r"-z,(relro|now)\b", line)), {"relro": 1, "now": 1}, f"how {name} is linked")
    _, links = _configure("", LDFLAGS="-Wl,-z,norelro -Wl,-z,lazy")
    for name, line in links.items():
        check.equal(re.findall(r"-z,(relro|now)\b", line), [], f"what the builder does not want of {name}")


def test_each_compiler_that_is_here_links_the_same(_):
    for compiler in filter(None, map(shutil.which, ("gcc", "clang"))):
        _, links = _configure("", compiler=compiler)
        for name, line in links.items():
            check.equal(collections.Counter(re.findall(r"-z,(relro|now)\b", line)), {"relro": 1, "now": 1}, f"how {compiler} links {name}")


sys.exit(1 if check.run_all(sys.modules["__main__"], None) else 0)
