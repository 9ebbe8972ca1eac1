# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a program can check: test_layout.py SOURCE BUILT-MODULE NM CC INCLUDE-FOLDER..."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.extend(str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("support", "mutation"))

# pylint: disable=wrong-import-position
import check
from mutate import known_equivalents

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
FOLDERS = (".ci", "cmake", "docs", "module", "packaging", "patches", "share", "tests", "winpr-glue")
CODE_SUFFIXES = (".c", ".h", ".py", ".sh")
MOST_LINES_OF_A_FILE = {"module/": 450, "winpr-glue/": 450}
MOST_LINES_OF_A_TEST = 500
MOST_LINES_OF_A_FUNCTION = 60


class Tree:
    """The project's files, by path below its top."""

    def __init__(self, top, module, nm, compiler, include_folders):
        self.top, self.module, self.nm, self.compiler = pathlib.Path(top), module, nm, shlex.split(compiler)
        self.include_folders = include_folders
        self.paths = sorted(self._paths())

    def _paths(self):
        # By name: a build folder may lie anywhere else, and be called anything.
        for path in self.top.iterdir():
            # In a git worktree .git is a file, with a path of the machine in it.
            if path.is_file() and path.name != ".git":
                yield path.name
        for folder in FOLDERS:
            for path in (self.top / folder).rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts:
                    yield str(path.relative_to(self.top))

    def text(self, path):
        return (self.top / path).read_text(encoding="utf-8", errors="replace")

    def sources(self, *folders):
        return [path for path in self.paths if path.endswith((".c", ".h")) and path.startswith(folders)]

    def includes(self, path):
        """(is it in angle brackets, what) of each #include."""
        return [(kind == "<", what) for kind, what in INCLUDE.findall(self.text(path))]


def _none(findings, rule):
    check.equal(sorted(findings), [], rule)


def test_module_includes_no_winpr_or_freerdp_header(tree):
    check.true(tree.sources("module/"), "module/ has sources")
    _none([(path, what) for path in tree.sources("module/") for _, what in tree.includes(path)
           if what.startswith(("winpr/", "freerdp/"))], "WinPR or FreeRDP in module/")


def test_openssl_is_included_by_base_only(tree):
    # CredSSP's binding is a SHA-256, which negossp.so has no use for.
    base = ("crypto.c", "rc4_libcrypto.c", "secret.c")
    allowed = (*(f"module/base/{name}" for name in base), "module/credssp/binding.c",
               "winpr-glue/probe/connection.c")
    _none([(path, what) for path in tree.sources("module/", "winpr-glue/") if path not in allowed
           for _, what in tree.includes(path) if what.startswith("openssl/")], "OpenSSL elsewhere")


def test_each_call_into_openssl_is_made_to_fail_somewhere(tree):
    # What only frees, builds a parameter on the stack or asks for a property cannot fail.
    cannot = re.compile(r".*_free|.*_get0_\w+|OSSL_PROVIDER_unquery_operation|OSSL_FUNC_digest_freectx|"
                        r"EVP_default_properties_is_fips_enabled")
    calls = {call for path in tree.sources("module/base/")
             for call in re.findall(r"\b((?:EVP|RAND|OSSL|HMAC|MD5)_\w+)\s*\(", COMMENT.sub("", tree.text(path)))}
    faults = tree.text("tests/support/openssl_faults.c")
    wrapped = set(re.findall(r"^WRAP(?:_THROUGH)?\((\w+),", faults, re.MULTILINE))
    wrapped |= {f"OSSL_FUNC_{name}" for name in re.findall(r"^PROVIDED\((\w+),", faults, re.MULTILINE)}
    check.true(calls & wrapped, "both are found")
    _none([call for call in sorted(calls - wrapped) if not cannot.fullmatch(call)],
          "a call that tests/support/openssl_faults.c does not know")


def test_dependencies_point_one_way(tree):
    # What the sources of a folder may include by name, beside what lies next to them.
    may = {"module/base/": ("base/",),
           "module/ntlm/": ("base/", "ntlm/", "mech.h", "verify.h", "ntlm.h"),
           "module/spnego/": ("base/", "spnego/", "mech.h"),
           "module/credssp/": ("base/", "credssp/", "mech.h", "negossp.h")}
    _none([(path, what) for folder, allowed in may.items() for path in tree.sources(folder)
           for system, what in tree.includes(path)
           if not system and ("/" in what or what in ("ntlm.h", "verify.h", "negossp.h"))
           and not what.startswith(allowed)], "an include across the parts")


def test_credssp_is_not_used_by_the_provider(tree):
    used_by = [path for path in tree.sources("module/", "winpr-glue/")
               if not path.startswith(("module/credssp/", "winpr-glue/probe/"))]
    _none([(path, what) for path in used_by for _, what in tree.includes(path) if "credssp/" in what],
          "credssp in the provider")


def test_credssp_is_not_linked_into_the_provider(tree):
    literal = re.compile(r'"([^"\\\n]{16,})"')
    held = pathlib.Path(tree.module).read_bytes()
    provider = "".join(tree.text(path) for path in tree.sources("module/", "winpr-glue/")
                       if not path.startswith(("module/credssp/", "winpr-glue/register/")))
    own = {text for path in tree.sources("module/credssp/") for text in literal.findall(tree.text(path))}
    check.true(sum(text.encode() in held for text in literal.findall(provider)) > 100, "what is linked in is found by its words")
    _none([text for text in own if text not in provider and text.encode() in held], "CredSSP's words in negossp.so")


# Programs of their own, which stand on the module's insides, and the rooms that they may use.
PROGRAMS = {"winpr-glue/register/": {"host"}, "winpr-glue/probe/": {"kerberos", "host"}, "winpr-glue/sam/": {"verify"},
            "winpr-glue/run/": set()}


def _program_of(path):
    return next((program for program in PROGRAMS if path.startswith(program)), None)


def test_glue_includes_the_modules_faces_only(tree):
    faces = ("negossp.h", "mech.h", "verify.h", "ntlm.h")
    rooms = [path for path in tree.sources("winpr-glue/") if not _program_of(path)]
    own = {path.split("/", 1)[1] for path in rooms}
    _none([(path, what) for path in rooms for system, what in tree.includes(path)
           if not system and what not in own and what not in faces], "an include of the module's inside")


# What each room of winpr-glue/ may use beside itself.
ROOMS = {"host": {"host"},
         "log": {"log", "host"},
         "verify": {"verify", "log", "host"},
         "config": {"config", "log", "host"},
         "kerberos": {"kerberos", "log", "host"},
         "credential": {"credential", "kerberos", "config", "verify", "log", "host"},
         "sspi": {"sspi", "credential", "kerberos", "config", "verify", "log", "host"}}


def test_rooms_use_the_rooms_below_only(tree):
    above = []
    for path in tree.sources("winpr-glue/"):
        room = path.split("/")[1]
        program = _program_of(path)
        if program:
            above += [(path, what) for _, what in tree.includes(path)
                      if what.split("/")[0] in ROOMS.keys() - PROGRAMS[program]]
            continue
        check.true(room in ROOMS, f"{path} is in one of the rooms")
        above += [(path, what) for system, what in tree.includes(path)
                  if "/" in what and what.split("/")[0] not in ROOMS[room]
                  and (not system or what.split("/")[0] in ROOMS)]
    _none(above, "an include of a room above or beside")


def test_winpr_is_reached_through_two_units(tree):
    # What a test replaces to have packages and a registry of its own.
    seams = {"foreign.c": r"\bInitSecurityInterfaceEx[AW]\b", "registry.c": r"host/registry_api\.h"}
    _none([(path, what) for path in tree.sources("winpr-glue/")
           if not path.startswith(("winpr-glue/register/", "winpr-glue/host/registry_api."))
           for seam, names in seams.items() if path != f"winpr-glue/host/{seam}"
           for what in re.findall(names, COMMENT.sub("", tree.text(path)))], "WinPR past its unit")


def test_winprs_registry_is_called_by_name_only(tree):
    # Headers may hide its functions: FreeRDP 4's do.
    _none([(path, what) for path in tree.sources("winpr-glue/") if path != "winpr-glue/host/registry_api.c"
           for what in re.findall(r"\bReg(?:Open|Query|Close|Enum)\w+\b|<winpr/registry.h>",
                                  COMMENT.sub("", tree.text(path)))], "a function that headers may hide")


def _units(tree):
    """What each unit (x.c and x.h) includes of the others."""
    folders = ("module/", "winpr-glue/")
    known = {}
    for path in tree.sources(*folders):
        for folder in ("module/", "winpr-glue/", *PROGRAMS):
            if path.startswith(folder):
                known.setdefault(path[len(folder):], path)
    needs = {}
    for path in tree.sources(*folders):
        unit = path.rsplit(".", 1)[0]
        own = path.rsplit("/", 1)[0] + "/"
        for system, what in tree.includes(path):
            found = own + what if own + what in tree.paths else known.get(what)
            if not system and found and found.rsplit(".", 1)[0] != unit:
                needs.setdefault(unit, set()).add(found.rsplit(".", 1)[0])
    return needs


def test_no_two_units_need_each_other(tree):
    needs = _units(tree)
    check.true(len(needs) > 50, "the includes are found")
    _none([(unit, other) for unit, others in needs.items() for other in others if unit in needs.get(other, ())],
          "two units that need each other")


def test_includes_have_no_cycle(tree):
    needs, done, cycles = _units(tree), set(), []

    def walk(unit, way):
        if unit in way:
            cycles.append(way[way.index(unit):] + [unit])
        elif unit not in done:
            for other in sorted(needs.get(unit, ())):
                walk(other, way + [unit])
            done.add(unit)

    for unit in sorted(needs):
        walk(unit, [])
    _none(cycles, "a cycle of includes")


def test_no_mem_functions_outside_base(tree):
    call = re.compile(r"\b(memcpy|memmove|memcmp)\s*\(")
    _none([(path, match) for path in tree.sources("module/")
           if not path.startswith("module/base/")
           for match in call.findall(COMMENT.sub("", tree.text(path)))], "memcpy and the like outside base/")


def test_proofs_and_macs_are_compared_in_constant_time(tree):
    # Where NTProofStr, the MIC and signatures are judged nothing else compares bytes.
    judges = ("module/ntlm/verify.c", "module/ntlm/acceptor.c", "module/ntlm/seal.c")
    check.true(all("secret_equal(" in tree.text(path) for path in judges), "they compare")
    _none([path for path in judges if re.search(r"\b(bytes_equal|memcmp|strcmp)\s*\(", COMMENT.sub("", tree.text(path)))],
          "a comparison whose time tells something")


def test_environment_is_read_in_secure_programs_only_by_nobody(tree):
    _none([path for path in tree.sources("module/", "winpr-glue/") if not path.startswith("winpr-glue/register/")
           and re.search(r"(?<!secure_)\bgetenv\s*\(", COMMENT.sub("", tree.text(path)))], "getenv for secure_getenv")


def test_tests_use_nothing_that_newer_cmockas_call_deprecated(tree):
    _none([path for path in tree.sources("tests/") if re.search(r"\bassert_(not_)?in_range\b", tree.text(path))],
          "a build on newer releases warns of it")


def test_files_are_short(tree):
    def most(path):
        return next((most for folder, most in MOST_LINES_OF_A_FILE.items() if path.startswith(folder)), MOST_LINES_OF_A_TEST)

    _none([(path, lines) for path in tree.paths if path.endswith(CODE_SUFFIXES)
           for lines in [tree.text(path).count("\n")] if lines > most(path)], "a long file")


def test_functions_fit_a_screen(tree):
    long = []
    for path in tree.sources("module/", "winpr-glue/"):
        start = None
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if line == "{":
                start = number
            elif line.startswith("}") and start is not None:
                if not line.startswith("};") and number - start - 1 > MOST_LINES_OF_A_FUNCTION:
                    long.append((path, start, number - start - 1))
                start = None
    _none(long, "a long function")


def test_every_header_compiles_alone(tree):
    flags = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
             f"-I{tree.top / 'module'}", f"-I{tree.top / 'winpr-glue'}",
             *(part for folder in tree.include_folders for part in ("-isystem", folder))]
    broken = []
    for path in tree.sources("module/", "winpr-glue/"):
        if path.endswith(".h"):
            run = subprocess.run([*tree.compiler, *flags, "-fsyntax-only", "-x", "c", "-"], text=True, check=False,
                                 input=f'#include "{tree.top / path}"\n', capture_output=True, timeout=60)
            if run.returncode != 0:
                broken.append((path, run.stderr[:400]))
    _none(broken, "a header that does not compile alone")


def test_module_exports_its_two_entry_points_only(tree):
    out = subprocess.run([tree.nm, "-D", "--defined-only", tree.module], capture_output=True, text=True,
                         check=True, timeout=30).stdout
    symbols = sorted(line.split()[-1].split("@")[0] for line in out.splitlines() if line.strip())
    check.equal(symbols, ["InitSecurityInterfaceA", "InitSecurityInterfaceW"], "exported symbols")


def test_every_source_names_its_licence(tree):
    _none([path for path in tree.paths if path.endswith(CODE_SUFFIXES)
           and "SPDX-License-Identifier: Apache-2.0" not in tree.text(path)[:400]], "no SPDX line")


def test_what_begins_with_a_program_can_be_run(tree):
    _none([path for path in tree.paths if path.endswith(CODE_SUFFIXES) or path.startswith(".ci/")
           if (tree.top / path).read_bytes()[:2] == b"#!" and not os.access(tree.top / path, os.X_OK)], "no x bit")


def test_no_path_or_archive_of_one_machine(tree):
    # In pieces, so that this file is not found itself.
    local = re.compile("|".join((r"(?<![\w.}/])/(?:wo" + r"rk|ro" + r"ot)/", r"/tmp/(?:f" + r"r|le" + r"ad)/",
                                 r"deb\.deb" + r"ian\.org", r"snapshot\.deb" + r"ian\.org",
                                 r"https?://[^\s\"']*/deb" + r"ian\b")))
    _none([(path, match[0]) for path in tree.paths if not path.endswith((".png", ".pcapng"))
           for match in local.finditer(tree.text(path))], "something of one machine")


def test_each_key_of_the_log_line_is_in_the_docs_in_its_order(tree):
    code = tree.text("winpr-glue/log/log_summary.c")
    # The functions stand in the order of the line, but for what log_exchange() itself says around them.
    body = code.index("void log_exchange(")
    keys = [re.findall(r'"(?:\\")? ?([a-z_]+)=', part) for part in (code[body:], code[:body])]
    keys = keys[0][:1] + keys[1] + keys[0][1:]
    told = [key for row in re.findall(r"^\| (`.*?) \|", tree.text("docs/log.md"), re.MULTILINE) for key in re.findall(r"`(\w+)`", row)]
    check.true(len(told) > 20, "the table is found")
    check.equal([key for key in keys if key not in told], [], "what docs/log.md does not have")
    check.equal(told, list(dict.fromkeys(keys)), "the keys in their order")


# As they stand in the names of tests; the convention is that they are written as they are published.
IDENTIFIER = re.compile(r"(CVE_\d{4}_\d+|FreeRDP_[0-9a-f]{4,}|SSTIC_\d{4}|rubyntlm_\d+(?:_\d+)*)(?![0-9A-Za-z])")


def _published(identifier):
    kind, _, rest = identifier.partition("_")
    return identifier.replace("_", "-") if kind == "CVE" else f"{kind} {rest.replace('_', '.')}"


def _attacks(tree):
    """The rows of SECURITY.md's section on attacks: their cells."""
    section = tree.text("SECURITY.md").partition("## Attacks that are held\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    return [row for row in rows if not set(row[0]) <= set("-")]


def _tests_in_sources(tree):
    return {name for path in tree.sources("tests/") for name in re.findall(r"\btest_\w+", COMMENT.sub("", tree.text(path)))}


def test_attacks_are_the_tests_that_security_md_names(tree):
    in_sources = {_published(identifier) for name in _tests_in_sources(tree) for identifier in IDENTIFIER.findall(name)}
    in_table = [row[0] for row in _attacks(tree) if IDENTIFIER.fullmatch(re.sub(r"[-. ]", "_", row[0]))]
    check.true(len(in_table) > 30, "the table is found")
    _none(set(in_table) - in_sources, "in the table, and no test has it in its name")
    _none(in_sources - set(in_table), "in a test's name, and not in the table")
    check.equal(len(in_table), len(set(in_table)), "the rows, each once")


def test_attacks_are_in_the_programs_that_security_md_names(tree):
    programs = {}
    for program, name in re.findall(r"^(\w+) (test_\w+)$", tree.text("tests/required.txt"), re.MULTILINE):
        for identifier in IDENTIFIER.findall(name):
            programs.setdefault(_published(identifier), set()).add(program)
    rows = {row[0]: row[2] for row in _attacks(tree)}
    _none([(name, sorted(held)) for name, held in programs.items()
           if held != set(re.findall(r"`(\w+)`", rows.get(name, "")))], "the programs that have tests of an attack, and not in the table")


def test_attacks_without_an_identifier_are_tests_too(tree):
    required = set(re.findall(r"^(\w+) \d", tree.text("tests/required.txt"), re.MULTILINE))
    words = {word for row in _attacks(tree) for cell in row[1:] for word in re.findall(r"`(\w+)`", cell)}
    _none(words - required - _tests_in_sources(tree), "neither a program nor a test")


def test_attacks_are_named_as_they_are_published(tree):
    spelt = re.compile(r"(?:cve|freerdp|sstic)_(?=[0-9a-f]*\d)[0-9a-f]{4,}|rubyntlm_\d", re.IGNORECASE)
    _none([name for name in _tests_in_sources(tree)
           if len(spelt.findall(name)) != len(IDENTIFIER.findall(name))], "an identifier spelt in another way")


def test_packages_are_of_the_same_version(tree):
    version = re.search(r"project\(negossp VERSION ([\d.]+)", tree.text("CMakeLists.txt"))[1]
    check.true(tree.text("packaging/debian/changelog").startswith(f"negossp ({version}-"), "Debian's changelog")
    spec = tree.text("packaging/negossp.spec")
    check.true(f"negossp_version {version}}}" in spec and f"- {version}-1\n" in spec, "the spec")


def test_module_tells_its_version(tree):
    version = re.search(r"project\(negossp VERSION ([\d.]+)", tree.text("CMakeLists.txt"))[1]
    check.true(f"@(#)negossp {version}\0".encode() in pathlib.Path(tree.module).read_bytes(), "it stands in the file")


def test_changes_that_nobody_could_see_are_of_lines_that_are_there(tree):
    """Here, since mutate.py does not run these rules over what it changed."""
    try:
        known_equivalents(tree.text("tests/mutation/equivalent.txt"), tree.top)
    except SystemExit as error:
        raise check.Failed(str(error)) from error


if __name__ == "__main__":
    source, module_path, nm_program, compiler_program = sys.argv[1:5]
    sys.exit(1 if check.run_all(sys.modules[__name__],
                                Tree(source, module_path, nm_program, compiler_program, sys.argv[5:])) else 0)
