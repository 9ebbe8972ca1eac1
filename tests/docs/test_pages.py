# SPDX-License-Identifier: Apache-2.0
"""That what the pages name is there: test_pages.py NEGOSSP-PROGRAM..."""

import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
import page

LANGUAGES = {"sh", "text", "json", "reg"}   # of them `sh` is run as it stands, by test_commands.py
MOST_BYTES_OF_A_PICTURE = 100_000
MANUALS = {"negossp-register": "docs/negossp-register.8.in", "negossp-sam": "docs/negossp-sam.1", "negossp-probe": "docs/negossp-probe.1",
           "negossp-run": "docs/negossp-run.1"}
# Folders of the project whose files pages name by path.
FOLDERS = ("module/", "winpr-glue/", "tests/", "docs/", "packaging/", "patches/", "share/", "cmake/", ".ci/", ".github/")


class Pages:
    def __init__(self, programs):
        self.text = {name: page.read(name) for name in page.pages()}
        self.help = {}
        for program in map(pathlib.Path, programs):
            done = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=20, check=True, env={"LC_ALL": "C"})
            self.help[program.name] = done.stdout
        self.source = {str(path.relative_to(page.TOP)): path.read_text(encoding="utf-8")
                       for folder in ("winpr-glue", "module") for path in (page.TOP / folder).rglob("*.[ch]")}

    def everywhere(self, pattern):
        """(page, match) of a pattern in all pages and manuals."""
        texts = {**self.text, **{name: page.read(name) for name in MANUALS.values()}}
        return [(name, match) for name, text in texts.items() for match in re.findall(pattern, text)]

    def commands(self):
        """(page, words) of each command that pages show, in a block or in a line."""
        shown = [(name, line) for name, text in self.text.items() for language, block in page.blocks(text) if language == "sh"
                 for line in block.splitlines()]
        shown += [(name, line) for name, text in self.text.items() for line in page.code(text)]
        return [(name, line.partition(" #")[0].split()) for name, line in shown if not line.startswith(";")]


def _none(findings, what):
    check.equal(sorted(set(findings)), [], what)


# --- links ------------------------------------------------------------------------------------------

def test_links_lead_to_files_and_headings(pages):
    broken = []
    for name, text in pages.text.items():
        for link in page.links(text):
            file, _, heading = link.partition("#")
            if re.match(r"https?:", link):
                continue
            target = (page.TOP / name).parent / file if file else page.TOP / name
            if not target.exists() or heading and heading not in page.anchors(target.read_text(encoding="utf-8")):
                broken.append((name, link))
    check.true(sum(len(page.links(text)) for text in pages.text.values()) > 40, "links are found")
    _none(broken, "links that lead nowhere")


def test_every_page_can_be_reached_from_readme(pages):
    seen, to_see = set(), ["README.md"]
    while to_see:
        name = to_see.pop()
        seen.add(name)
        for link in page.links(pages.text[name]):
            target = ((page.TOP / name).parent / link.partition("#")[0]).resolve()
            if target.is_relative_to(page.TOP) and str(target.relative_to(page.TOP)) in pages.text.keys() - seen:
                to_see.append(str(target.relative_to(page.TOP)))
    _none(pages.text.keys() - seen, "pages that no link leads to")


def test_pictures_are_small(pages):
    names = [(page.TOP / name).parent / link for name, text in pages.text.items() for link in page.links(text)
             if link.endswith((".svg", ".png"))]
    check.true(len(names) >= 3, f"pictures are found: {names}")
    _none([str(path) for path in names if path.stat().st_size > MOST_BYTES_OF_A_PICTURE], "pictures that are too large")


def test_code_says_in_which_language_it_is(pages):
    _none([(name, language) for name, text in pages.text.items() for language, _ in page.blocks(text) if language not in LANGUAGES],
          "languages that are unknown")
    _none([(name, line) for name, text in pages.text.items() for line in page.indented(text)], "code that is not fenced")


# --- settings ---------------------------------------------------------------------------------------

def _setting_rows(pages):
    """(environment or None, name) of the module's own, as the code has them."""
    found = re.findall(r"\[SETTING_\w+\] = \{ (NULL|\"(\w+)\"), \"(\w+)\", ", pages.source["winpr-glue/config/config.c"])
    check.true(len(found) > 10, "the code's table is found")
    return {(environment or None, name) for _, environment, name in found}


def test_settings_are_those_of_the_code(pages):
    shown = set()
    for heads, rows in page.tables(pages.text["docs/settings.md"]):
        if heads[:3] == ["what", "environment", "registry"]:
            shown |= {(page.code(row[1])[0] if row[1] != "none" else None, page.code(row[2])[0]) for row in rows}
    check.equal(shown, _setting_rows(pages), "docs/settings.md's settings, and the code's")


def test_settings_of_winpr_are_those_that_register_looks_at(pages):
    known = set(re.findall(r'^\t\{ "([^"]+)", "(\w+)", REG_VALUE', pages.source["winpr-glue/register/settings_check.c"], re.MULTILINE))
    winpr = {(key.replace("\\\\", "\\").rpartition("\\")[2], name) for key, name in known if not key.endswith("Negossp")}
    shown = set()
    for heads, rows in page.tables(pages.text["docs/settings.md"]):
        if heads[0] == "registry key":
            shown |= {(page.code(row[0])[0].rpartition("\\")[2], name)
                      for row in rows for name in page.code(row[2].partition("`NTLMv2`")[0]) if re.fullmatch("[A-Za-z]\\w*[a-z2]u?", name)}
    check.equal({pair for pair in shown if pair[1] not in ("true", "false")}, winpr, "docs/settings.md's values of WinPR's, and the code's")


def test_names_in_the_environment_are_read_somewhere(pages):
    read = {environment for environment, _ in _setting_rows(pages)} | set(re.findall(r'"(NEGOSSP_\w+)"', "".join(pages.source.values())))
    cmake = page.read("CMakeLists.txt") + page.read("winpr-glue/register/CMakeLists.txt")
    named = pages.everywhere(r"\bNEGOSSP_[A-Z_]+\b")
    check.true(len(named) > 15, "names are found")
    _none([(name, variable) for name, variable in named if variable not in read and variable not in cmake], "names that nothing reads")


def test_settings_in_examples_are_settings(pages):
    known = {name for _, name in _setting_rows(pages)} | {"SspiModule"}
    used = [(name, value) for name, text in pages.text.items() for language, block in page.blocks(text) if language in ("reg", "json")
            for value in re.findall(r'"(\w+)"(?==str:|=dword:|:)', block)]
    check.true(len(used) >= 5, f"examples are found: {used}")
    _none([pair for pair in used if pair[1] not in known], "settings that are none")


# --- files, programs and tests ------------------------------------------------------------------------

def _is_there(name):
    return (page.TOP / name).exists() or any(page.TOP.glob(name)) if not name.startswith("build") else True


def test_files_of_the_project_exist(pages):
    named = [(name, word.rstrip(",.;:")) for name, words in pages.commands() for word in words
             if word.removeprefix("./").startswith(FOLDERS) and not re.search(r"[A-Z]{3,}|\.\.\.", word)]
    check.true(len(named) > 40, "names are found")
    _none([(name, word) for name, word in named if not _is_there(word.removeprefix("./"))], "files that are not there")


def test_files_of_freerdp_are_those_of_the_code(pages):
    known = set(re.findall(r'"(?:/etc/)?([\w/]*(?:HKLM\.reg|SAM|credssp\.json|negossp\.json|negotiate\.json|ntlm\.json))"',
                           "".join(pages.source.values())))
    names = {name.rpartition("/")[2] for name in known}
    named = pages.everywhere(r"/etc/(?:winpr|FreeRDP)[\w/]*/([\w.]+\.(?:reg|json)|SAM)\b")
    check.true(len(named) > 5, "names are found")
    _none([pair for pair in named if pair[1] not in names | {"settings-defaults-server.json"}], "files that the code does not know")


def _ours(words):
    """Where one of our programs is in a command, or None."""
    return next((index for index, word in enumerate(words) if word in MANUALS), None)


def test_options_of_our_programs_exist(pages):
    wrong, looked_at = [], 0
    for name, words in pages.commands():
        at = _ours(words)
        for word in words[at + 1:] if at is not None else ():
            if word in ("&&", "|", ";"):
                break
            if word.startswith("-"):
                looked_at += 1
                if not re.search(rf"(^|[\s,]){re.escape(word.partition('=')[0])}\b", pages.help[words[at]], re.MULTILINE):
                    wrong.append((name, words[at], word))
    check.true(looked_at > 10, f"{looked_at} options")
    _none(wrong, "options that --help does not have")


def test_subcommands_of_our_programs_exist(pages):
    first = {"negossp-register": {"register", "status", "unregister"}, "negossp-sam": {"add", "remove", "list", "check"}}
    for program, names in first.items():
        _none([name for name in names if not re.search(rf"\b{name}\b", pages.help[program])], f"commands that {program} does not have")
        for page_name, words in pages.commands():
            at = _ours(words)
            if at is not None and words[at] == program and len(words) > at + 1:
                check.true(names & set(words[at + 1:]) or words[at + 1].startswith("-") and not {"-f", "--file"} & set(words),
                           f"{page_name}: {' '.join(words)} names a command")


def test_manuals_have_the_options_of_help(pages):
    for program, manual in MANUALS.items():
        options = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", pages.help[program]))
        check.true(len(options) >= 4, f"options of {program}")
        text = page.read(manual)
        _none([option for option in options if not re.search(rf"-{option}\b", text)], f"options that {manual} does not have")


def test_tests_that_are_named_exist(pages):
    programs = {line.split()[0] for line in page.read("tests/required.txt").splitlines()}
    programs |= set(re.findall(r"^\s(packages_\w+)=", page.read("tests/support/install.sh"), re.MULTILINE))
    folders = {path.name for path in (page.TOP / "tests").iterdir() if path.is_dir()} | {"proofs"}
    named = [(name, word) for name, text in pages.text.items() for word in page.code(text)
             if re.fullmatch(r"[a-z]+_[a-z_0-9]+", word) and word.partition("_")[0] in folders]
    check.true(len(named) > 8, f"names are found: {named}")
    _none([pair for pair in named if pair[1] not in programs], "tests that tests/required.txt does not have")


def test_options_of_the_build_exist(pages):
    known = "".join(page.read(name) for name in ("CMakeLists.txt", "tests/freerdp/CMakeLists.txt", "CMakePresets.json"))
    named = pages.everywhere(r"-D([A-Z][A-Z_]+)=")
    check.true(named, "options are found")
    _none([pair for pair in named if pair[1] not in known and not pair[1].startswith("CMAKE_")], "options that CMake does not know")


# --- the log ------------------------------------------------------------------------------------------

def test_fields_of_the_log_are_those_of_the_code(pages):
    source = pages.source["winpr-glue/log/log_summary.c"]
    written = set(re.findall(r'"\\?"? ?([a-z_]+)=(?:\\"|%|"|v%)', source))
    shown = {name for heads, rows in page.tables(pages.text["docs/log.md"]) if heads[0] == "key" for row in rows for name in page.code(row[0])}
    check.equal(shown, written, "docs/log.md's fields, and the code's")


# --- what a package brings ------------------------------------------------------------------------------

def test_packages_bring_files_that_are_there(pages):
    debian = page.read("packaging/debian/negossp.docs").split()
    spec = re.search(r"^%doc (.+)$", page.read("packaging/negossp.spec"), re.MULTILINE)[1].split()
    _none([name for name in debian + spec if not (page.TOP / name).exists()], "files that are not there")
    users = {name for name in re.findall(r"\((docs/[\w-]+\.md)\)", pages.text["README.md"].partition("## See it work")[0])} - {"docs/packaging.md"}
    for what, names in (("packaging/debian/negossp.docs", debian), ("packaging/negossp.spec", spec)):
        _none([name for name in users if name not in names], f"pages of README's first table that {what} does not have")


sys.exit(1 if check.run_all(sys.modules["__main__"], Pages(sys.argv[1:])) else 0)
